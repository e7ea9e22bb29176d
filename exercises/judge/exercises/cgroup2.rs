//! A limit of memory.

use std::io;

use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use step_support::cgroup::Version;

use crate::cgroup::{Cgroup, Need, judge, use_memory};
use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, Text, shown, text};
use crate::process::run_answer;
use crate::verdict::{Finding, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
When a cgroup reaches its memory limit, the kernel first tries to free some: it
writes memory to swap, if it may. If that does not help, it kills a process. The
two versions of cgroups use different file names. The judge tests the version of
this machine; your answer may handle both.",
        "
cgroup이 메모리 한도에 닿으면 커널은 먼저 메모리를 비우려고 합니다. 허용되어
있으면 메모리를 스왑으로 내보냅니다. 그래도 모자라면 프로세스를 강제
종료합니다. 파일 이름은 cgroup v1과 v2가 다릅니다. 채점은 이 컴퓨터의
버전으로 합니다. 두 버전을 다 처리하는 답도 좋습니다.",
    ),
    task: Both(
        "
Limit the cgroup to 16 MiB of memory, and allow no swap beyond that.",
        "
cgroup의 메모리를 16 MiB로 제한하고, 스왑을 더 쓰지 못하게 하세요.",
    ),
    manual: r#""Control Group v2" (docs.kernel.org): Memory; v1: memory.rst"#,
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
        Both(
            "What happens to a cgroup at its memory limit if there is free swap?",
            "빈 스왑이 있으면 메모리 한도에 닿은 cgroup은 어떻게 되나요?",
        ),
        Both(
            "On v2: memory.max, and memory.swap.max for what may be swapped out. On v1: \
             memory.limit_in_bytes, then memory.memsw.limit_in_bytes, which counts memory and swap \
             together. Sizes are bytes, or end in K, M or G.",
            "v2에서는 memory.max에 쓰고, 스왑으로 내보낼 수 있는 양은 memory.swap.max에 씁니다. \
             v1에서는 memory.limit_in_bytes에 먼저 쓰고, 그다음 메모리와 스왑을 합해서 세는 \
             memory.memsw.limit_in_bytes에 씁니다. 크기는 바이트 수이거나, K, M, G로 끝나는 \
             수입니다.",
        ),
        Both(
            r#"On v2: memory.max "16M", memory.swap.max "0". On v1: memory.limit_in_bytes "16M", then memory.memsw.limit_in_bytes "16M"."#,
            "v2: memory.max에 \"16M\", memory.swap.max에 \"0\". v1: memory.limit_in_bytes에 \
             \"16M\", 그다음 memory.memsw.limit_in_bytes에 \"16M\".",
        ),
    ],
    errors: &[
        (
            "EACCES",
            Both(
                "no file can be created in a cgroup: v1 and v2 have different file names",
                "cgroup에는 새 파일을 만들 수 없습니다. v1과 v2는 파일 이름이 다릅니다",
            ),
        ),
        (
            "EINVAL",
            Both(
                "the kernel reads this as no size, or on v1: memory.memsw.limit_in_bytes cannot be \
                 less than memory.limit_in_bytes",
                "커널이 크기로 읽을 수 없는 값이거나, v1에서 memory.memsw.limit_in_bytes를 \
                 memory.limit_in_bytes보다 작게 하려고 했습니다",
            ),
        ),
        (
            "EBUSY",
            Both(
                "the cgroup uses more than that already",
                "cgroup이 이미 그보다 많이 쓰고 있습니다",
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
            text!(
                "the limit is in bytes, or in units of 1024 (K), 1024² (M) and 1024³ (G) bytes",
                "한도의 단위는 바이트이고, K(1024), M(1024²), G(1024³)를 붙일 수 있습니다",
            ),
        )?;
        if let Some(swap) = group.swap_limit() {
            let reason = match group.version {
                Version::V1 => {
                    text!(
                        "this file limits memory and swap together; processes of the cgroup can \
                         still use swap",
                        "이 파일은 메모리와 스왑의 합을 제한합니다. cgroup의 프로세스가 아직 \
                         스왑을 쓸 수 있습니다",
                    )
                }
                Version::V2 => text!(
                    "processes of the cgroup can still use swap",
                    "cgroup의 프로세스가 아직 스왑을 쓸 수 있습니다",
                ),
            };
            check(&group, swap, no_swap, reason)?;
        }
        let end = use_memory(&group.dir, 64 << 20)?;
        let is_killed = matches!(end, WaitStatus::Signaled(_, Signal::SIGKILL, _));
        match group.swap_limit() {
            None if is_killed => Ok(shown!("{KILLED}; {NO_SWAP_FILE}")),
            None => Ok(text!(
                "the limit is 16 MiB; {NO_SWAP_FILE}",
                "한도는 16 MiB입니다. {NO_SWAP_FILE}",
            )),
            Some(_) => ensure(is_killed, || {
                wrong(
                    text!(
                        "the kernel kills a process that uses 64 MiB",
                        "64 MiB를 쓰는 프로세스를 커널이 강제 종료",
                    ),
                    shown!("{end:?}"),
                    text!(
                        "the limits are set, and yet they did not hold",
                        "한도를 설정했는데도 지켜지지 않았습니다",
                    ),
                )
            })
            .map(|()| shown!("{KILLED}")),
        }
    })
}

/// 16 MiB, as the kernel shows it.
const LIMIT: &str = "16777216";

const KILLED: &str = Both(
    "the limit is 16 MiB, and the kernel killed a process that used more",
    "한도가 16 MiB이고, 그보다 많이 쓴 프로세스를 커널이 강제 종료했습니다",
)
.here();

const NO_SWAP_FILE: &str = Both(
    "not judged: swap, which this kernel does not count for each cgroup",
    "이 커널은 cgroup마다 스왑을 세지 않으므로 스왑은 채점하지 않았습니다",
)
.here();

fn check(group: &Cgroup, file: &str, expected: &str, reason: Text) -> Result<(), Finding> {
    let found = group.words(file)?;
    ensure(found == [expected], || {
        wrong(text!("{expected} in {file}", "{file}에 {expected}"), shown!("{found:?}"), reason)
    })
}
