//! A machine that booted a week earlier.

use std::fs;
use std::io;
use std::path::Path;

use nix::errno::Errno;
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::observe::tasks::{check_stays, stay};
use crate::process::{Task, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
uptime prints the time on CLOCK_BOOTTIME. A time namespace adds an offset to that
clock, and another to CLOCK_MONOTONIC. Both are in /proc/PID/timens_offsets, for
the time namespace that the next child of the process will be in. To set one,
write a line such as \"boottime 60 0\", for 60 s and 0 ns. `child` never returns.",
        "
uptime은 CLOCK_BOOTTIME의 시간을 출력합니다. time namespace는 이 시계에
오프셋을 더하고, CLOCK_MONOTONIC에도 다른 오프셋을 더합니다. 둘 다
/proc/PID/timens_offsets에 있는데, 그 프로세스의 다음 자식이 들어갈 time
namespace의 것입니다. 오프셋을 정하려면 \"boottime 60 0\"과 같은 줄을 씁니다.
60초와 0나노초라는 뜻입니다. `child`는 반환하지 않습니다.",
    ),
    task: Both(
        "
Run `child` in a new time namespace, where CLOCK_BOOTTIME is a week ahead of the
caller's. The caller stays in its time namespace. Return the child's PID as the
caller sees it.",
        "
CLOCK_BOOTTIME이 호출한 프로세스의 것보다 일주일 앞선 새 time namespace에서
`child`를 실행하세요. 호출한 프로세스는 자기 time namespace에 그대로
있습니다. 호출한 프로세스에게 보이는 자식의 PID를 반환하세요.",
    ),
    manual: "time_namespaces(7), unshare(2)",
    starter: r#"
use std::{fs, io};

use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

fn run(child: fn()) -> io::Result<Pid> {
    // nix has no name for this flag.
    unshare(CloneFlags::from_bits_retain(libc::CLONE_NEWTIME))?;
    let pid = judge::fork_task(child)?;
    // TODO: Why does the kernel refuse this now, and how many seconds are in a week?
    fs::write("/proc/self/timens_offsets", "boottime 60 0")?;
    Ok(pid)
}

fn main() -> ! {
    judge::time1(run)
}
"#,
    solutions: &[
        (
            "unshare, write, fork",
            r#"
use std::{fs, io};

use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

fn run(child: fn()) -> io::Result<Pid> {
    // nix has no name for this flag.
    unshare(CloneFlags::from_bits_retain(libc::CLONE_NEWTIME))?;
    fs::write("/proc/self/timens_offsets", "boottime 604800 0")?;
    Ok(judge::fork_task(child)?)
}

fn main() -> ! {
    judge::time1(run)
}
"#,
        ),
        (
            "the child moves itself, and both clocks are ahead",
            r#"
use std::fs::{self, File};
use std::io;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns, unshare};
use nix::unistd::Pid;

const CLONE_NEWTIME: CloneFlags = CloneFlags::from_bits_retain(libc::CLONE_NEWTIME);

fn run(child: fn()) -> io::Result<Pid> {
    Ok(judge::fork_child(|| {
        enter().map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or_default()))?;
        child();
        Ok(())
    })?)
}

fn enter() -> io::Result<()> {
    unshare(CLONE_NEWTIME)?;
    fs::write("/proc/self/timens_offsets", "monotonic 604800 0\nboottime 604800 0\n")?;
    let namespace = File::open("/proc/self/ns/time_for_children")?;
    Ok(setns(namespace, CLONE_NEWTIME)?)
}

fn main() -> ! {
    judge::time1(run)
}
"#,
        ),
    ],
    hints: [
        Both(
            "Until when can the offsets of a time namespace be set?",
            "time namespace의 오프셋은 언제까지 정할 수 있나요?",
        ),
        Both(
            "Until the first process is in it, and that is the first child. So write between \
             unshare(2) and fork(2). A week has 7 * 86400 seconds.",
            "첫 프로세스가 들어가기 전까지입니다. 그 프로세스는 첫 자식입니다. 그러므로 \
             unshare(2)와 fork(2) 사이에 씁니다. 일주일은 7 * 86400초입니다.",
        ),
        Both::same(
            r#"    fs::write("/proc/self/timens_offsets", "boottime 604800 0")?;
    Ok(judge::fork_task(child)?)"#,
        ),
    ],
    errors: &[
        (
            "EACCES",
            Both(
                "the offsets of a time namespace are fixed as soon as its first process is there: \
                 which process is that, and when does it start?",
                "time namespace의 오프셋은 첫 프로세스가 들어가는 순간 고정됩니다. 그 프로세스는 \
                 무엇이고, 언제 시작하나요?",
            ),
        ),
        (
            "EPERM",
            Both(
                "to set offsets takes CAP_SYS_TIME in the user namespace that owns the time \
                 namespace, and the caller has it only for namespaces that it has created: does \
                 unshare(2) come before you write?",
                "오프셋을 정하려면 time namespace를 소유한 user namespace에서 CAP_SYS_TIME이 \
                 있어야 하고, 호출한 프로세스는 자기가 만든 namespace에 대해서만 갖고 있습니다. \
                 쓰기 전에 unshare(2)를 호출하나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "a line for timens_offsets is the name of a clock (monotonic or boottime), seconds \
                 and nanoseconds: what do you write?",
                "timens_offsets의 줄은 시계의 이름(monotonic이나 boottime), 초, 나노초입니다. \
                 무엇을 썼나요?",
            ),
        ),
        (
            "ERANGE",
            Both(
                "with this offset a clock would be before 0, or further ahead than it can be",
                "이 오프셋을 더하면 시계가 0보다 작거나 너무 앞서게 됩니다",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "in a new time namespace",
            change: r#"    unshare(CloneFlags::from_bits_retain(libc::CLONE_NEWTIME))?;
    fs::write("/proc/self/timens_offsets", "boottime 604800 0")?;"#,
            to: "    unshare(CloneFlags::empty())?;",
            says: "which flag of unshare(2) is for time namespaces",
        },
        Wrong {
            clause: "CLOCK_BOOTTIME is a week ahead",
            change: r#"    fs::write("/proc/self/timens_offsets", "boottime 604800 0")?;
    Ok(judge::fork_task(child)?)"#,
            to: r#"    let pid = judge::fork_task(child)?;
    fs::write("/proc/self/timens_offsets", "boottime 604800 0")?;
    Ok(pid)"#,
            says: "as soon as its first process is there",
        },
        Wrong {
            clause: "CLOCK_BOOTTIME is a week ahead",
            change: "boottime 604800",
            to: "monotonic 604800",
            says: "which of the two clocks does uptime show?",
        },
        Wrong {
            clause: "a week ahead",
            change: "boottime 604800",
            to: "boottime 10080",
            says: "how many seconds are in a week?",
        },
        Wrong {
            clause: "ahead of the caller's",
            change: r#"    fs::write("/proc/self/timens_offsets", "boottime 604800 0")?;
"#,
            to: "",
            says: "a new time namespace begins with the offsets of the old one",
        },
        Wrong {
            clause: "The caller stays in its time namespace.",
            change: "    Ok(judge::fork_task(child)?)",
            to: r#"    let namespace = fs::File::open("/proc/self/ns/time_for_children")?;
    nix::sched::setns(namespace, CloneFlags::from_bits_retain(libc::CLONE_NEWTIME))?;
    Ok(judge::fork_task(child)?)"#,
            says: "it has moved to",
        },
        Wrong {
            clause: "Run `child`",
            change: "judge::fork_task(child)",
            to: "judge::fork_task(|| loop { let _ = child; nix::unistd::pause(); })",
            says: "what does the child do first?",
        },
        Wrong {
            clause: "Return the child's PID",
            change: "    Ok(judge::fork_task(child)?)",
            to: "    judge::fork_task(child)?;
    Ok(Pid::from_raw(1))",
            says: "that does not run it",
        },
    ],
    ..Exercise::NEW
};

const WEEK: i64 = 7 * 86400;

/// Checks that the answer runs a task in a new time namespace, a week after boot at least.
pub fn time1(answer: fn(Task) -> io::Result<Pid>) -> ! {
    judge(|| {
        if !Path::new("/proc/self/ns/time").exists() {
            let advice = text!(
                "This kernel has no time namespaces (CONFIG_TIME_NS)",
                "이 커널에는 time namespace가 없습니다(CONFIG_TIME_NS)",
            );
            return Err(unavailable("readlink(/proc/self/ns/time)", Errno::ENOENT, advice));
        }
        let process = run_answer(&EXERCISE, || answer(stay))?;
        let child = Pid::from_raw(process.output.parse().unwrap_or_default());
        check_stays(&[child], "child")?;
        let (outside, caller) = (link(Pid::this(), "time"), link(process.pid, "time"));
        ensure(caller == outside, || {
            wrong(
                text!(
                    "the caller in {outside}, its time namespace",
                    "호출한 프로세스는 자기 time namespace인 {outside}에 그대로 있음",
                ),
                text!("it has moved to {caller}", "{caller}로 옮겨 갔습니다"),
                text!(
                    "unshare(2) leaves its caller where it is: which call moves it?",
                    "unshare(2)는 호출한 프로세스를 그대로 둡니다. 어떤 호출이 옮기나요?",
                ),
            )
        })?;
        let (inside, for_children) = (link(child, "time"), link(child, "time_for_children"));
        ensure(inside != outside, || {
            wrong(
                text!(
                    "process {child} in a new time namespace",
                    "{child}번 프로세스는 새 time namespace에 있음",
                ),
                text!("{inside}, like the caller", "호출한 프로세스처럼 {inside}에 있습니다"),
                text!(
                    "which flag of unshare(2) is for time namespaces, and is it there before \
                     fork(2)?",
                    "time namespace를 만드는 unshare(2)의 플래그는 무엇이고, fork(2)보다 \
                     먼저인가요?",
                ),
            )
        })?;
        // The file with the offsets is about this one.
        ensure(inside == for_children, || {
            wrong(
                text!(
                    "process {child}, and its children, in one new time namespace",
                    "{child}번 프로세스와 그 자식들이 하나의 새 time namespace에 있음",
                ),
                text!(
                    "it is in {inside}, and its children would be in {for_children}",
                    "{inside}에 있고, 그 자식들은 {for_children}에 있게 됩니다",
                ),
                text!("how often do you call unshare(2)?", "unshare(2)를 몇 번 호출하나요?"),
            )
        })?;
        let ahead = offset("boottime", child) - offset("boottime", Pid::this());
        ensure(ahead == WEEK, || {
            let monotonic = offset("monotonic", child) - offset("monotonic", Pid::this());
            wrong(
                text!(
                    "CLOCK_BOOTTIME of process {child} ahead by {WEEK} s",
                    "{child}번 프로세스의 CLOCK_BOOTTIME이 {WEEK}초 앞섬",
                ),
                text!(
                    "it is ahead by {ahead} s, and CLOCK_MONOTONIC by {monotonic} s",
                    "{ahead}초 앞서고, CLOCK_MONOTONIC은 {monotonic}초 앞섭니다",
                ),
                match (ahead, monotonic) {
                    (0, 0) => {
                        text!(
                            "a new time namespace begins with the offsets of the old one: what do \
                             you write to timens_offsets, and of which process?",
                            "새 time namespace는 원래의 오프셋으로 시작합니다. timens_offsets에 \
                             무엇을 썼고, 어느 프로세스의 파일이었나요?",
                        )
                    }
                    (0, _) => text!(
                        "which of the two clocks does uptime show?",
                        "두 시계 가운데 uptime이 보여 주는 것은 어느 것인가요?",
                    ),
                    _ => text!("how many seconds are in a week?", "일주일은 몇 초인가요?"),
                },
            )
        })?;
        Ok(text!(
            "CLOCK_BOOTTIME in {inside} is {ahead} s ahead of that in {outside}",
            "{inside}의 CLOCK_BOOTTIME은 {outside}의 것보다 {ahead}초 앞섭니다",
        ))
    })
}

/// By how many seconds a clock is ahead in the time namespace of the children of a process.
fn offset(clock: &str, pid: Pid) -> i64 {
    let text = fs::read_to_string(format!("/proc/{pid}/timens_offsets")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(clock));
    line.and_then(|it| it.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
