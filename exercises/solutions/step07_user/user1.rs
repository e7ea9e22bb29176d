//! A namespace belongs to a user namespace, its owner: the one that its creator was
//! in at that moment. Whoever sets a hostname needs CAP_SYS_ADMIN in the owner of
//! the UTS namespace. The caller is an ordinary user without capabilities.
//!
//! Move the caller into a new user namespace and into a new UTS namespace, and set
//! the hostname there to "helo". At the end, the user namespace that the caller is
//! in owns this UTS namespace. All other namespaces of the caller stay the same.
//!
//! Manual: user_namespaces(7), unshare(2)

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
