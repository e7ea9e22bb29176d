//! A limit of CPU time.

use std::io;

use step_support::cgroup::Version;

use crate::cgroup::{Cgroup, cpu_seconds, judge, run_in_cgroup, throttled, words};
use crate::exercise::{Exercise, Wrong};
use crate::process::run_answer;
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A CPU limit is a quota for each period. Processes that have used up the quota
wait for the next period. That is called throttling.",
    task: "
Limit the processes of the cgroup, together, to a fifth of one CPU.",
    manual: r#"the kernel's "Control Group v2", under "CPU"; for v1, sched-bwc.rst"#,
    starter: r#"
use std::fs;
use std::io;

use judge::{Cgroup, Version};

fn throttle(cgroup: &Cgroup) -> io::Result<()> {
    // TODO: How long is a period, and in which unit?
    match cgroup.version {
        Version::V1 => fs::write(cgroup.dir.join("cpu.cfs_quota_us"), "-1"),
        Version::V2 => fs::write(cgroup.dir.join("cpu.max"), "max"),
    }
}

fn main() -> ! {
    judge::cgroup3(throttle)
}
"#,
    solutions: &[(
        "nix",
        r#"
use std::fs;
use std::io;

use judge::{Cgroup, Version};

fn throttle(cgroup: &Cgroup) -> io::Result<()> {
    let (quota, period) = (20_000, 100_000);
    match cgroup.version {
        Version::V1 => {
            fs::write(cgroup.dir.join("cpu.cfs_period_us"), period.to_string())?;
            fs::write(cgroup.dir.join("cpu.cfs_quota_us"), quota.to_string())
        }
        Version::V2 => fs::write(cgroup.dir.join("cpu.max"), format!("{quota} {period}")),
    }
}

fn main() -> ! {
    judge::cgroup3(throttle)
}
"#,
    )],
    hints: [
        "What does cpu.max of a new cgroup contain, and in which unit?",
        r#"On v2 the file holds quota and period in one line, "20000 100000", in microseconds. On v1 there are two files, cpu.cfs_quota_us and cpu.cfs_period_us. No limit is "max" on v2 and a quota of -1 on v1."#,
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: "(20_000, 100_000)",
            to: "(20_000, 1_000_000)",
            says: "in microseconds",
        },
        Wrong {
            clause: "TODO",
            change: "(20_000, 100_000)",
            to: "(100_000, 100_000)",
            says: "for all CPUs together",
        },
        Wrong {
            clause: "TODO",
            change: "(20_000, 100_000)",
            to: "(20, 100)",
            says: "arguments do not fit together",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the limit is a fifth of one CPU, and that the kernel throttles a busy process.
pub fn cgroup3(throttle: fn(&Cgroup) -> io::Result<()>) -> ! {
    judge(Some("cpu"), move |group| {
        let files: &[_] = match group.version {
            Version::V1 => &["cpu.cfs_quota_us", "cpu.cfs_period_us"],
            Version::V2 => &["cpu.max"],
        };
        let settings = || files.iter().flat_map(|file| words(&group.dir.join(file)));
        if settings().next().is_none() {
            let file = group.dir.join(files[0]);
            return Err(unavailable(
                file.display(),
                "ENOENT",
                "This kernel was built without CONFIG_CFS_BANDWIDTH, so it cannot limit CPU time",
            ));
        }
        run_answer(&EXERCISE, || throttle(&group).map(|()| ""))?;
        let kernel: Vec<_> = settings().collect();
        let numbers: Vec<i64> = kernel.iter().filter_map(|word| word.parse().ok()).collect();
        ensure(matches!(numbers[..], [quota, period] if quota * 5 == period), || {
            wrong(
                format!("a quota that is a fifth of the period, in {}", files.join(" and ")),
                kernel.join(" "),
                "quota and period are in microseconds, and the quota is for all CPUs together",
            )
        })?;
        let end = run_in_cgroup(&group.dir, || {
            // On a busy machine the process may get less than its quota, and is not throttled yet.
            let mut loops = 0_u64;
            while throttled(&group.dir) == 0 && cpu_seconds() < 1 {
                (0..100_000).for_each(|_| loops = std::hint::black_box(loops + 1));
            }
        })?;
        let times = throttled(&group.dir);
        ensure(times > 0, || {
            wrong(
                "the kernel throttles a busy process",
                format!("nr_throttled {times} in cpu.stat; the process: {end:?}"),
                "the cgroup never used up its quota",
            )
        })?;
        Ok(format!(
            "{} in {}, and a busy process was throttled",
            kernel.join(" "),
            files.join(" and ")
        ))
    })
}
