//! A socket belongs to the network namespace in which it was created, even if its
//! creator moves to another one. The caller has all capabilities.
//!
//! Return two sockets that listen on TCP port 8080: one in the caller's old network
//! namespace, and one in a new network namespace. The caller stays in the new one.
//!
//! Manual: network_namespaces(7), unshare(2)

use std::io;
use std::net::TcpListener;

fn listen_twice() -> io::Result<[TcpListener; 2]> {
    let first = TcpListener::bind("0.0.0.0:8080")?;
    // TODO: In which network namespace is the port not taken?
    let second = TcpListener::bind("0.0.0.0:8080")?;
    Ok([first, second])
}

fn main() -> ! {
    judge::net2(listen_twice)
}
