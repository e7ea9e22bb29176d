//! A signal that PID 1 neither handles nor blocks is dropped, so `docker stop` takes
//! ten seconds. `init` runs in PID 1 of a new PID namespace. Soon PID 1 gets
//! SIGTERM. `service` ends when it gets SIGTERM itself, after a moment in which it
//! tidies up.
//!
//! Run `service` once, in a child. When PID 1 gets SIGTERM, send the service SIGTERM,
//! so that it ends by itself. Reap it, and then return.
//!
//! Manual: pid_namespaces(7), signal(7), sigwait(3)

use nix::sys::wait::waitpid;

fn init(service: fn()) -> nix::Result<()> {
    // TODO: What does the kernel do with SIGTERM for PID 1?
    let service = judge::fork_task(service)?;
    waitpid(service, None)?;
    Ok(())
}

fn main() -> ! {
    judge::pid3(init)
}
