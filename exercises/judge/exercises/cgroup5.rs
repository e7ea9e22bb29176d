//! Which controllers a cgroup has.

use std::io;
use std::path::Path;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::cgroup::setup::TRY_AGAIN;
use crate::cgroup::{Need, judge, words};
use crate::exercise::{Exercise, Wrong};
use crate::process::{helper_process, run_answer};
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
In version 2 of cgroups a controller is passed down: a cgroup has those that its
parent enables in cgroup.subtree_control. A cgroup that enables any may not have
processes of its own, they would compete with its children. (Only the root cgroup
may.) This exercise is about v2, on a hybrid machine too.",
    task: "
The cgroup `dir` has the processes `pids`, and a controller. Create `dir/child`
and move all of these processes there. Let it have this controller.",
    manual: "cgroups(7), under \"Cgroups v2\"",
    starter: r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::unistd::Pid;

fn pass_down(dir: &Path, pids: &[Pid], controller: &str) -> io::Result<()> {
    let child = dir.join("child");
    fs::create_dir(&child)?;
    // TODO: Who enables a controller, and in which order does the kernel allow it?
    fs::write(child.join("cgroup.procs"), pids[0].to_string())?;
    fs::write(dir.join("cgroup.subtree_control"), controller)
}

fn main() -> ! {
    judge::cgroup5(pass_down)
}
"#,
    solutions: &[
        (
            "processes first",
            r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::unistd::Pid;

fn pass_down(dir: &Path, pids: &[Pid], controller: &str) -> io::Result<()> {
    let child = dir.join("child");
    fs::create_dir(&child)?;
    for pid in pids {
        fs::write(child.join("cgroup.procs"), pid.to_string())?;
    }
    fs::write(dir.join("cgroup.subtree_control"), format!("+{controller}"))
}

fn main() -> ! {
    judge::cgroup5(pass_down)
}
"#,
        ),
        (
            "by way of another cgroup, the controller before the child",
            r#"
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use nix::unistd::Pid;

fn join(dir: &Path, pids: &[Pid]) -> io::Result<()> {
    let mut procs = File::options().write(true).open(dir.join("cgroup.procs"))?;
    pids.iter().try_for_each(|pid| procs.write_all(format!("{pid}\n").as_bytes()))
}

fn pass_down(dir: &Path, pids: &[Pid], controller: &str) -> io::Result<()> {
    let (waiting, child) = (dir.join("waiting"), dir.join("child"));
    fs::create_dir(&waiting)?;
    join(&waiting, pids)?;
    fs::write(dir.join("cgroup.subtree_control"), format!("+{controller}\n"))?;
    fs::create_dir(&child)?;
    join(&child, pids)?;
    fs::remove_dir(&waiting)
}

fn main() -> ! {
    judge::cgroup5(pass_down)
}
"#,
        ),
    ],
    hints: [
        "What does cgroup.controllers of a new child contain, and what decides that?",
        "First all processes leave dir for the child, each with a write to its cgroup.procs. Then dir may enable the controller: a plus sign and its name, in the cgroup.subtree_control of dir, not of the child.",
        r#"fs::write(dir.join("cgroup.subtree_control"), format!("+{controller}")), after all of `pids` are in dir/child/cgroup.procs"#,
    ],
    errors: &[
        (
            "EBUSY",
            "dir still has processes, and such a cgroup cannot enable a controller for its children",
        ),
        ("EINVAL", "in cgroup.subtree_control each name has + or - before it"),
        (
            "ENOENT",
            "dir/child does not exist yet, or the cgroup whose cgroup.subtree_control was written does not have this controller itself",
        ),
        ("EEXIST", "a cgroup of this name exists already"),
        ("EACCES", "no file can be created in a cgroup: is the file's name right?"),
    ],
    wrong: &[
        Wrong {
            clause: "Let it have this controller",
            change: r#"    fs::write(dir.join("cgroup.subtree_control"), format!("+{controller}"))"#,
            to: "    Ok(())",
            says: "its parent has to enable it",
        },
        Wrong {
            clause: "Let it have this controller",
            change: r#"dir.join("cgroup.subtree_control")"#,
            to: r#"child.join("cgroup.subtree_control")"#,
            says: "does not have this controller itself",
        },
        Wrong {
            clause: "this controller",
            change: r#"format!("+{controller}")"#,
            to: "controller",
            says: "has + or - before it",
        },
        Wrong {
            clause: "all of these processes",
            change: "for pid in pids {",
            to: "for pid in &pids[1..] {",
            says: "dir still has processes",
        },
        Wrong {
            clause: "move all of these processes there",
            change: r#"fs::write(child.join("cgroup.procs")"#,
            to: r#"fs::write(dir.join("../outside/cgroup.procs")"#,
            says: "in child/cgroup.procs",
        },
        Wrong {
            clause: "Create `dir/child`",
            change: r#"dir.join("child")"#,
            to: r#"dir.join("children")"#,
            says: "found:    []",
        },
        Wrong {
            clause: "The cgroup `dir` has the processes `pids`",
            change: "    for pid in pids {",
            to: r#"    fs::write(dir.join("cgroup.subtree_control"), format!("+{controller}"))?;
    for pid in pids {"#,
            says: "dir still has processes",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the processes and the controller are in the child.
pub fn cgroup5(answer: fn(&Path, &[Pid], &str) -> io::Result<()>) -> ! {
    judge(Need::ControllerOfV2, move |group| {
        let controllers = group.words("cgroup.controllers")?;
        let Some(controller) = controllers.first() else {
            return Err(unavailable("the cgroup of the judge", "it has no controller", TRY_AGAIN));
        };
        let mut members = Vec::new();
        for _ in 0..3 {
            members.push(helper_process(CloneFlags::empty(), || Ok(()))?);
        }
        let pids: Vec<_> = members.iter().map(|it| it.pid).collect();
        for pid in &pids {
            group.set("cgroup.procs", &pid.to_string())?;
        }
        run_answer(&EXERCISE, || answer(&group.dir, &pids, controller).map(|()| ""))?;
        let child = group.dir.join("child");
        let inside = words(&child.join("cgroup.procs"))?;
        let asked: Vec<_> = pids.iter().map(Pid::to_string).collect();
        ensure(asked.iter().all(|pid| inside.contains(pid)), || {
            wrong(
                format!("{asked:?} in child/cgroup.procs"),
                format!("{inside:?}"),
                "the processes that were in dir go on in its child",
            )
        })?;
        let found = words(&child.join("cgroup.controllers"))?;
        ensure(found.contains(controller), || {
            wrong(
                format!("{controller} in child/cgroup.controllers"),
                format!("{found:?}"),
                "a cgroup has the controllers of its parent's cgroup.subtree_control, so its \
                 parent has to enable it",
            )
        })?;
        Ok(format!("{} processes are in the child, and it has {controller}", pids.len()))
    })
}
