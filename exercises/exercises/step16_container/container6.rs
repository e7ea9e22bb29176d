//! `init` runs in PID 1 of a new PID namespace. `command` is the program of the
//! container: it starts others, a server in the background among them, and it ends
//! by a signal. When PID 1 has returned, the kernel will kill what is left. A shell
//! reports 128 and the number of the signal if one has killed a program.
//!
//! Run `command` once, in a child that is in a session of its own and in which no
//! signal is blocked. When PID 1 gets SIGTERM, send SIGTERM to the process group of
//! the command. While the command runs, reap what PID 1 adopts. When the command
//! has ended, return at once, whatever else runs: 128 and the number of the signal.
//!
//! Manual: pid_namespaces(7), setsid(2), killpg(3), waitpid(2)

use nix::sys::wait::{WaitStatus, waitpid};

fn init(command: fn()) -> nix::Result<i32> {
    let command = judge::fork_task(command)?;
    // TODO: For what else does PID 1 wait meanwhile?
    match waitpid(command, None)? {
        WaitStatus::Exited(_, status) => Ok(status),
        _ => Ok(1),
    }
}

fn main() -> ! {
    judge::container6(init)
}
