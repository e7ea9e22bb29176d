//! All processes of a cgroup, killed at once.

use std::io;
use std::process::exit;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::yield_now;

use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork};

use crate::cgroup::setup::TRY_AGAIN;
use crate::cgroup::{Cgroup, Need, becomes, judge, start_in_cgroup};
use crate::exercise::{Exercise, Wrong};
use crate::observe::counter;
use crate::process::{run_answer, status};
use crate::verdict::{Finding, ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
You cannot kill processes that keep forking by killing the PIDs of a list: while
you read the list, it changes. First freeze the cgroup, then kill. The cgroup is
one of version 2, on a hybrid machine too.",
    task: "
In `freeze`, stop all processes of the cgroup, whatever they do, and end none. In
`kill_all`, kill them; none of them may run again before.",
    manual: r#"the kernel's "Control Group v2", under "Core Interface Files""#,
    starter: r#"
use std::fs;
use std::io;

use judge::Cgroup;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn freeze(cgroup: &Cgroup) -> io::Result<()> {
    // TODO: Which processes are created while this loop runs?
    for pid in pids(cgroup)? {
        let _ = kill(pid, Signal::SIGSTOP);
    }
    Ok(())
}

fn kill_all(cgroup: &Cgroup) -> io::Result<()> {
    // TODO: Can a process ignore this signal?
    for pid in pids(cgroup)? {
        let _ = kill(pid, Signal::SIGTERM);
    }
    Ok(())
}

fn pids(cgroup: &Cgroup) -> io::Result<Vec<Pid>> {
    let text = fs::read_to_string(cgroup.dir.join("cgroup.procs"))?;
    Ok(text.lines().filter_map(|line| line.parse().ok()).map(Pid::from_raw).collect())
}

fn main() -> ! {
    judge::cgroup7(freeze, kill_all)
}
"#,
    solutions: &[
        (
            "SIGKILL for each PID",
            r#"
use std::fs;
use std::io;

use judge::Cgroup;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn freeze(cgroup: &Cgroup) -> io::Result<()> {
    fs::write(cgroup.dir.join("cgroup.freeze"), "1")
}

/// Since Linux 5.14, writing 1 to cgroup.kill does the same.
fn kill_all(cgroup: &Cgroup) -> io::Result<()> {
    for pid in pids(cgroup)? {
        let _ = kill(pid, Signal::SIGKILL);
    }
    Ok(())
}

fn pids(cgroup: &Cgroup) -> io::Result<Vec<Pid>> {
    let text = fs::read_to_string(cgroup.dir.join("cgroup.procs"))?;
    Ok(text.lines().filter_map(|line| line.parse().ok()).map(Pid::from_raw).collect())
}

fn main() -> ! {
    judge::cgroup7(freeze, kill_all)
}
"#,
        ),
        (
            "cgroup.kill, where the kernel has it, then thaw",
            r#"
use std::fs::{self, File};
use std::io::{self, Write};

use judge::Cgroup;

fn write(cgroup: &Cgroup, file: &str, value: &str) -> io::Result<()> {
    let mut file = File::options().write(true).open(cgroup.dir.join(file))?;
    file.write_all(value.as_bytes())
}

fn freeze(cgroup: &Cgroup) -> io::Result<()> {
    write(cgroup, "cgroup.freeze", "1\n")
}

fn kill_all(cgroup: &Cgroup) -> io::Result<()> {
    if write(cgroup, "cgroup.kill", "1").is_err() {
        for pid in fs::read_to_string(cgroup.dir.join("cgroup.procs"))?.lines() {
            unsafe { libc::kill(pid.parse().unwrap(), libc::SIGKILL) };
        }
    }
    write(cgroup, "cgroup.freeze", "0")
}

fn main() -> ! {
    judge::cgroup7(freeze, kill_all)
}
"#,
        ),
    ],
    hints: [
        "What does cgroup.events of the cgroup contain before and after?",
        "The cgroup can be frozen as a whole, in cgroup.freeze: new children are born frozen. SIGKILL also ends frozen processes and cannot be ignored. Since Linux 5.14 cgroup.kill sends it to all of them.",
        r#"fs::write(cgroup.dir.join("cgroup.freeze"), "1"), then fs::write(cgroup.dir.join("cgroup.kill"), "1"), or kill(pid, Signal::SIGKILL) for each PID"#,
    ],
    errors: &[
        (
            "EACCES",
            "no file can be created in a cgroup: is the file's name right? cgroup.kill is there since Linux 5.14",
        ),
        ("EINVAL", "cgroup.freeze takes 0 and 1, cgroup.kill takes 1"),
        ("ERANGE", "cgroup.freeze takes 0 and 1, cgroup.kill takes 1"),
        ("EISDIR", "cgroup.dir is a directory, and what you write goes into its files"),
        ("ESRCH", "a process ended while its PID was in your list; go on with the others"),
    ],
    wrong: &[
        Wrong {
            clause: "stop all processes of the cgroup, whatever they do",
            change: r#"fs::write(cgroup.dir.join("cgroup.freeze"), "1")"#,
            to: "{
        for pid in pids(cgroup)? {
            let _ = kill(pid, Signal::SIGSTOP);
        }
        Ok(())
    }",
            says: "their new children keep running",
        },
        Wrong {
            clause: "stop all processes",
            change: r#"fs::write(cgroup.dir.join("cgroup.freeze"), "1")"#,
            to: r#"fs::write(cgroup.dir.join("cgroup.freeze"), "0")"#,
            says: "frozen 1 in cgroup.events",
        },
        Wrong {
            clause: "end none",
            change: r#"fs::write(cgroup.dir.join("cgroup.freeze"), "1")"#,
            to: r#"{
        for pid in pids(cgroup)? {
            let _ = kill(pid, Signal::SIGKILL);
        }
        Ok(())
    }"#,
            says: "freezing ends no process",
        },
        Wrong {
            clause: "end none",
            change: r#"    fs::write(cgroup.dir.join("cgroup.freeze"), "1")"#,
            to: r#"    fs::write(cgroup.dir.join("cgroup.freeze"), "1")?;
    kill(pids(cgroup)?[0], Signal::SIGKILL)?;
    Ok(())"#,
            says: "freezing ends no process",
        },
        Wrong {
            clause: "kill them",
            change: "Signal::SIGKILL",
            to: "Signal::SIGTERM",
            says: "signal that no process can ignore",
        },
        Wrong {
            clause: "kill them",
            change: "let _ = kill(pid, Signal::SIGKILL);",
            to: r#"let _ = kill(pid, None::<Signal>);
        fs::write(cgroup.dir.join("../outside/cgroup.procs"), pid.to_string())?;"#,
            says: "has left the cgroup",
        },
        Wrong {
            clause: "kill them",
            change: "for pid in pids(cgroup)? {
        let _ = kill",
            to: "for pid in pids(cgroup)?.into_iter().skip(1) {
        let _ = kill",
            says: "signal that no process can ignore",
        },
        Wrong {
            clause: "none of them may run again before",
            change: "    for pid in pids(cgroup)? {
        let _ = kill",
            to: r#"    let last = || pids(cgroup).map(|it| it.into_iter().map(Pid::as_raw).max());
    let before = last()?.unwrap_or_default();
    fs::write(cgroup.dir.join("cgroup.freeze"), "0")?;
    while last()? < Some(before + 20) {}
    fs::write(cgroup.dir.join("cgroup.freeze"), "1")?;
    while !fs::read_to_string(cgroup.dir.join("cgroup.events"))?.contains("frozen 1") {}
    for pid in pids(cgroup)? {
        let _ = kill"#,
            says: "thawed before it was killed",
        },
    ],
    ..Exercise::NEW
};

/// How many processes of the cgroup keep forking.
const FORKING: usize = 3;

/// Checks that the answer freezes a cgroup whose processes keep forking, and then kills them.
pub fn cgroup7(freeze: fn(&Cgroup) -> io::Result<()>, end: fn(&Cgroup) -> io::Result<()>) -> ! {
    judge(Need::V2, move |group| {
        let forks = counter::shared().map_err(|errno| unavailable("mmap()", errno, TRY_AGAIN))?;
        let mut forking = Vec::new();
        for _ in 0..FORKING {
            forking.push(forking_process(&group, forks)?);
        }
        let living = || forking.iter().filter(|it| !has_ended(**it)).count();
        let (events, shown) = (group.dir.join("cgroup.events"), || group.words("cgroup.events"));

        run_answer(&EXERCISE, || freeze(&group).map(|()| ""))?;
        let is_frozen = becomes(&events, "frozen", "1");
        ensure(living() == FORKING, || {
            let found = format!("{} of them are alive", living());
            wrong(format!("{FORKING} frozen processes"), found, "freezing ends no process")
        })?;
        if !is_frozen {
            let reason = "a signal stops the processes listed at that moment, but their new children \
                          keep running";
            return Err(wrong("frozen 1 in cgroup.events", format!("{:?}", shown()?), reason));
        }

        let before = forks.load(Ordering::SeqCst);
        run_answer(&EXERCISE, || end(&group).map(|()| ""))?;
        if !becomes(&events, "populated", "0") {
            let reason = "a process is alive: use the signal that no process can ignore, frozen or \
                          not, for all of them";
            return Err(wrong("populated 0 in cgroup.events", format!("{:?}", shown()?), reason));
        }
        ensure(living() == 0, || {
            let found = format!("{} of {FORKING} are alive", living());
            wrong("killed processes", found, "a process that has left the cgroup runs again")
        })?;
        let more = forks.load(Ordering::SeqCst) - before;
        ensure(more == 0, || {
            let found = format!("the processes of the cgroup have forked {more} times since");
            wrong("a cgroup that stays frozen", found, "it was thawed before it was killed")
        })?;
        Ok(format!("all processes were frozen after {before} forks, and then all were killed"))
    })
}

/// A process in the cgroup that keeps forking, counts that, and ignores SIGTERM.
fn forking_process(group: &Cgroup, forks: &AtomicU64) -> Result<Pid, Finding> {
    let pid = start_in_cgroup(&group.dir, || {
        // SAFETY: SIG_IGN installs no handler that could run.
        let _ = unsafe { signal(Signal::SIGTERM, SigHandler::SigIgn) };
        loop {
            // SAFETY: this process has one thread, so the child may allocate.
            match unsafe { fork() } {
                Ok(ForkResult::Child) => exit(0),
                Ok(ForkResult::Parent { child }) => {
                    forks.fetch_add(1, Ordering::SeqCst);
                    let _ = waitpid(child, None);
                }
                Err(_) => yield_now(), // there are too many processes at the moment
            }
        }
    })?;
    while !group.words("cgroup.procs")?.contains(&pid.to_string()) {
        if has_ended(pid) {
            let error = "a process of the judge could not join it";
            return Err(unavailable(group.dir.display(), error, TRY_AGAIN));
        }
        yield_now();
    }
    Ok(pid)
}

fn has_ended(pid: Pid) -> bool {
    status(pid, "State").starts_with(['Z', 'X', '('])
}
