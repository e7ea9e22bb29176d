//! Root with one capability.

use std::io;

use crate::exercise::{Exercise, Wrong};
use crate::process::{run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: r#"
A server that is root only for port 80 needs one capability. For the programs
that root starts, execve(2) computes the permitted and the effective set: they
are the bounding set and what is inheritable. (In the judge's sandbox,
no_new_privs is set, and it adds a condition. The judge looks at the sets.)"#,
    task: "
Leave the caller, who is root, CAP_NET_BIND_SERVICE and no other capability,
whatever program it starts later.",
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
        "Which set does execve(2) look at when root starts a program, and which call removes a capability from it?",
        "prctl(PR_CAPBSET_DROP) removes one from the bounding set, and fails with EINVAL from the first number on that no capability has. It requires CAP_SETPCAP: which of your calls takes that away?",
        r#"for capability in (0..64).filter(|&it| it != CAP_NET_BIND_SERVICE) {
    // SAFETY: the call takes numbers.
    if unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) } != 0 {
        break;
    }
}
capset(1 << CAP_NET_BIND_SERVICE)"#,
    ],
    errors: &[
        (
            "EPERM",
            "PR_CAPBSET_DROP requires CAP_SETPCAP in the effective set: has capset(2) taken that \
             away before? And capset(2) adds nothing to the permitted set",
        ),
        (
            "EINVAL",
            "the kernel has no capability of this number: that is how a loop over all of them ends",
        ),
        ("EFAULT", "capset(2) reads a header of 8 bytes and sets of 24"),
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
                format!("CapBnd {ONE} in /proc/PID/status: CAP_NET_BIND_SERVICE, bit 10, alone"),
                format!("CapBnd {}", set("CapBnd")),
                "what is in the bounding set stays within reach: root's next program gets all of \
                 it back",
            )
        })?;
        ensure([ONE, NONE].contains(&set("CapInh").as_str()), || {
            wrong(
                format!("CapInh {ONE} or {NONE}"),
                format!("CapInh {}", set("CapInh")),
                "root's next program gets what is inheritable, whatever the bounding set has",
            )
        })?;
        for name in ["CapPrm", "CapEff"] {
            ensure(set(name) == ONE, || {
                wrong(
                    format!("{name} {ONE}: the caller has CAP_NET_BIND_SERVICE, bit 10, alone"),
                    format!("{name} {}, CapEff {}", set(name), set("CapEff")),
                    "capset(2) changes what the caller itself may do; the bounding set takes \
                     nothing from a program that runs already",
                )
            })?;
        }
        Ok(format!(
            "CapPrm, CapEff and CapBnd of the caller, uid {}, are {ONE}",
            status(process.pid, "Uid").split(' ').next().unwrap_or_default()
        ))
    })
}
