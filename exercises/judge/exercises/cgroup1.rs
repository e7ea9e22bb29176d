//! Processes in a cgroup, and their number.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::cgroup::{Need, judge};
use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, Text, shown, text};
use crate::process::{helper_process, run_answer};
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A namespace limits what processes see, a cgroup limits what they may use. A
cgroup is a directory; the files in it are its settings. Versions 1 and 2 of
cgroups use the same two files for this exercise.",
        "
namespace는 프로세스에게 무엇이 보이는지를 제한하고, cgroup은 프로세스가
무엇을 얼마나 쓰는지를 제한합니다. cgroup은 디렉터리이고, 그 안의 파일이
cgroup의 설정입니다. 이 문제에서 쓰는 파일 두 개는 cgroup v1과 v2에서
같습니다.",
    ),
    task: Both(
        "
Move all of these processes, and no others, into the cgroup `dir`. Limit it to 8
processes.",
        "
이 프로세스들을 모두, 그리고 이 프로세스들만 cgroup `dir`로 옮기세요. 이
cgroup의 프로세스를 8개로 제한하세요.",
    ),
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
        Both(
            "How many processes does one write to cgroup.procs move?",
            "cgroup.procs에 한 번 쓸 때 옮겨지는 프로세스는 몇 개인가요?",
        ),
        Both(
            "Write each PID to cgroup.procs by itself. The limit goes into pids.max; it counts all \
             processes of the cgroup together.",
            "PID를 하나씩 따로 cgroup.procs에 씁니다. 한도는 pids.max에 쓰는데, cgroup의 \
             프로세스를 모두 합한 수를 제한합니다.",
        ),
        Both(
            r#"for pid in pids { fs::write(dir.join("cgroup.procs"), pid.to_string())?; } and fs::write(dir.join("pids.max"), "8")"#,
            "for pid in pids { fs::write(dir.join(\"cgroup.procs\"), pid.to_string())?; } 다음에 \
             fs::write(dir.join(\"pids.max\"), \"8\")",
        ),
    ],
    errors: &[
        (
            "EINVAL",
            Both(
                "one write(2) to cgroup.procs is one PID, to pids.max one number; `writeln!` and \
                 `write!` of several parts make several writes",
                "cgroup.procs에는 write(2) 한 번에 PID 하나, pids.max에는 수 하나를 씁니다. \
                 `writeln!`이나 여러 조각으로 된 `write!`는 write(2)를 여러 번 호출합니다",
            ),
        ),
        (
            "EACCES",
            Both(
                "no file can be created in a cgroup: is the file's name right?",
                "cgroup에는 새 파일을 만들 수 없습니다. 파일 이름이 맞나요?",
            ),
        ),
        (
            "ESRCH",
            Both("no process has the PID that was written", "쓴 PID를 가진 프로세스가 없습니다"),
        ),
        (
            "EISDIR",
            Both(
                "dir is a directory, and what you write goes into its files",
                "dir은 디렉터리입니다. 쓸 곳은 그 안의 파일입니다",
            ),
        ),
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
        let finding = |reason: Text| {
            wrong(
                text!("{asked:?} in cgroup.procs", "cgroup.procs에 {asked:?}"),
                shown!("{inside:?}"),
                reason,
            )
        };
        ensure(asked.iter().all(|pid| inside.contains(pid)), || {
            finding(text!(
                "a cgroup limits only the processes that are in it, and one write to cgroup.procs \
                 moves one process",
                "cgroup은 그 안에 있는 프로세스만 제한합니다. 그리고 cgroup.procs에 한 번 쓰면 \
                 프로세스 하나만 옮겨집니다",
            ))
        })?;
        ensure(inside.len() == asked.len(), || {
            match inside.contains(&answering.pid.to_string()) {
                true => finding(text!(
                    "nobody asked for the others; {} is the process that ran your function",
                    "나머지는 옮기라고 하지 않았습니다. {}번은 여러분의 함수를 실행한 \
                     프로세스입니다",
                    answering.pid,
                )),
                false => finding(text!(
                    "nobody asked for the others",
                    "나머지는 옮기라고 하지 않았습니다",
                )),
            }
        })?;
        let max = group.words("pids.max")?;
        ensure(max == ["8"], || {
            let reason = text!(
                "max means no limit, a number is the limit of all processes of the cgroup together",
                "max는 제한이 없다는 뜻이고, 수를 쓰면 cgroup의 프로세스를 모두 합한 수가 \
                 그만큼으로 제한됩니다",
            );
            wrong(text!(r#"["8"] in pids.max"#, "pids.max에 [\"8\"]"), shown!("{max:?}"), reason)
        })?;
        Ok(text!(
            "{} processes are in the cgroup, and its limit is 8",
            "cgroup에 프로세스가 {}개 있고, 한도는 8입니다",
            inside.len(),
        ))
    })
}
