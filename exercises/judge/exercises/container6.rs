//! The init of a container.

use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicI32, AtomicU64};
use std::time::Duration;

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigSet, Signal, kill, raise};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getpid, getppid, getsid, pause, setsid};

use crate::exercise::{Exercise, Wrong};
use crate::fork::fork_task;
use crate::language::{Both, CHECK_MACHINE, text};
use crate::observe::calls::{pid_in_sandbox, random};
use crate::observe::counter::shared;
use crate::observe::init::{check_one_call, run_as_pid_1};
use crate::observe::tasks::{Call, until_all_wait};
use crate::observe::waiting::{until_sleeps, wait_until};
use crate::process::{Task, status};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
`init` runs in PID 1 of a new PID namespace. `command` is the program of the
container: it starts others, a server in the background among them, and it ends
by a signal. When PID 1 has returned, the kernel will kill what is left. A shell
reports 128 and the number of the signal if one has killed a program.",
        "
`init`은 새 PID namespace의 PID 1에서 실행됩니다. `command`는 컨테이너에서
실행하는 프로그램입니다. 다른 프로세스들을 만들고(그 가운데 하나는 뒤에서 계속
실행되는 서버입니다), 시그널로 끝납니다. PID 1이 끝나면 남은 것은 커널이 강제
종료합니다. 프로그램이 시그널로 끝나면 셸은 128에 시그널 번호를 더한 값을 알려
줍니다.",
    ),
    task: Both(
        "
Run `command` once, in a child that is in a session of its own and in which no
signal is blocked. When PID 1 gets SIGTERM, send SIGTERM to the process group of
the command. While the command runs, reap what PID 1 adopts. When the command
has ended, return at once, whatever else runs: 128 and the number of the signal.",
        "
`command`를 자식에서 한 번 실행하세요. 그 자식은 새 세션에 있고, 막아 둔
시그널이 없어야 합니다. PID 1이 SIGTERM을 받으면 command의 프로세스 그룹에
SIGTERM을 보내세요. command가 실행되는 동안 PID 1이 맡은 자식들을 거두세요.
command가 끝나면 다른 것이 실행되고 있어도 바로 반환하세요. 반환하는 값은 128에
시그널 번호를 더한 것입니다.",
    ),
    manual: "pid_namespaces(7), setsid(2), killpg(3), waitpid(2)",
    starter: "
use nix::sys::wait::{WaitStatus, waitpid};

fn init(command: fn()) -> nix::Result<i32> {
    let command = judge::fork_task(command)?;
    // TODO: For what else does PID 1 wait meanwhile?
    match waitpid(command, None)? {
        WaitStatus::Exited(_, status) => Ok(status),
        _ => Ok(1),
    }
}

fn main() -> ! {
    judge::container6(init)
}
",
    solutions: &[
        (
            "sigwait(3)",
            "
use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, setsid};

fn init(command: fn()) -> nix::Result<i32> {
    let signals = SigSet::from_iter([Signal::SIGTERM, Signal::SIGCHLD]);
    signals.thread_block()?;
    let child = judge::fork_child(|| {
        setsid()?;
        signals.thread_unblock()?;
        command();
        Ok(())
    })?;
    loop {
        match signals.wait()? {
            Signal::SIGCHLD => {
                if let Some(status) = reap(child)? {
                    return Ok(status);
                }
            }
            signal => killpg(child, signal)?,
        }
    }
}

/// Reaps every child that has ended. Returns the status of one, if that is among them.
fn reap(child: Pid) -> nix::Result<Option<i32>> {
    let mut result = None;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, status)) if pid == child => result = Some(status),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == child => {
                result = Some(128 + signal as i32);
            }
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(result),
            other => drop(other?),
        }
    }
}

fn main() -> ! {
    judge::container6(init)
}
",
        ),
        (
            "a handler, and wait(2)",
            "
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering::Relaxed;

use nix::errno::Errno;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::setsid;

static COMMAND: AtomicI32 = AtomicI32::new(0);

extern \"C\" fn pass_on(signal: libc::c_int) {
    // SAFETY: a handler may call kill(2), which takes two numbers.
    unsafe { libc::kill(-COMMAND.load(Relaxed), signal) };
}

fn init(command: fn()) -> nix::Result<i32> {
    let child = judge::fork_child(|| {
        setsid()?;
        command();
        Ok(())
    })?;
    COMMAND.store(child.as_raw(), Relaxed);
    // SAFETY: the handler calls only kill(2).
    unsafe { signal(Signal::SIGTERM, SigHandler::Handler(pass_on)) }?;
    loop {
        match wait() {
            Ok(WaitStatus::Exited(pid, status)) if pid == child => return Ok(status),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == child => {
                return Ok(128 + signal as i32);
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

fn main() -> ! {
    judge::container6(init)
}
",
        ),
    ],
    hints: [
        Both(
            "PID 1 waits for two things at once, for SIGTERM and for children that end. How does a \
             process learn that a child has ended without waiting for one?",
            "PID 1은 SIGTERM과 자식이 끝나는 것, 두 가지를 함께 기다립니다. 자식을 기다리지 \
             않으면서 자식이 끝난 것을 아는 방법은 무엇인가요?",
        ),
        Both(
            "By SIGCHLD. Block both signals, wait for either with SigSet::wait, and at SIGCHLD call \
             waitpid(2) with WNOHANG until it returns nothing more: one SIGCHLD may stand for many \
             children. The child inherits what is blocked, so unblock it there.",
            "SIGCHLD로 압니다. 두 시그널을 막아 두고 SigSet::wait로 둘 가운데 하나를 기다리세요. \
             SIGCHLD가 오면 waitpid(2)를 WNOHANG과 함께, 더 나오는 것이 없을 때까지 호출하세요. \
             SIGCHLD 하나가 자식 여럿을 뜻할 수 있습니다. 막아 둔 시그널은 자식이 물려받으므로 \
             자식에서 풀어 주세요.",
        ),
        Both::same(
            "match signals.wait()? {
    Signal::SIGCHLD => {
        if let Some(status) = reap(child)? {
            return Ok(status);
        }
    }
    signal => killpg(child, signal)?,
}",
        ),
    ],
    errors: &[
        (
            "ESRCH",
            Both(
                "no process group has this number: has the child made one by setsid(2), and has it \
                 been reaped?",
                "그런 번호의 프로세스 그룹이 없습니다. 자식이 setsid(2)로 만들었나요? 이미 \
                 거두었나요?",
            ),
        ),
        (
            "ECHILD",
            Both(
                "there is no child to wait for: does your function go on waiting when the command \
                 has been reaped?",
                "기다릴 자식이 없습니다. command를 거둔 다음에도 계속 기다리나요?",
            ),
        ),
        (
            "EINTR",
            Both(
                "a signal has interrupted the call: after its handler has run, call again",
                "시그널 때문에 호출이 중단되었습니다. 핸들러가 실행된 다음 다시 호출하세요",
            ),
        ),
        (
            "EPERM",
            Both(
                "the leader of a process group may not call setsid(2): which process calls it?",
                "프로세스 그룹의 리더는 setsid(2)를 호출할 수 없습니다. 어느 프로세스가 \
                 호출하나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Run `command` once, in a child",
            change: "        setsid()?;
        signals.thread_unblock()?;
        command();
        Ok(())
    })?;",
            to: "        setsid()?;
        Ok(())
    })?;
    command();",
            says: "PID 1 itself has run the command",
        },
        Wrong {
            clause: "in a session of its own",
            change: "        setsid()?;
",
            to: "        nix::unistd::setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
        let _ = setsid;
",
            says: "which call starts a session?",
        },
        Wrong {
            clause: "in which no signal is blocked",
            change: "        signals.thread_unblock()?;
",
            to: "",
            says: "which signals does a child inherit as blocked?",
        },
        Wrong {
            clause: "When PID 1 gets SIGTERM, send SIGTERM",
            change: "            signal => killpg(child, signal)?,",
            to: "            _ => {
                let _ = killpg::<Signal>;
            }",
            says: "what happens in PID 1 when it gets SIGTERM?",
        },
        Wrong {
            clause: "When PID 1 gets SIGTERM",
            change: "    let signals = SigSet::from_iter([Signal::SIGTERM, Signal::SIGCHLD]);",
            to: "    let signals = SigSet::from_iter([Signal::SIGCHLD]);",
            says: "what happens in PID 1 when it gets SIGTERM?",
        },
        Wrong {
            clause: "to the process group of the command",
            change: "            signal => killpg(child, signal)?,",
            to: "            signal => {
                let _ = killpg::<Signal>;
                nix::sys::signal::kill(child, signal)?
            }",
            says: "which number stands for a whole group?",
        },
        Wrong {
            clause: "While the command runs, reap what PID 1 adopts.",
            change: "waitpid(None, Some(WaitPidFlag::WNOHANG))",
            to: "waitpid(child, Some(WaitPidFlag::WNOHANG))",
            says: "whom does waitpid(2) wait for, and when do you call it?",
        },
        Wrong {
            clause: "When the command has ended, return at once",
            change: "            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(result),",
            to: "            Ok(WaitStatus::StillAlive) if result.is_none() => return Ok(None),
            Ok(WaitStatus::StillAlive) => std::thread::yield_now(),
            Err(Errno::ECHILD) => return Ok(result),",
            says: "for which child does PID 1 still wait?",
        },
        Wrong {
            clause: "128 and the number of the signal",
            change: "Some(128 + signal as i32)",
            to: "Some(signal as i32)",
            says: "for which process, and with 128?",
        },
        Wrong {
            clause: "return at once, whatever else runs: 128 and the number",
            change: "            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == child => {
                result = Some(128 + signal as i32);
            }",
            to: "            Ok(WaitStatus::Signaled(pid, ..)) if pid == child => result = Some(1),",
            says: "for which process, and with 128?",
        },
    ],
    ..Exercise::NEW
};

/// Where the command records that it runs, and what has happened.
const COMMAND: &str = "/tmp/command";
const EVENTS: &str = "/tmp/events";

/// Events. Each is recorded once, if all goes well.
const REAPED: &str = "reaped";
const GOT_TERM: &str = "command";
const GROUP_GOT_TERM: &str = "group";
const WAITS: &str = "waits";

/// How long these processes wait for PID 1 to do what it has to.
const PATIENCE: Duration = Duration::from_secs(3);

/// The PID of PID 1 in the sandbox, and the signal by which the command ends.
static INIT: AtomicI32 = AtomicI32::new(0);
static END: AtomicI32 = AtomicI32::new(0);

/// Whether the answer has returned.
static RETURNED: OnceLock<&AtomicU64> = OnceLock::new();

/// The signals by which the command may end.
const ENDS: [Signal; 4] = [Signal::SIGKILL, Signal::SIGUSR1, Signal::SIGUSR2, Signal::SIGALRM];

/// Checks that the answer, as PID 1, does the work of an init for a command.
pub fn container6(answer: fn(Task) -> nix::Result<i32>) -> ! {
    judge(|| {
        let end = ENDS[random(0..ENDS.len() as u64) as usize];
        END.store(end as i32, Relaxed);
        let returned = shared().map_err(|errno| unavailable("mmap()", errno, CHECK_MACHINE))?;
        let _ = RETURNED.set(returned);
        let process = run_as_pid_1(&EXERCISE, || {
            INIT.store(pid_in_sandbox(), Relaxed);
            let result = answer(command);
            returned.store(1, Relaxed);
            result
        })?;
        until_all_wait();
        let calls = Call::all(COMMAND);
        check_one_call(COMMAND, &calls)?;
        check_start(&calls[0].note)?;
        check_events()?;
        let expected = 128 + end as i32;
        ensure(process.output == expected.to_string(), || {
            wrong(
                text!(
                    "{expected}: {end} has killed the command",
                    "{expected}: command가 {end} 시그널로 끝남"
                ),
                text!("your function returned {}", "함수가 반환한 값은 {}", process.output),
                text!(
                    "waitpid(2) tells by which signal a child has ended: for which process, and \
                     with 128?",
                    "자식을 끝낸 시그널은 waitpid(2)로 알 수 있습니다. 어느 프로세스의 것이고, \
                     128을 더했나요?",
                ),
            )
        })?;
        Ok(text!(
            "PID 1 has passed on SIGTERM, reaped an orphan, left a server alone, and returned \
             {expected}",
            "PID 1이 SIGTERM을 전달하고, 고아 프로세스를 거두고, 서버는 그대로 둔 채 {expected}를 \
             반환했습니다",
        ))
    })
}

/// Checks that the command began in a session of its own, and that no signal was blocked.
fn check_start(note: &str) -> Result<(), Finding> {
    let (leads, blocked) = note.split_once(' ').unwrap_or_default();
    ensure(leads == "true", || {
        wrong(
            text!("the command leads a session of its own", "command는 새 세션의 리더"),
            text!("it is in the session of PID 1", "PID 1의 세션에 있습니다"),
            text!(
                "a process group lies within one session: which call starts a session?",
                "프로세스 그룹은 한 세션 안에만 있습니다. 세션을 시작하는 호출은 무엇인가요?",
            ),
        )
    })?;
    ensure(u64::from_str_radix(blocked, 16) == Ok(0), || {
        wrong(
            text!("no signal is blocked in the command", "command에서 막아 둔 시그널이 없음"),
            text!("SigBlk is {blocked}", "SigBlk는 {blocked}"),
            text!(
                "which signals does a child inherit as blocked?",
                "자식은 막아 둔 시그널 가운데 어느 것을 물려받나요?",
            ),
        )
    })
}

/// Checks what the processes of the container have recorded.
fn check_events() -> Result<(), Finding> {
    let events = Call::all(EVENTS);
    let happened = |event| events.iter().any(|it| it.note == event);
    ensure(happened(REAPED), || {
        wrong(
            text!(
                "PID 1 reaps a process that it adopts while the command runs",
                "command가 실행되는 동안 PID 1이 맡은 프로세스를 거둠",
            ),
            text!("it is still a zombie", "아직 좀비입니다"),
            text!(
                "whom does waitpid(2) wait for, and when do you call it?",
                "waitpid(2)는 누구를 기다리고, 언제 호출하나요?",
            ),
        )
    })?;
    ensure(happened(GOT_TERM), || {
        wrong(
            text!("SIGTERM for the command", "command가 SIGTERM을 받음"),
            text!(
                "PID 1 has got SIGTERM, and the command has not",
                "PID 1은 SIGTERM을 받았는데 command는 받지 못했습니다",
            ),
            text!(
                "the kernel drops a signal that PID 1 neither handles nor blocks: what happens in \
                 PID 1 when it gets SIGTERM?",
                "PID 1이 처리하지도 막아 두지도 않은 시그널은 커널이 버립니다. SIGTERM을 받으면 \
                 PID 1에서 무슨 일이 일어나나요?",
            ),
        )
    })?;
    ensure(happened(GROUP_GOT_TERM), || {
        wrong(
            text!(
                "SIGTERM for all processes in the process group of the command",
                "command의 프로세스 그룹에 있는 모든 프로세스가 SIGTERM을 받음",
            ),
            text!("only the command has got it", "command만 받았습니다"),
            text!(
                "kill(2) takes the number of one process: which number stands for a whole group?",
                "kill(2)에 PID를 주면 프로세스 하나에만 보냅니다. 그룹 전체를 뜻하는 번호는 \
                 무엇인가요?",
            ),
        )
    })?;
    ensure(!happened(WAITS), || {
        wrong(
            text!("PID 1 returns when the command has ended", "command가 끝나면 PID 1이 반환함"),
            text!("it goes on waiting while a server runs", "서버가 실행되는 동안 계속 기다립니다",),
            text!(
                "for which child does PID 1 still wait? When it ends, the kernel ends all others",
                "PID 1은 아직 어느 자식을 기다리나요? PID 1이 끝나면 나머지는 커널이 끝냅니다",
            ),
        )
    })
}

/// The program of the container.
fn command() {
    let this = Pid::from_raw(pid_in_sandbox());
    let (leads, blocked) = (getsid(None) == Ok(getpid()), status(this, "SigBlk"));
    Call::record(COMMAND, &format!("{leads} {blocked}"));
    if getpid().as_raw() == 1 || !leads {
        return;
    }
    let term = SigSet::from_iter([Signal::SIGTERM]);
    let _ = term.thread_block();
    let (_, _) = (fork_task(member), fork_task(server));
    if orphan_is_reaped() {
        Call::record(EVENTS, REAPED);
        until_sleeps(Pid::from_raw(INIT.load(Relaxed)));
        let _ = kill(Pid::from_raw(1), Signal::SIGTERM);
        if receives(&term, PATIENCE) {
            Call::record(EVENTS, GOT_TERM);
            let group_has = || Call::all(EVENTS).iter().any(|it| it.note == GROUP_GOT_TERM);
            wait_until(PATIENCE, group_has);
        }
    }
    if let Ok(end) = Signal::try_from(END.load(Relaxed)) {
        let _ = raise(end);
    }
}

/// Makes a process that loses its parent and ends. Whether somebody reaps it.
fn orphan_is_reaped() -> bool {
    const ORPHAN: &str = "/tmp/orphan";
    let between = fork_task(|| {
        let _ = fork_task(|| {
            wait_until(PATIENCE, || getppid().as_raw() == 1);
            Call::record(ORPHAN, "");
        });
    });
    let _ = between.map(|pid| waitpid(pid, None));
    wait_until(PATIENCE, || !Call::all(ORPHAN).is_empty());
    let orphan = Call::all(ORPHAN).first().and_then(|call| call.pid.parse().ok());
    // A zombie still takes signals.
    let is_gone = |pid| kill(Pid::from_raw(pid), None).is_err();
    orphan.is_some_and(|pid| wait_until(PATIENCE, || is_gone(pid)))
}

/// Another process in the process group of the command.
fn member() {
    if receives(&SigSet::from_iter([Signal::SIGTERM]), 4 * PATIENCE) {
        Call::record(EVENTS, GROUP_GOT_TERM);
    }
}

/// A process that stays when the command has ended, unless PID 1 waits for it.
fn server() {
    let _ = setsid();
    let orphaned = SigSet::from_iter([Signal::SIGUSR1]);
    let _ = orphaned.thread_block();
    let _ = set_pdeathsig(Signal::SIGUSR1);
    if getppid().as_raw() != 1 {
        let _ = orphaned.wait();
    }
    let has_returned = || RETURNED.get().is_some_and(|it| it.load(Relaxed) == 1);
    if !wait_until(PATIENCE, has_returned) {
        return Call::record(EVENTS, WAITS);
    }
    loop {
        pause();
    }
}

/// Whether a blocked signal arrives within a time (`sigtimedwait(2)`).
fn receives(signals: &SigSet, limit: Duration) -> bool {
    let limit = libc::timespec { tv_sec: limit.as_secs() as _, tv_nsec: 0 };
    // SAFETY: the set and the time outlive the call, and the information may be NULL.
    let signal = unsafe { libc::sigtimedwait(signals.as_ref(), null_mut(), &raw const limit) };
    signal > 0
}
