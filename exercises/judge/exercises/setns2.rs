//! Joining two namespaces in one call.

use std::fs::File;
use std::io;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::Both;
use crate::observe::namespaces::check_joined;
use crate::process::{helper_process, run_answer};
use crate::sandbox::judge;

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
No /proc is mounted where this function runs, so there is no file to open. A
pidfd is a descriptor for a process. Since Linux 5.8 setns(2) accepts it too,
and joins all namespaces that the flags name, or none.",
        "
이 함수가 실행되는 곳에는 /proc이 마운트되어 있지 않아서 열 파일이 없습니다.
pidfd는 프로세스를 가리키는 파일 디스크립터입니다. 리눅스 5.8부터는
setns(2)에 pidfd도 줄 수 있고, 플래그로 적은 namespace에 모두 들어가거나
하나도 들어가지 않습니다.",
    ),
    task: Both(
        "
Move the caller into the UTS and the IPC namespace of the process with this
PID, in a single call. All other namespaces of the caller stay the same.",
        "
호출 한 번으로 호출한 프로세스를 이 PID를 가진 프로세스의 UTS namespace와
IPC namespace로 옮기세요. 호출한 프로세스의 다른 namespace는 모두
그대로입니다.",
    ),
    manual: "setns(2), pidfd_open(2)",
    starter: "
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let process = judge::pidfd_open(pid)?;
    // TODO: Which namespaces of the process?
    setns(process, CloneFlags::CLONE_NEWUTS)?;
    Ok(())
}

fn main() -> ! {
    judge::setns2(join)
}
",
    solutions: &[
        (
            "nix",
            "
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let process = judge::pidfd_open(pid)?;
    setns(process, CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC)?;
    Ok(())
}

fn main() -> ! {
    judge::setns2(join)
}
",
        ),
        (
            "libc",
            "
use std::io;

use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    // SAFETY: the call takes two numbers.
    let process = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
    // SAFETY: the call takes two numbers.
    let joined = unsafe { libc::setns(process as i32, libc::CLONE_NEWIPC | libc::CLONE_NEWUTS) };
    match joined {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn main() -> ! {
    judge::setns2(join)
}
",
        ),
    ],
    hints: [
        Both(
            "A file in /proc/PID/ns refers to one namespace, a pidfd to a process. How does \
             setns(2) know which of the process's namespaces you mean?",
            "/proc/PID/ns의 파일은 namespace 하나를 가리키지만 pidfd는 프로세스를 가리킵니다. \
             프로세스의 namespace 가운데 어느 것인지 setns(2)는 어떻게 아나요?",
        ),
        Both(
            "By the second argument: it joins all kinds whose flags are set, or, if one of them \
             fails, none.",
            "두 번째 인자로 압니다. 플래그로 적은 종류에 모두 들어가고, 그 가운데 하나라도 \
             실패하면 하나도 들어가지 않습니다.",
        ),
        Both::same("setns(process, CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC)?;"),
    ],
    errors: &[
        (
            "EOPNOTSUPP",
            Both(
                "here the judge refuses a setns(2) whose flags do not name both kinds: how do you \
                 name two kinds in one call?",
                "여기서는 두 종류를 다 적지 않은 setns(2)를 채점 프로그램이 거부합니다. 호출 한 \
                 번에 두 종류를 어떻게 적나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "setns(2) got no pidfd, or a flag that names no namespace, or the user namespace \
                 that the caller is in already: for which process did you open it, and which flags \
                 did you pass?",
                "setns(2)가 받은 것이 pidfd가 아니거나, namespace가 아닌 플래그이거나, 자기가 이미 \
                 있는 user namespace입니다. 어느 프로세스의 pidfd를 열었고, 어떤 플래그를 \
                 넘겼나요?",
            ),
        ),
        (
            "ENOENT",
            Both(
                "no /proc is mounted here: which descriptor of the process needs no path?",
                "여기에는 /proc이 마운트되어 있지 않습니다. 경로 없이 얻을 수 있는 프로세스의 파일 \
                 디스크립터는 무엇인가요?",
            ),
        ),
        (
            "ESRCH",
            Both(
                "there is no process with that PID: did you pass the number that your function \
                 got?",
                "그 PID의 프로세스가 없습니다. 함수가 받은 번호를 그대로 넘겼나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "All other namespaces of the caller stay the same",
            change: "CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC",
            to: "CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWUSER",
            says: "the user namespace that the caller is in already",
        },
        Wrong {
            clause: "Move the caller",
            change: "    setns(process, CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC)?;",
            to: "    let both = CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC;
    std::thread::spawn(move || setns(process, both)).join().unwrap()?;",
            says: "which process did setns(2) move",
        },
        Wrong {
            clause: "the UTS and the IPC namespace",
            change: "CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC",
            to: "CloneFlags::empty()",
            says: "whose flags do not name both kinds",
        },
        Wrong {
            clause: "of the process with this PID",
            change: "judge::pidfd_open(pid)?",
            to: "judge::pidfd_open(Pid::this())?",
            says: "namespace of which process?",
        },
        Wrong {
            clause: "in a single call",
            change: "    setns(process, CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC)?;",
            to: "    setns(&process, CloneFlags::CLONE_NEWUTS)?;
    setns(&process, CloneFlags::CLONE_NEWIPC)?;",
            says: "how do you name two kinds in one call?",
        },
        Wrong {
            clause: "All other namespaces of the caller stay the same.",
            change: "CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC",
            to: "CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWNET",
            says: "net changed too",
        },
        Wrong {
            clause: "into the UTS and the IPC namespace",
            change: "let process = judge::pidfd_open(pid)?;",
            to: r#"let process = std::fs::File::open(format!("/proc/{pid}/ns/uts"))?;"#,
            says: "which descriptor of the process needs no path?",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer joins two namespaces of another process through a pidfd: no
/// `/proc` is mounted where the answer runs.
pub fn setns2(answer: fn(Pid) -> io::Result<()>) -> ! {
    judge(|| {
        let flags = CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWNET;
        let target = helper_process(flags, || Ok(()))?;
        let start = helper_process(CloneFlags::CLONE_NEWNS, || {
            let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
            mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
            mount(Some("tmpfs"), "/proc", Some("tmpfs"), MsFlags::empty(), None::<&str>)
        })?;
        let process = run_answer(&EXERCISE, || {
            let mounts = File::open(format!("/proc/{}/ns/mnt", start.pid))?;
            setns(mounts, CloneFlags::CLONE_NEWNS)?;
            refuse_single_kinds()?;
            answer(target.pid).map(|()| "")
        })?;
        check_joined(process.pid, target.pid, &["ipc", "uts"], start.pid)
    })
}

/// Makes every setns(2) of the caller that does not name both kinds fail (`seccomp(2)`):
/// afterwards, one call that joins both looks like two that join one each.
fn refuse_single_kinds() -> nix::Result<()> {
    let both = (libc::CLONE_NEWUTS | libc::CLONE_NEWIPC) as u32;
    // The low half of the second argument, after the number, the architecture, the address of
    // the instruction, and the first argument.
    let flags = 24 + if cfg!(target_endian = "big") { 4 } else { 0 };
    let step = |code: u32, k: u32, (jt, jf)| libc::sock_filter { code: code as u16, jt, jf, k };
    let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let equal = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    let mut filter = [
        step(load, 0, (0, 0)),
        step(equal, libc::SYS_setns as u32, (0, 4)),
        step(load, flags, (0, 0)),
        step(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, both, (0, 0)),
        step(equal, both, (1, 0)),
        step(libc::BPF_RET, libc::SECCOMP_RET_ERRNO | libc::EOPNOTSUPP as u32, (0, 0)),
        step(libc::BPF_RET, libc::SECCOMP_RET_ALLOW, (0, 0)),
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    let mode = libc::c_ulong::from(libc::SECCOMP_MODE_FILTER);
    // SAFETY: the program and its filter outlive the call.
    let set = unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const program) };
    Errno::result(set).map(drop)
}
