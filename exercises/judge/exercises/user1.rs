//! A hostname that root of a user namespace may set.

use std::fs;

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::observe::id_maps::User;
use crate::observe::namespaces::{changed_links, owner};
use crate::process::{link, run_answer, uts_names};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A namespace belongs to a user namespace, its owner: the one that its creator was
in at that moment. Whoever sets a hostname needs CAP_SYS_ADMIN in the owner of
the UTS namespace. The caller is an ordinary user without capabilities.",
    task: r#"
Move the caller into a new user namespace and into a new UTS namespace, and set
the hostname there to "helo". At the end, the user namespace that the caller is
in owns this UTS namespace. All other namespaces of the caller stay the same."#,
    manual: "user_namespaces(7), unshare(2)",
    starter: r#"
use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn set_hostname() -> nix::Result<()> {
    // TODO: Which of the two can own the other?
    unshare(CloneFlags::CLONE_NEWUTS)?;
    unshare(CloneFlags::CLONE_NEWUSER)?;
    sethostname("helo")
}

fn main() -> ! {
    judge::user1(set_hostname)
}
"#,
    solutions: &[
        (
            "one after the other",
            r#"
use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn set_hostname() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWUSER)?;
    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")
}

fn main() -> ! {
    judge::user1(set_hostname)
}
"#,
        ),
        (
            "one call, in which the kernel creates the user namespace first",
            r#"
use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn set_hostname() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWUSER)?;
    sethostname("helo")
}

fn main() -> ! {
    judge::user1(set_hostname)
}
"#,
        ),
        (
            "libc",
            r#"
use nix::errno::Errno;

fn set_hostname() -> nix::Result<()> {
    for flag in [libc::CLONE_NEWUSER, libc::CLONE_NEWUTS] {
        // SAFETY: the call takes a number.
        Errno::result(unsafe { libc::unshare(flag) })?;
    }
    let name = b"helo";
    // SAFETY: the name is as long as the call is told.
    Errno::result(unsafe { libc::sethostname(name.as_ptr().cast(), name.len()) }).map(drop)
}

fn main() -> ! {
    judge::user1(set_hostname)
}
"#,
        ),
    ],
    hints: [
        "In which user namespace does the caller have capabilities, and from which moment on?",
        "It has them from the moment when it is in a new user namespace. What it creates from then on \
         belongs to that user namespace. So create the user namespace first, and once only.",
        r#"unshare(CloneFlags::CLONE_NEWUSER)?;
unshare(CloneFlags::CLONE_NEWUTS)?;
sethostname("helo")"#,
    ],
    errors: &[
        (
            "EPERM",
            "to create a UTS namespace takes CAP_SYS_ADMIN in the caller's user namespace, and to set \
             its hostname takes it in the user namespace that owns the UTS namespace: in which user \
             namespace was the caller at each call?",
        ),
        ("EINVAL", "a hostname has at most 64 bytes, and unshare(CLONE_NEWUSER) takes one thread"),
        ("ENOSPC", "user namespaces are nested too deeply: is unshare(2) in a loop?"),
    ],
    wrong: &[
        Wrong {
            clause: "into a new user namespace",
            change: "unshare(CloneFlags::CLONE_NEWUSER)?;",
            to: "",
            says: "in which user namespace was the caller at each call?",
        },
        Wrong {
            clause: "into a new UTS namespace",
            change: "unshare(CloneFlags::CLONE_NEWUTS)?;",
            to: "",
            says: "in which user namespace was the caller at each call?",
        },
        Wrong {
            clause: "into a new UTS namespace, and set the hostname there",
            change: r#"    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")"#,
            to: r#"    let _ = sethostname("helo");
    Ok(())"#,
            says: "changed: user",
        },
        Wrong {
            clause: r#"set the hostname there to "helo""#,
            change: r#"sethostname("helo")"#,
            to: "let _ = sethostname::<&str>;
    Ok(())",
            says: "does sethostname(2) come after unshare(CLONE_NEWUTS)?",
        },
        Wrong {
            clause: "Move the caller",
            change: r#"    unshare(CloneFlags::CLONE_NEWUSER)?;
    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")"#,
            to: r#"    judge::fork_child(|| {
        unshare(CloneFlags::CLONE_NEWUSER)?;
        unshare(CloneFlags::CLONE_NEWUTS)?;
        sethostname("helo")
    })
    .map(drop)"#,
            says: "which process has to call unshare(2)?",
        },
        Wrong {
            clause: "the user namespace that the caller is in owns this UTS namespace",
            change: r#"    unshare(CloneFlags::CLONE_NEWUSER)?;
    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")"#,
            to: r#"    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")?;
    let map = |file: &str, text: String| std::fs::write(format!("/proc/self/{file}"), text);
    let mapped = map("setgroups", "deny".to_owned())
        .and_then(|()| map("uid_map", format!("0 {uid} 1")))
        .and_then(|()| map("gid_map", format!("0 {gid} 1")));
    mapped.map_err(|_| nix::errno::Errno::EIO)?;
    unshare(CloneFlags::CLONE_NEWUSER)"#,
            says: "the caller has moved on to",
        },
        Wrong {
            clause: "At the end, the user namespace that the caller is in owns",
            change: r#"    unshare(CloneFlags::CLONE_NEWUSER)?;
    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")"#,
            to: r#"    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS)?;
    let map = |file: &str, text: String| std::fs::write(format!("/proc/self/{file}"), text);
    let mapped = map("setgroups", "deny".to_owned())
        .and_then(|()| map("uid_map", format!("0 {uid} 1")))
        .and_then(|()| map("gid_map", format!("0 {gid} 1")));
    mapped.map_err(|_| nix::errno::Errno::EIO)?;
    unshare(CloneFlags::CLONE_NEWUSER)?;
    sethostname("helo")"#,
            says: "in which user namespace was the caller at each call?",
        },
        Wrong {
            clause: "All other namespaces of the caller stay the same.",
            change: "unshare(CloneFlags::CLONE_NEWUTS)?;",
            to: "unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC)?;",
            says: "changed: ipc, user, uts",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer, without capabilities, sets the hostname of a new UTS namespace
/// that is owned by the user namespace in which the answer's process is.
pub fn user1(answer: fn() -> nix::Result<()>) -> ! {
    judge(|| {
        let user = User::new()?;
        let process = run_answer(&EXERCISE, || {
            user.enter()?;
            let before = fs::read_link("/proc/self/ns/user")?;
            answer()?;
            Ok::<_, std::io::Error>(before.to_string_lossy().into_owned())
        })?;
        let (own, uts) = (link(process.pid, "user"), link(process.pid, "uts"));
        ensure(own != process.output, || {
            wrong(
                "the caller in a new user namespace",
                format!("{own}, in which it was before"),
                "which flag makes a user namespace, and which process has to call unshare(2)?",
            )
        })?;
        let changed = changed_links(Pid::this(), process.pid);
        ensure(changed == ["user", "uts"], || {
            wrong(
                "user and uts changed in /proc/PID/ns of the caller, and no other",
                format!("changed: {}", changed.join(", ")),
                "each CLONE_NEW… flag stands for one kind: which does the task ask for?",
            )
        })?;
        let file = format!("/proc/{}/ns/uts", process.pid);
        let (hostname, _) = uts_names(&file)?;
        ensure(hostname == "helo", || {
            wrong(
                format!(r#"the hostname "helo" in {uts}"#),
                format!("{hostname:?}"),
                "does sethostname(2) come after unshare(CLONE_NEWUTS)?",
            )
        })?;
        let found = owner(&file)?;
        ensure(found == own, || {
            wrong(
                format!("{uts} owned by {own}, the caller's user namespace"),
                format!("owned by {found}; the caller has moved on to {own}"),
                "who enters a further user namespace leaves behind what it has created",
            )
        })?;
        Ok(format!("the hostname in {uts} is helo, and {own} owns it, in which your process is"))
    })
}
