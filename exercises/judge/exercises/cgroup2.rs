//! A limit of memory.

use std::io;

use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use step_support::cgroup::Version;

use crate::cgroup::{Cgroup, Need, judge, use_memory};
use crate::exercise::{Exercise, Wrong};
use crate::process::run_answer;
use crate::verdict::{Finding, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
When a cgroup reaches its memory limit, the kernel first tries to free some: it
writes memory to swap, if it may. If that does not help, it kills a process. The
two versions of cgroups use different file names. The judge tests the version of
this machine; your answer may handle both.",
    task: "
Limit the cgroup to 16 MiB of memory, and allow no swap beyond that.",
    manual: r#"the kernel's "Control Group v2", under "Memory"; for v1, memory.rst"#,
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

fn main() -> ! {
    judge::cgroup2(limit)
}
"#,
    solutions: &[
        (
            "16M",
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
    // A kernel without swap, or with swapaccount=0, does not have this file.
    let _ = fs::write(cgroup.dir.join(swap.0), swap.1);
    Ok(())
}

fn main() -> ! {
    judge::cgroup2(limit)
}
"#,
        ),
        (
            "bytes and newlines, in an open file",
            r#"
use std::fs::File;
use std::io::{self, Write};

use judge::{Cgroup, Version};

fn write(cgroup: &Cgroup, file: &str, bytes: u64) -> io::Result<()> {
    let mut file = File::options().write(true).open(cgroup.dir.join(file))?;
    file.write_all(format!("{bytes}\n").as_bytes())
}

fn limit(cgroup: &Cgroup) -> io::Result<()> {
    let limit = 16 * 1024 * 1024;
    if cgroup.version == Version::V2 {
        // Without this file there is no swap to limit.
        let _ = write(cgroup, "memory.swap.max", 0);
        write(cgroup, "memory.max", limit)
    } else {
        write(cgroup, "memory.limit_in_bytes", limit)?;
        let _ = write(cgroup, "memory.memsw.limit_in_bytes", limit);
        Ok(())
    }
}

fn main() -> ! {
    judge::cgroup2(limit)
}
"#,
        ),
    ],
    hints: [
        "What happens to a cgroup at its memory limit if there is free swap?",
        "On v2: memory.max, and memory.swap.max for what may be swapped out. On v1: memory.limit_in_bytes, then memory.memsw.limit_in_bytes, which counts memory and swap together. Sizes are bytes, or end in K, M or G.",
        r#"On v2: memory.max "16M", memory.swap.max "0". On v1: memory.limit_in_bytes "16M", then memory.memsw.limit_in_bytes "16M"."#,
    ],
    errors: &[
        ("EACCES", "no file can be created in a cgroup: v1 and v2 have different file names"),
        (
            "EINVAL",
            "the kernel reads this as no size, or on v1: memory.memsw.limit_in_bytes cannot be less than memory.limit_in_bytes",
        ),
        ("EBUSY", "the cgroup uses more than that already"),
        ("EISDIR", "cgroup.dir is a directory, and what you write goes into its files"),
    ],
    wrong: &[
        Wrong {
            clause: "16 MiB",
            change: r#"fs::write(cgroup.dir.join(memory), "16M")?;"#,
            to: r#"fs::write(cgroup.dir.join(memory), "16G")?;"#,
            says: r#"found:    ["17179869184"]"#,
        },
        Wrong {
            clause: "16 MiB",
            change: r#"fs::write(cgroup.dir.join(memory), "16M")?;"#,
            to: r#"fs::write(cgroup.dir.join(memory), "16000000")?;"#,
            says: "1024",
        },
        Wrong {
            clause: "Limit the cgroup",
            change: r#"("memory.limit_in_bytes", "#,
            to: r#"("memory.soft_limit_in_bytes", "#,
            says: "expected: 16777216",
        },
        Wrong {
            clause: "allow no swap",
            change: "let _ = fs::write(cgroup.dir.join(swap.0), swap.1);",
            to: "let _ = swap;",
            says: "processes of the cgroup can still use swap",
        },
        Wrong {
            clause: "no swap beyond that",
            change: "swap.1);",
            to: r#"if swap.1 == "0" { "16M" } else { "32M" });"#,
            says: "processes of the cgroup can still use swap",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the limit is 16 MiB without swap, and that the kernel enforces it.
pub fn cgroup2(limit: fn(&Cgroup) -> io::Result<()>) -> ! {
    judge(Need::Controller("memory"), move |group| {
        let (memory, no_swap) = match group.version {
            Version::V1 => ("memory.limit_in_bytes", LIMIT),
            Version::V2 => ("memory.max", "0"),
        };
        run_answer(&EXERCISE, || limit(&group).map(|()| ""))?;
        check(
            &group,
            memory,
            LIMIT,
            "the limit is in bytes, or in units of 1024 (K), 1024² (M) and 1024³ (G) bytes",
        )?;
        if let Some(swap) = group.swap_limit() {
            let reason = match group.version {
                Version::V1 => {
                    "this file limits memory and swap together; processes of the cgroup can still \
                     use swap"
                }
                Version::V2 => "processes of the cgroup can still use swap",
            };
            check(&group, swap, no_swap, reason)?;
        }
        let end = use_memory(&group.dir, 64 << 20)?;
        let is_killed = matches!(end, WaitStatus::Signaled(_, Signal::SIGKILL, _));
        match group.swap_limit() {
            None if is_killed => Ok(format!("{KILLED}; {NO_SWAP_FILE}")),
            None => Ok(format!("the limit is 16 MiB; {NO_SWAP_FILE}")),
            Some(_) => ensure(is_killed, || {
                wrong(
                    "the kernel kills a process that uses 64 MiB",
                    format!("{end:?}"),
                    "the limits are set, and yet they did not hold",
                )
            })
            .map(|()| KILLED.to_owned()),
        }
    })
}

/// 16 MiB, as the kernel shows it.
const LIMIT: &str = "16777216";

const KILLED: &str = "the limit is 16 MiB, and the kernel killed a process that used more";

const NO_SWAP_FILE: &str = "not judged: swap, which this kernel does not count for each cgroup";

fn check(group: &Cgroup, file: &str, expected: &str, reason: &str) -> Result<(), Finding> {
    let found = group.words(file)?;
    ensure(found == [expected], || {
        wrong(format!("{expected} in {file}"), format!("{found:?}"), reason)
    })
}
