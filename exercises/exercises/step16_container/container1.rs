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

use nix::sched::{CloneFlags, clone};
use nix::unistd::Pid;

fn run(child: fn()) -> nix::Result<Pid> {
    // TODO: What lets an ordinary user create this one? And who is the user in there?
    let flags = CloneFlags::CLONE_NEWPID;
    let main = || {
        child();
        0
    };
    let mut stack = vec![0; 256 * 1024];
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(main), &mut stack, flags, Some(libc::SIGCHLD)) }
}

fn main() -> ! {
    judge::container1(run)
}
