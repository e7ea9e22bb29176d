//! A UTS namespace isolates two names: the hostname, and the domain name of NIS
//! (YP), which has nothing to do with the domains of DNS. uname(2) shows it as
//! `domainname`.
//!
//! Give the caller a UTS namespace of its own with the hostname `helo` and the NIS
//! domain name `goldilocks`. nix does not have that call; libc has.
//!
//! Manual: setdomainname(2), uname(2), uts_namespaces(7)

use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn both_names() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWUTS)?;
    // TODO: That is one name that looks like two.
    sethostname("helo.goldilocks")?;
    Ok(())
}

fn main() {
    judge::uts3(both_names)
}
