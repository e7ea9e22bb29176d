//! Processes in a cgroup, and their number.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::cgroup::{Need, judge};
use crate::exercise::{Exercise, Wrong};
use crate::process::{helper_process, run_answer};
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A namespace limits what processes see, a cgroup limits what they may use. A
cgroup is a directory; the files in it are its settings. Versions 1 and 2 of
cgroups use the same two files for this exercise.",
    task: "
Move all of these processes, and no others, into the cgroup `dir`. Limit it to 8
processes.",
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
    solutions: &[
        (
            "fs::write",
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
        ),
        (
            "one open file, newlines, the limit last",
            r#"
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use nix::unistd::Pid;

fn limit(dir: &Path, pids: &[Pid]) -> io::Result<()> {
    let mut procs = File::options().append(true).open(dir.join("cgroup.procs"))?;
    pids.iter().rev().try_for_each(|pid| procs.write_all(format!("{pid}\n").as_bytes()))?;
    fs::write(dir.join("pids.max"), "8\n")
}

fn main() -> ! {
    judge::cgroup1(limit)
}
"#,
        ),
        (
            "libc, a thread for each process",
            r#"
use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::thread;

use nix::unistd::Pid;

fn write(file: &Path, value: &str) -> io::Result<()> {
    let file = CString::new(file.as_os_str().as_bytes())?;
    let fd = unsafe { libc::open(file.as_ptr(), libc::O_WRONLY) };
    let written = unsafe { libc::write(fd, value.as_ptr().cast(), value.len()) };
    if fd < 0 || written < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn limit(dir: &Path, pids: &[Pid]) -> io::Result<()> {
    thread::scope(|scope| {
        for pid in pids {
            scope.spawn(move || write(&dir.join("cgroup.procs"), &pid.to_string()).unwrap());
        }
    });
    write(&dir.join("pids.max"), " 8 ")
}

fn main() -> ! {
    judge::cgroup1(limit)
}
"#,
        ),
    ],
    hints: [
        "How many processes does one write to cgroup.procs move?",
        "Write each PID to cgroup.procs by itself. The limit goes into pids.max; it counts all processes of the cgroup together.",
        r#"for pid in pids { fs::write(dir.join("cgroup.procs"), pid.to_string())?; } and fs::write(dir.join("pids.max"), "8")"#,
    ],
    errors: &[
        (
            "EINVAL",
            "one write(2) to cgroup.procs is one PID, to pids.max one number; `writeln!` and `write!` of several parts make several writes",
        ),
        ("EACCES", "no file can be created in a cgroup: is the file's name right?"),
        ("ESRCH", "no process has the PID that was written"),
        ("EISDIR", "dir is a directory, and what you write goes into its files"),
    ],
    wrong: &[
        Wrong {
            clause: "Limit it",
            change: r#"    fs::write(dir.join("pids.max"), "8")?;"#,
            to: "",
            says: "max means no limit",
        },
        Wrong {
            clause: "to 8
processes",
            change: r#"dir.join("pids.max"), "8""#,
            to: r#"dir.join("pids.max"), "08 0".split_whitespace().last().unwrap()"#,
            says: r#"found:    ["0"]"#,
        },
        Wrong {
            clause: "to 8
processes",
            change: r#"fs::write(dir.join("pids.max"), "8")?"#,
            to: r#"fs::write(dir.join("pids.max"), (8 * pids.len()).to_string())?"#,
            says: "all processes of the cgroup together",
        },
        Wrong {
            clause: "all of these processes",
            change: "for pid in pids {",
            to: "for pid in &pids[..1] {",
            says: "one write to cgroup.procs moves one process",
        },
        Wrong {
            clause: "all of these processes",
            change: "for pid in pids {",
            to: "for pid in &pids[..3] {",
            says: "one write to cgroup.procs moves one process",
        },
        Wrong {
            clause: "no others",
            change: "for pid in pids {",
            to: "for pid in &[pids, &[Pid::this()]].concat() {",
            says: "nobody asked for the others",
        },
        Wrong {
            clause: "Move all of these processes",
            change: "pid.to_string())?;",
            to: "std::process::id().to_string())?;
        let _ = pid;",
            says: "one write to cgroup.procs moves one process",
        },
        Wrong {
            clause: "into the cgroup `dir`",
            change: "    for pid in pids {",
            to: r#"    let dir = &dir.join("below");
    fs::create_dir(dir)?;
    for pid in pids {"#,
            says: "found:    []",
        },
    ],
    ..Exercise::NEW
};

/// Checks that these processes are in the cgroup and that its limit of processes is 8.
pub fn cgroup1(answer: fn(&Path, &[Pid]) -> io::Result<()>) -> ! {
    judge(Need::Controller("pids"), move |group| {
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut members = Vec::new();
        for _ in 0..4 + time.subsec_micros() % 3 {
            members.push(helper_process(CloneFlags::empty(), || Ok(()))?);
        }
        let pids: Vec<_> = members.iter().map(|it| it.pid).collect();
        let answering = run_answer(&EXERCISE, || answer(&group.dir, &pids).map(|()| ""))?;
        let inside = group.words("cgroup.procs")?;
        let asked: Vec<_> = pids.iter().map(Pid::to_string).collect();
        let finding = |reason: &str| {
            wrong(format!("{asked:?} in cgroup.procs"), format!("{inside:?}"), reason)
        };
        ensure(asked.iter().all(|pid| inside.contains(pid)), || {
            finding(
                "a cgroup limits only the processes that are in it, and one write to cgroup.procs \
                 moves one process",
            )
        })?;
        ensure(inside.len() == asked.len(), || {
            match inside.contains(&answering.pid.to_string()) {
                true => finding(&format!(
                    "nobody asked for the others; {} is the process that ran your function",
                    answering.pid
                )),
                false => finding("nobody asked for the others"),
            }
        })?;
        let max = group.words("pids.max")?;
        ensure(max == ["8"], || {
            let reason = "max means no limit, a number is the limit of all processes of the cgroup \
                          together";
            wrong(r#"["8"] in pids.max"#, format!("{max:?}"), reason)
        })?;
        Ok(format!("{} processes are in the cgroup, and its limit is 8", inside.len()))
    })
}
