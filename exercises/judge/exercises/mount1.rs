//! A root directory of its own.

use std::fs::{self, File};
use std::os::linux::fs::MetadataExt;
use std::path::Path;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::observe::mounts::{Mount, check_unchanged, device_at, mounts_of};
use crate::process::{helper_process, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: r#"
chroot(2) changes where the paths of one process begin. pivot_root(2) changes
the root of a mount namespace, and mounts the old root on a directory of the new
one. It refuses mounts that are "shared", as / is on most machines. `dir` is an
empty directory."#,
    task: "
Mount a tmpfs on `dir`, and make it the root of a new mount namespace, in which
nothing else is mounted. The caller's working directory is on the tmpfs, too. The
mounts of processes outside stay the same.",
    manual: "pivot_root(2), mount_namespaces(7), umount(2)",
    starter: r#"
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{chdir, chroot};

fn new_root(dir: &Path) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)?;
    chdir(dir)?;
    // TODO: The old mounts are still in the namespace.
    chroot(".")
}

fn main() -> ! {
    judge::mount1(new_root)
}
"#,
    solutions: &[
        (
            "the old root on top of the new one",
            r#"
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{chdir, pivot_root};

fn new_root(dir: &Path) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)?;
    chdir(dir)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)
}

fn main() -> ! {
    judge::mount1(new_root)
}
"#,
        ),
        (
            "a directory for the old root",
            r#"
use std::io;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{chdir, pivot_root};

fn new_root(dir: &Path) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    let slave = MsFlags::MS_REC | MsFlags::MS_SLAVE;
    mount(None::<&str>, "/", None::<&str>, slave, None::<&str>)?;
    mount(Some("root"), dir, Some("tmpfs"), MsFlags::MS_NOSUID, Some("size=1m"))?;
    let old = dir.join("old");
    with_errno(std::fs::create_dir(&old))?;
    pivot_root(dir, &old)?;
    chdir("/")?;
    umount2("/old", MntFlags::MNT_DETACH)?;
    with_errno(std::fs::remove_dir("/old"))
}

fn with_errno(result: io::Result<()>) -> nix::Result<()> {
    result.map_err(|error| nix::Error::from_raw(error.raw_os_error().unwrap_or(0)))
}

fn main() -> ! {
    judge::mount1(new_root)
}
"#,
        ),
        (
            "libc, through an open descriptor of the old root",
            r#"
use std::ffi::CString;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::null;

use nix::errno::Errno;

fn new_root(dir: &Path) -> nix::Result<()> {
    let dir = CString::new(dir.as_os_str().as_bytes()).map_err(|_| Errno::EINVAL)?;
    let (tmpfs, private) = (c"tmpfs".as_ptr(), libc::MS_REC | libc::MS_PRIVATE);
    // SAFETY: the call takes a number.
    Errno::result(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    let old = File::open("/").map_err(|_| Errno::EIO)?;
    // SAFETY: the string ends with NUL, and the other pointers may be NULL.
    Errno::result(unsafe { libc::mount(null(), c"/".as_ptr(), null(), private, null()) })?;
    // SAFETY: the strings end with NUL, and the data may be NULL.
    Errno::result(unsafe { libc::mount(tmpfs, dir.as_ptr(), tmpfs, 0, null()) })?;
    // SAFETY: the string ends with NUL.
    Errno::result(unsafe { libc::chdir(dir.as_ptr()) })?;
    let dot = c".".as_ptr();
    // SAFETY: both strings end with NUL.
    Errno::result(unsafe { libc::syscall(libc::SYS_pivot_root, dot, dot) })?;
    // SAFETY: the descriptor is open.
    Errno::result(unsafe { libc::fchdir(old.as_raw_fd()) })?;
    // SAFETY: the string ends with NUL.
    Errno::result(unsafe { libc::umount2(dot, libc::MNT_DETACH) })?;
    // SAFETY: the string ends with NUL.
    Errno::result(unsafe { libc::chdir(c"/".as_ptr()) })?;
    Ok(())
}

fn main() -> ! {
    judge::mount1(new_root)
}
"#,
        ),
    ],
    hints: [
        "Who enters the mount namespace begins at its root. Which call changes that one, and not only the root of the caller?",
        "pivot_root(2). With the working directory on the tmpfs, \".\" can be both the new root and the place for the old one. Then the old root is on top of the new one, and can be unmounted, even while files there are open (MNT_DETACH).",
        r#"pivot_root(".", ".")?;
umount2(".", MntFlags::MNT_DETACH)"#,
    ],
    errors: &[
        (
            "EINVAL",
            "pivot_root(2) wants a mount as the new root, a place below it for the old root, and no \
             shared mount among them; umount2(2) wants a mount point: which of these is missing?",
        ),
        (
            "EBUSY",
            "pivot_root(2) cannot replace the root by the mount that it is, and umount(2) does not \
             unmount what is in use: is \".\" on the new mount, and do you detach the old root?",
        ),
        ("ENOENT", "paths begin at the new root after pivot_root(2): does the path exist there?"),
        ("ENOTDIR", "both arguments of pivot_root(2) are directories: are yours?"),
    ],
    wrong: &[
        Wrong {
            clause: "make it the root of a new mount namespace",
            change: r#"    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)"#,
            to: r#"    let _ = (pivot_root::<str, str>, umount2::<str>, MntFlags::MNT_DETACH);
    nix::unistd::chroot(".")"#,
            says: "which call changes the root of the namespace?",
        },
        Wrong {
            clause: "a new mount namespace",
            change: "    unshare(CloneFlags::CLONE_NEWNS)?;",
            to: "    unshare(CloneFlags::empty())?;",
            says: "in which mount namespace",
        },
        Wrong {
            clause: "in which nothing else is mounted",
            change: r#"    umount2(".", MntFlags::MNT_DETACH)"#,
            to: r#"    let _ = (umount2::<str>, MntFlags::MNT_DETACH);
    Ok(())"#,
            says: "which call removes the old root?",
        },
        Wrong {
            clause: "in which nothing else is mounted",
            change: r#"    umount2(".", MntFlags::MNT_DETACH)"#,
            to: r#"    umount2(".", MntFlags::empty())"#,
            says: "do you detach the old root?",
        },
        Wrong {
            clause: "Mount a tmpfs",
            change: r#"Some("tmpfs"), dir, Some("tmpfs")"#,
            to: r#"Some("ramfs"), dir, Some("ramfs")"#,
            says: "which argument of mount(2) is the type?",
        },
        Wrong {
            clause: "Mount a tmpfs on `dir`, and make it the root",
            change: r#"Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(),"#,
            to: r#"Some("/tmp"), dir, None::<&str>, MsFlags::MS_BIND,"#,
            says: "is of an older file system",
        },
        Wrong {
            clause: "The caller's working directory is on the tmpfs, too.",
            change: r#"    chdir(dir)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)"#,
            to: r#"    chdir("/tmp")?;
    pivot_root(dir, dir)?;
    umount2("/", MntFlags::MNT_DETACH)"#,
            says: "is a way back: where does",
        },
        Wrong {
            clause: "The mounts of processes outside stay the same.",
            change: r#"    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)?;"#,
            to: r#"    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)?;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;"#,
            says: "what makes a mount propagate?",
        },
        Wrong {
            clause: "make it the root of a new mount namespace",
            change: r#"    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
"#,
            to: "    let _ = private;
",
            says: "no shared mount among them",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer makes a tmpfs the root of a new mount namespace, and leaves no other
/// mount there.
pub fn mount1(answer: fn(&Path) -> nix::Result<()>) -> ! {
    judge(|| {
        let dir = Path::new("/tmp/root");
        fs::create_dir(dir)
            .map_err(|error| unavailable(format!("mkdir({})", dir.display()), error, "df /tmp"))?;
        let before = mounts_of(Pid::this());
        let process = run_answer(&EXERCISE, || answer(dir).map(|()| ""))?;
        check_unchanged(&before, &mounts_of(Pid::this()))?;
        ensure(link(process.pid, "mnt") != link(Pid::this(), "mnt"), || {
            wrong(
                "the caller in a new mount namespace",
                "it is in the one outside",
                "in which mount namespace do you mount?",
            )
        })?;
        let inside = mounts_of(process.pid);
        check_root(&before, &inside, process.pid)?;
        check_working_directory(process.pid)?;
        ensure(inside.len() == 1, || {
            wrong(
                "no mount but the new root in the namespace of the caller",
                format!("{} mounts, such as {}", inside.len(), others(&inside)),
                "pivot_root(2) has moved the old root: which call removes the old root?",
            )
        })?;
        // Whoever enters a mount namespace has the root of that, and not the root of the caller.
        let namespace = format!("/proc/{}/ns/mnt", process.pid);
        let visitor = helper_process(CloneFlags::empty(), || {
            let file = File::open(&namespace).map_err(|_| Errno::ENOENT)?;
            setns(file, CloneFlags::CLONE_NEWNS)
        })?;
        let entered = mounts_of(visitor.pid);
        ensure(entered == inside, || {
            wrong(
                "the same root for every process that enters the namespace",
                format!("another process has entered it, and sees {} mounts", entered.len()),
                "chroot(2) changes the root of one process: which call changes the root of the \
                 namespace?",
            )
        })?;
        Ok("the new tmpfs is all that is mounted in the namespace of the caller, also for whoever \
            enters it, and outside nothing has changed"
            .to_owned())
    })
}

/// Checks that the root of a process is a tmpfs that was not mounted before.
fn check_root(before: &[Mount], inside: &[Mount], pid: Pid) -> Result<(), Finding> {
    let device = device_at(pid, Path::new("/"));
    let root = inside.iter().find(|it| it.target == "/" && Some(it.device) == device);
    let new = root.filter(|it| before.iter().all(|old| old.device != it.device));
    ensure(new.is_some_and(|it| it.kind == "tmpfs"), || {
        let (found, reason) = match (root, new) {
            (Some(_), Some(it)) => (
                format!("a file system of type {:?}", it.kind),
                "which argument of mount(2) is the type?",
            ),
            (Some(it), None) => (
                format!("{:?} of a {} that was mounted before", it.root, it.kind),
                "what you see there is of an older file system: which mount becomes the root?",
            ),
            (None, _) => (
                "a directory on which nothing is mounted".to_owned(),
                "a root is the beginning of a mount: what do you mount, and where?",
            ),
        };
        wrong("a new tmpfs as the root directory of the caller", found, reason)
    })
}

/// Checks that the working directory of a process is on the same file system as its root.
fn check_working_directory(pid: Pid) -> Result<(), Finding> {
    let device = fs::metadata(format!("/proc/{pid}/cwd")).map(|it| it.st_dev()).ok();
    ensure(device == device_at(pid, Path::new("/")), || {
        wrong(
            "a working directory on the new root",
            "it is in a directory of the old root",
            "the working directory is a way back: where does `..` lead from there?",
        )
    })
}

/// Some mounts, by their places.
fn others(mounts: &[Mount]) -> String {
    let places = mounts.iter().skip(1).take(3).map(|it| it.target.as_str());
    places.collect::<Vec<_>>().join(" ")
}
