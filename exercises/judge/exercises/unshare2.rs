//! The group of root in a new user namespace.

use std::io;

use nix::unistd::{getgid, getuid};

use crate::exercise::{Exercise, Wrong};
use crate::observe::id_maps::{User, Writes};
use crate::process::{link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: r#"
Groups can deny: with mode 0604, members of the file's group are kept from what
all others may read. Whoever can call setgroups(2) can leave the group. So an
ordinary user may write gid_map only after "deny" was written to setgroups, also
in /proc/self. (The judge's own sandbox has denied it, so here the kernel does
not insist. The judge does.)"#,
    task: "
Move the caller, an ordinary user, into a new user namespace and make it uid 0
and gid 0 there. Deny setgroups(2) there before you write gid_map. All other
namespaces of the caller stay the same.",
    manual: "user_namespaces(7)",
    starter: r#"
use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

fn become_root() -> io::Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    // TODO: What has to come before this?
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}

fn main() -> ! {
    judge::unshare2(become_root)
}
"#,
    solutions: &[
        (
            "nix",
            r#"
use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

fn become_root() -> io::Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}

fn main() -> ! {
    judge::unshare2(become_root)
}
"#,
        ),
        (
            "libc, newlines, the gid first, by PID and thread",
            r#"
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::process;

fn become_root() -> io::Result<()> {
    // SAFETY: the call takes no arguments.
    let uid = unsafe { libc::getuid() };
    // SAFETY: the call takes no arguments.
    let gid = unsafe { libc::getgid() };
    // SAFETY: the call takes a number.
    if unsafe { libc::unshare(libc::CLONE_NEWUSER) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let dir = format!("/proc/{}", process::id());
    write(&format!("{dir}/setgroups"), "deny\n")?;
    write("/proc/thread-self/gid_map", &format!("0 {gid} 1\n"))?;
    write(&format!("{dir}/uid_map"), &format!("0 {uid} 1\n"))
}

fn write(file: &str, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).open(file)?.write_all(text.as_bytes())
}

fn main() -> ! {
    judge::unshare2(become_root)
}
"#,
        ),
    ],
    hints: [
        "Which right would a process have that may choose its groups, and which file takes it away?",
        "Write \"deny\" to /proc/self/setgroups after unshare(2), which gives you a file of your own, and before gid_map.",
        r#"fs::write("/proc/self/setgroups", "deny")?;"#,
    ],
    errors: &[
        (
            "EPERM",
            "uid_map and gid_map take only the caller's own uid and gid outside, with count 1, and \
             only once; setgroups cannot be changed after gid_map was written: which of the three \
             writes failed, and what did it write?",
        ),
        (
            "EINVAL",
            "setgroups takes \"deny\", a map takes three numbers, each in one write(2): `write!` \
             makes several",
        ),
        (
            "EACCES",
            "these files belong to the user namespace of the process: does your function write them \
             before unshare(2)?",
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Deny setgroups(2) there",
            change: r#"    fs::write("/proc/self/setgroups", "deny")?;"#,
            to: "",
            says: "written in this order: uid_map, gid_map",
        },
        Wrong {
            clause: "before you write gid_map",
            change: r#"    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))"#,
            to: r#"    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))?;
    let _ = fs::write("/proc/self/setgroups", "deny\n");
    Ok(())"#,
            says: "which write has to come first?",
        },
        Wrong {
            clause: "make it uid 0 and gid 0 there",
            change: r#"    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))"#,
            to: "    let _ = gid;
    Ok(())",
            says: "an ID without a line in gid_map",
        },
        Wrong {
            clause: "make it uid 0",
            change: r#"    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;"#,
            to: "    let _ = uid;",
            says: "an ID without a line in uid_map",
        },
        Wrong {
            clause: "gid 0 there",
            change: r#""0 {gid} 1""#,
            to: r#""0 {uid} 1""#,
            says: "which of the three writes failed",
        },
        Wrong {
            clause: "gid 0 there",
            change: r#""0 {gid} 1""#,
            to: r#""5 {gid} 1""#,
            says: "which of the three numbers is the ID inside?",
        },
        Wrong {
            clause: "into a new user namespace",
            change: "    unshare(CloneFlags::CLONE_NEWUSER)?;",
            to: "    return Ok(unshare(CloneFlags::empty())?);",
            says: "which flag does unshare(2) need",
        },
        Wrong {
            clause: "All other namespaces of the caller stay the same.",
            change: "unshare(CloneFlags::CLONE_NEWUSER)?;",
            to: "unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID)?;",
            says: "changed: pid_for_children, user",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer, without capabilities, becomes uid 0 and gid 0 of a new user
/// namespace.
pub fn unshare2(answer: fn() -> io::Result<()>) -> ! {
    judge(|| {
        let advice = "inotify(7) lists its limits: sysctl fs.inotify";
        Writes::watch().map_err(|error| unavailable("inotify", error, advice))?;
        let user = User::new()?;
        let process = run_answer(&EXERCISE, || {
            user.enter()?;
            let writes = Writes::watch()?;
            answer()?;
            Ok::<_, io::Error>(format!("{}:{} {}", getuid(), getgid(), writes.names().join(", ")))
        })?;
        let (ids, writes) = process.output.split_once(' ').unwrap_or_default();
        user.check_moved(process.pid)?;
        user.check_map(process.pid, "uid_map")?;
        user.check_map(process.pid, "gid_map")?;
        let before = writes.split("gid_map").next().unwrap_or_default();
        ensure(before.contains("setgroups"), || {
            wrong(
                "a write to setgroups of the caller before the one to gid_map",
                format!("written in this order: {writes}"),
                "outside of the judge's sandbox, gid_map would have failed with EPERM: which \
                 write has to come first?",
            )
        })?;
        ensure(ids == "0:0", || {
            wrong(
                "uid 0 and gid 0 in the new user namespace",
                format!("getuid(2):getgid(2) returned {ids} to the caller"),
                "has your function changed its IDs after it had written the maps?",
            )
        })?;
        Ok(format!(
            "the caller is uid 0 and gid 0 in {}, and {} and {} outside",
            link(process.pid, "user"),
            user.uid,
            user.gid
        ))
    })
}
