//! Which signals PID 1 gets (`kill(2)`), and what ends with it.
//!
//! The kernel drops a signal for PID 1 that PID 1 does not handle: its default action, to end
//! the process, would end the namespace. Only SIGKILL and SIGSTOP from a process outside are
//! not dropped. Dropped or not, `kill(2)` returns 0.

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::WaitPidFlag;
use nix::unistd::{Pid, pause};
use step_support::error::message;
use step_support::handshake::Side;
use step_support::status::{describe, wait};
use step_support::{Hint, refusal};

use crate::facts::print_fact;
use crate::{ask, finish, start};

// ANCHOR: send_all
/// Sends PID 1, which handles no signal, those that end other processes.
pub fn send_all(init: Pid, asking: &Side) -> Result<()> {
    let report = |call: String| {
        ask(init, asking)?;
        print_fact(&call, "returns 0, and PID 1 still answers")
    };
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let sender = start(|| send(Pid::from_raw(1), signal))?;
        finish(sender)?;
        report(format!("kill(1, {signal}) inside"))?;
    }
    send(init, Signal::SIGTERM)?;
    report(format!("kill({init}, SIGTERM) outside"))
}
// ANCHOR_END: send_all

/// Sends a signal (`kill(2)`).
fn send(pid: Pid, signal: Signal) -> Result<u8> {
    let sent = kill(pid, signal).hint(refusal::any_call);
    sent.with_context(|| format!("kill({pid}, {signal})")).map(|()| 0)
}

/// Kills PID 1 from outside, and shows what becomes of its namespace.
pub fn end_namespace(init: Pid) -> Result<()> {
    let other = start(|| {
        pause();
        Ok(0)
    })?;
    send(init, Signal::SIGKILL)?;
    // In this order: PID 1 is the last to end, and waits until even the zombies are reaped.
    let end_of_other = wait(other, WaitPidFlag::empty())?.context("waitpid()")?;
    let end_of_init = wait(init, WaitPidFlag::empty())?.context("waitpid()")?;
    let call = format!("kill({init}, SIGKILL) outside");
    print_fact(&call, &format!("PID 1 {}", describe(end_of_init)))?;
    print_fact("another process inside", &describe(end_of_other))?;
    match start(|| Ok(0)) {
        Err(error) => print_fact("a new process inside", &message(&error)),
        Ok(child) => finish(child),
    }
}
