//! A signal that PID 1 gets.

use std::io;
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering::Relaxed;

use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::{Pid, getpid};

use crate::exercise::{Exercise, Wrong};
use crate::language::{AND, Both, text};
use crate::observe::calls::pid_in_sandbox;
use crate::observe::init::{check_no_child, check_one_call, has_signal, run_as_pid_1};
use crate::observe::tasks::{Call, until_all_wait, until_waits};
use crate::observe::waiting::until_sleeps;
use crate::process::{Task, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A signal that PID 1 neither handles nor blocks is dropped, so `docker stop` takes
ten seconds. `init` runs in PID 1 of a new PID namespace. Soon PID 1 gets
SIGTERM. `service` ends when it gets SIGTERM itself, after a moment in which it
tidies up.",
        "
PID 1이 처리하지도 막아 두지도 않은 시그널은 버려집니다. 그래서 `docker
stop`이 10초 걸립니다. `init`은 새 PID namespace의 PID 1에서 실행됩니다.
잠시 뒤 PID 1이 SIGTERM을 받습니다. `service`는 자기가 SIGTERM을 받으면 잠깐
정리를 하고 끝납니다.",
    ),
    task: Both(
        "
Run `service` once, in a child. When PID 1 gets SIGTERM, send the service SIGTERM,
so that it ends by itself. Reap it, and then return.",
        "
`service`를 자식에서 한 번 실행하세요. PID 1이 SIGTERM을 받으면 service에게
SIGTERM을 보내서 스스로 끝나게 하세요. service를 거둔 다음 반환하세요.",
    ),
    manual: "pid_namespaces(7), signal(7), sigwait(3)",
    starter: "
use nix::sys::wait::waitpid;

fn init(service: fn()) -> nix::Result<()> {
    // TODO: What does the kernel do with SIGTERM for PID 1?
    let service = judge::fork_task(service)?;
    waitpid(service, None)?;
    Ok(())
}

fn main() -> ! {
    judge::pid3(init)
}
",
    solutions: &[
        (
            "sigwait(3)",
            "
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::waitpid;

fn init(service: fn()) -> nix::Result<()> {
    let term = SigSet::from_iter([Signal::SIGTERM]);
    term.thread_block()?;
    let service = judge::fork_task(service)?;
    term.wait()?;
    kill(service, Signal::SIGTERM)?;
    waitpid(service, None)?;
    Ok(())
}

fn main() -> ! {
    judge::pid3(init)
}
",
        ),
        (
            "a handler",
            "
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering::Relaxed;

use nix::errno::Errno;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::waitpid;

static SERVICE: AtomicI32 = AtomicI32::new(0);

extern \"C\" fn pass_on(signal: libc::c_int) {
    // SAFETY: a handler may call kill(2), which takes two numbers.
    unsafe { libc::kill(SERVICE.load(Relaxed), signal) };
}

fn init(service: fn()) -> nix::Result<()> {
    let service = judge::fork_task(service)?;
    SERVICE.store(service.as_raw(), Relaxed);
    // SAFETY: the handler calls only kill(2).
    unsafe { signal(Signal::SIGTERM, SigHandler::Handler(pass_on)) }?;
    loop {
        match waitpid(service, None) {
            Err(Errno::EINTR) => {}
            end => return end.map(drop),
        }
    }
}

fn main() -> ! {
    judge::pid3(init)
}
",
        ),
    ],
    hints: [
        Both(
            "The kernel drops SIGTERM because its default action would end PID 1. When does a \
             signal not take its default action?",
            "SIGTERM의 기본 동작은 PID 1을 끝내는 것이라서 커널이 버립니다. 어떤 경우에 시그널의 \
             기본 동작이 일어나지 않나요?",
        ),
        Both(
            "Block SIGTERM before you fork; then it stays pending until sigwait(3), in nix \
             SigSet::wait, takes it. A handler works as well.",
            "fork하기 전에 SIGTERM을 막아 둡니다(block). 그러면 시그널은 sigwait(3)(nix에서는 \
             SigSet::wait)가 받을 때까지 남아 있습니다. 핸들러를 써도 됩니다.",
        ),
        Both::same(
            "let term = SigSet::from_iter([Signal::SIGTERM]);
term.thread_block()?;
let service = judge::fork_task(service)?;
term.wait()?;",
        ),
    ],
    errors: &[
        (
            "ESRCH",
            Both(
                "no process has this PID: has the service been reaped before the signal was sent?",
                "이 PID의 프로세스가 없습니다. 시그널을 보내기 전에 service를 거두었나요?",
            ),
        ),
        (
            "ECHILD",
            Both(
                "there is no such child to wait for: which call has reaped the service?",
                "기다릴 자식이 없습니다. 어느 호출이 service를 거두었나요?",
            ),
        ),
        (
            "EINTR",
            Both(
                "a signal has interrupted the call: after its handler has run, call again",
                "시그널 때문에 호출이 중단되었습니다. 핸들러가 실행된 다음 다시 호출하세요",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Run `service` once",
            change: "    let service = judge::fork_task(service)?;",
            to: "    let _ = service;
    let service = judge::fork_task(|| {
        let _ = kill(nix::unistd::getppid(), Signal::SIGTERM);
    })?;",
            says: "the service has not run",
        },
        Wrong {
            clause: "in a child",
            change: "    let service = judge::fork_task(service)?;
    term.wait()?;",
            to: "    service();
    let service = judge::fork_task(|| {})?;",
            says: "PID 1 itself has run the service",
        },
        Wrong {
            clause: "When PID 1 gets SIGTERM",
            change: "    term.thread_block()?;
    let service = judge::fork_task(service)?;
    term.wait()?;
    kill(service, Signal::SIGTERM)?;",
            to: "    let service = judge::fork_task(service)?;
    let _ = (term, kill::<Signal>);",
            says: "the kernel drops a signal that PID 1 neither handles nor blocks",
        },
        Wrong {
            clause: "When PID 1 gets SIGTERM",
            change: "    term.thread_block()?;
    let service = judge::fork_task(service)?;
    term.wait()?;
    kill(service, Signal::SIGTERM)?;",
            to: "    // SAFETY: SIG_IGN installs no handler that could run.
    unsafe { nix::sys::signal::signal(Signal::SIGTERM, nix::sys::signal::SigHandler::SigIgn) }?;
    let service = judge::fork_task(service)?;
    let _ = (term, kill::<Signal>);",
            says: "the kernel drops a signal that PID 1 neither handles nor blocks",
        },
        Wrong {
            clause: "When PID 1 gets SIGTERM, send the service SIGTERM",
            change: "    term.wait()?;
",
            to: "",
            says: "which call waits until a signal arrives?",
        },
        Wrong {
            clause: "send the service SIGTERM",
            change: "    kill(service, Signal::SIGTERM)?;
    waitpid(service, None)?;",
            to: "    let _ = (service, kill::<Signal>, waitpid::<nix::unistd::Pid>);",
            says: "which signal does your function send to the service?",
        },
        Wrong {
            clause: "so that it ends by itself",
            change: "    kill(service, Signal::SIGTERM)?;",
            to: "    kill(service, Signal::SIGKILL)?;",
            says: "which signal does your function send to the service?",
        },
        Wrong {
            clause: "so that it ends by itself",
            change: "    kill(service, Signal::SIGTERM)?;
    waitpid(service, None)?;",
            to: "    kill(service, Signal::SIGTERM)?;
    let _ = waitpid::<nix::unistd::Pid>;
    std::process::exit(0);",
            says: "ended before the judge could look at it",
        },
        Wrong {
            clause: "Reap it, and then return.",
            change: "    waitpid(service, None)?;",
            to: "    let _ = waitpid::<nix::unistd::Pid>;",
            says: "which children does waitpid(2) wait for",
        },
        Wrong {
            clause: "Reap it",
            change: "    waitpid(service, None)?;",
            to: "    waitpid(service, Some(nix::sys::wait::WaitPidFlag::WNOHANG))?;",
            says: "which children does waitpid(2) wait for",
        },
    ],
    ..Exercise::NEW
};

/// Where the service records that it runs, and what has happened to it.
const SERVICE: &str = "/tmp/service";
const EVENTS: &str = "/tmp/events";

/// What it records if it got SIGTERM before PID 1 did.
const EARLY: &str = "early";
/// What it records when it has tidied up.
const ENDED: &str = "ended";

/// How often a process has gone to sleep (`/proc/PID/status`).
const SLEEPS: &str = "voluntary_ctxt_switches";

/// The PID of PID 1 in the sandbox.
static INIT: AtomicI32 = AtomicI32::new(0);

/// Checks that the answer, as PID 1, gets SIGTERM, passes it on, and reaps.
pub fn pid3(answer: fn(Task) -> nix::Result<()>) -> ! {
    judge(|| {
        let process = run_as_pid_1(&EXERCISE, || {
            INIT.store(pid_in_sandbox(), Relaxed);
            answer(service).map(|()| "").map_err(io::Error::from)
        })?;
        until_all_wait();
        check_one_call(SERVICE, &Call::all(SERVICE))?;
        let events = Call::all(EVENTS);
        let last = events.last().map_or("", |event| event.note.as_str());
        ensure(last != EARLY, || {
            wrong(
                text!(
                    "SIGTERM for the service after PID 1 has got it",
                    "PID 1이 SIGTERM을 받은 다음에 service에게 SIGTERM을 보냄",
                ),
                text!(
                    "the service has got SIGTERM, and nobody had sent it to PID 1 yet",
                    "아무도 PID 1에게 SIGTERM을 보내지 않았는데 service가 SIGTERM을 받았습니다",
                ),
                text!(
                    "which call waits until a signal arrives?",
                    "시그널이 올 때까지 기다리는 시스템 콜은 무엇인가요?",
                ),
            )
        })?;
        ensure(last.is_empty() || last == ENDED, || {
            wrong(
                text!("PID 1 gets SIGTERM", "PID 1이 SIGTERM을 받음"),
                text!(
                    "PID 1 waits, with {last}: none of the two has 4000, the bit of SIGTERM",
                    "PID 1이 기다리고 있는데 {last}입니다. 둘 다 SIGTERM의 비트인 4000이 없습니다",
                ),
                text!(
                    "the kernel drops a signal that PID 1 neither handles nor blocks",
                    "PID 1이 처리하지도 막아 두지도 않은 시그널은 커널이 버립니다",
                ),
            )
        })?;
        ensure(last == ENDED, || {
            wrong(
                text!(
                    "the service gets SIGTERM, tidies up, and ends",
                    "service가 SIGTERM을 받고, 정리하고, 끝남",
                ),
                text!(
                    "PID 1 has got SIGTERM, and the service has not tidied up",
                    "PID 1은 SIGTERM을 받았는데 service가 정리하지 않았습니다",
                ),
                text!(
                    "which signal does your function send to the service?",
                    "함수가 service에게 보내는 시그널은 무엇인가요?",
                ),
            )
        })?;
        check_no_child(process.pid)?;
        Ok(text!(
            "PID 1 got SIGTERM, the service ended by itself, and no child of PID 1 is left",
            "PID 1이 SIGTERM을 받았고, service가 스스로 끝났으며, PID 1의 자식이 남지 않았습니다",
        ))
    })
}

/// A process that has PID 1 end, as `docker stop` does, and waits to be ended by PID 1.
fn service() {
    Call::record(SERVICE, "");
    if getpid().as_raw() == 1 {
        return;
    }
    let term = SigSet::from_iter([Signal::SIGTERM]);
    let _ = term.thread_block();
    let init = Pid::from_raw(INIT.load(Relaxed));
    let asleep = until_sleeps(init);
    let this = Pid::from_raw(pid_in_sandbox());
    if ["ShdPnd", "SigPnd"].iter().any(|set| has_signal(this, set, Signal::SIGTERM)) {
        return Call::record(EVENTS, EARLY);
    }
    let sets = ["SigBlk", "SigCgt"];
    let expects = sets.iter().any(|set| has_signal(init, set, Signal::SIGTERM));
    let masks = sets.map(|set| format!("{set} {}", status(init, set)));
    let sleeps = || status(init, SLEEPS);
    let before = sleeps();
    let _ = kill(Pid::from_raw(1), Signal::SIGTERM);
    // A process in sigwait(3) is woken, though SigBlk does not show what it waits for.
    let state = status(init, "State");
    let woken = asleep && !(state.starts_with('S') && sleeps() == before);
    if !expects && !woken {
        return Call::record(EVENTS, &masks.join(AND));
    }
    let _ = term.wait();
    until_waits(init);
    Call::record(EVENTS, ENDED);
}
