//! A weight against a limit.

use std::fs;
use std::io;

use step_support::cgroup::Version;

use crate::cgroup::setup::TRY_AGAIN;
use crate::cgroup::{Cgroup, Need, judge};
use crate::exercise::{Exercise, Wrong};
use crate::process::run_answer;
use crate::verdict::{Finding, ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
When several cgroups below the same one want the CPU, the kernel divides it by their
weights. Who does not want it is left out, so a weight takes nothing from a cgroup
that is alone. A limit does.",
    task: "
Two cgroups are beside each other. When both want all of a CPU, `first` is to get
three times as much of it as `second`. Each may use all CPUs while the other sleeps.",
    manual: r#""Control Group v2" (docs.kernel.org): CPU; v1: sched-design-CFS.rst"#,
    starter: r#"
use std::fs;
use std::io;

use judge::{Cgroup, Version};

fn share(first: &Cgroup, second: &Cgroup) -> io::Result<()> {
    // TODO: Does `first` wait when it is alone? And who is the other quarter for?
    match first.version {
        Version::V1 => fs::write(first.dir.join("cpu.cfs_quota_us"), "75000")?,
        Version::V2 => fs::write(first.dir.join("cpu.max"), "75000 100000")?,
    }
    let _ = second;
    Ok(())
}

fn main() -> ! {
    judge::resources1(share)
}
"#,
    solutions: &[
        (
            "one weight",
            r#"
use std::fs;
use std::io;

use judge::{Cgroup, Version};

fn share(first: &Cgroup, second: &Cgroup) -> io::Result<()> {
    let file = match first.version {
        Version::V1 => "cpu.shares",
        Version::V2 => "cpu.weight",
    };
    let weight: u64 = fs::read_to_string(second.dir.join(file))?.trim().parse().unwrap_or(100);
    fs::write(first.dir.join(file), (3 * weight).to_string())
}

fn main() -> ! {
    judge::resources1(share)
}
"#,
        ),
        (
            "both weights",
            r#"
use std::fs;
use std::io;

use judge::{Cgroup, Version};

fn share(first: &Cgroup, second: &Cgroup) -> io::Result<()> {
    for (group, weight) in [(first, "600\n"), (second, "200\n")] {
        let is_v1 = group.version == Version::V1;
        fs::write(group.dir.join(if is_v1 { "cpu.shares" } else { "cpu.weight" }), weight)?;
    }
    Ok(())
}

fn main() -> ! {
    judge::resources1(share)
}
"#,
        ),
    ],
    hints: [
        "A quota of 75 % holds at night, too, when nobody else is there. Which file of the cgroup has a number that means something only beside another number?",
        "On v2 the file is cpu.weight, and each new cgroup has 100. On v1 it is cpu.shares, and each has 1024. Three times the other's number is three times the CPU.",
        r#"On v2: fs::write(first.dir.join("cpu.weight"), "300"). On v1: fs::write(first.dir.join("cpu.shares"), "3072")."#,
    ],
    errors: &[
        ("ERANGE", "a weight of v2 is at least 1 and at most 10000"),
        ("EINVAL", "a weight is one number; v1 and v2 have different file names"),
        ("EACCES", "no file can be created in a cgroup: v1 and v2 have different file names"),
        ("EISDIR", "dir is a directory, and what you write goes into its files"),
    ],
    wrong: &[
        Wrong {
            clause: "three times as much of it as `second`",
            change: "    fs::write(first.dir.join(file), (3 * weight).to_string())",
            to: "    fs::write(first.dir.join(file), (3 * weight).to_string())?;
    fs::write(second.dir.join(file), (3 * weight).to_string())",
            says: "with these numbers both get the same",
        },
        Wrong {
            clause: "`first` is to get",
            change: "fs::write(first.dir.join(file)",
            to: "fs::write(second.dir.join(file)",
            says: "first gets less than second",
        },
        Wrong {
            clause: "three times",
            change: "3 * weight",
            to: "75 * weight / 100",
            says: "first gets less than second",
        },
        Wrong {
            clause: "Two cgroups are beside each other",
            change: "fs::write(first.dir.join(file)",
            to: r#"fs::write(first.dir.join("..").join(file)"#,
            says: "with these numbers both get the same",
        },
        Wrong {
            clause: "Each may use all CPUs while the other sleeps",
            change: "    fs::write(first.dir.join(file)",
            to: r#"    match first.version {
        Version::V1 => fs::write(first.dir.join("cpu.cfs_quota_us"), "75000")?,
        Version::V2 => fs::write(first.dir.join("cpu.max"), "75000 100000")?,
    }
    fs::write(first.dir.join(file)"#,
            says: "a quota holds while nobody else wants the CPU, too",
        },
        Wrong {
            clause: "Each may use all CPUs",
            change: "    fs::write(first.dir.join(file)",
            to: r#"    match first.version {
        Version::V1 => fs::write(second.dir.join("cpu.cfs_quota_us"), "25000")?,
        Version::V2 => fs::write(second.dir.join("cpu.max"), "25000 100000")?,
    }
    fs::write(first.dir.join(file)"#,
            says: "a quota holds while nobody else wants the CPU, too",
        },
    ],
    ..Exercise::NEW
};

/// Checks that one of two cgroups has three times the other's weight, and that none has a quota.
pub fn resources1(share: fn(&Cgroup, &Cgroup) -> io::Result<()>) -> ! {
    judge(Need::Controller("cpu"), move |group| {
        let (weight, quota, none) = match group.version {
            Version::V1 => ("cpu.shares", "cpu.cfs_quota_us", "-1"),
            Version::V2 => ("cpu.weight", "cpu.max", "max"),
        };
        if group.version == Version::V2 {
            group.set("cgroup.subtree_control", "+cpu")?;
        }
        let both = [child(&group, "first")?, child(&group, "second")?];
        if !both[0].dir.join(weight).exists() {
            let advice =
                "This kernel was built without CONFIG_FAIR_GROUP_SCHED, so cgroups have no weight";
            return Err(unavailable(weight, "ENOENT", advice));
        }
        run_answer(&EXERCISE, || share(&both[0], &both[1]).map(|()| ""))?;

        for (cgroup, name) in both.iter().zip(["first", "second"]) {
            // Without CONFIG_CFS_BANDWIDTH there is no such file.
            let quotas = cgroup.words(quota)?;
            ensure(quotas.first().is_none_or(|it| it == none), || {
                wrong(
                    format!("{none} in {name}/{quota}"),
                    quotas.join(" "),
                    "a quota holds while nobody else wants the CPU, too",
                )
            })?;
        }
        let weights = [both[0].words(weight)?.concat(), both[1].words(weight)?.concat()];
        let [first, second] = weights.each_ref().map(|it| it.parse().unwrap_or(0_u64));
        ensure(first == 3 * second && second > 0, || {
            let reason = match first.cmp(&second) {
                std::cmp::Ordering::Less => "first gets less than second",
                std::cmp::Ordering::Equal => "with these numbers both get the same",
                std::cmp::Ordering::Greater => "the kernel divides the CPU as these two numbers",
            };
            wrong(
                format!("a number in first/{weight} that is three times that of second"),
                format!("{first} and {second}"),
                reason,
            )
        })?;
        Ok(format!("{weight} is {first} and {second}, and neither has a quota"))
    })
}

/// A new cgroup below this one.
fn child(group: &Cgroup, name: &str) -> Result<Cgroup, Finding> {
    let dir = group.dir.join(name);
    fs::create_dir(&dir).map_err(|error| unavailable(dir.display(), error, TRY_AGAIN))?;
    Ok(Cgroup { dir, ..group.clone() })
}
