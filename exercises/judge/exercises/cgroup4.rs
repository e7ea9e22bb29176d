//! All processes of a cgroup, killed at once.

use std::io;
use std::process::exit;

use nix::sched::CloneFlags;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};

use crate::cgroup::{Cgroup, becomes, join, judge, words};
use crate::exercise::{Exercise, Wrong};
use crate::process::{helper_process, run_answer};
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
You cannot kill a process that keeps forking by killing the PIDs of a list: while
you read the list, it changes. First freeze the cgroup, then kill.",
    task: "
In `freeze`, stop all processes of the cgroup, whatever they do. In `kill_all`,
kill them; the cgroup stays frozen until then. The cgroup is one of v2, on a
hybrid machine too.",
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
    judge::cgroup4(freeze, kill_all)
}
"#,
    solutions: &[(
        "nix",
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
    judge::cgroup4(freeze, kill_all)
}
"#,
    )],
    hints: [
        "What does cgroup.events of the cgroup contain before and after?",
        "Write 1 to cgroup.freeze: the kernel stops all processes of the cgroup, and their new children too. SIGKILL also ends frozen processes and cannot be ignored. Since Linux 5.14, writing 1 to cgroup.kill sends it to all of them.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
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
            clause: "TODO",
            change: "Signal::SIGKILL",
            to: "Signal::SIGTERM",
            says: "signal that no process can ignore",
        },
        Wrong {
            clause: "TODO",
            change: "    for pid in pids(cgroup)? {
        let _ = kill(pid, Signal::SIGKILL);
    }
    Ok(())",
            to: r#"    let _ = (pids(cgroup), kill(Pid::this(), None::<Signal>));
    fs::write(cgroup.dir.join("cgroup.freeze"), "0")"#,
            says: "a process is alive",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer freezes a cgroup whose processes keep forking, and then kills them.
pub fn cgroup4(freeze: fn(&Cgroup) -> io::Result<()>, end: fn(&Cgroup) -> io::Result<()>) -> ! {
    judge(None, move |group| {
        helper_process(CloneFlags::empty(), || {
            // SAFETY: this process has one thread, so the child may allocate.
            if let ForkResult::Child = unsafe { fork() }? {
                // SAFETY: SIG_IGN installs no handler that could run.
                let _ = unsafe { signal(Signal::SIGTERM, SigHandler::SigIgn) };
                let _ = join(&group.dir);
                // SAFETY: as above.
                while let Ok(ForkResult::Parent { child }) = unsafe { fork() } {
                    let _ = waitpid(child, None);
                }
                exit(0);
            }
            Ok(())
        })?;
        let events = group.dir.join("cgroup.events");
        if !becomes(&events, "populated", "1") {
            return Err(unavailable(
                events.display(),
                "populated 0",
                "A helper process of the judge could not join this cgroup",
            ));
        }
        run_answer(&EXERCISE, || freeze(&group).map(|()| ""))?;
        ensure(becomes(&events, "frozen", "1"), || {
            wrong(
                "frozen 1 in cgroup.events",
                words(&events).join(" "),
                "a signal stops the processes listed at that moment, but their new children keep running",
            )
        })?;
        ensure(becomes(&events, "populated", "1"), || {
            wrong("frozen processes", "populated 0", "freezing must not end any process")
        })?;
        run_answer(&EXERCISE, || end(&group).map(|()| ""))?;
        ensure(becomes(&events, "populated", "0"), || {
            wrong(
                "populated 0 in cgroup.events",
                words(&events).join(" "),
                "a process is alive: use the signal that no process can ignore, frozen or not",
            )
        })?;
        Ok("all processes in the cgroup were frozen, and then all were killed".to_owned())
    })
}
