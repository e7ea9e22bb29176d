//! What the kernel has counted.

use std::io;
use std::time::SystemTime;

use nix::sys::signal::{Signal, raise};
use nix::sys::wait::WaitStatus;
use step_support::cgroup::Version;

use crate::cgroup::setup::TRY_AGAIN;
use crate::cgroup::{Cgroup, Need, judge, run_in_cgroup, use_memory};
use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::process::run_answer;
use crate::verdict::{Finding, ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A cgroup also counts what its processes use, and what its limits did to them. The
kernel kills a process of a cgroup that needs more memory than the limit, and
counts that (OOM, out of memory). `cgroup.number(file, key)` reads one number of
a file; files and keys have different names in versions 1 and 2.",
        "
cgroup은 프로세스들이 얼마나 썼는지, 한도 때문에 무슨 일이 있었는지도
셉니다. 한도보다 많은 메모리가 필요한 cgroup에서는 커널이 프로세스를 강제
종료하고, 그 횟수를 셉니다(OOM, out of memory). `cgroup.number(file, key)`는
파일에서 수 하나를 읽습니다. 파일과 키의 이름은 v1과 v2가 다릅니다.",
    ),
    task: Both(
        "
Return how many processes of the cgroup the kernel has killed because memory was
used up.",
        "
메모리가 바닥나서 커널이 강제 종료한 이 cgroup의 프로세스가 몇 개인지
반환하세요.",
    ),
    manual: r#""Control Group v2" (docs.kernel.org): memory.events; v1: memory.rst"#,
    starter: r#"
use std::io;

use judge::{Cgroup, Version};

fn oom_kills(cgroup: &Cgroup) -> io::Result<u64> {
    // TODO: Which file counts that, and which of its lines?
    match cgroup.version {
        Version::V1 => cgroup.number("memory.stat", "pgfault"),
        Version::V2 => cgroup.number("memory.stat", "pgfault"),
    }
}

fn main() -> ! {
    judge::cgroup3(oom_kills)
}
"#,
    solutions: &[
        (
            "number",
            r#"
use std::io;

use judge::{Cgroup, Version};

fn oom_kills(cgroup: &Cgroup) -> io::Result<u64> {
    match cgroup.version {
        Version::V1 => cgroup.number("memory.oom_control", "oom_kill"),
        Version::V2 => cgroup.number("memory.events", "oom_kill"),
    }
}

fn main() -> ! {
    judge::cgroup3(oom_kills)
}
"#,
        ),
        (
            "a parser of its own",
            r#"
use std::fs::File;
use std::io::{self, BufRead, BufReader};

use judge::Cgroup;

fn oom_kills(cgroup: &Cgroup) -> io::Result<u64> {
    let events = File::open(cgroup.dir.join("memory.events"));
    let file = events.or_else(|_| File::open(cgroup.dir.join("memory.oom_control")))?;
    for line in BufReader::new(file).lines() {
        if let ["oom_kill", number] = line?.split_whitespace().collect::<Vec<_>>()[..] {
            return number.parse().map_err(io::Error::other);
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

fn main() -> ! {
    judge::cgroup3(oom_kills)
}
"#,
        ),
    ],
    hints: [
        Both(
            "Which file of the cgroup has a line that begins with oom_kill?",
            "cgroup의 어느 파일에 oom_kill로 시작하는 줄이 있나요?",
        ),
        Both(
            "On v2 memory.events counts what the limits did, on v1 memory.oom_control does. Other \
             lines count how often the limit was reached.",
            "한도 때문에 생긴 일은 v2에서는 memory.events, v1에서는 memory.oom_control에 있습니다. \
             한도에 몇 번 닿았는지를 세는 줄은 따로 있습니다.",
        ),
        Both(
            r#"cgroup.number("memory.events", "oom_kill"), on v1 cgroup.number("memory.oom_control", "oom_kill")"#,
            "cgroup.number(\"memory.events\", \"oom_kill\"), v1에서는 \
             cgroup.number(\"memory.oom_control\", \"oom_kill\")",
        ),
    ],
    errors: &[
        (
            "ENOENT",
            Both(
                "v1 and v2 have different file names; there is no such file here",
                "여기에는 그런 파일이 없습니다. v1과 v2는 파일 이름이 다릅니다",
            ),
        ),
        (
            "no such key",
            Both(
                "each line of the file is a key and a number; read the file to see them",
                "파일의 줄마다 키와 수가 하나씩 있습니다. 어떤 키가 있는지 파일을 읽어 보세요",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "how many processes",
            change: r#"cgroup.number("memory.oom_control", "oom_kill")"#,
            to: r#"cgroup.number("memory.oom_control", "oom_kill").map(|it| it.min(1))"#,
            says: "the kernel counts each kill on a line of its own",
        },
        Wrong {
            clause: "how many processes",
            change: r#"cgroup.number("memory.oom_control", "oom_kill")"#,
            to: "Ok(0)",
            says: "the kernel counts each kill on a line of its own",
        },
        Wrong {
            clause: "the kernel has killed",
            change: r#"cgroup.number("memory.oom_control", "oom_kill")"#,
            to: r#"cgroup.number("memory.oom_control", "under_oom")"#,
            says: "the kernel counts each kill on a line of its own",
        },
        Wrong {
            clause: "because memory was
used up",
            change: r#"cgroup.number("memory.oom_control", "oom_kill")"#,
            to: r#"std::fs::read_to_string(cgroup.dir.join("memory.failcnt"))
            .map(|it| it.trim().parse().unwrap())"#,
            says: "the kernel counts each kill on a line of its own",
        },
        Wrong {
            clause: "of the cgroup",
            change: r#"cgroup.number("memory.oom_control", "oom_kill")"#,
            to: r#"Cgroup { dir: cgroup.dir.join("../outside"), ..cgroup.clone() }
            .number("memory.oom_control", "oom_kill")"#,
            says: "the kernel counts each kill on a line of its own",
        },
    ],
    ..Exercise::NEW
};

/// Checks the count before and after several OOM kills: the answer cannot know the number.
pub fn cgroup3(kills: fn(&Cgroup) -> io::Result<u64>) -> ! {
    judge(Need::Controller("memory"), move |group| {
        let (max, no_swap, counts) = match group.version {
            Version::V1 => ("memory.limit_in_bytes", "16M", "memory.oom_control"),
            Version::V2 => ("memory.max", "0", "memory.events"),
        };
        group.set(max, "16M")?;
        if let Some(swap) = group.swap_limit() {
            group.set(swap, no_swap)?;
        }
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut kernel = 0;
        for kills_more in [0, 1, 2 + time.subsec_micros() % 3] {
            for _ in 0..kills_more {
                out_of_memory(&group)?;
            }
            // A signal from anybody else is no lack of memory.
            run_in_cgroup(&group.dir, || raise(Signal::SIGKILL).unwrap_or_default())?;
            kernel = group
                .number(counts, "oom_kill")
                .map_err(|error| unavailable(shown!("read({counts})"), error, TRY_AGAIN))?;
            let returned = run_answer(&EXERCISE, || kills(&group))?.output;
            ensure(returned == kernel.to_string(), || {
                wrong(
                    text!(
                        "{kernel}, after the judge has used up memory that often",
                        "{kernel} (채점 프로그램이 메모리를 바닥낸 횟수)",
                    ),
                    text!("your function returned {returned}", "함수가 반환한 값은 {returned}"),
                    text!(
                        "the kernel counts each kill on a line of its own in one file; other \
                         lines, files and cgroups count something else",
                        "커널은 강제 종료한 횟수를 한 파일의 한 줄에 따로 셉니다. 다른 줄이나 \
                         파일, 다른 cgroup의 수는 다른 것을 센 것입니다",
                    ),
                )
            })?;
        }
        Ok(text!(
            "it has killed {kernel} processes of the cgroup",
            "커널이 이 cgroup의 프로세스를 {kernel}개 강제 종료했습니다",
        ))
    })
}

/// Uses more memory than the cgroup may have.
fn out_of_memory(group: &Cgroup) -> Result<(), Finding> {
    let end = use_memory(&group.dir, 64 << 20)?;
    ensure(matches!(end, WaitStatus::Signaled(_, Signal::SIGKILL, _)), || {
        let advice = text!(
            "The cgroup could use swap, which this kernel does not limit. Without swap: sudo \
             swapoff -a",
            "cgroup이 스왑을 쓸 수 있는데, 이 커널은 스왑을 제한하지 않습니다. 스왑을 끄려면: sudo \
             swapoff -a",
        );
        unavailable(
            text!(
                "a process that uses 64 MiB in a cgroup with 16 MiB",
                "한도가 16 MiB인 cgroup에서 64 MiB를 쓰는 프로세스",
            ),
            shown!("{end:?}"),
            advice,
        )
    })
}
