//! A capability for the programs of an ordinary user.

use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::process::{run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        r#"
The caller is user 1000 of a new user namespace. It has all capabilities there,
but none of its programs will: when an ordinary user starts a program whose file
adds nothing, execve(2) keeps only the ambient set. prctl(PR_CAP_AMBIENT,
PR_CAP_AMBIENT_RAISE, …) adds a capability to it."#,
        "
호출하는 프로세스는 새 user namespace의 사용자 1000입니다. 거기서 모든
capability를 가졌지만, 시작하는 프로그램은 하나도 갖지 못합니다. 일반
사용자가 시작하는 프로그램은 그 파일에 capability가 없으면 execve(2)에서
ambient 집합에 있는 것만 남깁니다. prctl(PR_CAP_AMBIENT,
PR_CAP_AMBIENT_RAISE, …)로 거기에 capability를 더합니다.",
    ),
    task: Both(
        "
Let the programs that the caller starts afterwards have CAP_NET_BIND_SERVICE and
no other capability.",
        "
호출한 프로세스가 그 뒤에 시작하는 프로그램이 CAP_NET_BIND_SERVICE만 갖고
다른 capability는 갖지 않게 하세요.",
    ),
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
        Both(
            "Which set is left when an ordinary user starts a program, and in which two other sets \
             does a capability have to be before it can be added to that?",
            "일반 사용자가 프로그램을 시작할 때 어느 집합이 남고, 거기에 capability를 더하려면 그 \
             전에 다른 어느 두 집합에 있어야 하나요?",
        ),
        Both(
            "It has to be permitted and inheritable. The caller has it permitted; capset(2) makes \
             it inheritable, and then prctl(2) ambient.",
            "허용 집합과 상속 가능 집합에 있어야 합니다. 호출한 프로세스의 허용 집합에는 이미 \
             있습니다. capset(2)로 상속 가능하게 만들고, 그다음 prctl(2)로 ambient 집합에 \
             넣습니다.",
        ),
        Both::same(
            r#"capset(one, one, one)?;
let [raise, number, unused] = [libc::PR_CAP_AMBIENT_RAISE as libc::c_ulong, 10, 0];
// SAFETY: the call takes numbers.
unsafe { libc::prctl(libc::PR_CAP_AMBIENT, raise, number, unused, unused) };"#,
        ),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "what becomes ambient has to be permitted and inheritable already, and capset(2) \
                 adds nothing to the permitted set: in which order do you make the calls?",
                "ambient 집합에 넣으려면 허용 집합과 상속 가능 집합에 먼저 있어야 하고, \
                 capset(2)로는 허용 집합에 아무것도 더할 수 없습니다. 어떤 순서로 호출했나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "the arguments of PR_CAP_AMBIENT are the action, the number of the capability (not \
                 its bit), and two zeros, each as large as a c_ulong",
                "PR_CAP_AMBIENT의 인자는 동작, capability의 번호(비트가 아님), 0 두 개이고, 모두 \
                 c_ulong 크기입니다",
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
                text!(
                    "CapAmb {ONE} in /proc/PID/status: CAP_NET_BIND_SERVICE, bit 10, alone",
                    "/proc/PID/status에 CapAmb {ONE}: 비트 10인 CAP_NET_BIND_SERVICE만",
                ),
                shown!("CapAmb {ambient} (CapPrm {permitted}, CapInh {inheritable})"),
                text!(
                    "an ordinary user's next program has what is ambient, and nothing else; what \
                     is no longer permitted or inheritable is no longer ambient",
                    "일반 사용자가 다음에 시작하는 프로그램은 ambient 집합에 있는 것만 갖습니다. \
                     허용 집합이나 상속 가능 집합에서 빠진 것은 ambient 집합에서도 빠집니다",
                ),
            )
        })?;
        Ok(text!(
            "CapAmb of the caller is {ambient}, and so CapEff of each program it starts",
            "호출한 프로세스의 CapAmb는 {ambient}이고, 시작하는 프로그램의 CapEff도 그렇게 됩니다",
        ))
    })
}
