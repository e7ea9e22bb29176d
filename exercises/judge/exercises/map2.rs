//! A user namespace that nothing but a namespace below it keeps alive.

use std::io;

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::observe::id_maps::User;
use crate::observe::leftovers::{descriptors, processes};
use crate::observe::namespaces::owner;
use crate::observe::tasks::until_all_wait;
use crate::process::{link, processes_in, run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A namespace keeps the one that owns it alive, and a user namespace is owned by
its parent. The caller is an ordinary user without capabilities. In
a user namespace without a map for its IDs it could not create another one, so
the program below already writes the maps.",
    task: "
Move the caller into a new user namespace whose parent is a new one, too. No
process is in the parent, and no descriptor refers to it. All other namespaces
of the caller stay the same.",
    manual: "user_namespaces(7)",
    starter: r#"
use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getgid, getuid};

fn nobody_home() -> io::Result<()> {
    let (uid, gid) = (getuid(), getgid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))?;
    // TODO: This user namespace has a process, the caller. How can the caller leave it?
    Ok(())
}

fn main() -> ! {
    judge::map2(nobody_home)
}
"#,
    solutions: &[
        (
            "nix",
            r#"
use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getgid, getuid};

fn nobody_home() -> io::Result<()> {
    let (uid, gid) = (getuid(), getgid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))?;
    Ok(unshare(CloneFlags::CLONE_NEWUSER)?)
}

fn main() -> ! {
    judge::map2(nobody_home)
}
"#,
        ),
        (
            "libc, three levels",
            r#"
use std::fs;
use std::io;

use nix::unistd::{getgid, getuid};

fn nobody_home() -> io::Result<()> {
    for _ in 0..3 {
        let (uid, gid) = (getuid(), getgid());
        // SAFETY: the call takes a number.
        if unsafe { libc::unshare(libc::CLONE_NEWUSER) } != 0 {
            return Err(io::Error::last_os_error());
        }
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
        fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))?;
    }
    Ok(())
}

fn main() -> ! {
    judge::map2(nobody_home)
}
"#,
        ),
    ],
    hints: [
        "A user namespace lives as long as a namespace below it. Which call takes the caller into one below?",
        "unshare(2) with CLONE_NEWUSER once more: the second user namespace is below the first, and the caller leaves the first.",
        "Ok(unshare(CloneFlags::CLONE_NEWUSER)?)",
    ],
    errors: &[
        (
            "EPERM",
            "only a user whose uid and gid have a mapping may create a user namespace, and without \
             capabilities you may map only your own IDs: which mappings are there before the second \
             unshare(2)?",
        ),
        (
            "EINVAL",
            "a map must arrive in one write(2), and unshare(CLONE_NEWUSER) needs a process with one \
             thread; setns(2) never leads into the user namespace that the caller is in",
        ),
        ("ENOSPC", "there are too many nested user namespaces: is unshare(2) in a loop?"),
    ],
    wrong: &[
        Wrong {
            clause: "Move the caller into a new user namespace",
            change: "fn nobody_home() -> io::Result<()> {",
            to: "fn nobody_home() -> io::Result<()> {
    judge::fork_task(|| _ = in_a_child())?;
    Ok(())
}

fn in_a_child() -> io::Result<()> {",
            says: "which process has to call it?",
        },
        Wrong {
            clause: "whose parent is a new one, too",
            change: "Ok(unshare(CloneFlags::CLONE_NEWUSER)?)",
            to: "Ok(())",
            says: "which call creates a further user namespace",
        },
        Wrong {
            clause: "whose parent is a new one, too",
            change: r#"    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;"#,
            to: "    let _ = uid;",
            says: "which mappings are there before the second unshare(2)?",
        },
        Wrong {
            clause: "No process is in the parent",
            change: "    Ok(unshare(",
            to: "    judge::fork_child(|| loop {
        nix::unistd::pause();
    })?;
    Ok(unshare(",
            says: "that keeps the namespace alive, too, but with a process",
        },
        Wrong {
            clause: "No process is in the parent",
            change: "    Ok(unshare(",
            to: "    judge::fork_task(|| ())?;
    Ok(unshare(",
            says: "a zombie is still in its user namespace",
        },
        Wrong {
            clause: "no descriptor refers to it",
            change: "    Ok(unshare(",
            to: r#"    std::mem::forget(fs::File::open("/proc/self/ns/user")?);
    Ok(unshare("#,
            says: "which file is still open when your function returns?",
        },
        Wrong {
            clause: "All other namespaces of the caller stay the same.",
            change: "Ok(unshare(CloneFlags::CLONE_NEWUSER)?)",
            to: "Ok(unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS)?)",
            says: "changed: user, uts",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the user namespace above the caller's is new, and that only the caller's keeps
/// it alive.
pub fn map2(answer: fn() -> io::Result<()>) -> ! {
    judge(|| {
        let user = User::new()?;
        let process = run_answer(&EXERCISE, || {
            user.enter()?;
            answer().map(|()| "")
        })?;
        user.check_moved(process.pid)?;
        let (own, parent) =
            (link(process.pid, "user"), owner(format!("/proc/{}/ns/user", process.pid))?);
        ensure(parent != user.namespace(), || {
            wrong(
                format!("a new user namespace above {own}, the caller's"),
                format!("{parent}, in which the caller was before"),
                "which call creates a further user namespace, and which process does it move?",
            )
        })?;
        until_all_wait();
        if let Some(&pid) = processes_in("user", &parent).first() {
            let state = status(pid, "State");
            let reason = match state.starts_with('Z') {
                true => "a zombie is still in its user namespace: what does its parent have to do?",
                false => "that keeps the namespace alive, too, but with a process",
            };
            return Err(wrong(
                format!("no process in {parent}, the parent of {own}"),
                format!("process {pid} in state {state} is in it"),
                reason,
            ));
        }
        for pid in processes().into_iter().filter(|&pid| pid != Pid::this()) {
            let open = descriptors(pid, &parent);
            ensure(open.is_empty(), || {
                wrong(
                    format!("no descriptor of {parent}, the parent of {own}"),
                    format!("descriptor {} of process {pid} refers to it", open.join(", ")),
                    "which file is still open when your function returns?",
                )
            })?;
        }
        Ok(format!("no process is in {parent}, but {own} is below it and keeps it alive"))
    })
}
