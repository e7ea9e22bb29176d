//! A bind mount that is read-only, with all that is below it.

use std::fs;
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::observe::mounts::device_at;
use crate::process::run_answer;
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
With MS_BIND mount(2) copies a mount, flags included, and ignores the flags that
it is given. With MS_BIND and MS_REMOUNT it replaces the flags of one mount.
`tree` is a mount, and so is `tree/below`, which is nosuid. `dir` is an empty
directory. Here you have CAP_SYS_ADMIN.",
        "
MS_BIND를 주면 mount(2)는 마운트를 플래그까지 복사하고, 함께 준 플래그는
무시합니다. MS_BIND와 MS_REMOUNT를 함께 주면 마운트 하나의 플래그를
바꿉니다. `tree`는 마운트이고, nosuid인 `tree/below`도 마운트입니다. `dir`은
빈 디렉터리입니다. 여기서는 CAP_SYS_ADMIN이 있습니다.",
    ),
    task: Both(
        "
Make `tree` and `tree/below` appear at `dir` and `dir/below`, both read-only.
`dir/below` is nosuid like its original. Through `tree` and `tree/below` one can
still write.",
        "
`tree`와 `tree/below`가 `dir`과 `dir/below`에도 나타나게 하고, 둘 다 읽기
전용으로 만드세요. `dir/below`는 원본처럼 nosuid입니다. `tree`와
`tree/below`에는 계속 쓸 수 있어야 합니다.",
    ),
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
        Both(
            "After the call, which flags do the mounts at `dir` have in /proc/self/mountinfo?",
            "호출한 다음 /proc/self/mountinfo에서 `dir`의 마운트에는 어떤 플래그가 있나요?",
        ),
        Both(
            "The flags of a bind mount change in a second call, with MS_REMOUNT | MS_BIND, and \
             only those of one mount. It replaces all of them, so name the ones that shall stay.",
            "바인드 마운트의 플래그는 MS_REMOUNT | MS_BIND로 한 번 더 호출해야 바뀌고, 마운트 \
             하나만 바뀝니다. 플래그가 통째로 바뀌므로 남길 플래그도 적어야 합니다.",
        ),
        Both::same(
            r#"let read_only = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
mount(None::<&str>, dir, None::<&str>, read_only, None::<&str>)?;"#,
        ),
    ],
    errors: &[
        (
            "EINVAL",
            Both(
                "MS_REMOUNT changes a mount that is there: has MS_REC brought the one below along, \
                 and is your path that of a mount?",
                "MS_REMOUNT는 이미 있는 마운트를 바꿉니다. 아래의 마운트도 MS_REC로 함께 가져왔고, \
                 그 경로가 마운트의 경로인가요?",
            ),
        ),
        (
            "ENOENT",
            Both(
                "a path does not exist: which argument of mount(2) is the source, and what is at \
                 `dir`?",
                "없는 경로입니다. mount(2)의 어느 인자가 원본이고, `dir`에는 무엇이 있나요?",
            ),
        ),
        (
            "EBUSY",
            Both(
                "without MS_BIND, MS_REMOUNT is for the whole file system: which flag changes one \
                 mount?",
                "MS_BIND가 없으면 MS_REMOUNT는 파일 시스템 전체를 바꿉니다. 마운트 하나만 바꾸는 \
                 플래그는 무엇인가요?",
            ),
        ),
        (
            "ENODEV",
            Both(
                "without MS_BIND mount(2) takes its third argument as the type of a file system",
                "MS_BIND가 없으면 mount(2)는 세 번째 인자를 파일 시스템의 종류로 봅니다",
            ),
        ),
        (
            "EROFS",
            Both(
                "you write to what is read-only already: in which order do you mount?",
                "이미 읽기 전용인 곳에 쓰려고 했습니다. 어떤 순서로 마운트했나요?",
            ),
        ),
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
        let unavailable = |call, error| unavailable(call, error, shown!("df /tmp"));
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
        Ok(text!(
            "{} and {} show the file systems of {}, and nobody can write through them",
            "{}와 {}에 {}의 파일 시스템들이 보이고, 그쪽으로는 아무도 쓸 수 없습니다",
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
            text!("{}, to be written as before", "{}, 전처럼 쓸 수 있음", original.display()),
            text!("it is read-only", "읽기 전용입니다"),
            text!(
                "a file system can be read-only, and so can each of its mounts: which flag changes \
                 one mount only?",
                "파일 시스템이 읽기 전용일 수도 있고, 그 마운트 하나하나가 읽기 전용일 수도 \
                 있습니다. 마운트 하나만 바꾸는 플래그는 무엇인가요?",
            ),
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
            text!(
                "the file system of {} at {}",
                "{1}에 {0}의 파일 시스템",
                original.display(),
                copy.display(),
            ),
            text!(
                "what is there is another file system",
                "거기에 있는 것은 다른 파일 시스템입니다",
            ),
            text!(
                "which mount do you copy, and do the mounts below it come along?",
                "어느 마운트를 복사했고, 그 아래의 마운트도 함께 왔나요?",
            ),
        )
    })
}

/// Checks that nobody can write through a copy, and that it is nosuid if the original is.
fn check_flags(pid: Pid, copy: &Path, nosuid: bool) -> Result<(), Finding> {
    let flags = flags_at(pid, copy);
    ensure(flags.contains(FsFlags::ST_RDONLY), || {
        wrong(
            text!("{}, read-only", "{}, 읽기 전용", copy.display()),
            text!(
                "the file system can be written through {}",
                "{}로 파일 시스템에 쓸 수 있습니다",
                copy.display(),
            ),
            text!(
                "with MS_BIND the kernel ignores MS_RDONLY, and MS_REMOUNT changes one mount: \
                 which mounts have you remounted?",
                "MS_BIND와 함께 준 MS_RDONLY는 커널이 무시하고, MS_REMOUNT는 마운트 하나만 \
                 바꿉니다. 어느 마운트를 다시 마운트했나요?",
            ),
        )
    })?;
    ensure(!nosuid || flags.contains(FsFlags::ST_NOSUID), || {
        wrong(
            text!("{} nosuid, like its original", "{}, 원본처럼 nosuid", copy.display()),
            text!(
                "it is not: setuid programs there would run as their owner",
                "nosuid가 아닙니다. 거기 있는 setuid 프로그램은 소유자의 권한으로 실행됩니다",
            ),
            text!(
                "MS_REMOUNT replaces all flags: which flags does a remount keep?",
                "MS_REMOUNT는 플래그를 통째로 바꿉니다. 다시 마운트할 때 어떤 플래그가 남나요?",
            ),
        )
    })
}
