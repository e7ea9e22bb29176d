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
use crate::language::{Both, shown, text};
use crate::observe::counter;
use crate::process::{run_answer, status};
use crate::verdict::{Finding, ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
You cannot kill processes that keep forking by killing the PIDs of a list: while
you read the list, it changes. First freeze the cgroup, then kill. The cgroup is
one of version 2, on a hybrid machine too.",
        "
계속 fork하는 프로세스들은 목록의 PID를 하나씩 강제 종료해서는 없앨 수
없습니다. 목록을 읽는 동안에도 목록이 바뀌기 때문입니다. 먼저 cgroup을
얼리고(freeze), 그다음 강제 종료합니다. hybrid 시스템에서도 이 cgroup은
v2입니다.",
    ),
    task: Both(
        "
In `freeze`, stop all processes of the cgroup, whatever they do, and end none. In
`kill_all`, kill them; none of them may run again before.",
        "
`freeze`에서는 cgroup의 모든 프로세스를 무엇을 하고 있든 멈추게 하되, 하나도
끝내지 마세요. `kill_all`에서는 모두 강제 종료하세요. 그 전에 다시 실행되는
프로세스가 있으면 안 됩니다.",
    ),
    manual: r#""Control Group v2" (docs.kernel.org): Core Interface Files"#,
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
        Both(
            "What does cgroup.events of the cgroup contain before and after?",
            "얼리기 전과 후에 cgroup의 cgroup.events에는 무엇이 들어 있나요?",
        ),
        Both(
            "The cgroup can be frozen as a whole, in cgroup.freeze: new children are born frozen. \
             SIGKILL also ends frozen processes and cannot be ignored. Since Linux 5.14 \
             cgroup.kill sends it to all of them.",
            "cgroup.freeze로 cgroup 전체를 얼릴 수 있습니다. 그러면 새 자식도 얼어 있는 채로 \
             태어납니다. SIGKILL은 얼어 있는 프로세스도 끝내며 무시할 수 없습니다. 리눅스 \
             5.14부터는 cgroup.kill이 모두에게 SIGKILL을 보냅니다.",
        ),
        Both(
            r#"fs::write(cgroup.dir.join("cgroup.freeze"), "1"), then fs::write(cgroup.dir.join("cgroup.kill"), "1"), or kill(pid, Signal::SIGKILL) for each PID"#,
            "fs::write(cgroup.dir.join(\"cgroup.freeze\"), \"1\"), 그다음 \
             fs::write(cgroup.dir.join(\"cgroup.kill\"), \"1\") 또는 PID마다 kill(pid, \
             Signal::SIGKILL)",
        ),
    ],
    errors: &[
        (
            "EACCES",
            Both(
                "no file can be created in a cgroup: is the file's name right? cgroup.kill is \
                 there since Linux 5.14",
                "cgroup에는 새 파일을 만들 수 없습니다. 파일 이름이 맞나요? cgroup.kill은 리눅스 \
                 5.14부터 있습니다",
            ),
        ),
        (
            "EINVAL",
            Both(
                "cgroup.freeze takes 0 and 1, cgroup.kill takes 1",
                "cgroup.freeze에는 0이나 1, cgroup.kill에는 1을 씁니다",
            ),
        ),
        (
            "ERANGE",
            Both(
                "cgroup.freeze takes 0 and 1, cgroup.kill takes 1",
                "cgroup.freeze에는 0이나 1, cgroup.kill에는 1을 씁니다",
            ),
        ),
        (
            "EISDIR",
            Both(
                "cgroup.dir is a directory, and what you write goes into its files",
                "cgroup.dir은 디렉터리입니다. 쓸 곳은 그 안의 파일입니다",
            ),
        ),
        (
            "ESRCH",
            Both(
                "a process ended while its PID was in your list; go on with the others",
                "목록에 있던 프로세스 하나가 그사이에 끝났습니다. 나머지를 계속 처리하세요",
            ),
        ),
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
            let found = text!("{} of them are alive", "살아 있는 프로세스가 {}개", living());
            wrong(
                text!("{FORKING} frozen processes", "얼어 있는 프로세스 {FORKING}개"),
                found,
                text!("freezing ends no process", "얼리기는 프로세스를 끝내지 않습니다"),
            )
        })?;
        if !is_frozen {
            let reason = text!(
                "a signal stops the processes listed at that moment, but their new children keep \
                 running",
                "시그널은 그 순간 목록에 있던 프로세스만 멈춥니다. 그 뒤에 생긴 자식은 계속 \
                 실행됩니다",
            );
            return Err(wrong(
                text!("frozen 1 in cgroup.events", "cgroup.events에 frozen 1"),
                shown!("{:?}", shown()?),
                reason,
            ));
        }

        let before = forks.load(Ordering::SeqCst);
        run_answer(&EXERCISE, || end(&group).map(|()| ""))?;
        if !becomes(&events, "populated", "0") {
            let reason = text!(
                "a process is alive: use the signal that no process can ignore, frozen or not, for \
                 all of them",
                "살아 있는 프로세스가 있습니다. 얼어 있든 아니든 어떤 프로세스도 무시할 수 없는 \
                 시그널을 모두에게 보내세요",
            );
            return Err(wrong(
                text!("populated 0 in cgroup.events", "cgroup.events에 populated 0"),
                shown!("{:?}", shown()?),
                reason,
            ));
        }
        ensure(living() == 0, || {
            let found = text!(
                "{} of {FORKING} are alive",
                "{FORKING}개 가운데 {}개가 살아 있습니다",
                living(),
            );
            wrong(
                text!("killed processes", "강제 종료된 프로세스들"),
                found,
                text!(
                    "a process that has left the cgroup runs again",
                    "cgroup에서 빠져나온 프로세스는 다시 실행됩니다",
                ),
            )
        })?;
        let more = forks.load(Ordering::SeqCst) - before;
        ensure(more == 0, || {
            let found = text!(
                "the processes of the cgroup have forked {more} times since",
                "그 뒤로 cgroup의 프로세스들이 {more}번 fork했습니다",
            );
            wrong(
                text!("a cgroup that stays frozen", "계속 얼어 있는 cgroup"),
                found,
                text!("it was thawed before it was killed", "강제 종료하기 전에 녹였습니다"),
            )
        })?;
        Ok(text!(
            "all processes were frozen after {before} forks, and then all were killed",
            "모든 프로세스가 {before}번 fork한 뒤 얼었고, 그다음 모두 강제 종료되었습니다",
        ))
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
            let error = text!(
                "a process of the judge could not join it",
                "채점 프로그램의 프로세스가 들어가지 못했습니다",
            );
            return Err(unavailable(group.dir.display(), error, TRY_AGAIN));
        }
        yield_now();
    }
    Ok(pid)
}

fn has_ended(pid: Pid) -> bool {
    status(pid, "State").starts_with(['Z', 'X', '('])
}
