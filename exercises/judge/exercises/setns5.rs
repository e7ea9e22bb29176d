//! Joining as an ordinary user.

use std::io;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::capabilities::drop_capabilities;
use crate::exercise::{Exercise, Wrong};
use crate::language::Both;
use crate::observe::namespaces::check_joined;
use crate::process::{helper_process, run_answer};
use crate::sandbox::judge;

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
You are an ordinary user without capabilities. A process was created in a new
user namespace, which you own, and in a new UTS namespace. Entering the UTS
namespace alone fails with EPERM.",
        "
여러분은 capability가 없는 일반 사용자입니다. 어떤 프로세스가 여러분이
소유한 새 user namespace와 새 UTS namespace 안에 만들어졌습니다. UTS
namespace에만 들어가려고 하면 EPERM으로 실패합니다.",
    ),
    task: Both(
        "
Move the caller into the user namespace and the UTS namespace of the process
with this PID. All other namespaces of the caller stay the same.",
        "
호출한 프로세스를 이 PID를 가진 프로세스의 user namespace와 UTS namespace로
옮기세요. 호출한 프로세스의 다른 namespace는 모두 그대로입니다.",
    ),
    manual: "user_namespaces(7), setns(2)",
    starter: r#"
use std::fs::File;
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    // TODO: Which namespace do you have to join first?
    setns(File::open(format!("/proc/{pid}/ns/uts"))?, CloneFlags::CLONE_NEWUTS)?;
    Ok(())
}

fn main() -> ! {
    judge::setns5(join)
}
"#,
    solutions: &[
        (
            "two files",
            r#"
use std::fs::File;
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let user = File::open(format!("/proc/{pid}/ns/user"))?;
    let uts = File::open(format!("/proc/{pid}/ns/uts"))?;
    setns(user, CloneFlags::CLONE_NEWUSER)?;
    setns(uts, CloneFlags::CLONE_NEWUTS)?;
    Ok(())
}

fn main() -> ! {
    judge::setns5(join)
}
"#,
        ),
        (
            "one call with a pidfd: the kernel takes care of the order",
            "
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let process = judge::pidfd_open(pid)?;
    setns(process, CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWUSER)?;
    Ok(())
}

fn main() -> ! {
    judge::setns5(join)
}
",
        ),
        (
            "libc, the second file opened from inside",
            r#"
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    for kind in ["user", "uts"] {
        let file = File::open(format!("/proc/{pid}/ns/{kind}"))?;
        // SAFETY: the call takes two numbers.
        if unsafe { libc::setns(file.as_raw_fd(), 0) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

fn main() -> ! {
    judge::setns5(join)
}
"#,
        ),
    ],
    hints: [
        Both(
            "Which user namespace owns the UTS namespace, and in which user namespaces does the \
             caller have CAP_SYS_ADMIN?",
            "그 UTS namespace를 소유한 user namespace는 어느 것이고, 호출한 프로세스는 어느 user \
             namespace에서 CAP_SYS_ADMIN을 갖고 있나요?",
        ),
        Both(
            "The user who created a user namespace has all capabilities in it, even from outside. \
             But setns(2) also requires CAP_SYS_ADMIN in the caller's own user namespace. So join \
             the user namespace first: then the caller's own user namespace is the one that owns \
             the UTS namespace.",
            "user namespace를 만든 사용자는 바깥에서도 그 안의 모든 capability를 가집니다. 하지만 \
             setns(2)에는 호출한 프로세스 자신의 user namespace에서도 CAP_SYS_ADMIN이 필요합니다. \
             그러므로 user namespace에 먼저 들어갑니다. 그러면 자기 user namespace가 바로 UTS \
             namespace의 소유자가 됩니다.",
        ),
        Both::same(
            "setns(user, CloneFlags::CLONE_NEWUSER)?;
setns(uts, CloneFlags::CLONE_NEWUTS)?;",
        ),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "joining a UTS namespace takes CAP_SYS_ADMIN in the caller's own user namespace \
                 and in the one that owns the UTS namespace: in which user namespace is the caller \
                 at this point?",
                "UTS namespace에 들어가려면 자기 user namespace와 그 UTS namespace를 소유한 user \
                 namespace 둘 다에서 CAP_SYS_ADMIN이 있어야 합니다. 이때 호출한 프로세스는 어느 \
                 user namespace에 있나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "either the file and the flag are of different kinds, or the caller is in that \
                 user namespace already, or it has several threads: which of them is it?",
                "파일과 플래그의 종류가 다르거나, 호출한 프로세스가 이미 그 user namespace에 \
                 있거나, 스레드가 여럿입니다. 그 가운데 어느 것인가요?",
            ),
        ),
        (
            "EACCES",
            Both(
                "the links of a process may be opened by whoever may trace it: is the caller still \
                 the user who created the user namespace?",
                "프로세스의 링크는 그 프로세스를 추적(trace)할 수 있어야 열 수 있습니다. 호출한 \
                 프로세스는 아직 그 user namespace를 만든 사용자인가요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Move the caller",
            change: "    setns(user, CloneFlags::CLONE_NEWUSER)?;
    setns(uts, CloneFlags::CLONE_NEWUTS)?;",
            to: "    judge::fork_child(|| {
        setns(user, CloneFlags::CLONE_NEWUSER)?;
        setns(uts, CloneFlags::CLONE_NEWUTS)
    })?;",
            says: "did no call ask for this kind?",
        },
        Wrong {
            clause: "the user namespace and the UTS namespace",
            change: "setns(user, CloneFlags::CLONE_NEWUSER)?;
    setns(uts, CloneFlags::CLONE_NEWUTS)?;",
            to: "setns(uts, CloneFlags::CLONE_NEWUTS)?;
    setns(user, CloneFlags::CLONE_NEWUSER)?;",
            says: "in which user namespace is the caller at this point?",
        },
        Wrong {
            clause: "and the UTS namespace",
            change: "    setns(uts, CloneFlags::CLONE_NEWUTS)?;",
            to: "    drop(uts);",
            says: "still in uts",
        },
        Wrong {
            clause: "the UTS namespace of the process",
            change: "    setns(uts, CloneFlags::CLONE_NEWUTS)?;",
            to: "    drop(uts);
    nix::sched::unshare(CloneFlags::CLONE_NEWUTS)?;",
            says: "which joins one that exists?",
        },
        Wrong {
            clause: "the user namespace",
            change: "setns(user, CloneFlags::CLONE_NEWUSER)?;",
            to: "drop(user);
    nix::sched::unshare(CloneFlags::CLONE_NEWUSER)?;",
            says: "in which user namespace is the caller at this point?",
        },
        Wrong {
            clause: "All other namespaces of the caller stay the same.",
            change: "    setns(uts, CloneFlags::CLONE_NEWUTS)?;",
            to: "    setns(uts, CloneFlags::CLONE_NEWUTS)?;
    nix::sched::unshare(CloneFlags::CLONE_NEWIPC)?;",
            says: "ipc changed too",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer, without capabilities, joins a UTS namespace that is owned by
/// another user namespace.
pub fn setns5(answer: fn(Pid) -> io::Result<()>) -> ! {
    judge(|| {
        let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS;
        let target = helper_process(flags, || Ok(()))?;
        let process = run_answer(&EXERCISE, || {
            drop_capabilities()?;
            answer(target.pid).map(|()| "")
        })?;
        check_joined(process.pid, target.pid, &["user", "uts"], Pid::this())
    })
}
