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

use nix::unistd::sethostname;

fn set_up(name: &str) -> io::Result<()> {
    // TODO: Whose hostname is this? And then, who brings lo up?
    sethostname(name)?;
    Ok(())
}

fn main() -> ! {
    judge::container5(set_up)
}
