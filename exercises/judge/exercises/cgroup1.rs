//! Processes in a cgroup, and their number.

use std::io;
use std::path::Path;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::cgroup::{judge, words};
use crate::exercise::{Exercise, Wrong};
use crate::process::{helper_process, run_answer};
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A namespace limits what processes see, a cgroup limits what they may use. A
cgroup is a directory; the files in it are its settings.",
    task: "
Move all of these processes into the cgroup `dir`, and limit it to 8 processes.
Versions 1 and 2 of cgroups use the same two files for this.",
    manual: "cgroups(7)",
    starter: r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::unistd::Pid;

fn limit(dir: &Path, pids: &[Pid]) -> io::Result<()> {
    // TODO: Move all of them. And where does the limit go?
    fs::write(dir.join("cgroup.procs"), pids[0].to_string())
}

fn main() -> ! {
    judge::cgroup1(limit)
}
"#,
    solutions: &[(
        "nix",
        r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::unistd::Pid;

fn limit(dir: &Path, pids: &[Pid]) -> io::Result<()> {
    fs::write(dir.join("pids.max"), "8")?;
    for pid in pids {
        fs::write(dir.join("cgroup.procs"), pid.to_string())?;
    }
    Ok(())
}

fn main() -> ! {
    judge::cgroup1(limit)
}
"#,
    )],
    hints: [
        "How many processes does one write to cgroup.procs move?",
        "One PID per write. The limit goes into pids.max. It counts all processes of the cgroup together.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: r#"    fs::write(dir.join("pids.max"), "8")?;"#,
            to: "",
            says: "max means no limit",
        },
        Wrong {
            clause: "TODO",
            change: "for pid in pids {",
            to: "for pid in &pids[..1] {",
            says: "each one has to be moved there",
        },
        Wrong {
            clause: "TODO",
            change: "pid.to_string())?;",
            to: "std::process::id().to_string())?;
        let _ = pid;",
            says: "each one has to be moved there",
        },
    ],
    ..Exercise::NEW
};

/// Checks that these processes are in the cgroup and that its limit of processes is 8.
pub fn cgroup1(answer: fn(&Path, &[Pid]) -> io::Result<()>) -> ! {
    judge(Some("pids"), move |group| {
        let mut members = Vec::new();
        for _ in 0..3 {
            members.push(helper_process(CloneFlags::empty(), || Ok(()))?);
        }
        let pids: Vec<_> = members.iter().map(|it| it.pid).collect();
        run_answer(&EXERCISE, || answer(&group.dir, &pids).map(|()| ""))?;
        let inside = words(&group.dir.join("cgroup.procs"));
        let all = pids.iter().map(|pid| pid.to_string());
        ensure(all.clone().all(|pid| inside.contains(&pid)) && inside.len() == pids.len(), || {
            wrong(
                format!("{} in cgroup.procs", all.clone().collect::<Vec<_>>().join(", ")),
                format!("[{}]", inside.join(", ")),
                "a cgroup limits only the processes that are in it, so each one has to be moved there",
            )
        })?;
        let max = words(&group.dir.join("pids.max"));
        ensure(max == ["8"], || {
            wrong("8 in pids.max", max.join(" "), "max means no limit, a number is the limit")
        })?;
        Ok(format!("{} processes are in the cgroup, and its limit is 8", inside.len()))
    })
}
