//! A root directory of its own.

use std::fs::{self, File};
use std::os::linux::fs::MetadataExt;
use std::path::Path;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::observe::mounts::{Mount, check_unchanged, device_at, mounts_of};
use crate::process::{helper_process, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        r#"
chroot(2) changes where the paths of one process begin. pivot_root(2) changes
the root of a mount namespace, and mounts the old root on a directory of the new
one. It refuses mounts that are "shared", as / is on most machines. `dir` is an
empty directory."#,
        "
chroot(2)는 한 프로세스의 경로가 시작하는 곳을 바꿉니다. pivot_root(2)는
마운트 namespace의 루트를 바꾸고, 옛 루트를 새 루트의 어떤 디렉터리에
마운트합니다. 마운트가 \"shared\"이면 실패하는데, 대부분의 컴퓨터에서 /가
그렇습니다. `dir`은 빈 디렉터리입니다.",
    ),
    task: Both(
        "
Mount a tmpfs on `dir`, and make it the root of a new mount namespace, in which
nothing else is mounted. The caller's working directory is on the tmpfs, too. The
mounts of processes outside stay the same.",
        "
`dir`에 tmpfs를 마운트하고, 그것을 새 마운트 namespace의 루트로 만드세요. 그
안에는 다른 마운트가 없어야 합니다. 호출한 프로세스의 작업 디렉터리도 그
tmpfs에 있어야 합니다. 바깥 프로세스들의 마운트는 그대로입니다.",
    ),
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
        Both(
            "Who enters the mount namespace begins at its root. Which call changes that one, and \
             not only the root of the caller?",
            "마운트 namespace에 들어가는 프로세스는 그 루트에서 시작합니다. 호출한 프로세스의 \
             루트만이 아니라 그 루트까지 바꾸는 시스템 콜은 무엇인가요?",
        ),
        Both(
            "pivot_root(2). With the working directory on the tmpfs, \".\" can be both the new \
             root and the place for the old one. Then the old root is on top of the new one, and \
             can be unmounted, even while files there are open (MNT_DETACH).",
            "pivot_root(2)입니다. 작업 디렉터리가 tmpfs에 있으면 \".\"을 새 루트로도, 옛 루트를 둘 \
             곳으로도 쓸 수 있습니다. 그러면 옛 루트가 새 루트를 덮고 있게 되고, 거기에 열린 \
             파일이 있어도 마운트를 해제할 수 있습니다(MNT_DETACH).",
        ),
        Both::same(
            r#"pivot_root(".", ".")?;
umount2(".", MntFlags::MNT_DETACH)"#,
        ),
    ],
    errors: &[
        (
            "EINVAL",
            Both(
                "pivot_root(2) wants a mount as the new root, a place below it for the old root, \
                 and no shared mount among them; umount2(2) wants a mount point: which of these is \
                 missing?",
                "pivot_root(2)에는 마운트인 새 루트, 그 아래에 옛 루트를 둘 곳이 필요하고, 그 \
                 가운데 shared 마운트가 없어야 합니다. umount2(2)에는 마운트 지점을 줍니다. 무엇이 \
                 빠졌나요?",
            ),
        ),
        (
            "EBUSY",
            Both(
                "pivot_root(2) cannot replace the root by the mount that it is, and umount(2) does \
                 not unmount what is in use: is \".\" on the new mount, and do you detach the old \
                 root?",
                "pivot_root(2)로 루트를 자기 자신으로 바꿀 수는 없고, umount(2)는 쓰고 있는 것을 \
                 해제하지 않습니다. \".\"이 새 마운트에 있고, 옛 루트를 MNT_DETACH로 해제했나요?",
            ),
        ),
        (
            "ENOENT",
            Both(
                "paths begin at the new root after pivot_root(2): does the path exist there?",
                "pivot_root(2) 뒤에는 경로가 새 루트에서 시작합니다. 거기에 그 경로가 있나요?",
            ),
        ),
        (
            "ENOTDIR",
            Both(
                "both arguments of pivot_root(2) are directories: are yours?",
                "pivot_root(2)의 인자는 둘 다 디렉터리입니다. 여러분이 준 인자도 그런가요?",
            ),
        ),
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
        fs::create_dir(dir).map_err(|error| {
            unavailable(format!("mkdir({})", dir.display()), error, shown!("df /tmp"))
        })?;
        let before = mounts_of(Pid::this());
        let process = run_answer(&EXERCISE, || answer(dir).map(|()| ""))?;
        check_unchanged(&before, &mounts_of(Pid::this()))?;
        ensure(link(process.pid, "mnt") != link(Pid::this(), "mnt"), || {
            wrong(
                text!(
                    "the caller in a new mount namespace",
                    "호출한 프로세스는 새 마운트 namespace에 있음",
                ),
                text!("it is in the one outside", "바깥의 마운트 namespace에 있습니다"),
                text!(
                    "in which mount namespace do you mount?",
                    "어느 마운트 namespace에서 마운트했나요?",
                ),
            )
        })?;
        let inside = mounts_of(process.pid);
        check_root(&before, &inside, process.pid)?;
        check_working_directory(process.pid)?;
        ensure(inside.len() == 1, || {
            wrong(
                text!(
                    "no mount but the new root in the namespace of the caller",
                    "호출한 프로세스의 namespace에는 새 루트 말고 다른 마운트가 없음",
                ),
                text!(
                    "{} mounts, such as {}",
                    "마운트가 {}개 있습니다. 예: {}",
                    inside.len(),
                    others(&inside),
                ),
                text!(
                    "pivot_root(2) has moved the old root: which call removes the old root?",
                    "pivot_root(2)는 옛 루트를 옮겨 놓았습니다. 옛 루트를 없애는 시스템 콜은 \
                     무엇인가요?",
                ),
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
                text!(
                    "the same root for every process that enters the namespace",
                    "namespace에 들어가는 모든 프로세스에게 같은 루트",
                ),
                text!(
                    "another process has entered it, and sees {} mounts",
                    "다른 프로세스가 들어가 보니 마운트가 {}개 보였습니다",
                    entered.len(),
                ),
                text!(
                    "chroot(2) changes the root of one process: which call changes the root of the \
                     namespace?",
                    "chroot(2)는 한 프로세스의 루트를 바꿉니다. namespace의 루트를 바꾸는 시스템 \
                     콜은 무엇인가요?",
                ),
            )
        })?;
        Ok(text!(
            "the new tmpfs is all that is mounted in the namespace of the caller, also for whoever \
             enters it, and outside nothing has changed",
            "호출한 프로세스의 namespace에는 새 tmpfs만 마운트되어 있고, 거기에 들어가는 \
             누구에게나 그렇습니다. 바깥은 달라진 것이 없습니다",
        ))
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
                text!("a file system of type {:?}", "종류가 {:?}인 파일 시스템", it.kind),
                text!(
                    "which argument of mount(2) is the type?",
                    "mount(2)의 몇 번째 인자가 종류인가요?",
                ),
            ),
            (Some(it), None) => (
                text!(
                    "{:?} of a {} that was mounted before",
                    "전에 마운트된 {1}의 {0:?}",
                    it.root,
                    it.kind,
                ),
                text!(
                    "what you see there is of an older file system: which mount becomes the root?",
                    "거기에 보이는 것은 전부터 있던 파일 시스템입니다. 어느 마운트가 루트가 \
                     되나요?",
                ),
            ),
            (None, _) => (
                text!(
                    "a directory on which nothing is mounted",
                    "아무것도 마운트되지 않은 디렉터리",
                ),
                text!(
                    "a root is the beginning of a mount: what do you mount, and where?",
                    "루트는 마운트가 시작하는 곳입니다. 무엇을 어디에 마운트했나요?",
                ),
            ),
        };
        wrong(
            text!(
                "a new tmpfs as the root directory of the caller",
                "호출한 프로세스의 루트 디렉터리가 새 tmpfs",
            ),
            found,
            reason,
        )
    })
}

/// Checks that the working directory of a process is on the same file system as its root.
fn check_working_directory(pid: Pid) -> Result<(), Finding> {
    let device = fs::metadata(format!("/proc/{pid}/cwd")).map(|it| it.st_dev()).ok();
    ensure(device == device_at(pid, Path::new("/")), || {
        wrong(
            text!("a working directory on the new root", "작업 디렉터리가 새 루트에 있음"),
            text!("it is in a directory of the old root", "옛 루트의 디렉터리에 있습니다"),
            text!(
                "the working directory is a way back: where does `..` lead from there?",
                "작업 디렉터리는 되돌아가는 길이 됩니다. 거기서 `..`은 어디로 가나요?",
            ),
        )
    })
}

/// Some mounts, by their places.
fn others(mounts: &[Mount]) -> String {
    let places = mounts.iter().skip(1).take(3).map(|it| it.target.as_str());
    places.collect::<Vec<_>>().join(" ")
}
