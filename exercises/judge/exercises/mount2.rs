//! A bind mount that is read-only, with all that is below it.

use std::fs;
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::observe::mounts::device_at;
use crate::process::run_answer;
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
With MS_BIND mount(2) copies a mount, flags included, and ignores the flags that
it is given. With MS_BIND and MS_REMOUNT it replaces the flags of one mount.
`tree` is a mount, and so is `tree/below`, which is nosuid. `dir` is an empty
directory. Here you have CAP_SYS_ADMIN.",
    task: "
Make `tree` and `tree/below` appear at `dir` and `dir/below`, both read-only.
`dir/below` is nosuid like its original. Through `tree` and `tree/below` one can
still write.",
    manual: "mount(2), mount_setattr(2)",
    starter: r#"
use std::path::Path;

use nix::mount::{MsFlags, mount};

fn show_read_only(tree: &Path, dir: &Path) -> nix::Result<()> {
    // TODO: The kernel ignores one of these flags.
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC | MsFlags::MS_RDONLY;
    mount(Some(tree), dir, None::<&str>, flags, None::<&str>)
}

fn main() -> ! {
    judge::mount2(show_read_only)
}
"#,
    solutions: &[
        (
            "a remount for each",
            r#"
use std::path::Path;

use nix::mount::{MsFlags, mount};

fn show_read_only(tree: &Path, dir: &Path) -> nix::Result<()> {
    let bind = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(tree), dir, None::<&str>, bind, None::<&str>)?;
    let read_only = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    mount(None::<&str>, dir, None::<&str>, read_only, None::<&str>)?;
    let (below, flags) = (dir.join("below"), read_only | MsFlags::MS_NOSUID);
    mount(None::<&str>, &below, None::<&str>, flags, None::<&str>)
}

fn main() -> ! {
    judge::mount2(show_read_only)
}
"#,
        ),
        (
            "mount_setattr, and remounts before Linux 5.12",
            r#"
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};

fn show_read_only(tree: &Path, dir: &Path) -> nix::Result<()> {
    let bind = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(tree), dir, None::<&str>, bind, None::<&str>)?;
    let attr = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_RDONLY,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    let path = CString::new(dir.as_os_str().as_bytes()).map_err(|_| Errno::EINVAL)?;
    let (at, flags) = (libc::AT_FDCWD, libc::AT_RECURSIVE);
    let (call, path, size) = (libc::SYS_mount_setattr, path.as_ptr(), size_of_val(&attr));
    // SAFETY: the path ends with NUL, and the size is that of the structure.
    let result = unsafe { libc::syscall(call, at, path, flags, &raw const attr, size) };
    match Errno::result(result) {
        Err(Errno::ENOSYS) => one_by_one(dir),
        result => result.map(drop),
    }
}

fn one_by_one(dir: &Path) -> nix::Result<()> {
    let read_only = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    for (dir, flags) in [(dir, MsFlags::empty()), (&dir.join("below"), MsFlags::MS_NOSUID)] {
        mount(None::<&str>, dir, None::<&str>, read_only | flags, None::<&str>)?;
    }
    Ok(())
}

fn main() -> ! {
    judge::mount2(show_read_only)
}
"#,
        ),
        (
            "two bind mounts, each remounted at once",
            r#"
use std::path::Path;

use nix::mount::{MsFlags, mount};

fn show_read_only(tree: &Path, dir: &Path) -> nix::Result<()> {
    for (from, to, flags) in [
        (tree, dir, MsFlags::MS_NODEV),
        (&tree.join("below"), &dir.join("below"), MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC),
    ] {
        mount(Some(from), to, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;
        let remount = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | flags;
        mount(None::<&str>, to, None::<&str>, remount, None::<&str>)?;
    }
    Ok(())
}

fn main() -> ! {
    judge::mount2(show_read_only)
}
"#,
        ),
    ],
    hints: [
        "After the call, which flags do the mounts at `dir` have in /proc/self/mountinfo?",
        "The flags of a bind mount change in a second call, with MS_REMOUNT | MS_BIND, and only those of one mount. It replaces all of them, so name the ones that shall stay.",
        r#"let read_only = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
mount(None::<&str>, dir, None::<&str>, read_only, None::<&str>)?;"#,
    ],
    errors: &[
        (
            "EINVAL",
            "MS_REMOUNT changes a mount that is there: has MS_REC brought the one below along, and is \
             your path that of a mount?",
        ),
        (
            "ENOENT",
            "a path does not exist: which argument of mount(2) is the source, and what is at `dir`?",
        ),
        (
            "EBUSY",
            "without MS_BIND, MS_REMOUNT is for the whole file system: which flag changes one mount?",
        ),
        (
            "ENODEV",
            "without MS_BIND mount(2) takes its third argument as the type of a file system",
        ),
        ("EROFS", "you write to what is read-only already: in which order do you mount?"),
    ],
    wrong: &[
        Wrong {
            clause: "both read-only",
            change: "    mount(None::<&str>, dir, None::<&str>, read_only, None::<&str>)?;",
            to: "",
            says: "can be written through /tmp/copy\n  reason:   with MS_BIND",
        },
        Wrong {
            clause: "both read-only",
            change: "    mount(None::<&str>, &below, None::<&str>, flags, None::<&str>)",
            to: "    let _ = (below, flags);
    Ok(())",
            says: "can be written through /tmp/copy/below",
        },
        Wrong {
            clause: "Make `tree` and `tree/below` appear",
            change: "MsFlags::MS_BIND | MsFlags::MS_REC;",
            to: "MsFlags::MS_BIND;",
            says: "has MS_REC brought the one below along",
        },
        Wrong {
            clause: "appear at `dir` and `dir/below`",
            change: "    let (below, flags) =",
            to: r#"    mount(Some("none"), &dir.join("below"), Some("tmpfs"), MsFlags::MS_NOSUID, None::<&str>)?;
    let (below, flags) ="#,
            says: "is another file system",
        },
        Wrong {
            clause: "`dir/below` is nosuid like its original.",
            change: "read_only | MsFlags::MS_NOSUID",
            to: "read_only",
            says: "which flags does a remount keep?",
        },
        Wrong {
            clause: "Through `tree` and `tree/below` one can still write.",
            change: "MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY",
            to: "MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY",
            says: "which flag changes one mount only?",
        },
        Wrong {
            clause: "Through `tree` and `tree/below` one can still write.",
            change: "    let (below, flags) =",
            to: "    mount(None::<&str>, tree, None::<&str>, read_only, None::<&str>)?;
    let (below, flags) =",
            says: "which flag changes one mount only?",
        },
    ],
    ..Exercise::NEW
};

/// Checks that a bind mount shows two file systems, read-only, and leaves the originals alone.
pub fn mount2(answer: fn(&Path, &Path) -> nix::Result<()>) -> ! {
    judge(|| {
        let (tree, dir) = (Path::new("/tmp/tree"), Path::new("/tmp/copy"));
        let unavailable = |call, error| unavailable(call, error, "df /tmp");
        fs::create_dir(dir).map_err(|error| unavailable("mkdir(/tmp/copy)", error))?;
        let originals = [
            (tree.to_owned(), MsFlags::MS_NODEV),
            (tree.join("below"), MsFlags::MS_NOSUID | MsFlags::MS_NODEV),
        ];
        for (path, flags) in &originals {
            fs::create_dir(path).map_err(|error| unavailable("mkdir(/tmp/tree)", error))?;
            mount(Some("tree"), path, Some("tmpfs"), *flags, Some("size=1m"))
                .map_err(|errno| unavailable("mount(tmpfs, /tmp/tree)", errno.into()))?;
        }
        // A mount at the copy may appear at its original, too, which is shared.
        let devices = originals.each_ref().map(|(path, _)| device_at(Pid::this(), path));
        let process = run_answer(&EXERCISE, || answer(tree, dir).map(|()| ""))?;
        for (original, _) in &originals {
            check_writable(process.pid, original)?;
        }
        let copies = [dir.to_owned(), dir.join("below")];
        for ((copy, (original, flags)), device) in copies.iter().zip(&originals).zip(devices) {
            check_device(process.pid, copy, original, device)?;
            check_flags(process.pid, copy, flags.contains(MsFlags::MS_NOSUID))?;
        }
        Ok(format!(
            "{} and {} show the file systems of {}, and nobody can write through them",
            copies[0].display(),
            copies[1].display(),
            tree.display(),
        ))
    })
}

/// The flags of the mount that a process sees at a path (`statvfs(3)`).
fn flags_at(pid: Pid, path: &Path) -> FsFlags {
    let path = PathBuf::from(format!("/proc/{pid}/root{}", path.display()));
    statvfs(&path).map_or(FsFlags::empty(), |it| it.flags())
}

/// Checks that a process can still write to an original.
fn check_writable(pid: Pid, original: &Path) -> Result<(), Finding> {
    ensure(!flags_at(pid, original).contains(FsFlags::ST_RDONLY), || {
        wrong(
            format!("{}, to be written as before", original.display()),
            "it is read-only",
            "a file system can be read-only, and so can each of its mounts: which flag changes one \
             mount only?",
        )
    })
}

/// Checks that a path shows the file system that its original was.
fn check_device(
    pid: Pid,
    copy: &Path,
    original: &Path,
    device: Option<u64>,
) -> Result<(), Finding> {
    ensure(device_at(pid, copy) == device, || {
        wrong(
            format!("the file system of {} at {}", original.display(), copy.display()),
            "what is there is another file system",
            "which mount do you copy, and do the mounts below it come along?",
        )
    })
}

/// Checks that nobody can write through a copy, and that it is nosuid if the original is.
fn check_flags(pid: Pid, copy: &Path, nosuid: bool) -> Result<(), Finding> {
    let flags = flags_at(pid, copy);
    ensure(flags.contains(FsFlags::ST_RDONLY), || {
        wrong(
            format!("{}, read-only", copy.display()),
            format!("the file system can be written through {}", copy.display()),
            "with MS_BIND the kernel ignores MS_RDONLY, and MS_REMOUNT changes one mount: which \
             mounts have you remounted?",
        )
    })?;
    ensure(!nosuid || flags.contains(FsFlags::ST_NOSUID), || {
        wrong(
            format!("{} nosuid, like its original", copy.display()),
            "it is not: setuid programs there would run as their owner",
            "MS_REMOUNT replaces all flags: which flags does a remount keep?",
        )
    })
}
