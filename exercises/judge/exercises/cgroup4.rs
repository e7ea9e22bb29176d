//! A limit of CPU time.

use std::io;
use std::time::{Duration, Instant};

use step_support::cgroup::Version;

use crate::cgroup::{Cgroup, Need, judge, run_in_cgroup};
use crate::exercise::{Exercise, Wrong};
use crate::language::{AND, Both, shown, text};
use crate::process::run_answer;
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A CPU limit is a quota for each period. The processes of a cgroup share the quota.
When it is used up, they wait for the next period. That is called throttling.",
        "
CPU 한도는 주기(period)마다 쓸 수 있는 양(quota)입니다. cgroup의
프로세스들이 이 양을 나눠 씁니다. 다 쓰면 다음 주기까지 기다려야 하고,
이것을 throttling이라고 합니다.",
    ),
    task: Both(
        "
Limit the cgroup to a fifth of one CPU.",
        "
cgroup이 CPU 하나의 5분의 1만 쓰게 제한하세요.",
    ),
    manual: r#""Control Group v2" (docs.kernel.org): CPU; v1: sched-bwc.rst"#,
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
    judge::cgroup4(throttle)
}
"#,
    solutions: &[
        (
            "both numbers",
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
    judge::cgroup4(throttle)
}
"#,
        ),
        (
            "the quota for the period that is there",
            r#"
use std::fs;
use std::io;

use judge::{Cgroup, Version};

fn throttle(cgroup: &Cgroup) -> io::Result<()> {
    let file = match cgroup.version {
        Version::V1 => "cpu.cfs_quota_us",
        Version::V2 => "cpu.max",
    };
    fs::write(cgroup.dir.join(file), "20000\n")
}

fn main() -> ! {
    judge::cgroup4(throttle)
}
"#,
        ),
        (
            "a long period, in an open file",
            r#"
use std::fs::File;
use std::io::{self, Write};

use judge::{Cgroup, Version};

fn write(cgroup: &Cgroup, file: &str, value: &str) -> io::Result<()> {
    let mut file = File::options().write(true).open(cgroup.dir.join(file))?;
    file.write_all(value.as_bytes())
}

fn throttle(cgroup: &Cgroup) -> io::Result<()> {
    if cgroup.version == Version::V2 {
        return write(cgroup, "cpu.max", "200000 1000000\n");
    }
    write(cgroup, "cpu.cfs_quota_us", "200000")?;
    write(cgroup, "cpu.cfs_period_us", "1000000")
}

fn main() -> ! {
    judge::cgroup4(throttle)
}
"#,
        ),
    ],
    hints: [
        Both(
            "What does cpu.max of a new cgroup contain, and in which unit?",
            "새 cgroup의 cpu.max에는 무엇이 들어 있고, 단위는 무엇인가요?",
        ),
        Both(
            r#"Quota and period are in microseconds: on v2 both in one line of cpu.max, on v1 in cpu.cfs_quota_us and cpu.cfs_period_us. No limit is "max" on v2 and a quota of -1 on v1."#,
            "quota와 period의 단위는 마이크로초입니다. v2에서는 둘 다 cpu.max 한 줄에, v1에서는 \
             cpu.cfs_quota_us와 cpu.cfs_period_us에 씁니다. 제한이 없으면 v2에서는 \"max\", \
             v1에서는 quota가 -1입니다.",
        ),
        Both(
            r#"On v2: fs::write(cgroup.dir.join("cpu.max"), "20000 100000"). On v1: cpu.cfs_quota_us "20000", and cpu.cfs_period_us "100000"."#,
            "v2: fs::write(cgroup.dir.join(\"cpu.max\"), \"20000 100000\"). v1: cpu.cfs_quota_us에 \
             \"20000\", cpu.cfs_period_us에 \"100000\".",
        ),
    ],
    errors: &[
        (
            "EINVAL",
            Both(
                "these are no numbers of microseconds, or too small: a quota is at least 1000, a \
                 period 1000 to 1000000; or a cgroup above this one has less",
                "마이크로초를 나타내는 수가 아니거나 너무 작습니다. quota는 1000 이상, period는 \
                 1000에서 1000000까지입니다. 위쪽 cgroup의 한도가 이보다 작을 수도 있습니다",
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
                "cgroup.dir is a directory, and what you write goes into its files",
                "cgroup.dir은 디렉터리입니다. 쓸 곳은 그 안의 파일입니다",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "a fifth",
            change: "(20_000, 100_000)",
            to: "(20_000, 1_000_000)",
            says: "this is 2 % of one CPU",
        },
        Wrong {
            clause: "of one CPU",
            change: "(20_000, 100_000)",
            to: "(20_000 * 3, 100_000)",
            says: "however many there are",
        },
        Wrong {
            clause: "a fifth",
            change: "(20_000, 100_000)",
            to: "(100_000, 100_000)",
            says: "this is 100 % of one CPU",
        },
        Wrong {
            clause: "a fifth",
            change: "(20_000, 100_000)",
            to: "(20, 100)",
            says: "too small: a quota is at least 1000",
        },
        Wrong {
            clause: "Limit",
            change: "    let (quota, period) = (20_000, 100_000);",
            to: r#"    let (quota, period) = (-1, 100_000);
    if cgroup.version == Version::V2 {
        return fs::write(cgroup.dir.join("cpu.weight"), "20");
    }
    fs::write(cgroup.dir.join("cpu.shares"), "205")?;"#,
            says: "there is no quota",
        },
        Wrong {
            clause: "the cgroup",
            change: "    let (quota, period) = (20_000, 100_000);",
            to: r#"    let (quota, period) = (20_000, 100_000);
    let cgroup = &Cgroup { dir: cgroup.dir.join("../outside"), ..cgroup.clone() };"#,
            says: "there is no quota",
        },
    ],
    ..Exercise::NEW
};

/// How long the judge waits for the kernel to throttle a process: on a busy machine it may get
/// less than its quota.
const PATIENCE: Duration = Duration::from_secs(3);

/// Checks that the limit is a fifth of one CPU, and that the kernel throttles a busy process.
pub fn cgroup4(throttle: fn(&Cgroup) -> io::Result<()>) -> ! {
    judge(Need::Controller("cpu"), move |group| {
        let files: &[_] = match group.version {
            Version::V1 => &["cpu.cfs_quota_us", "cpu.cfs_period_us"],
            Version::V2 => &["cpu.max"],
        };
        if !group.dir.join(files[0]).exists() {
            let advice = text!(
                "This kernel was built without CONFIG_CFS_BANDWIDTH, so it cannot limit CPU time",
                "이 커널은 CONFIG_CFS_BANDWIDTH 없이 빌드되어서 CPU 시간을 제한할 수 없습니다",
            );
            return Err(unavailable(files[0], "ENOENT", advice));
        }
        run_answer(&EXERCISE, || throttle(&group).map(|()| ""))?;
        let mut settings = Vec::new();
        for file in files {
            settings.extend(group.words(file)?);
        }
        let numbers: Vec<i64> = settings.iter().filter_map(|word| word.parse().ok()).collect();
        let reason = match numbers[..] {
            [quota, period] if quota > 0 && period > 0 => text!(
                "this is {} % of one CPU, however many there are; both numbers are in microseconds",
                "이것은 CPU가 몇 개이든 CPU 하나의 {}%입니다. 두 수의 단위는 모두 마이크로초입니다",
                quota * 100 / period,
            ),
            _ => {
                text!(
                    "there is no quota, so the cgroup may use all CPUs; weights and shares only \
                     divide what others want, too",
                    "quota가 없으므로 cgroup이 모든 CPU를 쓸 수 있습니다. weight와 shares는 다른 \
                     cgroup도 CPU를 쓰려 할 때 나누는 비율일 뿐입니다",
                )
            }
        };
        ensure(matches!(numbers[..], [quota, period] if quota * 5 == period), || {
            let expected = text!(
                "a quota that is a fifth of the period, in {}",
                "quota가 period의 5분의 1 ({})",
                files.join(AND),
            );
            wrong(expected, shown!("{settings:?}"), reason)
        })?;
        let throttled = || group.number("cpu.stat", "nr_throttled").unwrap_or_default();
        run_in_cgroup(&group.dir, || {
            let start = Instant::now();
            let mut loops = 0_u64;
            while throttled() == 0 && start.elapsed() < PATIENCE {
                (0..100_000).for_each(|_| loops = std::hint::black_box(loops + 1));
            }
        })?;
        let seen = match throttled() {
            0 => Both(
                "not seen: this machine is so busy that a process did not use up the quota",
                "이 컴퓨터가 너무 바빠서 프로세스가 quota를 다 쓰지 못했고, throttling은 확인하지 \
                 못했습니다",
            )
            .here(),
            _ => Both(
                "a busy process was throttled",
                "CPU를 계속 쓰려는 프로세스가 throttled 상태가 되었습니다",
            )
            .here(),
        };
        Ok(text!("{} in {}; {seen}", "{1}에 {0}. {seen}", settings.join(" "), files.join(AND)))
    })
}
