//! A pair of veth devices is a cable: what enters one end leaves the other, and each end can be
//! in a network namespace of its own (veth(4)).

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use anyhow::{Context, Result};
use colored::Colorize;
use nix::unistd::Pid;
use step_support::namespace::link;
use step_support::{Hint, printable, refusal};

use crate::PORT;
use crate::facts::{print_fact, print_network};
use step11_net::ip::ip;

/// The address of the parent's end.
const PARENT: Ipv4Addr = Ipv4Addr::new(10, 11, 0, 1);

/// The address of the child's end.
pub const CHILD: Ipv4Addr = Ipv4Addr::new(10, 11, 0, 2);

// ANCHOR: join
/// Makes a veth pair: one end here, and one in the network namespace of the child. Returns
/// that namespace, open.
///
/// The open file keeps the namespace, with its end of the pair, even if the child is killed.
/// Then the kernel refuses a connection at once; otherwise a client would wait for minutes.
pub fn join(child: Pid) -> Result<File> {
    let path = format!("/proc/{child}/ns/net");
    let namespace = File::open(&path).with_context(|| format!("open({path})"))?;
    ip(&format!("link add name veth0 type veth peer name veth0 netns {child}"))?;
    set_up(PARENT)?;
    Ok(namespace)
}

/// Gives this end an address, which adds a route to the other end.
pub fn set_up(address: Ipv4Addr) -> Result<()> {
    ip(&format!("address add {address}/24 dev veth0"))?;
    ip("link set veth0 up")
}
// ANCHOR_END: join

/// Runs in the parent: reads what the child answers, and prints it.
pub fn ask_child() -> Result<()> {
    print_network("parent:")?;
    let mut answer = String::new();
    connect(CHILD)?.read_to_string(&mut answer).context("read(server)")?;
    print_fact("parent:", format!("the server is in {}", printable(answer).green()))
}

/// Runs in the child: answers one client with the network namespace that it is in.
pub fn answer(listener: &TcpListener) -> Result<()> {
    let (mut client, _) = listener.accept().hint(refusal::any_call).context("accept()")?;
    let namespace = link("self", "net").context("readlink(/proc/self/ns/net)")?;
    client.write_all(namespace.as_bytes()).context("write(client)")
}

/// Connects to the port (`connect(2)`) and prints the two ends of the connection.
pub fn connect(address: Ipv4Addr) -> Result<TcpStream> {
    let stream = TcpStream::connect((address, PORT))
        .hint(refusal::any_call)
        .with_context(|| format!("connect({address}:{PORT})"))?;
    let (from, to) = (stream.local_addr(), stream.peer_addr());
    let (from, to) = (from.context("getsockname()")?, to.context("getpeername()")?);
    print_fact("parent:", format!("{from} -> {to}"))?;
    Ok(stream)
}
