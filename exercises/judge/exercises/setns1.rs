//! Joining one namespace of a process.

use std::io;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::Both;
use crate::observe::namespaces::check_joined;
use crate::process::{helper_process, run_answer};
use crate::sandbox::judge;

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
Namespaces have no names, but you can open one through any process in it:
/proc/PID/ns/uts. With that descriptor setns(2) joins the namespace.",
        "
namespace에는 이름이 없지만, 그 안에 있는 아무 프로세스를 통해서나 열 수
있습니다. 예를 들면 /proc/PID/ns/uts입니다. 그 파일 디스크립터를 setns(2)에
주면 namespace에 들어갑니다.",
    ),
    task: Both(
        "
Move the caller into the UTS namespace of the process with this PID. All other
namespaces of the caller stay the same.",
        "
호출한 프로세스를 이 PID를 가진 프로세스의 UTS namespace로 옮기세요. 호출한
프로세스의 다른 namespace는 모두 그대로입니다.",
    ),
    manual: "setns(2)",
    starter: r#"
use std::fs::File;
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    // TODO: Which namespace is this?
    let file = File::open(format!("/proc/{pid}/ns/ipc"))?;
    setns(file, CloneFlags::empty())?;
    Ok(())
}

fn main() -> ! {
    judge::setns1(join)
}
"#,
    solutions: &[
        (
            "a file",
            r#"
use std::fs::File;
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let file = File::open(format!("/proc/{pid}/ns/uts"))?;
    setns(file, CloneFlags::CLONE_NEWUTS)?;
    Ok(())
}

fn main() -> ! {
    judge::setns1(join)
}
"#,
        ),
        (
            "a pidfd",
            "
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    setns(judge::pidfd_open(pid)?, CloneFlags::CLONE_NEWUTS)?;
    Ok(())
}

fn main() -> ! {
    judge::setns1(join)
}
",
        ),
        (
            "libc, any kind, from the directory of the process",
            r#"
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let dir = File::open(format!("/proc/{pid}/ns"))?;
    // SAFETY: the descriptor is open, and the string ends with NUL.
    let uts = unsafe { libc::openat(dir.as_raw_fd(), c"uts".as_ptr(), libc::O_RDONLY) };
    // SAFETY: the call takes two numbers.
    match unsafe { libc::setns(uts, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn main() -> ! {
    judge::setns1(join)
}
"#,
        ),
    ],
    hints: [
        Both(
            "/proc/PID/ns has one file for each kind of namespace. Which one do you have to open?",
            "/proc/PID/ns에는 namespace의 종류마다 파일이 하나씩 있습니다. 어느 것을 열어야 \
             하나요?",
        ),
        Both(
            "Open the file for UTS namespaces and pass the descriptor to setns(2). The second \
             argument checks the kind: 0 allows any, CLONE_NEWUTS only a UTS namespace.",
            "UTS namespace의 파일을 열고 그 파일 디스크립터를 setns(2)에 넘깁니다. 두 번째 인자는 \
             종류를 확인합니다. 0이면 아무 종류나 되고, CLONE_NEWUTS이면 UTS namespace만 됩니다.",
        ),
        Both::same(
            r#"setns(File::open(format!("/proc/{pid}/ns/uts"))?, CloneFlags::CLONE_NEWUTS)?;"#,
        ),
    ],
    errors: &[
        (
            "EINVAL",
            Both(
                "the namespace that you opened is not of the kind that the flag names, or the \
                 descriptor refers to no namespace: compare the file's name and the flag",
                "연 namespace가 플래그의 종류와 다르거나, 파일 디스크립터가 namespace의 것이 \
                 아닙니다. 파일 이름과 플래그를 비교해 보세요",
            ),
        ),
        (
            "EBADF",
            Both(
                "setns(2) got no open descriptor: is the file still open when you call it?",
                "setns(2)가 받은 것이 열린 파일 디스크립터가 아닙니다. 호출할 때 파일이 아직 열려 \
                 있나요?",
            ),
        ),
        (
            "ENOENT",
            Both(
                "/proc/PID/ns has no file of this name: see ls /proc/self/ns",
                "/proc/PID/ns에 그런 이름의 파일이 없습니다. ls /proc/self/ns를 보세요",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Move the caller",
            change: "    setns(file, CloneFlags::CLONE_NEWUTS)?;",
            to: "    std::thread::spawn(move || setns(file, CloneFlags::CLONE_NEWUTS)).join().unwrap()?;",
            says: "which process did setns(2) move",
        },
        Wrong {
            clause: "Move the caller",
            change: "    setns(file, CloneFlags::CLONE_NEWUTS)?;",
            to: "    judge::fork_child(|| setns(file, CloneFlags::CLONE_NEWUTS))?;",
            says: "which process did setns(2) move",
        },
        Wrong {
            clause: "of the process with this PID",
            change: "/proc/{pid}/ns/uts",
            to: "/proc/self/ns/uts",
            says: "to the uts namespace of which process?",
        },
        Wrong {
            clause: "into the UTS namespace",
            change: "/proc/{pid}/ns/uts",
            to: "/proc/{pid}/ns/ipc",
            says: "compare the file's name and the flag",
        },
        Wrong {
            clause: "of the process with this PID",
            change: "setns(file, CloneFlags::CLONE_NEWUTS)?;",
            to: "drop(file);
    nix::sched::unshare(CloneFlags::CLONE_NEWUTS)?;",
            says: "which joins one that exists?",
        },
        Wrong {
            clause: "All other namespaces of the caller stay the same.",
            change: "    setns(file, CloneFlags::CLONE_NEWUTS)?;",
            to: r#"    setns(file, CloneFlags::CLONE_NEWUTS)?;
    setns(File::open(format!("/proc/{pid}/ns/ipc"))?, CloneFlags::empty())?;"#,
            says: "ipc changed too",
        },
        Wrong {
            clause: "All other namespaces of the caller stay the same.",
            change: "    setns(file, CloneFlags::CLONE_NEWUTS)?;",
            to: "    setns(file, CloneFlags::CLONE_NEWUTS)?;
    nix::sched::unshare(CloneFlags::CLONE_NEWPID)?;",
            says: "pid_for_children changed too",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer joins the UTS namespace of another process, and no other of it.
pub fn setns1(answer: fn(Pid) -> io::Result<()>) -> ! {
    judge(|| {
        let flags = CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC;
        let target = helper_process(flags, || Ok(()))?;
        let process = run_answer(&EXERCISE, || answer(target.pid).map(|()| ""))?;
        check_joined(process.pid, target.pid, &["uts"], Pid::this())
    })
}
