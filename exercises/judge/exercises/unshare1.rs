//! Root in a new user namespace.

use std::io;

use nix::unistd::getuid;

use crate::exercise::{Exercise, Wrong};
use crate::observe::id_maps::User;
use crate::process::{link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: r#"
A new user namespace maps no IDs, so every user appears in it as 65534, "nobody".
/proc/self/uid_map maps them, with a line "inside outside count". The caller is
an ordinary user without capabilities: such a user may map only its own uid."#,
    task: "
Move the caller into a new user namespace and make it uid 0 there. All other
namespaces of the caller stay the same.",
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
        "What does geteuid(2) return before unshare(2), and what after it, while no map has been written?",
        "After it: the overflow ID, 65534. The map needs the ID that the caller has outside, so ask for it before.",
        r#"let uid = geteuid();
unshare(CloneFlags::CLONE_NEWUSER)?;
fs::write("/proc/self/uid_map", format!("0 {uid} 1"))"#,
    ],
    errors: &[
        (
            "EPERM",
            "without capabilities you may map only your own ID, as it is outside, with count 1, and \
             each map can be written once: is it the map of a new user namespace, which number is \
             in the middle, and did you ask for it before or after unshare(2)?",
        ),
        (
            "EINVAL",
            "the map is three numbers and must arrive in one write(2): `write!` makes several; and \
             unshare(CLONE_NEWUSER) needs a process with one thread",
        ),
        ("ENOSPC", "there are too many nested user namespaces: is unshare(2) in a loop?"),
        ("EACCES", "uid_map belongs to the process it describes: whose file did you open?"),
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
                "uid 0 in the new user namespace",
                format!("getuid(2) returned {} to the caller", process.output),
                "has your function changed its uid after it had written the map?",
            )
        })?;
        Ok(format!(
            "the caller is uid 0 in {}, and uid {} outside",
            link(process.pid, "user"),
            user.uid
        ))
    })
}
