//! msgget(2) finds the System V message queue that has a key. With IPC_CREAT it
//! creates the queue if there is none. The caller of your function has a queue under
//! `key`, with a message in it. `child` never returns.
//!
//! Run `child` in a process that finds a different queue under the same key. The
//! caller still finds its own. Return the child's PID as the caller sees it.
//!
//! Manual: ipc_namespaces(7), msgget(2)

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

fn run(key: i32, child: fn()) -> nix::Result<Pid> {
    judge::fork_child(|| {
        unshare(CloneFlags::CLONE_NEWIPC)?;
        // SAFETY: the call takes two numbers.
        Errno::result(unsafe { libc::msgget(key, libc::IPC_CREAT | 0o600) })?;
        child();
        Ok(())
    })
}

fn main() -> ! {
    judge::ipc1(run)
}
