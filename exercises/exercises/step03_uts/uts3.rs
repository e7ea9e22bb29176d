//! A UTS namespace isolates two names: the hostname and the NIS (YP) domain name,
//! which has nothing to do with DNS domains. uname(2) returns it as `domainname`.
//!
//! Move the caller into a new UTS namespace with the hostname `helo` and the NIS
//! domain name `goldilocks`. nix has no function for the second call; libc has.
//!
//! Manual: setdomainname(2), uname(2), uts_namespaces(7)

use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn set_both_names() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWUTS)?;
    // TODO: This sets one name, with a dot in it.
    sethostname("helo.goldilocks")?;
    Ok(())
}

fn main() -> ! {
    judge::uts3(set_both_names)
}
