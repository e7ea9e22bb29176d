//! Root with one capability.

use std::io;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::process::{run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        r#"
A server that is root only for port 80 needs one capability. For the programs
that root starts, execve(2) computes the permitted and the effective set: they
are the bounding set and what is inheritable. (In the judge's sandbox,
no_new_privs is set, and it adds a condition. The judge looks at the sets.)"#,
        "
80번 포트를 쓰려고 root로 실행되는 서버에 필요한 capability는 하나입니다.
root가 시작하는 프로그램의 허용 집합과 유효 집합은 execve(2)가 계산하는데,
한계 집합과 상속 가능 집합을 합한 것입니다. (채점 프로그램의 샌드박스에는
no_new_privs가 켜져 있어서 조건이 하나 더 붙습니다. 채점은 집합을 보고
합니다.)",
    ),
    task: Both(
        "
Leave the caller, who is root, CAP_NET_BIND_SERVICE and no other capability,
whatever program it starts later.",
        "
호출한 프로세스는 root입니다. 이 프로세스에 CAP_NET_BIND_SERVICE만 남기고,
나중에 어떤 프로그램을 시작하든 다른 capability는 없게 하세요.",
    ),
    manual: "capabilities(7), capset(2), prctl(2)",
    starter: r#"
use std::io;

const CAP_NET_BIND_SERVICE: libc::c_ulong = 10;

fn keep_one() -> io::Result<()> {
    // TODO: From which set does execve(2) give everything back to root?
    capset(1 << CAP_NET_BIND_SERVICE)
}

/// Changes the effective and the permitted set, and empties the inheritable one (capset(2)).
fn capset(set: u64) -> io::Result<()> {
    let mut header = [0x2008_0522_u32, 0]; // version 3, the caller
    let (low, high) = (set as u32, (set >> 32) as u32);
    let sets = [low, low, 0, high, high, 0];
    // SAFETY: header and sets have the size of version 3, and outlive the call.
    let done = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn main() -> ! {
    judge::privilege1(keep_one)
}
"#,
    solutions: &[
        (
            "until the kernel knows no further capability",
            r#"
use std::io;

const CAP_NET_BIND_SERVICE: libc::c_ulong = 10;

fn keep_one() -> io::Result<()> {
    for capability in (0..64).filter(|&it| it != CAP_NET_BIND_SERVICE) {
        // SAFETY: the call takes numbers.
        if unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) } != 0 {
            match io::Error::last_os_error() {
                // The kernel has no capability of this number.
                error if error.raw_os_error() == Some(libc::EINVAL) => break,
                error => return Err(error),
            }
        }
    }
    capset(1 << CAP_NET_BIND_SERVICE)
}

/// Changes the effective and the permitted set, and empties the inheritable one (capset(2)).
fn capset(set: u64) -> io::Result<()> {
    let mut header = [0x2008_0522_u32, 0]; // version 3, the caller
    let (low, high) = (set as u32, (set >> 32) as u32);
    let sets = [low, low, 0, high, high, 0];
    // SAFETY: header and sets have the size of version 3, and outlive the call.
    let done = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn main() -> ! {
    judge::privilege1(keep_one)
}
"#,
        ),
        (
            "the number of the last capability from /proc, from the last to the first",
            r#"
use std::fs;
use std::io;

const KEPT: u32 = 10;

fn keep_one() -> io::Result<()> {
    let last = fs::read_to_string("/proc/sys/kernel/cap_last_cap")?;
    let last: libc::c_ulong = last.trim().parse().map_err(io::Error::other)?;
    for capability in (0..=last).rev() {
        // SAFETY: the call takes numbers.
        let kept = capability == KEPT.into()
            || unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) } == 0;
        if !kept {
            return Err(io::Error::last_os_error());
        }
    }
    let mut header = [0x2008_0522_u32, 0];
    let sets = [1 << KEPT, 1 << KEPT, 0, 0, 0, 0_u32];
    // SAFETY: header and sets have the size of version 3, and outlive the call.
    match unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn main() -> ! {
    judge::privilege1(keep_one)
}
"#,
        ),
    ],
    hints: [
        Both(
            "Which set does execve(2) look at when root starts a program, and which call removes a \
             capability from it?",
            "root가 프로그램을 시작할 때 execve(2)는 어느 집합을 보고, 거기서 capability를 빼는 \
             시스템 콜은 무엇인가요?",
        ),
        Both(
            "prctl(PR_CAPBSET_DROP) removes one from the bounding set, and fails with EINVAL from \
             the first number on that no capability has. It requires CAP_SETPCAP: which of your \
             calls takes that away?",
            "prctl(PR_CAPBSET_DROP)은 한계 집합에서 하나를 빼고, capability가 없는 첫 번호부터는 \
             EINVAL로 실패합니다. CAP_SETPCAP이 필요합니다. 어느 호출이 그것을 없애나요?",
        ),
        Both::same(
            r#"for capability in (0..64).filter(|&it| it != CAP_NET_BIND_SERVICE) {
    // SAFETY: the call takes numbers.
    if unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) } != 0 {
        break;
    }
}
capset(1 << CAP_NET_BIND_SERVICE)"#,
        ),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "PR_CAPBSET_DROP requires CAP_SETPCAP in the effective set: has capset(2) taken \
                 that away before? And capset(2) adds nothing to the permitted set",
                "PR_CAPBSET_DROP에는 유효 집합의 CAP_SETPCAP이 필요합니다. 그 전에 capset(2)로 \
                 없앴나요? 그리고 capset(2)로는 허용 집합에 아무것도 더할 수 없습니다",
            ),
        ),
        (
            "EINVAL",
            Both(
                "the kernel has no capability of this number: that is how a loop over all of them \
                 ends",
                "커널에 이 번호의 capability가 없습니다. 모든 번호를 도는 반복문은 이렇게 끝납니다",
            ),
        ),
        (
            "EFAULT",
            Both(
                "capset(2) reads a header of 8 bytes and sets of 24",
                "capset(2)는 8바이트인 헤더와 24바이트인 집합들을 읽습니다",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "whatever program it starts later",
            change: "    for capability in (0..64)",
            to: "    for capability in (0..0)",
            says: "root's next program gets all of it back",
        },
        Wrong {
            clause: "no other capability",
            change: "    for capability in (0..64)",
            to: "    for capability in (0..38)",
            says: "c000000400",
        },
        Wrong {
            clause: "whatever program it starts later",
            change: "    for capability in (0..64)",
            to: "    capset(1 << CAP_NET_BIND_SERVICE)?;
    for capability in (0..64)",
            says: "has capset(2) taken that away before?",
        },
        Wrong {
            clause: "Leave the caller, who is root, CAP_NET_BIND_SERVICE and no other capability",
            change: "    capset(1 << CAP_NET_BIND_SERVICE)",
            to: "    let _ = capset;
    Ok(())",
            says: "the bounding set takes nothing from a program that runs already",
        },
        Wrong {
            clause: "Leave the caller, who is root, CAP_NET_BIND_SERVICE",
            change: "    capset(1 << CAP_NET_BIND_SERVICE)",
            to: "    capset(0)",
            says: "CapEff 0000000000000000",
        },
        Wrong {
            clause: "CAP_NET_BIND_SERVICE",
            change: "const CAP_NET_BIND_SERVICE: libc::c_ulong = 10;",
            to: "const CAP_NET_BIND_SERVICE: libc::c_ulong = 12;",
            says: "CapBnd 0000000000001000",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer leaves root one capability, in all sets that `execve(2)` looks at.
pub fn privilege1(answer: fn() -> io::Result<()>) -> ! {
    const ONE: &str = "0000000000000400";
    const NONE: &str = "0000000000000000";
    judge(|| {
        let process = run_answer(&EXERCISE, || answer().map(|()| ""))?;
        let set = |name: &str| status(process.pid, name);
        ensure(set("CapBnd") == ONE, || {
            wrong(
                text!(
                    "CapBnd {ONE} in /proc/PID/status: CAP_NET_BIND_SERVICE, bit 10, alone",
                    "/proc/PID/status에 CapBnd {ONE}: 비트 10인 CAP_NET_BIND_SERVICE만",
                ),
                shown!("CapBnd {}", set("CapBnd")),
                text!(
                    "what is in the bounding set stays within reach: root's next program gets all \
                     of it back",
                    "한계 집합에 있는 것은 언제든 되찾을 수 있습니다. root가 다음에 시작하는 \
                     프로그램이 모두 돌려받습니다",
                ),
            )
        })?;
        ensure([ONE, NONE].contains(&set("CapInh").as_str()), || {
            wrong(
                text!("CapInh {ONE} or {NONE}", "CapInh {ONE} 또는 {NONE}"),
                shown!("CapInh {}", set("CapInh")),
                text!(
                    "root's next program gets what is inheritable, whatever the bounding set has",
                    "한계 집합에 무엇이 있든, 상속 가능 집합에 있는 것은 root가 다음에 시작하는 \
                     프로그램이 받습니다",
                ),
            )
        })?;
        for name in ["CapPrm", "CapEff"] {
            ensure(set(name) == ONE, || {
                wrong(
                    text!(
                        "{name} {ONE}: the caller has CAP_NET_BIND_SERVICE, bit 10, alone",
                        "{name} {ONE}: 호출한 프로세스에 비트 10인 CAP_NET_BIND_SERVICE만",
                    ),
                    shown!("CapPrm {}, CapEff {}", set("CapPrm"), set("CapEff")),
                    text!(
                        "capset(2) changes what the caller itself may do; the bounding set takes \
                         nothing from a program that runs already",
                        "호출한 프로세스 자신이 할 수 있는 일은 capset(2)로 바꿉니다. 한계 집합은 \
                         이미 실행 중인 프로그램에서 아무것도 빼앗지 않습니다",
                    ),
                )
            })?;
        }
        Ok(text!(
            "CapPrm, CapEff and CapBnd of the caller, uid {}, are {ONE}",
            "uid가 {}인 호출한 프로세스의 CapPrm, CapEff, CapBnd는 {ONE}입니다",
            status(process.pid, "Uid").split(' ').next().unwrap_or_default(),
        ))
    })
}
