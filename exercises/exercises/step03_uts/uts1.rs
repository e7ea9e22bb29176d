//! The hostname belongs to a UTS namespace, not to the machine.
//!
//! Move the calling process into a new UTS namespace and set the hostname there to
//! `helo`. The hostname of all other processes must stay the same. In the judge's
//! sandbox you have all capabilities, so you do not need CLONE_NEWUSER.
//!
//! Manual: uts_namespaces(7), unshare(2), sethostname(2)

use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn set_own_hostname() -> nix::Result<()> {
    // TODO: Whose hostname does this change?
    sethostname("helo")?;
    unshare(CloneFlags::empty())
}

fn main() -> ! {
    judge::uts1(set_own_hostname)
}
