//! ps reads /proc. A mount of type proc shows the PID namespace of the process that
//! mounted it, for ever: in a new PID namespace the old /proc still lists all
//! processes. / is shared, as on most machines. `child` never returns.
//!
//! Run `child` in a new PID namespace, with a /proc that lists only the processes
//! of that namespace. Return its PID as the caller sees it. The mounts of processes
//! outside stay the same.
//!
//! Manual: pid_namespaces(7), mount_namespaces(7), mount(2)

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

fn run(child: fn()) -> nix::Result<Pid> {
    unshare(CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS)?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    judge::fork_child(|| {
        mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>)?;
        child();
        Ok(())
    })
}

fn main() -> ! {
    judge::unshare6(run)
}
