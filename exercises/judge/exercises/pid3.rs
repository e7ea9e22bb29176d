//! A signal that PID 1 gets.

use std::io;
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering::Relaxed;

use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::{Pid, getpid};

use crate::exercise::{Exercise, Wrong};
use crate::observe::calls::pid_in_sandbox;
use crate::observe::init::{check_no_child, check_one_call, has_signal, run_as_pid_1};
use crate::observe::tasks::{Call, until_all_wait, until_waits};
use crate::observe::waiting::until_sleeps;
use crate::process::{Task, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A signal that PID 1 neither handles nor blocks is dropped, so `docker stop` takes
ten seconds. `init` runs in PID 1 of a new PID namespace. Soon PID 1 gets
SIGTERM. `service` ends when it gets SIGTERM itself, after a moment in which it
tidies up.",
    task: "
Run `service` once, in a child. When PID 1 gets SIGTERM, send the service SIGTERM,
so that it ends by itself. Reap it, and then return.",
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
        "The kernel drops SIGTERM because its default action would end PID 1. When does a signal not take its default action?",
        "Block SIGTERM before you fork; then it stays pending until sigwait(3), in nix SigSet::wait, takes it. A handler works as well.",
        "let term = SigSet::from_iter([Signal::SIGTERM]);
term.thread_block()?;
let service = judge::fork_task(service)?;
term.wait()?;",
    ],
    errors: &[
        (
            "ESRCH",
            "no process has this PID: has the service been reaped before the signal was sent?",
        ),
        ("ECHILD", "there is no such child to wait for: which call has reaped the service?"),
        ("EINTR", "a signal has interrupted the call: after its handler has run, call again"),
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
                "SIGTERM for the service after PID 1 has got it",
                "the service has got SIGTERM, and nobody had sent it to PID 1 yet",
                "which call waits until a signal arrives?",
            )
        })?;
        ensure(last.is_empty() || last == ENDED, || {
            wrong(
                "PID 1 gets SIGTERM",
                format!("PID 1 waits, with {last}: none of the two has 4000, the bit of SIGTERM"),
                "the kernel drops a signal that PID 1 neither handles nor blocks",
            )
        })?;
        ensure(last == ENDED, || {
            wrong(
                "the service gets SIGTERM, tidies up, and ends",
                "PID 1 has got SIGTERM, and the service has not tidied up",
                "which signal does your function send to the service?",
            )
        })?;
        check_no_child(process.pid)?;
        Ok("PID 1 got SIGTERM, the service ended by itself, and no child of PID 1 is left"
            .to_owned())
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
        return Call::record(EVENTS, &masks.join(" and "));
    }
    let _ = term.wait();
    until_waits(init);
    Call::record(EVENTS, ENDED);
}
