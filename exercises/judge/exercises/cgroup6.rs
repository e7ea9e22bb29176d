//! A process that is born in a cgroup.

use std::io;
use std::path::Path;
use std::thread::yield_now;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use crate::cgroup::{Need, judge};
use crate::clone_args::is_known;
use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::observe::watch::Watch;
use crate::process::{run_answer, status};
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A process that is moved into a cgroup has used memory and time before, outside of
the limits. Since Linux 5.7 clone3(2) can create a child in a cgroup of version 2:
it is inside from its first instruction. (On v1 there is no such way.)",
        "
프로세스를 cgroup으로 옮기면, 옮기기 전에 쓴 메모리와 시간은 한도 밖의
것입니다. 리눅스 5.7부터는 clone3(2)로 자식을 v2의 cgroup 안에 만들 수
있습니다. 그러면 첫 명령어부터 그 안에서 실행됩니다. (v1에는 이런 방법이
없습니다.)",
    ),
    task: Both(
        "
Create a child process in the cgroup `dir` that is born there: nobody writes to
cgroup.procs. It stays alive. Return its PID.",
        "
cgroup `dir` 안에서 태어나는 자식 프로세스를 만드세요. 아무도 cgroup.procs에
쓰면 안 됩니다. 자식은 살아 있어야 합니다. 자식의 PID를 반환하세요.",
    ),
    manual: "clone(2): The clone3() system call",
    starter: r#"
use std::io;
use std::path::Path;

use judge::CloneArgs;
use nix::unistd::{ForkResult, Pid, pause};

fn born_in(dir: &Path) -> io::Result<Pid> {
    // TODO: Which flag, and a descriptor of what?
    let args = CloneArgs { exit_signal: libc::SIGCHLD as u64, ..CloneArgs::default() };
    let _ = dir;
    // SAFETY: one thread; without CLONE_VM the child has a copy of this memory.
    match unsafe { args.clone3() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => loop {
            pause();
        },
    }
}

fn main() -> ! {
    judge::cgroup6(born_in)
}
"#,
    solutions: &[
        (
            "File",
            r#"
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use judge::CloneArgs;
use nix::unistd::{ForkResult, Pid, pause};

/// As in `<linux/sched.h>`; libc has it as an int, which is too small for it.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

fn born_in(dir: &Path) -> io::Result<Pid> {
    let dir = File::open(dir)?;
    let args = CloneArgs {
        flags: CLONE_INTO_CGROUP,
        exit_signal: libc::SIGCHLD as u64,
        cgroup: dir.as_raw_fd() as u64,
        ..CloneArgs::default()
    };
    // SAFETY: one thread; without CLONE_VM the child has a copy of this memory.
    match unsafe { args.clone3() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => loop {
            pause();
        },
    }
}

fn main() -> ! {
    judge::cgroup6(born_in)
}
"#,
        ),
        (
            "libc, O_PATH, and a program in the child",
            r#"
use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::Pid;

fn born_in(dir: &Path) -> io::Result<Pid> {
    let path = CString::new(dir.as_os_str().as_bytes())?;
    let fd = unsafe { libc::open(path.as_ptr(), libc::O_PATH | libc::O_DIRECTORY) };
    let mut args = [0_u64; 11];
    args[0] = 1 << 33;
    args[4] = libc::SIGCHLD as u64;
    args[10] = fd as u64;
    match unsafe { libc::syscall(libc::SYS_clone3, args.as_ptr(), size_of_val(&args)) } {
        -1 => Err(io::Error::last_os_error()),
        0 => Err(Command::new("sleep").arg("1000").exec()),
        pid => Ok(Pid::from_raw(pid as i32)),
    }
}

fn main() -> ! {
    judge::cgroup6(born_in)
}
"#,
        ),
    ],
    hints: [
        Both(
            "A cgroup is a directory. How does a program hold a directory that it does not have to \
             look up again?",
            "cgroup은 디렉터리입니다. 프로그램이 디렉터리를 다시 찾지 않아도 되게 붙잡아 두는 \
             방법은 무엇인가요?",
        ),
        Both(
            "Open the directory of the cgroup. Its descriptor goes into the field cgroup, and the \
             flag CLONE_INTO_CGROUP says that the field counts. The flag is 0x200000000, more than \
             an int can hold.",
            "cgroup의 디렉터리를 엽니다. 그 파일 디스크립터를 필드 cgroup에 넣고, 플래그 \
             CLONE_INTO_CGROUP으로 이 필드를 쓰겠다고 알립니다. 이 플래그는 0x200000000이라서 \
             int에는 들어가지 않습니다.",
        ),
        Both::same(
            "let dir = File::open(dir)?; CloneArgs { flags: 0x2_0000_0000, cgroup: dir.as_raw_fd() \
             as u64, … }",
        ),
    ],
    errors: &[
        (
            "EOPNOTSUPP",
            Both(
                "cgroup.threads moves a thread within a threaded cgroup; a child is to be born \
                 inside",
                "cgroup.threads는 threaded cgroup 안에서 스레드를 옮깁니다. 자식은 처음부터 cgroup \
                 안에서 태어나야 합니다",
            ),
        ),
        (
            "EBADF",
            Both(
                "the field cgroup is not a descriptor of a cgroup's directory: it may be closed \
                 already, when its File has been dropped, or be one of its files",
                "필드 cgroup이 cgroup 디렉터리의 파일 디스크립터가 아닙니다. File이 drop되면서 \
                 이미 닫혔거나, 디렉터리가 아니라 그 안의 파일일 수 있습니다",
            ),
        ),
        (
            "EINVAL",
            Both(
                "a flag that does not exist here, or the exit signal among the flags as in \
                 clone(2)",
                "여기에 없는 플래그이거나, clone(2)에서처럼 종료 시그널을 플래그에 넣었습니다",
            ),
        ),
        (
            "ENOSPC",
            Both(
                "the sandbox allows no cgroup namespace: CLONE_NEWCGROUP creates a cgroup \
                 namespace, and does not say in which cgroup",
                "샌드박스에서는 cgroup namespace를 만들 수 없습니다. CLONE_NEWCGROUP은 cgroup \
                 namespace를 만드는 플래그이고, 어느 cgroup인지는 정하지 않습니다",
            ),
        ),
        (
            "EACCES",
            Both(
                "no file can be created in a cgroup: is the file's name right?",
                "cgroup에는 새 파일을 만들 수 없습니다. 파일 이름이 맞나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "in the cgroup `dir`",
            change: "flags: CLONE_INTO_CGROUP",
            to: "flags: 0",
            says: "the field cgroup counts only with the flag CLONE_INTO_CGROUP",
        },
        Wrong {
            clause: "in the cgroup `dir`",
            change: "flags: CLONE_INTO_CGROUP",
            to: "flags: CLONE_INTO_CGROUP as libc::c_int as u64",
            says: "the constant in libc is an int",
        },
        Wrong {
            clause: "in the cgroup `dir`",
            change: "flags: CLONE_INTO_CGROUP",
            to: "flags: libc::CLONE_NEWCGROUP as u64",
            says: "CLONE_NEWCGROUP creates a cgroup namespace",
        },
        Wrong {
            clause: "nobody writes to
cgroup.procs",
            change: "        ForkResult::Parent { child } => Ok(child),",
            to: r#"        ForkResult::Parent { child } => {
            let procs = format!("/proc/self/fd/{}/cgroup.procs", dir.as_raw_fd());
            std::fs::write(procs, child.to_string())?;
            Ok(child)
        }"#,
            says: "moved there",
        },
        Wrong {
            clause: "born there",
            change: "        flags: CLONE_INTO_CGROUP,",
            to: r#"        flags: {
            let procs = format!("/proc/self/fd/{}/cgroup.procs", dir.as_raw_fd());
            std::fs::write(procs, "0")?;
            0
        },"#,
            says: "moved there",
        },
        Wrong {
            clause: "It stays alive",
            change: "        ForkResult::Child => loop {
            pause();
        },",
            to: "        ForkResult::Child => {
            let _ = pause;
            std::process::exit(0)
        }",
            says: "has ended",
        },
        Wrong {
            clause: "Return its PID",
            change: "ForkResult::Parent { child } => Ok(child),",
            to: "ForkResult::Parent { .. } => Ok(Pid::this()),",
            says: "it is no child of the process that ran your function",
        },
        Wrong {
            clause: "Create a child process",
            change: "        ForkResult::Parent { child } => Ok(child),",
            to: "        ForkResult::Parent { child } => {
            let _ = child;
            Ok(Pid::from_raw(1))
        }",
            says: "it is no child of the process that ran your function",
        },
    ],
    ..Exercise::NEW
};

/// Checks that a child is in the cgroup, and that nobody has moved a process there.
pub fn cgroup6(answer: fn(&Path) -> io::Result<Pid>) -> ! {
    judge(Need::V2, move |group| {
        is_known().map_err(|errno| {
            let advice = text!(
                "A filter blocks this call, as in some containers: with Docker, use --security-opt \
                 seccomp=unconfined",
                "필터가 이 시스템 콜을 막고 있습니다. 일부 컨테이너가 그렇습니다. Docker에서는 \
                 --security-opt seccomp=unconfined를 씁니다",
            );
            unavailable("clone3()", errno, advice)
        })?;
        let files = ["cgroup.procs", "cgroup.threads"].map(|file| group.dir.join(file));
        let watched = |errno| {
            unavailable(
                "inotify",
                errno,
                text!("To see limits: sysctl fs.inotify", "한도를 보려면: sysctl fs.inotify"),
            )
        };
        let watch = Watch::on(&files.each_ref().map(|it| it.as_path())).map_err(watched)?;
        let answering = run_answer(&EXERCISE, || answer(&group.dir))?;
        let child = Pid::from_raw(answering.output.parse().unwrap_or_default());
        let returned =
            text!("your function returned {}", "함수가 반환한 값은 {}", answering.output);
        let parent = status(child, "PPid");
        ensure(parent == answering.pid.to_string(), || {
            wrong(
                text!(
                    "the PID of a child of process {}",
                    "{}번 프로세스의 자식의 PID",
                    answering.pid,
                ),
                text!(
                    "{returned}; PPid of that process: {parent}",
                    "{returned}, 그 프로세스의 PPid는 {parent}",
                ),
                text!(
                    "it is no child of the process that ran your function",
                    "여러분의 함수를 실행한 프로세스의 자식이 아닙니다",
                ),
            )
        })?;
        let state = settled_state(child);
        ensure(!state.starts_with(['Z', 'X', '(']), || {
            let found = text!(
                "{returned}; State of that process: {state}",
                "{returned}, 그 프로세스의 State는 {state}",
            );
            wrong(
                text!("a living child", "살아 있는 자식"),
                found,
                text!(
                    "it has ended: let the child wait, with pause(2)",
                    "이미 끝났습니다. 자식이 pause(2)로 기다리게 하세요",
                ),
            )
        })?;
        let inside = group.words("cgroup.procs")?;
        ensure(inside.contains(&child.to_string()), || {
            wrong(
                text!("{:?} in cgroup.procs", "cgroup.procs에 {:?}", [child.to_string()]),
                shown!("{inside:?}"),
                text!(
                    "a child is born in its parent's cgroup; the field cgroup counts only with the \
                     flag CLONE_INTO_CGROUP, which is 0x200000000 (the constant in libc is an int: \
                     too small for this flag, it is 0)",
                    "자식은 부모의 cgroup에서 태어납니다. 필드 cgroup은 플래그 CLONE_INTO_CGROUP이 \
                     있을 때만 쓰이고, 그 값은 0x200000000입니다 (libc의 상수는 int인데, 이 \
                     플래그를 담기에는 작아서 0입니다)",
                ),
            )
        })?;
        ensure(!watch.was_written().map_err(watched)?, || {
            wrong(
                text!("no write to cgroup.procs", "cgroup.procs에 아무도 쓰지 않음"),
                text!("there was one", "누군가 썼습니다"),
                text!(
                    "a process was moved there, which was outside of the limits until then",
                    "프로세스를 그리로 옮겼습니다. 그 전까지 이 프로세스는 한도 밖에 있었습니다",
                ),
            )
        })?;
        Ok(text!(
            "process {child} was born in the cgroup",
            "{child}번 프로세스는 이 cgroup 안에서 태어났습니다",
        ))
    })
}

/// The state of a process that no longer runs: it waits, or has ended. That of a busy one after
/// a second.
fn settled_state(pid: Pid) -> String {
    let start = Instant::now();
    loop {
        let state = status(pid, "State");
        if !state.starts_with(['R', 'D']) || start.elapsed() > Duration::from_secs(1) {
            return state;
        }
        yield_now();
    }
}
