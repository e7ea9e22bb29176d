//! The caller is an ordinary user, without capabilities. When one call of clone(2)
//! creates several namespaces, the user namespace comes first and owns the others.
//! `child` never returns. (A container has a cgroup namespace, too. The judge's
//! sandbox refuses it.)
//!
//! Run `child` as PID 1, in a new user, PID, mount, UTS, IPC and network namespace.
//! The new user namespace owns the other five. `child` begins there as user 0 and
//! group 0: the caller's user and group, and no others, are mapped to these. Return
//! its PID as the caller sees it. The caller itself stays in its namespaces.
//!
//! Manual: namespaces(7), user_namespaces(7), clone(2)

use std::fs;
use std::io;

use nix::sched::{CloneFlags, clone};
use nix::unistd::{Gid, Pid, Uid, getegid, geteuid};

fn run(child: fn()) -> nix::Result<Pid> {
    let flags = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWNET;
    let (uid, gid) = (geteuid(), getegid());
    let main = || match become_root(uid, gid) {
        Ok(()) => {
            child();
            0
        }
        Err(error) => {
            eprintln!("in the child: {error}");
            1
        }
    };
    let mut stack = vec![0; 256 * 1024];
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(main), &mut stack, flags, Some(libc::SIGCHLD)) }
}

/// Makes a user and a group of the parent user namespace 0 in that of the caller.
fn become_root(uid: Uid, gid: Gid) -> io::Result<()> {
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}

fn main() -> ! {
    judge::container1(run)
}
