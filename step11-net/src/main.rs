//! Step 11: how can two processes listen on the same port?
//!
//! A network namespace has its own devices, addresses and routes, and its own table of the ports
//! that are taken. Three processes listen on port 8080 by the same function: the parent, a
//! child in a new network namespace, and a third process, which is in the parent's. The third
//! is refused. Then a pair of veth devices joins the two namespaces, and the parent talks to
//! the child over TCP.
//!
//! ```text
//! cargo run -p step11-net
//! cargo run -p step11-net -- unix
//! ```
//!
//! The second command shows which names of unix sockets belong to a network namespace.
//!
//! Privilege: a network namespace requires CAP_SYS_ADMIN, its devices CAP_NET_ADMIN. An
//! unprivileged user has both in a new user namespace, and has to be root there, or would lose
//! them when `ip` is executed.
//!
//! Simplified: IPv4 only, and no way out of the two namespaces into the rest of the world. In one
//! network namespace, servers of one user can share a port if all of them set SO_REUSEPORT
//! (socket(7)); then the kernel picks one of them for each client.
//!
//! Manual: network_namespaces(7), veth(4), ip-link(8), bind(2), unix(7)

use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsFd;
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use step_support::handshake::{self, Side, wait_for_enter};
use step_support::namespace::{check_proc, flag_names};
use step_support::process::{DefaultSigchld, ParentPidfd};
use step_support::status::wait_for_child;
use step_support::{Hint, exit_code, exit_status, refusal};

mod cli;
mod facts;
mod unix;
mod user;
mod veth;
use cli::Story;
use facts::{print_fact, print_network, print_refusal, socket};

/// Bytes of stack for a child: `clone(2)` leaves it to its caller to provide one.
const STACK_SIZE: usize = 256 * 1024;

/// The port of all servers.
const PORT: u16 = 8080;

fn main() -> ExitCode {
    exit_code(run())
}

fn run() -> Result<u8> {
    let story = cli::parse_args()?;
    check_proc()?; // or `ip` would take the child's PID for another process
    DefaultSigchld::set(); // this program waits for its children
    match story {
        Story::Port => same_port(),
        Story::Unix => unix::names(),
    }
}

/// Listens on one port in three processes, and talks from the first to the second.
fn same_port() -> Result<u8> {
    user::enter_new(CloneFlags::CLONE_NEWNET)?; // the host's network stays as it is
    // ANCHOR: child
    let (parent_side, child_side) = handshake::pair()?;
    let child = start(CloneFlags::CLONE_NEWNET, || run_child(&child_side))?;
    // ANCHOR_END: child
    drop(child_side); // the child has its own; ours would hide its death from wait()

    match run_parent(child, &parent_side) {
        Ok(0) => wait_for_child(child),
        // If the child has died, our error is only a consequence.
        Err(_) if has_died(&parent_side)? => wait_for_child(child),
        failed => failed,
    }
}

/// Runs in the parent, which is the first to listen and later the child's client.
fn run_parent(child: Pid, parent_side: &Side) -> Result<u8> {
    let _listener = listen("parent:")?;
    parent_side.notify();
    if !parent_side.wait() {
        return Ok(0); // the child has died, and its status tells why
    }
    // ANCHOR: third
    // The third process calls the same function, but is created without CLONE_NEWNET.
    let third = start(CloneFlags::empty(), || {
        print_refusal("third:", Errno::EADDRINUSE, listen("third:"))
    })?;
    // ANCHOR_END: third
    if let failed @ 1.. = wait_for_child(third)? {
        return Ok(failed);
    }
    print_refusal("parent:", Errno::ENETUNREACH, veth::connect(Ipv4Addr::LOCALHOST))?;

    let _namespace = veth::join(child)?;
    parent_side.notify();
    if parent_side.wait() {
        veth::ask_child()?;
        wait_for_enter(parent_side, &cli::commands_to_compare(child))?;
        parent_side.notify();
    }
    Ok(0)
}

/// Runs in the child, the only process in its network namespace.
fn run_child(child_side: &Side) -> Result<u8> {
    child_side.wait(); // until the parent listens
    let listener = listen("child:")?;
    child_side.notify();
    child_side.wait(); // until the parent has joined the namespaces
    veth::set_up(veth::CHILD)?;
    child_side.notify();
    veth::answer(&listener)?;
    child_side.wait(); // and keep the namespace alive while the reader looks at it
    Ok(0)
}

// ANCHOR: start
/// Starts a process that runs `main` and dies with this one (`clone(2)`).
fn start(flags: CloneFlags, mut main: impl FnMut() -> Result<u8>) -> Result<Pid> {
    let parent = ParentPidfd::of_this_process()?;
    let child_main = Box::new(|| exit_status(parent.die_with_it().and_then(|()| main())).into());
    let mut stack = vec![0; STACK_SIZE];
    // SAFETY: this process has one thread, and without CLONE_VM the child runs on a copy of
    // its memory, stack included, so neither process can disturb the other.
    unsafe { clone(child_main, &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
        .hint(|errno| refusal::creation(errno, flags))
        .with_context(|| format!("clone({})", flag_names(flags)))
}
// ANCHOR_END: start

// ANCHOR: listen
/// Listens on the port at every address of the caller's network namespace (`bind(2)`,
/// `listen(2)`).
fn listen(who: &str) -> Result<TcpListener> {
    print_network(who)?;
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT))
        .hint(refusal::any_call)
        .with_context(|| format!("bind(0.0.0.0:{PORT})"))?;
    print_fact(who, format!("listens on 0.0.0.0:{PORT}, {}", socket(&listener)?))?;
    Ok(listener)
}
// ANCHOR_END: listen

/// Whether the child's side of the connection is closed. Must not be called while a
/// notification is on its way.
fn has_died(parent_side: &Side) -> Result<bool> {
    let mut ends = [PollFd::new(parent_side.as_fd(), PollFlags::POLLIN)];
    Ok(poll(&mut ends, PollTimeout::ZERO).context("poll()")? > 0)
}
