//! A UTS namespace isolates two names: the hostname and the NIS (YP) domain name,
//! which has nothing to do with DNS domains. uname(2) returns it as `domainname`.
//!
//! Move the caller into a new UTS namespace with the hostname `helo` and the NIS
//! domain name `goldilocks`. nix has no function for the second call; libc has.
//!
//! Manual: setdomainname(2), uname(2), uts_namespaces(7)

use std::io;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn set_both_names() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")?;
    setdomainname("goldilocks")?;
    Ok(())
}

fn setdomainname(name: &str) -> nix::Result<()> {
    // SAFETY: the pointer is valid for as many bytes as the length says.
    Errno::result(unsafe { libc::setdomainname(name.as_ptr().cast(), name.len()) }).map(drop)
}

fn main() -> ! {
    judge::uts3(set_both_names)
}
