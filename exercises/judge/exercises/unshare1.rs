//! Root in a new user namespace.

use std::io;

use nix::unistd::getuid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::observe::id_maps::User;
use crate::process::{link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        r#"
A new user namespace maps no IDs, so every user appears in it as 65534, "nobody".
/proc/self/uid_map maps them, with a line "inside outside count". The caller is
an ordinary user without capabilities: such a user may map only its own uid."#,
        "
새 user namespace에는 ID의 매핑이 없어서, 그 안에서는 모든 사용자가 65534,
곧 \"nobody\"로 보입니다. 매핑은 /proc/self/uid_map에 \"안쪽 바깥쪽 개수\"인
줄로 씁니다. 호출하는 프로세스는 capability가 없는 일반 사용자의 것이고,
이런 사용자는 자기 uid만 매핑할 수 있습니다.",
    ),
    task: Both(
        "
Move the caller into a new user namespace and make it uid 0 there. All other
namespaces of the caller stay the same.",
        "
호출한 프로세스를 새 user namespace로 옮기고 그 안에서 uid 0으로 만드세요.
호출한 프로세스의 다른 namespace는 모두 그대로입니다.",
    ),
    manual: "user_namespaces(7)",
    starter: r#"
use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::geteuid;

fn become_root() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWUSER)?;
    // TODO: Which ID does geteuid() return at this point?
    fs::write("/proc/self/uid_map", format!("0 {} 1", geteuid()))
}

fn main() -> ! {
    judge::unshare1(become_root)
}
"#,
    solutions: &[
        (
            "nix",
            r#"
use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::geteuid;

fn become_root() -> io::Result<()> {
    let uid = geteuid();
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))
}

fn main() -> ! {
    judge::unshare1(become_root)
}
"#,
        ),
        (
            "libc, with a newline at the end",
            r#"
use std::fs::OpenOptions;
use std::io::{self, Write};

fn become_root() -> io::Result<()> {
    // SAFETY: the call takes no arguments.
    let uid = unsafe { libc::getuid() };
    // SAFETY: the call takes a number.
    if unsafe { libc::unshare(libc::CLONE_NEWUSER) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let mut map = OpenOptions::new().write(true).open("/proc/self/uid_map")?;
    map.write_all(format!("0   {uid} 1\n").as_bytes())
}

fn main() -> ! {
    judge::unshare1(become_root)
}
"#,
        ),
        (
            "a child from outside writes the map",
            r#"
use std::fs;
use std::io;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, getuid, pipe, read, write};

fn become_root() -> io::Result<()> {
    let (uid, caller) = (getuid(), Pid::this());
    let (reader, writer) = pipe()?;
    let child = judge::fork_child(|| {
        read(&reader, &mut [0])?;
        fs::write(format!("/proc/{caller}/uid_map"), format!("0 {uid} 1"))
            .map_err(|_| Errno::EPERM)
    })?;
    unshare(CloneFlags::CLONE_NEWUSER)?;
    write(&writer, b".")?;
    match waitpid(child, None)? {
        WaitStatus::Exited(_, 0) => Ok(()),
        end => Err(io::Error::other(format!("{end:?}"))),
    }
}

fn main() -> ! {
    judge::unshare1(become_root)
}
"#,
        ),
    ],
    hints: [
        Both(
            "What does geteuid(2) return before unshare(2), and what after it, while no map has \
             been written?",
            "unshare(2) 전에 geteuid(2)는 무엇을 반환하고, unshare(2) 뒤에 아직 매핑을 쓰지 않았을 \
             때는 무엇을 반환하나요?",
        ),
        Both(
            "After it: the overflow ID, 65534. The map needs the ID that the caller has outside, \
             so ask for it before.",
            "뒤에는 overflow UID인 65534입니다. 매핑에는 호출한 프로세스의 바깥쪽 ID가 필요하므로 \
             unshare(2) 전에 물어 둡니다.",
        ),
        Both::same(
            r#"let uid = geteuid();
unshare(CloneFlags::CLONE_NEWUSER)?;
fs::write("/proc/self/uid_map", format!("0 {uid} 1"))"#,
        ),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "without capabilities you may map only your own ID, as it is outside, with count \
                 1, and each map can be written once: is it the map of a new user namespace, which \
                 number is in the middle, and did you ask for it before or after unshare(2)?",
                "capability가 없으면 바깥쪽에서 본 자기 ID 하나만(개수 1) 매핑할 수 있고, 매핑은 \
                 한 번만 쓸 수 있습니다. 새 user namespace의 매핑인가요? 가운데 수는 무엇이고, \
                 unshare(2) 전에 물었나요, 뒤에 물었나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "the map is three numbers and must arrive in one write(2): `write!` makes several; \
                 and unshare(CLONE_NEWUSER) needs a process with one thread",
                "매핑은 수 세 개이고 write(2) 한 번에 써야 합니다. `write!`는 여러 번 씁니다. \
                 그리고 unshare(CLONE_NEWUSER)는 스레드가 하나인 프로세스에서만 됩니다",
            ),
        ),
        (
            "ENOSPC",
            Both(
                "there are too many nested user namespaces: is unshare(2) in a loop?",
                "user namespace가 너무 많이 겹쳐 있습니다. unshare(2)가 반복문 안에 있나요?",
            ),
        ),
        (
            "EACCES",
            Both(
                "uid_map belongs to the process it describes: whose file did you open?",
                "uid_map은 그것이 나타내는 프로세스의 것입니다. 누구의 파일을 열었나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "make it uid 0 there",
            change: "    let uid = geteuid();
    unshare(CloneFlags::CLONE_NEWUSER)?;",
            to: "    unshare(CloneFlags::CLONE_NEWUSER)?;
    let uid = geteuid();",
            says: "did you ask for it before or after unshare(2)?",
        },
        Wrong {
            clause: "make it uid 0 there",
            change: r#"    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))"#,
            to: "    let _ = uid;
    Ok(())",
            says: "appears as 65534",
        },
        Wrong {
            clause: "uid 0",
            change: r#""0 {uid} 1""#,
            to: r#""1 {uid} 1""#,
            says: "which of the three numbers is the ID inside?",
        },
        Wrong {
            clause: "make it uid 0 there",
            change: r#"    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))"#,
            to: r#"    use std::io::Write;
    let mut map = fs::OpenOptions::new().write(true).open("/proc/self/uid_map")?;
    write!(map, "{} {uid} {}", 0, 1)"#,
            says: "must arrive in one write(2)",
        },
        Wrong {
            clause: "into a new user namespace",
            change: r#"    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))"#,
            to: "    println!(\"{uid}\");
    Ok(unshare(CloneFlags::empty())?)",
            says: "which flag does unshare(2) need",
        },
        Wrong {
            clause: "Move the caller",
            change: r#"    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))"#,
            to: r#"    judge::fork_child(|| {
        unshare(CloneFlags::CLONE_NEWUSER)?;
        let _ = fs::write("/proc/self/uid_map", format!("0 {uid} 1"));
        Ok(())
    })?;
    Ok(())"#,
            says: "which process has to call it?",
        },
        Wrong {
            clause: "All other namespaces of the caller stay the same.",
            change: "unshare(CloneFlags::CLONE_NEWUSER)?;",
            to: "unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS)?;",
            says: "changed: user, uts",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer, without capabilities, becomes uid 0 of a new user namespace.
pub fn unshare1(answer: fn() -> io::Result<()>) -> ! {
    judge(|| {
        let user = User::new()?;
        let process = run_answer(&EXERCISE, || {
            user.enter()?;
            answer().map(|()| getuid())
        })?;
        user.check_moved(process.pid)?;
        user.check_map(process.pid, "uid_map")?;
        ensure(process.output == "0", || {
            wrong(
                text!("uid 0 in the new user namespace", "새 user namespace에서 uid 0"),
                text!(
                    "getuid(2) returned {} to the caller",
                    "호출한 프로세스에서 getuid(2)가 반환한 값은 {}",
                    process.output,
                ),
                text!(
                    "has your function changed its uid after it had written the map?",
                    "매핑을 쓴 다음 함수가 uid를 바꾸었나요?",
                ),
            )
        })?;
        Ok(text!(
            "the caller is uid 0 in {}, and uid {} outside",
            "호출한 프로세스는 {}에서 uid 0이고, 바깥에서는 uid {}입니다",
            link(process.pid, "user"),
            user.uid,
        ))
    })
}
