//! Root in a new user namespace.

use std::fs;
use std::io::{self};

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::unistd::{getgid, getuid};

use crate::capabilities::drop_capabilities;
use crate::exercise::{Exercise, Wrong};
use crate::process::{differing_kinds, helper_process, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: r#"
A new user namespace maps no IDs, so every user appears in it as "nobody". Each
line of /proc/self/uid_map and gid_map maps IDs: "inside outside count"."#,
    task: "
Move the caller, who has no capabilities, into a new user namespace and make it
root there: uid 0 and gid 0.",
    manual: "user_namespaces(7)",
    starter: r#"
use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

fn become_root() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWUSER)?;
    // TODO: Which IDs do geteuid() and getegid() return at this point?
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {} 1", geteuid()))?;
    fs::write("/proc/self/gid_map", format!("0 {} 1", getegid()))
}

fn main() -> ! {
    judge::unshare1(become_root)
}
"#,
    solutions: &[(
        "nix",
        r#"
use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

fn become_root() -> io::Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}

fn main() -> ! {
    judge::unshare1(become_root)
}
"#,
    )],
    hints: [
        "What does geteuid(2) return before unshare(2), and what after it, while no map has been written?",
        "After it: the overflow ID, 65534. So call it before. And why setgroups? Without privilege outside, a process may write gid_map only after it has given up setgroups(2) for good (this sandbox has already done so). Otherwise it could leave a group whose members are denied access to a file.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: "    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER)?;",
            to: "    unshare(CloneFlags::CLONE_NEWUSER)?;
    let (uid, gid) = (geteuid(), getegid());",
            says: "lacks a capability",
        },
        Wrong {
            clause: "TODO",
            change: r#"    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))"#,
            to: "    let _ = gid;
    Ok(())",
            says: "overflow ID",
        },
        Wrong {
            clause: "TODO",
            change: r#""0 {uid} 1""#,
            to: r#""1 {uid} 1""#,
            says: "overflow ID",
        },
        Wrong {
            clause: "TODO",
            change: "unshare(CloneFlags::CLONE_NEWUSER)?;",
            to: "unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS)?;",
            says: "isolates more than the exercise asks for",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer, without capabilities, becomes uid 0 of a new user namespace.
pub fn unshare1(answer: fn() -> io::Result<()>) -> ! {
    judge(|| {
        // The answer runs here as an ordinary user: uid 1000, no capabilities.
        let user = helper_process(CloneFlags::CLONE_NEWUSER, || {
            let files = [("setgroups", "deny"), ("uid_map", "1000 0 1"), ("gid_map", "1000 0 1")];
            files.iter().try_for_each(|(file, text)| {
                fs::write(format!("/proc/self/{file}"), text).map_err(|_| Errno::EPERM)
            })
        })?;
        let process = run_answer(&EXERCISE, || {
            let file = fs::File::open(format!("/proc/{}/ns/user", user.pid))?;
            setns(file, CloneFlags::CLONE_NEWUSER)?;
            drop_capabilities()?;
            answer()?;
            Ok::<_, io::Error>(format!("{}:{}", getuid(), getgid()))
        })?;
        let kernel = link(process.pid, "user");
        ensure(kernel != link(user.pid, "user"), || {
            wrong(
                "a new user namespace",
                format!("{kernel}, which other processes share"),
                "the process has not called unshare(2) with the flag for user namespaces",
            )
        })?;
        let new = differing_kinds(user.pid, process.pid);
        ensure(new == ["user"], || {
            wrong(
                "no other new namespace",
                format!("new namespaces: {}", new.join(", ")),
                "each further flag isolates more than the exercise asks for",
            )
        })?;
        for map in ["uid_map", "gid_map"] {
            let text =
                fs::read_to_string(format!("/proc/{}/{map}", process.pid)).unwrap_or_default();
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            ensure(text == "0 0 1", || {
                wrong(
                    format!("ID 0 inside for your own ID outside, one ID, in {map}"),
                    format!("{text:?}"),
                    "an ID without a line in the map appears as 65534, the overflow ID",
                )
            })?;
        }
        ensure(process.output == "0:0", || {
            wrong(
                "uid 0 and gid 0",
                &process.output,
                "the process is not root in its user namespace",
            )
        })?;
        Ok(format!("{kernel}, with 0 0 1 in uid_map and gid_map"))
    })
}
