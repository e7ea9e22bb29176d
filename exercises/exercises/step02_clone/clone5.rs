//! If a parent ends, its children live on with another parent, which is PID 1 or a
//! nearer subreaper. A child can ask the kernel to be killed instead. But its
//! parent may end at any moment, even before the child asks.
//!
//! A child calls this function first; `parent` created it. When `parent` ends, the
//! kernel must send the child SIGKILL. If `parent` has ended already, whichever
//! process is the child's parent now, do not return Ok.
//!
//! Manual: PR_SET_PDEATHSIG(2const), prctl(2), getppid(2)

use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};

fn die_with_parent(parent: Pid) -> nix::Result<()> {
    // TODO: Which signal? And what if `parent` ends before this line, or after it?
    if getppid() != parent {
        return Err(Errno::ESRCH);
    }
    set_pdeathsig(Signal::SIGTERM)
}

fn main() -> ! {
    judge::clone5(die_with_parent)
}
