//! Step 07: how can an unprivileged user be root, and of what?
//!
//! `clone(2)` with CLONE_NEWUSER gives the child all capabilities, and a line in `uid_map`
//! makes the caller's uid 0 inside. But a capability counts only in the child's user
//! namespace: for each call the kernel asks which user namespace owns what the call changes.
//! So the child may set the hostname of a UTS namespace that it has created, and not the
//! hostname of the machine.
//!
//! ```text
//! cargo run -p step07-user
//! ```
//!
//! Privilege: none. (Run by root, the child's uid 0 is uid 0 outside, too, so it may open
//! root's files. What requires a capability is refused to it as to anybody's child.)
//!
//! Simplified: one user and one group are mapped. `step07-user range` maps more of them,
//! and `step07-user nested` creates user namespaces inside user namespaces.
//!
//! Manual: user_namespaces(7), capabilities(7), clone(2), ioctl_ns(2), setgroups(2)

use std::fs;
use std::process::ExitCode;
use std::ptr::null;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sched::{CloneFlags, clone, unshare};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::sys::utsname::uname;
use nix::unistd::{Gid, Pid, Uid, dup2_stdin, getegid, geteuid, getpid, setgroups, sethostname};
use step_support::handshake::{self, Side, wait_for_enter};
use step_support::namespace::{check_proc, flag_names, link};
use step_support::status::wait_for_child;
use step_support::{Hint, exit_code, exit_status, refusal};

mod cli;
mod facts;
mod nested;
mod owner;
mod range;
mod turns;
use facts::{print_credentials, print_file_owner, print_outcome};
use owner::print_namespace_owner;

/// What a child in new namespaces does, and its parent meanwhile.
struct Experiment {
    flags: CloneFlags,
    parent: fn(Pid, &Side) -> Result<()>,
    child: fn(&Side) -> Result<u8>,
}

/// Without an argument; `range` and `nested` are in their own files.
const ROOT_OF_WHAT: Experiment =
    Experiment { flags: CloneFlags::CLONE_NEWUSER, parent: run_parent, child: run_child };

/// Bytes of stack for the child: `clone(2)` leaves it to its caller to provide one.
const STACK_SIZE: usize = 256 * 1024;

fn main() -> ExitCode {
    exit_code(run())
}

/// Creates the child in a new user namespace, and runs the parent's part of the experiment.
fn run() -> Result<u8> {
    let Experiment { flags, parent, child } = cli::parse_args()?;
    check_proc()?; // or the child's PID would be that of a different process in /proc
    let (parent_side, child_side) = handshake::pair()?;
    // ANCHOR: clone
    let child_main = Box::new(|| exit_status(child(&child_side)).into());
    let mut stack = vec![0; STACK_SIZE];
    // SAFETY: this process has one thread, and without CLONE_VM the child runs on a copy of
    // its memory, stack included, so neither process can disturb the other.
    let child = unsafe { clone(child_main, &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
        .hint(|errno| refusal::creation(errno, flags))
        .with_context(|| format!("clone({})", flag_names(flags)))?;
    // ANCHOR_END: clone
    drop(child_side); // the child has its own; ours would hide its death from wait()

    let result = parent(child, &parent_side);
    turns::end(parent_side); // a child that waits for us ends now
    let status = wait_for_child(child)?; // if it was killed, our error is only a consequence
    result.map(|()| status)
}

/// Maps the child's user while it waits, and then asks who owns what the child has created.
fn run_parent(child: Pid, side: &Side) -> Result<()> {
    print_credentials("caller")?;
    side.notify();
    if side.wait() {
        map_to_root(child, geteuid(), getegid())?;
        side.notify();
    }
    if side.wait() {
        print_file_owner("the child's file, outside", &stdin_of(child))?;
        print_namespace_owner(getpid())?;
        print_namespace_owner(child)?;
        wait_for_enter(side, &cli::commands_to_compare(child))?;
    }
    Ok(())
}

/// Runs in the child, the only process in the new user namespace.
fn run_child(side: &Side) -> Result<u8> {
    side.die_with_parent()?;
    if side.wait() {
        print_credentials("child without a map")?;
        side.notify();
    }
    if side.wait() {
        print_credentials("child with a map")?;
        try_to_be_root()?;
        side.notify();
        side.wait(); // and keep the namespaces alive while the reader looks at them
    }
    Ok(0)
}

// ANCHOR: map_to_root
/// Makes a user and a group 0 in the user namespace of a process. A map is written once.
fn map_to_root(pid: Pid, uid: Uid, gid: Gid) -> Result<()> {
    let write = |file: &str, content: &str| {
        let file = format!("/proc/{pid}/{file}");
        fs::write(&file, content)
            .hint(|errno| refusal::map(errno, uid))
            .with_context(|| format!("write({file})"))
    };
    write("setgroups", "deny")?; // otherwise only the privileged may map a group
    write("uid_map", &format!("0 {uid} 1"))?;
    write("gid_map", &format!("0 {gid} 1"))
}
// ANCHOR_END: map_to_root

/// Tries what root may do. No call changes the machine, even where it is allowed.
fn try_to_be_root() -> Result<()> {
    // ANCHOR: hostnames
    set_same_hostname()?;
    unshare(CloneFlags::CLONE_NEWUTS)
        .hint(|errno| refusal::creation_in_new_namespace(errno, CloneFlags::CLONE_NEWUTS))
        .context("unshare(CLONE_NEWUTS)")?;
    set_same_hostname()?;
    // ANCHOR_END: hostnames
    // Given neither a time nor a time zone, the kernel checks the privilege and sets nothing.
    // SAFETY: the kernel reads no memory through NULL.
    let nothing = unsafe { libc::syscall(libc::SYS_settimeofday, null::<()>(), null::<()>()) };
    print_outcome("settimeofday(NULL, NULL)", Errno::result(nothing))?;
    print_outcome("setgroups(0, NULL)", setgroups(&[]))?;
    print_outcome("open(/etc/shadow)", open("/etc/shadow", OFlag::O_RDONLY, Mode::empty()))?;
    print_file_owner("/etc/shadow, inside", "/etc/shadow")?;

    let file = memfd_create(c"by-root", MFdFlags::MFD_CLOEXEC)
        .hint(refusal::any_call)
        .context("memfd_create(by-root)")?;
    dup2_stdin(file).context("dup2(0)")?; // where the parent finds it: /proc/PID/fd/0
    print_file_owner("the child's file, inside", &stdin_of(getpid()))
}

/// Sets the hostname of the caller's UTS namespace to what it is already.
fn set_same_hostname() -> Result<()> {
    let namespace = link("self", "uts").context("readlink(/proc/self/ns/uts)")?;
    let uts = uname().context("uname()")?;
    print_outcome(&format!("sethostname() in {namespace}"), sethostname(uts.nodename()))
}

/// The file that is the stdin of a process.
fn stdin_of(pid: Pid) -> String {
    format!("/proc/{pid}/fd/0")
}
