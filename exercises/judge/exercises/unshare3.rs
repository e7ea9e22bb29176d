//! A mount that nobody else sees.

use std::fs;
use std::path::Path;

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::observe::mounts::{device_at, mounts_of};
use crate::process::{link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        r#"
A new mount namespace starts with a copy of the mount table. Yet on most
machines a mount in the copy also appears outside, because / is "shared" and
propagates mounts."#,
        "
새 마운트 namespace는 마운트 표의 복사본으로 시작합니다. 그런데 대부분의
컴퓨터에서는 복사본에 마운트한 것이 바깥에도 나타납니다. /가 \"shared\"라서
마운트를 전파하기 때문입니다.",
    ),
    task: Both(
        "
Mount a tmpfs on `dir` that the caller sees and no process outside.",
        "
호출한 프로세스에게는 보이고 바깥의 어떤 프로세스에게도 보이지 않는 tmpfs를
`dir`에 마운트하세요.",
    ),
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
        Both(
            "What does `findmnt -o TARGET,PROPAGATION /` print on your machine?",
            "여러분의 컴퓨터에서 `findmnt -o TARGET,PROPAGATION /`를 실행하면 무엇이 출력되나요?",
        ),
        Both(
            "If it says shared, make all mounts of the copy private before you mount: MS_REC | \
             MS_PRIVATE on /. unshare(1) does that by default.",
            "shared라고 나오면, 마운트하기 전에 복사본의 모든 마운트를 private으로 만듭니다. /에 \
             MS_REC | MS_PRIVATE을 씁니다. unshare(1)도 기본으로 그렇게 합니다.",
        ),
        Both::same(
            r#"let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;"#,
        ),
    ],
    errors: &[
        (
            "EINVAL",
            Both(
                "mount(2) changes the propagation only of a mount point, with one of MS_PRIVATE \
                 and MS_SLAVE and no other flag but MS_REC: is your path in /proc/self/mountinfo?",
                "mount(2)는 마운트 지점의 전파만 바꿀 수 있고, MS_PRIVATE이나 MS_SLAVE 하나에 \
                 MS_REC 말고 다른 플래그를 더할 수 없습니다. 그 경로가 /proc/self/mountinfo에 \
                 있나요?",
            ),
        ),
        (
            "ENODEV",
            Both(
                "there is no file system of that type: the third argument of mount(2) is its name",
                "그런 종류의 파일 시스템이 없습니다. mount(2)의 세 번째 인자가 그 이름입니다",
            ),
        ),
        (
            "EBUSY",
            Both(
                "that file system is mounted there already: did you mount twice?",
                "그 파일 시스템이 거기에 이미 마운트되어 있습니다. 두 번 마운트했나요?",
            ),
        ),
        (
            "ENOENT",
            Both(
                "the path does not exist: did you pass on the `dir` that your function got?",
                "없는 경로입니다. 함수가 받은 `dir`을 그대로 넘겼나요?",
            ),
        ),
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
        fs::create_dir(dir).map_err(|error| {
            unavailable(format!("mkdir({})", dir.display()), error, shown!("df /tmp"))
        })?;
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
                    text!("nothing is mounted there", "거기에 아무것도 마운트되어 있지 않습니다"),
                    text!(
                        "in the mount namespace of which process did you mount, and where does the \
                         second argument of mount(2) point?",
                        "어느 프로세스의 마운트 namespace에서 마운트했고, mount(2)의 두 번째 \
                         인자는 어디인가요?",
                    ),
                ),
                Some(it) if it.kind != "tmpfs" => (
                    text!(
                        "a file system of type {:?} is mounted there",
                        "거기에 종류가 {:?}인 파일 시스템이 마운트되어 있습니다",
                        it.kind,
                    ),
                    text!(
                        "which argument of mount(2) is the type?",
                        "mount(2)의 몇 번째 인자가 종류인가요?",
                    ),
                ),
                Some(it) => (
                    text!(
                        "{:?} of a {} that was mounted before",
                        "전에 마운트된 {1}의 {0:?}",
                        it.root,
                        it.kind,
                    ),
                    text!(
                        "what you see there is of an older file system: what does MS_BIND do?",
                        "거기에 보이는 것은 전부터 있던 파일 시스템입니다. MS_BIND는 무엇을 \
                         하나요?",
                    ),
                ),
            };
            wrong(
                text!(
                    "a new tmpfs at {} in the mount table of the caller",
                    "호출한 프로세스의 마운트 표에서 {}에 새 tmpfs",
                    dir.display(),
                ),
                found,
                reason,
            )
        })?;
        let outside = mounts_of(Pid::this());
        let seen = outside.iter().find(|it| Some(it.device) == device);
        ensure(seen.is_none(), || {
            let same = link(process.pid, "mnt") == link(Pid::this(), "mnt");
            wrong(
                text!(
                    "a mount that no process outside sees",
                    "바깥의 어떤 프로세스에게도 보이지 않는 마운트",
                ),
                text!(
                    "/proc/{}/mountinfo, outside, lists it too",
                    "바깥의 /proc/{}/mountinfo에도 있습니다",
                    Pid::this(),
                ),
                match same {
                    true => {
                        text!(
                            "the caller is still in the mount namespace outside: which call gives \
                             it one of its own?",
                            "호출한 프로세스가 아직 바깥의 마운트 namespace에 있습니다. 자기 것을 \
                             만드는 시스템 콜은 무엇인가요?",
                        )
                    }
                    false => {
                        text!(
                            "a mount propagates if the one below it is shared. /tmp is a mount, \
                             and so is /: which of these is shared when you mount?",
                            "마운트하는 곳이 속한 마운트가 shared이면 새 마운트가 전파됩니다. \
                             /tmp도 마운트이고 /도 마운트입니다. 마운트할 때 어느 것이 \
                             shared인가요?",
                        )
                    }
                },
            )
        })?;
        Ok(text!(
            "the new tmpfs is in the mount table of the caller, and not in the one outside",
            "새 tmpfs가 호출한 프로세스의 마운트 표에 있고, 바깥의 표에는 없습니다",
        ))
    })
}
