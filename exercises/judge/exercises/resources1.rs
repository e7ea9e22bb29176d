//! A weight against a limit.

use std::fs;
use std::io;

use step_support::cgroup::Version;

use crate::cgroup::setup::TRY_AGAIN;
use crate::cgroup::{Cgroup, Need, judge};
use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::process::run_answer;
use crate::verdict::{Finding, ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
When several cgroups below the same one want the CPU, the kernel divides it by their
weights. Who does not want it is left out, so a weight takes nothing from a cgroup
that is alone. A limit does.",
        "
나란한 cgroup 여럿이 CPU를 원하면, 커널은 가중치에 따라 CPU를 나눕니다.
원하지 않는 cgroup은 빼고 나누므로, 가중치는 혼자인 cgroup에서 아무것도
빼앗지 않습니다. 한도는 다릅니다.",
    ),
    task: Both(
        "
Two cgroups are beside each other. When both want all of a CPU, `first` is to get
three times as much of it as `second`. Each may use all CPUs while the other sleeps.",
        "
cgroup 둘이 나란히 있습니다. 둘 다 CPU를 있는 대로 원할 때 `first`가
`second`의 세 배를 받게 하세요. 다른 쪽이 쉬는 동안에는 어느 쪽이든 모든
CPU를 쓸 수 있어야 합니다.",
    ),
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
        Both(
            "A quota of 75 % holds at night, too, when nobody else is there. Which file of the \
             cgroup has a number that means something only beside another number?",
            "75 %라는 한도는 아무도 없는 밤에도 지켜야 합니다. 다른 숫자와 나란히 있을 때만 의미가 \
             있는 숫자는 cgroup의 어느 파일에 있을까요?",
        ),
        Both(
            "On v2 the file is cpu.weight, and each new cgroup has 100. On v1 it is cpu.shares, \
             and each has 1024. Three times the other's number is three times the CPU.",
            "v2에서는 cpu.weight이고, 새 cgroup은 모두 100입니다. v1에서는 cpu.shares이고, 모두 \
             1024입니다. 숫자가 다른 쪽의 세 배이면 CPU도 세 배를 받습니다.",
        ),
        Both(
            r#"On v2: fs::write(first.dir.join("cpu.weight"), "300"). On v1: fs::write(first.dir.join("cpu.shares"), "3072")."#,
            "v2: fs::write(first.dir.join(\"cpu.weight\"), \"300\"). v1: \
             fs::write(first.dir.join(\"cpu.shares\"), \"3072\").",
        ),
    ],
    errors: &[
        (
            "ERANGE",
            Both(
                "a weight of v2 is at least 1 and at most 10000",
                "v2의 가중치는 1 이상 10000 이하입니다",
            ),
        ),
        (
            "EINVAL",
            Both(
                "a weight is one number; v1 and v2 have different file names",
                "가중치는 숫자 하나입니다. v1과 v2는 파일 이름이 다릅니다",
            ),
        ),
        (
            "EACCES",
            Both(
                "no file can be created in a cgroup: v1 and v2 have different file names",
                "cgroup에는 새 파일을 만들 수 없습니다. v1과 v2는 파일 이름이 다릅니다",
            ),
        ),
        (
            "EISDIR",
            Both(
                "dir is a directory, and what you write goes into its files",
                "dir은 디렉터리입니다. 값은 그 안의 파일에 씁니다",
            ),
        ),
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
            let advice = text!(
                "This kernel was built without CONFIG_FAIR_GROUP_SCHED, so cgroups have no weight",
                "CONFIG_FAIR_GROUP_SCHED 없이 빌드된 커널이라 cgroup에 가중치가 없습니다",
            );
            return Err(unavailable(weight, "ENOENT", advice));
        }
        run_answer(&EXERCISE, || share(&both[0], &both[1]).map(|()| ""))?;

        for (cgroup, name) in both.iter().zip(["first", "second"]) {
            // Without CONFIG_CFS_BANDWIDTH there is no such file.
            let quotas = cgroup.words(quota)?;
            ensure(quotas.first().is_none_or(|it| it == none), || {
                wrong(
                    text!("{none} in {name}/{quota}", "{name}/{quota}에 {none}"),
                    shown!("{}", quotas.join(" ")),
                    text!(
                        "a quota holds while nobody else wants the CPU, too",
                        "한도는 아무도 CPU를 원하지 않을 때에도 지켜야 합니다",
                    ),
                )
            })?;
        }
        let weights = [both[0].words(weight)?.concat(), both[1].words(weight)?.concat()];
        let [first, second] = weights.each_ref().map(|it| it.parse().unwrap_or(0_u64));
        ensure(first == 3 * second && second > 0, || {
            let reason = match first.cmp(&second) {
                std::cmp::Ordering::Less => {
                    text!("first gets less than second", "first가 second보다 적게 받습니다")
                }
                std::cmp::Ordering::Equal => text!(
                    "with these numbers both get the same",
                    "이 숫자라면 둘이 똑같이 받습니다",
                ),
                std::cmp::Ordering::Greater => text!(
                    "the kernel divides the CPU as these two numbers",
                    "커널은 이 두 숫자의 비율대로 CPU를 나눕니다",
                ),
            };
            wrong(
                text!(
                    "a number in first/{weight} that is three times that of second",
                    "first/{weight}에 second의 세 배인 숫자",
                ),
                text!("{first} and {second}", "first는 {first}, second는 {second}"),
                reason,
            )
        })?;
        Ok(text!(
            "{weight} is {first} and {second}, and neither has a quota",
            "{weight}의 값은 {first}, {second}이고, 한도는 어느 쪽에도 없습니다",
        ))
    })
}

/// A new cgroup below this one.
fn child(group: &Cgroup, name: &str) -> Result<Cgroup, Finding> {
    let dir = group.dir.join(name);
    fs::create_dir(&dir).map_err(|error| unavailable(dir.display(), error, TRY_AGAIN))?;
    Ok(Cgroup { dir, ..group.clone() })
}
