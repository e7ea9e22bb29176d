//! A namespace kept alive by a bind mount.

use std::fs;
use std::io;
use std::path::Path;

use nix::sched::CloneFlags;
use nix::unistd::{Pid, sethostname};

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, NONE, shown, text};
use crate::observe::leftovers::{check_empty, check_no_process_left};
use crate::observe::mounts::mounts_of;
use crate::process::{helper_process, link, run_answer, uts_names};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
An open file keeps a namespace alive as long as a process has it open. A bind
mount needs no process at all: `ip netns add` keeps network namespaces so. Here
you have CAP_SYS_ADMIN, and `file` does not exist yet.",
        "
열린 파일은 어떤 프로세스가 열어 두는 동안 namespace를 살려 둡니다. 바인드
마운트에는 프로세스가 전혀 필요 없습니다. `ip netns add`가 이렇게 네트워크
namespace를 살려 둡니다. 여기서는 CAP_SYS_ADMIN이 있고, `file`은 아직
없습니다.",
    ),
    task: Both(
        "
Keep the UTS namespace of the process with this PID alive with a bind mount at
`file`. When the judge looks, that process and the caller have ended. Leave no
other process behind.",
        "
이 PID를 가진 프로세스의 UTS namespace를 `file`의 바인드 마운트로 살려
두세요. 채점 프로그램이 볼 때는 그 프로세스도, 호출한 프로세스도 이미 끝나
있습니다. 다른 프로세스를 남기지 마세요.",
    ),
    manual: "namespaces(7), mount(2)",
    starter: r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::unistd::Pid;

fn keep_alive(pid: Pid, file: &Path) -> io::Result<()> {
    let namespace = format!("/proc/{pid}/ns/uts");
    fs::write(file, "")?;
    // TODO: What makes the namespace appear at `file`?
    mount(Some(namespace.as_str()), file, None::<&str>, MsFlags::empty(), None::<&str>)?;
    Ok(())
}

fn main() -> ! {
    judge::setns4(keep_alive)
}
"#,
    solutions: &[
        (
            "nix",
            r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::unistd::Pid;

fn keep_alive(pid: Pid, file: &Path) -> io::Result<()> {
    let namespace = format!("/proc/{pid}/ns/uts");
    fs::write(file, "")?;
    mount(Some(namespace.as_str()), file, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;
    Ok(())
}

fn main() -> ! {
    judge::setns4(keep_alive)
}
"#,
        ),
        (
            "open_tree and move_mount, from an open file",
            r#"
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::unistd::Pid;

const OPEN_TREE_CLONE: i32 = 1;
const MOVE_MOUNT_F_EMPTY_PATH: i32 = 4;

fn keep_alive(pid: Pid, file: &Path) -> io::Result<()> {
    File::create(file)?;
    let namespace = File::open(format!("/proc/{pid}/ns/uts"))?;
    let target = CString::new(file.as_os_str().as_bytes())?;
    let (open_tree, clone) = (libc::SYS_open_tree, OPEN_TREE_CLONE | libc::AT_EMPTY_PATH);
    // SAFETY: the descriptor is open, and the string ends with NUL.
    let tree = unsafe { libc::syscall(open_tree, namespace.as_raw_fd(), c"".as_ptr(), clone) };
    let (cwd, target) = (libc::AT_FDCWD, target.as_ptr());
    let (move_mount, from) = (libc::SYS_move_mount, c"".as_ptr());
    // SAFETY: both strings end with NUL and outlive the call.
    match unsafe { libc::syscall(move_mount, tree, from, cwd, target, MOVE_MOUNT_F_EMPTY_PATH) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn main() -> ! {
    judge::setns4(keep_alive)
}
"#,
        ),
        (
            "in a child that has joined the namespace",
            r#"
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

fn keep_alive(pid: Pid, file: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(file)?;
    let namespace = File::open(format!("/proc/{pid}/ns/uts"))?;
    let child = judge::fork_child(|| {
        setns(namespace, CloneFlags::CLONE_NEWUTS)?;
        mount(Some("/proc/self/ns/uts"), file, None::<&str>, MsFlags::MS_BIND, None::<&str>)
    })?;
    waitpid(child, None)?;
    Ok(())
}

fn main() -> ! {
    judge::setns4(keep_alive)
}
"#,
        ),
    ],
    hints: [
        Both(
            "With MS_BIND, mount(2) makes a file appear at a second path as well. Which file do \
             you need there, and what must already exist at the second path?",
            "MS_BIND를 주면 mount(2)는 파일을 두 번째 경로에도 나타나게 합니다. 거기에는 어떤 \
             파일이 필요하고, 두 번째 경로에는 무엇이 이미 있어야 하나요?",
        ),
        Both(
            "The source is the namespace's file in /proc/PID/ns. The target of a mount must exist, \
             so create `file` first. The type of the file system does not matter.",
            "원본은 /proc/PID/ns에 있는 namespace의 파일입니다. 마운트할 곳이 있어야 하므로 \
             `file`을 먼저 만듭니다. 파일 시스템의 종류는 상관없습니다.",
        ),
        Both::same(
            "mount(Some(namespace.as_str()), file, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;",
        ),
    ],
    errors: &[
        (
            "ENOENT",
            Both(
                "either the source is no path of a namespace, or `file` has not been created \
                 before the mount: mount(2) needs both",
                "원본이 namespace의 경로가 아니거나, 마운트하기 전에 `file`을 만들지 않았습니다. \
                 mount(2)에는 둘 다 있어야 합니다",
            ),
        ),
        (
            "ENOTDIR",
            Both(
                "a file system of its own, such as tmpfs, is mounted on a directory, and `file` is \
                 none: with which flag does mount(2) make an existing file appear there?",
                "tmpfs처럼 독립된 파일 시스템은 디렉터리에 마운트하는데, `file`은 디렉터리가 \
                 아닙니다. mount(2)에 어떤 플래그를 주면 이미 있는 파일이 거기에 나타나나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "a namespace has no contents to copy, and can be mounted only with MS_BIND, which \
                 makes an existing file appear at a second path: which flags and which source do \
                 you pass?",
                "namespace에는 복사할 내용이 없고, 이미 있는 파일을 두 번째 경로에 나타나게 하는 \
                 MS_BIND로만 마운트할 수 있습니다. 어떤 플래그와 어떤 원본을 넘겼나요?",
            ),
        ),
        (
            "ENODEV",
            Both(
                "without MS_BIND mount(2) takes its third argument as the type of a file system: \
                 which flag makes an existing file appear at a second path?",
                "MS_BIND가 없으면 mount(2)는 세 번째 인자를 파일 시스템의 종류로 봅니다. 이미 있는 \
                 파일을 두 번째 경로에 나타나게 하는 플래그는 무엇인가요?",
            ),
        ),
        (
            "EFAULT",
            Both(
                "without MS_BIND mount(2) needs the type of a file system: which flag makes an \
                 existing file appear at a second path?",
                "MS_BIND가 없으면 mount(2)에 파일 시스템의 종류가 필요합니다. 이미 있는 파일을 두 \
                 번째 경로에 나타나게 하는 플래그는 무엇인가요?",
            ),
        ),
        (
            "EEXIST",
            Both(
                "`file` exists already: have you created it before?",
                "`file`이 이미 있습니다. 전에 만들었나요?",
            ),
        ),
        (
            "EPERM",
            Both(
                "link(2) and some mounts are not possible across file systems and namespaces: \
                 which flag of mount(2) makes a file appear at a second path?",
                "link(2)와 일부 마운트는 파일 시스템이나 namespace가 다르면 할 수 없습니다. \
                 mount(2)의 어떤 플래그가 파일을 두 번째 경로에 나타나게 하나요?",
            ),
        ),
        (
            "EXDEV",
            Both(
                "a hard link cannot leave its file system: which flag of mount(2) makes a file \
                 appear at a second path?",
                "하드 링크는 파일 시스템을 벗어날 수 없습니다. mount(2)의 어떤 플래그가 파일을 두 \
                 번째 경로에 나타나게 하나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "with a bind mount at `file`",
            change: "    mount(Some(namespace.as_str()), file, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;",
            to: r#"    fs::remove_file(file)?;
    std::os::unix::fs::symlink(namespace, file)?;
    let _ = mount(None::<&str>, "/x", None::<&str>, MsFlags::MS_BIND, None::<&str>);"#,
            says: "is a symbolic link\n  reason:   a symbolic link or a copy is no mount",
        },
        Wrong {
            clause: "with a bind mount at `file`",
            change: "mount(Some(namespace.as_str()), file, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;",
            to: r#"let open = fs::File::open(namespace)?;
    fs::remove_file(file)?;
    let open = std::os::fd::IntoRawFd::into_raw_fd(open);
    std::os::unix::fs::symlink(format!("/proc/{}/fd/{open}", Pid::this()), file)?;
    let _ = mount(None::<&str>, "/x", None::<&str>, MsFlags::MS_BIND, None::<&str>);"#,
            says: "a symbolic link or a copy is no mount",
        },
        Wrong {
            clause: "with a bind mount at `file`",
            change: "MsFlags::MS_BIND",
            to: "MsFlags::empty()",
            says: "which flags and which source do you pass?",
        },
        Wrong {
            clause: "of the process with this PID",
            change: "/proc/{pid}/ns/uts",
            to: "/proc/self/ns/uts",
            says: "of which process is your source?",
        },
        Wrong {
            clause: "the UTS namespace",
            change: "/proc/{pid}/ns/uts",
            to: "/proc/{pid}/ns/ipc",
            says: "of which process is your source?",
        },
        Wrong {
            clause: "at `file`",
            change: r#"fs::write(file, "")?;"#,
            to: "let _ = fs::metadata(file);",
            says: "has not been created before the mount",
        },
        Wrong {
            clause: "When the judge looks, that process and the caller have ended.",
            change: r#"    fs::write(file, "")?;"#,
            to: r#"    fs::write(file, "")?;
    nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS)?;
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?;"#,
            says: "in which mount namespace did you mount?",
        },
        Wrong {
            clause: "Leave no other process behind.",
            change: r#"    fs::write(file, "")?;"#,
            to: r#"    fs::write(file, "")?;
    judge::fork_child(|| loop {
        nix::unistd::pause();
    })?;"#,
            says: "what could refer to the namespace without running?",
        },
    ],
    ..Exercise::NEW
};

/// Checks that a bind mount keeps a UTS namespace alive after its last process has ended.
pub fn setns4(answer: fn(Pid, &Path) -> io::Result<()>) -> ! {
    judge(|| {
        let file = Path::new("/tmp/kept");
        let target = helper_process(CloneFlags::CLONE_NEWUTS, || sethostname("kept-alive"))?;
        let process = run_answer(&EXERCISE, || answer(target.pid, file).map(|()| ""))?;
        let (namespace, target_pid) = (link(target.pid, "uts"), target.pid);
        let moved = link(process.pid, "mnt") != link(Pid::this(), "mnt");
        check_no_process_left(&[process.pid, target.pid])?;
        target.end();
        process.end();
        check_empty(&namespace)?;
        let mounts = mounts_of(Pid::this());
        let mount = mounts.iter().rfind(|mount| Path::new(&mount.target) == file);
        let found = mount.map_or_else(|| NONE.to_owned(), |it| it.root.clone());
        ensure(found == namespace, || {
            let is = fs::symlink_metadata(file).map_or_else(
                |error| shown!("{}: {error}", file.display()),
                |it| {
                    let kind = match it.file_type() {
                        kind if kind.is_symlink() => Both("a symbolic link", "심볼릭 링크"),
                        kind if kind.is_dir() => Both("a directory", "디렉터리"),
                        _ => Both("a file", "파일"),
                    };
                    let kind = kind.here();
                    text!("{} is {kind}", "{}의 종류는 {kind}", file.display())
                },
            );
            let reason = match mount {
                Some(_) => {
                    text!(
                        "something is mounted there, but not that namespace: of which process is \
                         your source?",
                        "무언가 마운트되어 있지만 그 namespace는 아닙니다. 원본은 어느 프로세스의 \
                         것인가요?",
                    )
                }
                None if moved => {
                    text!(
                        "a mount namespace ends with its last process, and its mounts with it: in \
                         which mount namespace did you mount?",
                        "마운트 namespace는 마지막 프로세스와 함께 끝나고, 그 안의 마운트도 \
                         없어집니다. 어느 마운트 namespace에서 마운트했나요?",
                    )
                }
                None => text!(
                    "a symbolic link or a copy is no mount: which call makes one?",
                    "심볼릭 링크나 복사본은 마운트가 아닙니다. 마운트하는 시스템 콜은 무엇인가요?",
                ),
            };
            wrong(
                text!(
                    "a mount of {namespace}, in which process {target_pid} was, at {}",
                    "{target_pid}번 프로세스가 있던 {namespace}가 {}에 마운트됨",
                    file.display(),
                ),
                text!("mounted there: {found}; {is}", "거기에 마운트된 것: {found}. {is}"),
                reason,
            )
        })?;
        let (name, _) = uts_names(file)?;
        Ok(text!(
            "no process is left in {namespace}, {} still refers to it, and its hostname is still \
             {name:?}",
            "{namespace}에는 프로세스가 남아 있지 않지만 {}가 아직 가리키고, 호스트 이름은 여전히 \
             {name:?}입니다",
            file.display(),
        ))
    })
}
