//! A limit of memory.

use std::io;

use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use step_support::cgroup::Version;

use crate::cgroup::{Cgroup, judge, use_memory, words};
use crate::exercise::{Exercise, Wrong};
use crate::process::run_answer;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
When a cgroup reaches its memory limit and cannot free any, the kernel kills one
of its processes and counts that. The two versions of cgroups use different file
names. The judge tests the version of this machine; your answer may handle both.",
    task: "
In `limit`, give the cgroup 16 MiB of memory and no swap beyond that. In
`oom_kills`, return how many of its processes were killed for lack of memory.",
    manual: r#"cgroups(7); the kernel's "Control Group v2", under "Memory""#,
    starter: r#"
use std::fs;
use std::io;

use judge::{Cgroup, Version};

fn limit(cgroup: &Cgroup) -> io::Result<()> {
    let file = match cgroup.version {
        Version::V1 => "memory.limit_in_bytes",
        Version::V2 => "memory.max",
    };
    // TODO: The unit is bytes. And may the cgroup still use swap?
    fs::write(cgroup.dir.join(file), "16")
}

fn oom_kills(cgroup: &Cgroup) -> io::Result<u64> {
    // TODO: Which file, and which of its lines?
    let text = fs::read_to_string(cgroup.dir.join("cgroup.procs"))?;
    Ok(text.lines().count() as u64)
}

fn main() -> ! {
    judge::cgroup2(limit, oom_kills)
}
"#,
    solutions: &[(
        "nix",
        r#"
use std::fs;
use std::io;

use judge::{Cgroup, Version};

fn limit(cgroup: &Cgroup) -> io::Result<()> {
    let (memory, swap) = match cgroup.version {
        Version::V1 => ("memory.limit_in_bytes", ("memory.memsw.limit_in_bytes", "16M")),
        Version::V2 => ("memory.max", ("memory.swap.max", "0")),
    };
    fs::write(cgroup.dir.join(memory), "16M")?;
    // Without swap accounting, a build or boot option, the kernel does not have this file.
    let _ = fs::write(cgroup.dir.join(swap.0), swap.1);
    Ok(())
}

fn oom_kills(cgroup: &Cgroup) -> io::Result<u64> {
    let file = match cgroup.version {
        Version::V1 => "memory.oom_control",
        Version::V2 => "memory.events",
    };
    let text = fs::read_to_string(cgroup.dir.join(file))?;
    let line = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
    Ok(line.and_then(|number| number.parse().ok()).unwrap_or_default())
}

fn main() -> ! {
    judge::cgroup2(limit, oom_kills)
}
"#,
    )],
    hints: [
        "What happens to a cgroup at its memory limit if there is free swap?",
        "On v2: memory.max and memory.swap.max, and the line oom_kill of memory.events. On v1: memory.limit_in_bytes and memory.memsw.limit_in_bytes, which counts memory and swap, and the line oom_kill of memory.oom_control. Sizes may end in K, M or G.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: r#"fs::write(cgroup.dir.join(memory), "16M")?;"#,
            to: r#"fs::write(cgroup.dir.join(memory), "16G")?;"#,
            says: "the limit is in bytes",
        },
        Wrong {
            clause: "TODO",
            change: "unwrap_or_default())",
            to: "map(|it: u64| it + 1).unwrap_or_default())",
            says: "counts several events",
        },
        Wrong {
            clause: "TODO",
            change: r#"strip_prefix("oom_kill ")"#,
            to: r#"strip_prefix("under_oom ").or(line.strip_prefix("high "))"#,
            says: "counts several events",
        },
        Wrong {
            clause: "TODO",
            change: "Ok(line.and_then(|number| number.parse().ok()).unwrap_or_default())",
            to: "Ok(line.map_or(1, |_| 1))",
            says: "counts several events",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the limit is 16 MiB without swap, and then the count of OOM kills.
pub fn cgroup2(limit: fn(&Cgroup) -> io::Result<()>, kills: fn(&Cgroup) -> io::Result<u64>) -> ! {
    judge(Some("memory"), move |group| {
        let (max, events) = match group.version {
            Version::V1 => ("memory.limit_in_bytes", "memory.oom_control"),
            Version::V2 => ("memory.max", "memory.events"),
        };
        run_answer(&EXERCISE, || limit(&group).map(|()| ""))?;
        let bytes = words(&group.dir.join(max)).join(" ");
        ensure(bytes == (16 << 20).to_string(), || {
            wrong(
                format!("16777216, 16 MiB, in {max}"),
                bytes,
                "the limit is in bytes, and its file is in the cgroup's own directory",
            )
        })?;
        let kernel = || {
            let counters = words(&group.dir.join(events));
            let key = counters.iter().position(|word| word == "oom_kill");
            key.and_then(|key| counters.get(key + 1)).cloned().unwrap_or_default()
        };
        // Before and after a kill: the answer cannot know the number.
        for killed in [false, true] {
            if killed {
                let end = use_memory(&group.dir, 64 << 20)?;
                ensure(matches!(end, WaitStatus::Signaled(_, Signal::SIGKILL, _)), || {
                    wrong(
                        "the kernel kills a process that uses 64 MiB",
                        format!("{end:?}"),
                        "the cgroup can still use swap: limit that too",
                    )
                })?;
            }
            let returned = run_answer(&EXERCISE, || kills(&group))?.output;
            ensure(returned == kernel(), || {
                wrong(
                    format!("{}, the number after oom_kill in {events}", kernel()),
                    format!("your function returned {returned}"),
                    "the file counts several events, of which the kill is one",
                )
            })?;
        }
        Ok(format!("the kernel killed a process at 16 MiB, and its count is {}", kernel()))
    })
}
