//! PID 1 of a container calls `set_up`. It is root of a new user, PID and mount
//! namespace, and still has the hostname and the network outside, over which it has
//! no power. In a new network namespace there is one device, lo, and it is down:
//! even 127.0.0.1 cannot be reached. Its flags are changed by an ioctl(2) on a
//! socket, in the network namespace in which the socket was created.
//!
//! Move the caller into a UTS and a network namespace that belong to its user
//! namespace. The hostname there is `name`. A server on 127.0.0.1 can be reached
//! there.
//!
//! Manual: uts_namespaces(7), network_namespaces(7), netdevice(7)

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn set_up(name: &str) -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWNET)?;
    sethostname(name)?;
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    // SAFETY: all zeros is a valid value of this structure.
    let mut request = unsafe { std::mem::zeroed::<libc::ifreq>() };
    for (to, from) in request.ifr_name.iter_mut().zip(*b"lo") {
        *to = from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
    let call = libc::SIOCSIFFLAGS as _;
    // SAFETY: the structure has a name that ends with NUL, and outlives the call.
    Errno::result(unsafe { libc::ioctl(socket.as_raw_fd(), call, &raw const request) })?;
    Ok(())
}

fn main() -> ! {
    judge::container5(set_up)
}
