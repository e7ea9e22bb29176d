//! A mount that nobody else sees.

use std::fs;
use std::path::Path;

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::process::run_answer;
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: r#"
A new mount namespace starts with a copy of the mount table. Yet on most
machines a mount in the copy also appears outside, because / is "shared" and
propagates mounts."#,
    task: "
Mount a tmpfs on `dir` that the caller sees and no process outside.",
    manual: "mount_namespaces(7), mount(2)",
    starter: r#"
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

fn mount_private(dir: &Path) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    // TODO: This mount still appears outside.
    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)
}

fn main() -> ! {
    judge::unshare2(mount_private)
}
"#,
    solutions: &[(
        "nix",
        r#"
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

fn mount_private(dir: &Path) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)
}

fn main() -> ! {
    judge::unshare2(mount_private)
}
"#,
    )],
    hints: [
        "What does `findmnt -o TARGET,PROPAGATION /` print on your machine?",
        "If it says shared, make all mounts of the copy private before you mount: MS_REC | MS_PRIVATE on /. unshare(1) does that by default.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: "    unshare(CloneFlags::CLONE_NEWNS)?;",
            to: "    unshare(CloneFlags::empty())?;",
            says: "no process outside sees",
        },
        Wrong {
            clause: "TODO",
            change: "MsFlags::MS_REC | MsFlags::MS_PRIVATE",
            to: "MsFlags::MS_PRIVATE",
            says: "no process outside sees",
        },
        Wrong {
            clause: "TODO",
            change: r#"    mount(Some("tmpfs"), dir,"#,
            to: r#"    mount(Some("tmpfs"), dir.parent().unwrap_or(dir),"#,
            says: "no tmpfs was mounted there",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer mounts a tmpfs that no process outside sees.
pub fn unshare2(answer: fn(&Path) -> nix::Result<()>) -> ! {
    judge(|| {
        let dir = Path::new("/tmp/scratch");
        let created = fs::create_dir(dir);
        ensure(created.is_ok(), || {
            wrong("a directory", format!("{created:?}"), "the sandbox is not usable")
        })?;
        let process = run_answer(&EXERCISE, || answer(dir).map(|()| ""))?;
        let is_mounted = |pid: Pid| {
            let mounts = fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap_or_default();
            mounts.lines().any(|line| line.contains(" /tmp/scratch ") && line.contains(" - tmpfs "))
        };
        ensure(is_mounted(process.pid), || {
            wrong(
                "a tmpfs on /tmp/scratch in the mount table of your process",
                format!("/proc/{}/mountinfo does not list it", process.pid),
                "no tmpfs was mounted there",
            )
        })?;
        ensure(!is_mounted(Pid::this()), || {
            wrong(
                "a mount that no process outside sees",
                format!("/proc/{}/mountinfo, outside, lists it too", Pid::this()),
                "if / is shared, mounts in the new mount namespace propagate to the old one \
                 until you make them private",
            )
        })?;
        Ok("the tmpfs is in your process's mount table, and not in the one outside".to_owned())
    })
}
