//! A UTS namespace isolates two names: the hostname, and the domain name of NIS
//! (YP), which has nothing to do with the domains of DNS. uname(2) shows it as
//! `domainname`.
//!
//! Give the caller a UTS namespace of its own with the hostname `helo` and the NIS
//! domain name `goldilocks`. nix does not have that call; libc has.
//!
//! Manual: setdomainname(2), uname(2), uts_namespaces(7)

use std::io;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn both_names() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")?;
    setdomainname("goldilocks")?;
    Ok(())
}

fn setdomainname(name: &str) -> nix::Result<()> {
    // SAFETY: the pointer is to as many bytes as the length says.
    Errno::result(unsafe { libc::setdomainname(name.as_ptr().cast(), name.len()) }).map(drop)
}

fn main() {
    judge::uts3(both_names)
}
