//! A process that does not run because of cgroups above its own.

use std::fs;
use std::io;
use std::path::Path;

use nix::unistd::{Pid, pause};

use crate::cgroup::setup::TRY_AGAIN;
use crate::cgroup::{Need, becomes, judge, start_in_cgroup, words};
use crate::exercise::{Exercise, Wrong};
use crate::process::{run_answer, status};
use crate::verdict::{Finding, ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A frozen process looks like one that sleeps: its State is S. Two files of its cgroup
tell more. cgroup.freeze contains what somebody has asked for. The line `frozen` in
cgroup.events is what is true, and a cgroup is frozen, too, while one above it is
asked to be. Somewhere below the cgroup `top`, which is not frozen, is the cgroup
`own`, which is. Both are of version 2, on a hybrid machine too.",
    task: "
Let the process of `own` run again, without moving it. All other cgroups that somebody
has asked to freeze stay frozen, unless `own` is below them.",
    manual: r#""Control Group v2" (docs.kernel.org): Core Interface Files"#,
    starter: r#"
use std::fs;
use std::io;
use std::path::Path;

fn thaw(top: &Path, own: &Path) -> io::Result<()> {
    // TODO: And then, what does cgroup.events of `own` say?
    let _ = top;
    fs::write(own.join("cgroup.freeze"), "0")
}

fn main() -> ! {
    judge::resources2(thaw)
}
"#,
    solutions: &[
        (
            "all from own up to top",
            r#"
use std::fs;
use std::io;
use std::path::Path;

fn thaw(top: &Path, own: &Path) -> io::Result<()> {
    for dir in own.ancestors().take_while(|dir| *dir != top) {
        fs::write(dir.join("cgroup.freeze"), "0")?;
    }
    Ok(())
}

fn main() -> ! {
    judge::resources2(thaw)
}
"#,
        ),
        (
            "one after the other, until it is thawed",
            r#"
use std::fs;
use std::io;
use std::path::Path;

fn thaw(_: &Path, own: &Path) -> io::Result<()> {
    let mut dir = own.to_owned();
    while fs::read_to_string(own.join("cgroup.events"))?.contains("frozen 1") {
        let file = dir.join("cgroup.freeze");
        if fs::read_to_string(&file)?.trim() == "1" {
            fs::write(file, "0\n")?;
        }
        dir.pop();
    }
    Ok(())
}

fn main() -> ! {
    judge::resources2(thaw)
}
"#,
        ),
    ],
    hints: [
        "Which cgroups is a process in, besides the one whose cgroup.procs has its PID?",
        "Go up from own to top, one directory at a time. Wherever cgroup.freeze is 1, write 0. A cgroup that is beside this way has nothing to do with the process.",
        r#"for dir in own.ancestors().take_while(|dir| *dir != top) { fs::write(dir.join("cgroup.freeze"), "0")?; }"#,
    ],
    errors: &[
        (
            "EACCES",
            "no file can be created in a cgroup, and those above top are not yours: where does your way end?",
        ),
        ("ENOENT", "not every directory above own is a cgroup that can be frozen: end at top"),
        ("EINVAL", "cgroup.freeze takes 0 and 1"),
        ("ERANGE", "cgroup.freeze takes 0 and 1"),
        ("EISDIR", "own is a directory, and what you write goes into its files"),
    ],
    wrong: &[
        Wrong {
            clause: "Let the process of `own` run again",
            change: "    for dir in own.ancestors().take_while(|dir| *dir != top) {",
            to: "    let _ = top;
    for dir in [own] {",
            says: "somebody has asked to freeze a cgroup above it",
        },
        Wrong {
            clause: "Let the process of `own` run again",
            change: "own.ancestors().take_while",
            to: "own.ancestors().skip(1).take_while",
            says: "cgroup.freeze of own itself",
        },
        Wrong {
            clause: "Let the process of `own` run again",
            change: r#"        fs::write(dir.join("cgroup.freeze"), "0")?;"#,
            to: r#"        for pid in fs::read_to_string(dir.join("cgroup.procs"))?.lines() {
            unsafe { libc::kill(pid.parse().unwrap(), libc::SIGCONT) };
        }"#,
            says: "no signal but SIGKILL has an effect",
        },
        Wrong {
            clause: "run again",
            change: "    Ok(())",
            to: r#"    for pid in fs::read_to_string(own.join("cgroup.procs"))?.lines() {
        unsafe { libc::kill(pid.parse().unwrap(), libc::SIGKILL) };
    }
    while fs::read_to_string(own.join("cgroup.events"))?.contains("populated 1") {}
    Ok(())"#,
            says: "it has ended",
        },
        Wrong {
            clause: "without moving it",
            change: "    for dir in own",
            to: r#"    let pid = fs::read_to_string(own.join("cgroup.procs"))?;
    fs::write(top.join("cgroup.procs"), pid.trim())?;
    for dir in own"#,
            says: "it was moved",
        },
        Wrong {
            clause: "All other cgroups that somebody
has asked to freeze stay frozen",
            change: "    Ok(())",
            to: r#"    let beside = own.parent().unwrap().with_file_name("beside");
    fs::write(beside.join("cgroup.freeze"), "0")"#,
            says: "it is beside the way from own to top",
        },
    ],
    ..Exercise::NEW
};

/// Checks that a process is thawed that two cgroups hold, and that a cgroup beside is not.
pub fn resources2(thaw: fn(&Path, &Path) -> io::Result<()>) -> ! {
    judge(Need::V2, move |group| {
        let upper = group.dir.join("upper");
        let [lower, beside] = ["lower", "beside"].map(|name| upper.join(name));
        let own = lower.join("own");
        for dir in [&upper, &lower, &beside, &own] {
            fs::create_dir(dir).map_err(|error| unavailable(dir.display(), error, TRY_AGAIN))?;
        }
        let pid = start_waiting(&own)?;
        start_waiting(&beside)?;
        for frozen in [&own, &beside, &upper] {
            let file = frozen.strip_prefix(&group.dir).unwrap_or(frozen).join("cgroup.freeze");
            group.set(&file.to_string_lossy(), "1")?;
        }
        for dir in [&own, &beside] {
            if !becomes(&dir.join("cgroup.events"), "frozen", "1") {
                return Err(unavailable(dir.display(), "it does not freeze", TRY_AGAIN));
            }
        }

        run_answer(&EXERCISE, || thaw(&group.dir, &own).map(|()| ""))?;
        let state = status(pid, "State");
        ensure(!state.starts_with(['Z', 'X', '(']), || {
            wrong(format!("process {pid}, alive"), format!("State: {state}"), "it has ended")
        })?;
        let inside = words(&own.join("cgroup.procs"))?;
        ensure(inside.contains(&pid.to_string()), || {
            let expected = format!("{pid} in cgroup.procs of own");
            wrong(expected, format!("{inside:?}"), "it was moved: it is to run where it was")
        })?;
        if !becomes(&own.join("cgroup.events"), "frozen", "0") {
            let [upper, own] = [freeze(&upper)?, freeze(&own)?];
            let reason = match (upper.as_str(), own.as_str()) {
                ("1", "0") => {
                    "somebody has asked to freeze a cgroup above it, and own is frozen with that one"
                }
                ("0", _) => "cgroup.freeze of own itself is still 1",
                _ => {
                    "no cgroup was thawed; no signal but SIGKILL has an effect on a frozen process"
                }
            };
            let found = format!("frozen 1; cgroup.freeze: {upper} above it, {own} in own");
            return Err(wrong("frozen 0 in cgroup.events of own", found, reason));
        }
        let still = freeze(&beside)?;
        ensure(still == "1", || {
            wrong(
                "1 in cgroup.freeze of another cgroup",
                still,
                "it is beside the way from own to top, and was to stay frozen",
            )
        })?;
        Ok(format!("process {pid} is not frozen any more, and a cgroup beside still is"))
    })
}

/// What somebody has asked for in a cgroup.
fn freeze(dir: &Path) -> Result<String, Finding> {
    Ok(words(&dir.join("cgroup.freeze"))?.concat())
}

/// A process in the cgroup that waits for ever.
fn start_waiting(dir: &Path) -> Result<Pid, Finding> {
    let pid = start_in_cgroup(dir, || {
        loop {
            pause();
        }
    })?;
    match becomes(&dir.join("cgroup.events"), "populated", "1") {
        true => Ok(pid),
        false => Err(unavailable(dir.display(), "no process can join it", TRY_AGAIN)),
    }
}
