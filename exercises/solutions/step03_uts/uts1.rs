//! The hostname is not a thing of the machine but of a UTS namespace.
//!
//! Name the machine `helo` for the process that calls this function, and for no
//! other one.
//!
//! Manual: uts_namespaces(7), unshare(2), sethostname(2)

use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn helo() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")
}

fn main() {
    judge::uts1(helo)
}
