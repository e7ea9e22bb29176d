//! Ports below 1024 require CAP_NET_BIND_SERVICE. As always, the kernel asks for it
//! in a user namespace: the one that owns the network namespace of the socket. The
//! caller is an ordinary user without capabilities.
//!
//! Return a socket that listens on TCP port 80 in the network namespace of the
//! caller.
//!
//! Manual: network_namespaces(7), user_namespaces(7)

use std::io;
use std::net::TcpListener;

use nix::sched::{CloneFlags, unshare};

fn listen() -> io::Result<TcpListener> {
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)?;
    TcpListener::bind("0.0.0.0:80")
}

fn main() -> ! {
    judge::net1(listen)
}
