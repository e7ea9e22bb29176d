//! What the kernel has counted.

use std::io;
use std::time::SystemTime;

use nix::sys::signal::{Signal, raise};
use nix::sys::wait::WaitStatus;
use step_support::cgroup::Version;

use crate::cgroup::setup::TRY_AGAIN;
use crate::cgroup::{Cgroup, Need, judge, run_in_cgroup, use_memory};
use crate::exercise::{Exercise, Wrong};
use crate::process::run_answer;
use crate::verdict::{Finding, ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A cgroup also counts what its processes use, and what its limits did to them. The
kernel kills a process of a cgroup that needs more memory than the limit, and
counts that (OOM, out of memory). `cgroup.number(file, key)` reads one number of
a file; files and keys have different names in versions 1 and 2.",
    task: "
Return how many processes of the cgroup the kernel has killed because memory was
used up.",
    manual: r#"the kernel's "Control Group v2", under "memory.events"; for v1, memory.rst"#,
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
        "Which file of the cgroup has a line that begins with oom_kill?",
        "On v2 memory.events counts what the limits did, on v1 memory.oom_control does. Other lines count how often the limit was reached.",
        r#"cgroup.number("memory.events", "oom_kill"), on v1 cgroup.number("memory.oom_control", "oom_kill")"#,
    ],
    errors: &[
        ("ENOENT", "v1 and v2 have different file names; there is no such file here"),
        ("no such key", "each line of the file is a key and a number; read the file to see them"),
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
                .map_err(|error| unavailable(format!("read({counts})"), error, TRY_AGAIN))?;
            let returned = run_answer(&EXERCISE, || kills(&group))?.output;
            ensure(returned == kernel.to_string(), || {
                wrong(
                    format!("{kernel}, after the judge has used up memory that often"),
                    format!("your function returned {returned}"),
                    "the kernel counts each kill on a line of its own in one file; other lines, \
                     files and cgroups count something else",
                )
            })?;
        }
        Ok(format!("it has killed {kernel} processes of the cgroup"))
    })
}

/// Uses more memory than the cgroup may have.
fn out_of_memory(group: &Cgroup) -> Result<(), Finding> {
    let end = use_memory(&group.dir, 64 << 20)?;
    ensure(matches!(end, WaitStatus::Signaled(_, Signal::SIGKILL, _)), || {
        let advice = "The cgroup could use swap, which this kernel does not limit. Without swap: \
                      sudo swapoff -a";
        unavailable(
            "a process that uses 64 MiB in a cgroup with 16 MiB",
            format!("{end:?}"),
            advice,
        )
    })
}
