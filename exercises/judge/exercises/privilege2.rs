//! A capability for the programs of an ordinary user.

use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};

use crate::exercise::{Exercise, Wrong};
use crate::process::{run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: r#"
The caller is user 1000 of a new user namespace. It has all capabilities there,
but none of its programs will: when an ordinary user starts a program whose file
adds nothing, execve(2) keeps only the ambient set. prctl(PR_CAP_AMBIENT,
PR_CAP_AMBIENT_RAISE, …) adds a capability to it."#,
    task: "
Let the programs that the caller starts afterwards have CAP_NET_BIND_SERVICE and
no other capability.",
    manual: "capabilities(7), capset(2), prctl(2)",
    starter: r#"
use std::io;

const CAP_NET_BIND_SERVICE: libc::c_ulong = 10;

fn keep_one() -> io::Result<()> {
    let one = 1 << CAP_NET_BIND_SERVICE;
    // TODO: Which set does execve(2) keep when an ordinary user starts a program?
    capset(one, one, 0)
}

/// Changes the effective, the permitted and the inheritable set of the caller (capset(2)).
fn capset(effective: u64, permitted: u64, inheritable: u64) -> io::Result<()> {
    let mut header = [0x2008_0522_u32, 0]; // version 3, the caller
    let three = [effective, permitted, inheritable];
    let (low, high) = (three.map(|set| set as u32), three.map(|set| (set >> 32) as u32));
    let sets = [low, high];
    // SAFETY: header and sets have the size of version 3, and outlive the call.
    let done = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn main() -> ! {
    judge::privilege2(keep_one)
}
"#,
    solutions: &[
        (
            "one in every set",
            r#"
use std::io;

const CAP_NET_BIND_SERVICE: libc::c_ulong = 10;

fn keep_one() -> io::Result<()> {
    let one = 1 << CAP_NET_BIND_SERVICE;
    capset(one, one, one)?;
    raise(CAP_NET_BIND_SERVICE)
}

/// Adds a capability to the ambient set of the caller (prctl(2)).
fn raise(capability: libc::c_ulong) -> io::Result<()> {
    let (action, unused) = (libc::PR_CAP_AMBIENT_RAISE as libc::c_ulong, 0 as libc::c_ulong);
    // SAFETY: the call takes numbers.
    let done = unsafe { libc::prctl(libc::PR_CAP_AMBIENT, action, capability, unused, unused) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Changes the effective, the permitted and the inheritable set of the caller (capset(2)).
fn capset(effective: u64, permitted: u64, inheritable: u64) -> io::Result<()> {
    let mut header = [0x2008_0522_u32, 0]; // version 3, the caller
    let three = [effective, permitted, inheritable];
    let (low, high) = (three.map(|set| set as u32), three.map(|set| (set >> 32) as u32));
    let sets = [low, high];
    // SAFETY: header and sets have the size of version 3, and outlive the call.
    let done = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn main() -> ! {
    judge::privilege2(keep_one)
}
"#,
        ),
        (
            "all permitted and inheritable, one ambient, nothing effective",
            r#"
use std::io;

fn keep_one() -> io::Result<()> {
    let mut header = [0x2008_0522_u32, 0];
    let mut sets = [0_u32; 6];
    // SAFETY: header and sets have the size of version 3, and outlive the call.
    let read = unsafe { libc::syscall(libc::SYS_capget, header.as_mut_ptr(), sets.as_mut_ptr()) };
    let [_, low, _, _, high, _] = sets;
    let sets = [0, low, low, 0, high, high];
    // SAFETY: header and sets have the size of version 3, and outlive the call.
    let written = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) };
    let raise = libc::PR_CAP_AMBIENT_RAISE as usize;
    // SAFETY: the call takes numbers.
    let raised = unsafe { libc::prctl(libc::PR_CAP_AMBIENT, raise, 10_usize, 0_usize, 0_usize) };
    match (read, written, raised) {
        (0, 0, 0) => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn main() -> ! {
    judge::privilege2(keep_one)
}
"#,
        ),
    ],
    hints: [
        "Which set is left when an ordinary user starts a program, and in which two other sets does a capability have to be before it can be added to that?",
        "It has to be permitted and inheritable. The caller has it permitted; capset(2) makes it inheritable, and then prctl(2) ambient.",
        r#"capset(one, one, one)?;
let [raise, number, unused] = [libc::PR_CAP_AMBIENT_RAISE as libc::c_ulong, 10, 0];
// SAFETY: the call takes numbers.
unsafe { libc::prctl(libc::PR_CAP_AMBIENT, raise, number, unused, unused) };"#,
    ],
    errors: &[
        (
            "EPERM",
            "what becomes ambient has to be permitted and inheritable already, and capset(2) adds \
             nothing to the permitted set: in which order do you make the calls?",
        ),
        (
            "EINVAL",
            "the arguments of PR_CAP_AMBIENT are the action, the number of the capability (not its \
             bit), and two zeros, each as large as a c_ulong",
        ),
        ("EFAULT", "capset(2) reads a header of 8 bytes and sets of 24"),
    ],
    wrong: &[
        Wrong {
            clause: "the programs that the caller starts afterwards",
            change: "    capset(one, one, one)?;
    raise(CAP_NET_BIND_SERVICE)",
            to: "    capset(one, one, one)?;
    let _ = raise;
    Ok(())",
            says: "CapAmb 0000000000000000",
        },
        Wrong {
            clause: "the programs that the caller starts afterwards have CAP_NET_BIND_SERVICE",
            change: "    capset(one, one, one)?;
    raise(CAP_NET_BIND_SERVICE)",
            to: "    raise(CAP_NET_BIND_SERVICE)?;
    capset(one, one, one)",
            says: "in which order do you make the calls?",
        },
        Wrong {
            clause: "the programs that the caller starts afterwards have CAP_NET_BIND_SERVICE",
            change: "    raise(CAP_NET_BIND_SERVICE)",
            to: "    raise(CAP_NET_BIND_SERVICE)?;
    capset(one, one, 0)",
            says: "CapAmb 0000000000000000",
        },
        Wrong {
            clause: "CAP_NET_BIND_SERVICE",
            change: "const CAP_NET_BIND_SERVICE: libc::c_ulong = 10;",
            to: "const CAP_NET_BIND_SERVICE: libc::c_ulong = 12;",
            says: "CapAmb 0000000000001000",
        },
        Wrong {
            clause: "no other capability.",
            change: "    capset(one, one, one)?;",
            to: "    let both = one | 1 << 12;
    capset(both, both, both)?;
    raise(12)?;",
            says: "CapAmb 0000000000001400",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer, as an ordinary user with all capabilities, makes one ambient.
pub fn privilege2(answer: fn() -> io::Result<()>) -> ! {
    const ONE: &str = "0000000000000400";
    judge(|| {
        let process = run_answer(&EXERCISE, || {
            unshare(CloneFlags::CLONE_NEWUSER)?;
            fs::write("/proc/self/uid_map", "1000 0 1")?;
            answer().map(|()| "")
        })?;
        let ambient = status(process.pid, "CapAmb");
        ensure(ambient == ONE, || {
            let (permitted, inheritable) =
                (status(process.pid, "CapPrm"), status(process.pid, "CapInh"));
            wrong(
                format!("CapAmb {ONE} in /proc/PID/status: CAP_NET_BIND_SERVICE, bit 10, alone"),
                format!("CapAmb {ambient} (CapPrm {permitted}, CapInh {inheritable})"),
                "an ordinary user's next program has what is ambient, and nothing else; what is \
                 no longer permitted or inheritable is no longer ambient",
            )
        })?;
        Ok(format!("CapAmb of the caller is {ambient}, and so CapEff of each program it starts"))
    })
}
