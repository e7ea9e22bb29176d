//! A mount that nobody else sees.

use std::fs;
use std::path::Path;

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::observe::mounts::{device_at, mounts_of};
use crate::process::{link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: r#"
A new mount namespace starts with a copy of the mount table. Yet on most
machines a mount in the copy also appears outside, because / is "shared" and
propagates mounts."#,
    task: "
Mount a tmpfs on `dir` that the caller sees and no process outside.",
    manual: "mount_namespaces(7), mount(2)",
    starter: r#"
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

fn mount_private(dir: &Path) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    // TODO: This mount still appears outside.
    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)
}

fn main() -> ! {
    judge::unshare3(mount_private)
}
"#,
    solutions: &[
        (
            "all mounts private",
            r#"
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

fn mount_private(dir: &Path) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)
}

fn main() -> ! {
    judge::unshare3(mount_private)
}
"#,
        ),
        (
            "dir bound on itself and made private",
            r#"
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

fn mount_private(dir: &Path) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    mount(Some(dir), dir, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;
    mount(None::<&str>, dir, None::<&str>, MsFlags::MS_PRIVATE, None::<&str>)?;
    mount(Some("none"), dir, Some("tmpfs"), MsFlags::MS_NOSUID, Some("size=1m"))
}

fn main() -> ! {
    judge::unshare3(mount_private)
}
"#,
        ),
        (
            "only /tmp made private, and options",
            r#"
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

fn mount_private(dir: &Path) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    mount(None::<&str>, "/tmp", None::<&str>, MsFlags::MS_PRIVATE, None::<&str>)?;
    mount(Some("none"), dir, Some("tmpfs"), MsFlags::MS_NOSUID, Some("size=1m"))
}

fn main() -> ! {
    judge::unshare3(mount_private)
}
"#,
        ),
        (
            "libc, slave",
            r#"
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::null;

use nix::errno::Errno;

fn mount_private(dir: &Path) -> nix::Result<()> {
    // SAFETY: the call takes a number.
    Errno::result(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    let slave = libc::MS_REC | libc::MS_SLAVE;
    // SAFETY: the string ends with NUL, and the other pointers may be NULL.
    Errno::result(unsafe { libc::mount(null(), c"/".as_ptr(), null(), slave, null()) })?;
    let dir = CString::new(dir.as_os_str().as_bytes()).map_err(|_| Errno::EINVAL)?;
    let tmpfs = c"tmpfs".as_ptr();
    // SAFETY: the strings end with NUL, and the data may be NULL.
    Errno::result(unsafe { libc::mount(tmpfs, dir.as_ptr(), tmpfs, 0, null()) })?;
    Ok(())
}

fn main() -> ! {
    judge::unshare3(mount_private)
}
"#,
        ),
        (
            "fsopen and move_mount",
            r#"
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::null;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

const FSCONFIG_CMD_CREATE: i32 = 6;
const MOVE_MOUNT_F_EMPTY_PATH: i32 = 4;

fn mount_private(dir: &Path) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    // Only this mount: the other ones stay shared.
    mount(None::<&str>, "/tmp", None::<&str>, MsFlags::MS_PRIVATE, None::<&str>)?;
    // SAFETY: the string ends with NUL.
    let fs = Errno::result(unsafe { libc::syscall(libc::SYS_fsopen, c"tmpfs".as_ptr(), 0) })?;
    let (create, none) = (FSCONFIG_CMD_CREATE, null::<libc::c_char>());
    // SAFETY: the pointers may be NULL.
    let created = unsafe { libc::syscall(libc::SYS_fsconfig, fs, create, none, none, 0) };
    Errno::result(created)?;
    // SAFETY: the call takes numbers.
    let mounted = Errno::result(unsafe { libc::syscall(libc::SYS_fsmount, fs, 0, 0) })?;
    let dir = CString::new(dir.as_os_str().as_bytes()).map_err(|_| Errno::EINVAL)?;
    let (move_mount, empty, dir) = (libc::SYS_move_mount, c"".as_ptr(), dir.as_ptr());
    let (cwd, flags) = (libc::AT_FDCWD, MOVE_MOUNT_F_EMPTY_PATH);
    // SAFETY: both strings end with NUL and outlive the call.
    Errno::result(unsafe { libc::syscall(move_mount, mounted, empty, cwd, dir, flags) })?;
    Ok(())
}

fn main() -> ! {
    judge::unshare3(mount_private)
}
"#,
        ),
    ],
    hints: [
        "What does `findmnt -o TARGET,PROPAGATION /` print on your machine?",
        "If it says shared, make all mounts of the copy private before you mount: MS_REC | MS_PRIVATE on /. unshare(1) does that by default.",
        r#"let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;"#,
    ],
    errors: &[
        (
            "EINVAL",
            "mount(2) changes the propagation only of a mount point, with one of MS_PRIVATE and \
             MS_SLAVE and no other flag but MS_REC: is your path in /proc/self/mountinfo?",
        ),
        (
            "ENODEV",
            "there is no file system of that type: the third argument of mount(2) is its name",
        ),
        ("EBUSY", "that file system is mounted there already: did you mount twice?"),
        ("ENOENT", "the path does not exist: did you pass on the `dir` that your function got?"),
    ],
    wrong: &[
        Wrong {
            clause: "no process outside",
            change: "    unshare(CloneFlags::CLONE_NEWNS)?;",
            to: "    unshare(CloneFlags::empty())?;",
            says: "the caller is still in the mount namespace outside",
        },
        Wrong {
            clause: "no process outside",
            change: "MsFlags::MS_REC | MsFlags::MS_PRIVATE",
            to: "MsFlags::MS_PRIVATE",
            says: "which of these is shared",
        },
        Wrong {
            clause: "no process outside",
            change: r#"    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)"#,
            to: r#"    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)?;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)"#,
            says: "which of these is shared",
        },
        Wrong {
            clause: "on `dir`",
            change: r#"    mount(Some("tmpfs"), dir,"#,
            to: r#"    mount(Some("tmpfs"), dir.parent().unwrap_or(dir),"#,
            says: "where does the second argument of mount(2) point?",
        },
        Wrong {
            clause: "Mount a tmpfs",
            change: r#"    mount(Some("tmpfs"), dir, Some("tmpfs"),"#,
            to: r#"    mount(Some("ramfs"), dir, Some("ramfs"),"#,
            says: "which argument of mount(2) is the type?",
        },
        Wrong {
            clause: "Mount a tmpfs on `dir`",
            change: r#"    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(),"#,
            to: r#"    mount(Some("/tmp"), dir, None::<&str>, MsFlags::MS_BIND,"#,
            says: "is of an older file system",
        },
        Wrong {
            clause: "that the caller sees",
            change: "    unshare(CloneFlags::CLONE_NEWNS)?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, \"/\", None::<&str>, private, None::<&str>)?;
    mount(Some(\"tmpfs\"), dir, Some(\"tmpfs\"), MsFlags::empty(), None::<&str>)",
            to: r#"    let (reader, writer) = nix::unistd::pipe()?;
    judge::fork_child(|| {
        unshare(CloneFlags::CLONE_NEWNS)?;
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
        mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)?;
        nix::unistd::write(&writer, b".")?;
        loop {
            nix::unistd::pause();
        }
    })?;
    nix::unistd::read(&reader, &mut [0]).map(drop)"#,
            says: "in the mount namespace of which process",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer mounts a tmpfs that no process outside sees.
pub fn unshare3(answer: fn(&Path) -> nix::Result<()>) -> ! {
    judge(|| {
        let dir = Path::new("/tmp/scratch");
        fs::create_dir(dir)
            .map_err(|error| unavailable(format!("mkdir({})", dir.display()), error, "df /tmp"))?;
        let before = mounts_of(Pid::this());
        let process = run_answer(&EXERCISE, || answer(dir).map(|()| ""))?;
        // The file system that the caller sees at the path, whatever is mounted below.
        let device = device_at(process.pid, dir);
        let inside = mounts_of(process.pid);
        let mount =
            inside.iter().rfind(|it| Some(it.device) == device && Path::new(&it.target) == dir);
        let new = mount.filter(|it| before.iter().all(|old| old.device != it.device));
        ensure(new.is_some_and(|it| it.kind == "tmpfs"), || {
            let (found, reason) = match mount {
                None => (
                    "nothing is mounted there".to_owned(),
                    "in the mount namespace of which process did you mount, and where does the \
                     second argument of mount(2) point?",
                ),
                Some(it) if it.kind != "tmpfs" => (
                    format!("a file system of type {:?} is mounted there", it.kind),
                    "which argument of mount(2) is the type?",
                ),
                Some(it) => (
                    format!("{:?} of a {} that was mounted before", it.root, it.kind),
                    "what you see there is of an older file system: what does MS_BIND do?",
                ),
            };
            wrong(
                format!("a new tmpfs at {} in the mount table of the caller", dir.display()),
                found,
                reason,
            )
        })?;
        let outside = mounts_of(Pid::this());
        let seen = outside.iter().find(|it| Some(it.device) == device);
        ensure(seen.is_none(), || {
            let same = link(process.pid, "mnt") == link(Pid::this(), "mnt");
            wrong(
                "a mount that no process outside sees",
                format!("/proc/{}/mountinfo, outside, lists it too", Pid::this()),
                match same {
                    true => {
                        "the caller is still in the mount namespace outside: which call gives it \
                         one of its own?"
                    }
                    false => {
                        "a mount propagates if the one below it is shared. /tmp is a mount, and so \
                         is /: which of these is shared when you mount?"
                    }
                },
            )
        })?;
        Ok("the new tmpfs is in the mount table of the caller, and not in the one outside"
            .to_owned())
    })
}
