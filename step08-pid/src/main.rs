//! Step 08: what does PID 1 have to do?
//!
//! The first process of a new PID namespace is its PID 1. One process in there loses its
//! parent and ends: PID 1 adopts and reaps it. Then PID 1 gets the signals that end other
//! processes, and when it ends at last, so does its namespace. `/proc` still belongs to the
//! namespace outside, and so do the numbers in it.
//!
//! ```text
//! cargo run -p step08-pid
//! ```
//!
//! Privilege: creating a PID namespace requires CAP_SYS_ADMIN. An unprivileged user has it
//! inside a new user namespace, which the same `unshare(2)` creates first.
//!
//! Simplified: PID 1 reaps when it is asked to, so that there is time to look at a zombie.
//! One that has nothing else to do would sleep in `wait(2)`.
//!
//! Manual: pid_namespaces(7), fork(2), kill(2), unshare(2), waitpid(2), proc_pid_status(5)

use std::fs;
use std::os::unix::net::UnixStream;
use std::process::{ExitCode, exit};

use anyhow::{Context, Result, bail, ensure};
use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, geteuid, getpid};
use step_support::handshake::{self, Side, wait_for_enter};
use step_support::namespace::{check_proc, flag_names};
use step_support::status::wait_for_child;
use step_support::{Hint, exit_code, exit_status, note, refusal};

mod cli;
mod facts;
mod orphan;
mod signals;
use facts::{print_fact, print_namespaces, print_status};
use orphan::Orphan;

fn main() -> ExitCode {
    exit_code(run())
}

/// Creates a PID namespace, and shows what its PID 1 does until the end of both.
fn run() -> Result<u8> {
    cli::parse_args()?;
    check_proc()?;
    // ANCHOR: unshare
    let mut flags = CloneFlags::CLONE_NEWPID;
    if !geteuid().is_root() {
        // Creating a user namespace needs no privilege, and in it we have CAP_SYS_ADMIN.
        flags |= CloneFlags::CLONE_NEWUSER;
        note(cli::USER_NAMESPACE_NOTE);
    }
    unshare(flags)
        .hint(|errno| cli::unshare_hints(errno, flags))
        .with_context(|| format!("unshare({})", flag_names(flags)))?;
    // ANCHOR_END: unshare

    // ANCHOR: pid_1
    let (asking, answering) = handshake::pair()?;
    let init = start(|| run_init(&answering))?; // the first child from now on is PID 1
    drop(answering); // it has its own; ours would hide its death from ask()
    ask(init, &asking)?;
    print_status("PID 1 of the new namespace", init, &["PPid", "NSpid"])?;
    // ANCHOR_END: pid_1

    reap_orphan(init, &asking)?;
    signals::send_all(init, &asking)?;
    signals::end_namespace(init)?;
    Ok(0)
}

// ANCHOR: run_init
/// Runs in PID 1, whose children are all those that have lost their parent.
fn run_init(answering: &Side) -> Result<u8> {
    answering.die_with_parent()?;
    ensure!(getpid() == Pid::from_raw(1), "unshare(CLONE_NEWPID) had no effect");
    while answering.wait() {
        let reap = || waitpid(None::<Pid>, Some(WaitPidFlag::WNOHANG));
        // Until none is left (ECHILD), or none that has ended.
        while reap().is_ok_and(|it| it != WaitStatus::StillAlive) {}
        answering.notify();
    }
    Ok(0)
}
// ANCHOR_END: run_init

/// Returns when PID 1 has reaped what has ended.
fn ask(init: Pid, asking: &Side) -> Result<()> {
    asking.notify();
    if asking.wait() { Ok(()) } else { finish(init) }
}

/// Shows a process that loses its parent and ends, until PID 1 has reaped it.
fn reap_orphan(init: Pid, asking: &Side) -> Result<()> {
    let (ours, its) = UnixStream::pair().context("socketpair()")?;
    let (notifying, waiting) = handshake::pair()?;
    let parent = start(|| {
        start(|| run_orphan(its))?;
        waiting.wait();
        Ok(0)
    })?;
    let Some(orphan) = Orphan::receive(ours)? else {
        notifying.notify();
        finish(parent)?;
        bail!("the child of child {parent} has ended too early");
    };
    print_status("a process inside", orphan.pid, &["PPid", "NSpid"])?;
    print_fact("/proc/self, read inside", &orphan.pid.to_string())?;

    notifying.notify();
    finish(parent)?;
    print_status("its parent has ended", orphan.pid, &["PPid", "NSpid"])?;

    orphan.end()?;
    print_status("it has ended", orphan.pid, &["State", "PPid", "NSpid"])?;
    print_namespaces("what it still holds", orphan.pid)?;

    wait_for_enter(asking, &cli::commands_to_look(orphan.pid))?;
    ask(init, asking)?;
    print_status("PID 1 has called waitpid()", orphan.pid, &["State", "PPid", "NSpid"])
}

/// Runs in the process that becomes an orphan. `/proc` belongs to the namespace outside, so
/// it tells the number that this process has there, which getpid(2) does not.
fn run_orphan(its: UnixStream) -> Result<u8> {
    let pid = fs::read_link("/proc/self").context("readlink(/proc/self)")?;
    orphan::report_and_wait(its, &pid)
}

/// Creates a child in the new PID namespace (`fork(2)`).
fn start(child_main: impl FnOnce() -> Result<u8>) -> Result<Pid> {
    // SAFETY: this process has one thread, so the child may allocate and print.
    match unsafe { fork() }.hint(refusal::forking).context("fork()")? {
        ForkResult::Child => exit(exit_status(child_main()).into()),
        ForkResult::Parent { child } => Ok(child),
    }
}

/// Waits for a child. One that fails has said why.
fn finish(child: Pid) -> Result<()> {
    match wait_for_child(child)? {
        0 => Ok(()),
        status => exit(status.into()),
    }
}
