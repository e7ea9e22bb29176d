//! Waiting for the command, or for a signal that ends the step before it.

use std::process::ExitStatus;

use anyhow::{Context, Result};
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, signal};
use nix::sys::wait::WaitPidFlag;
use nix::unistd::Pid;
use step_support::status::wait;

/// The signals that end the step. The group is killed, reported and removed first.
const TERMINATION_SIGNALS: [Signal; 4] =
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT];

/// How a run ends.
pub enum Ending {
    /// The command ended.
    Command(ExitStatus),
    /// This signal ends the step.
    Signal(Signal),
}

/// The signals that are waited for. They are blocked only as long as this lives, and
/// nothing may block meanwhile but [`wait`](Signals::wait).
pub struct Signals {
    awaited: SigSet,
    caller_mask: SigSet,
    caller_sigchld: SigHandler,
}

impl Signals {
    /// Blocks SIGCHLD and the termination signals, so that none is lost before it is
    /// waited for. What the caller of the step blocks or ignores stays as it is.
    pub fn block() -> Result<Signals> {
        let blocked: SigSet = TERMINATION_SIGNALS.into_iter().chain([Signal::SIGCHLD]).collect();
        let caller_mask =
            blocked.thread_swap_mask(SigmaskHow::SIG_BLOCK).context("sigprocmask()")?;
        // If it were ignored, the kernel would not keep the command's status.
        let caller_sigchld = set_handler(Signal::SIGCHLD, SigHandler::SigDfl)?;
        let mut awaited = SigSet::from(Signal::SIGCHLD);
        for it in TERMINATION_SIGNALS {
            let handler = set_handler(it, SigHandler::SigDfl)?;
            set_handler(it, handler)?;
            if matches!(handler, SigHandler::SigDfl) && !caller_mask.contains(it) {
                awaited.add(it);
            }
        }
        Ok(Signals { awaited, caller_mask, caller_sigchld })
    }

    /// Makes the signals as the caller of the step had them.
    pub fn restore(&self) {
        let _ = set_handler(Signal::SIGCHLD, self.caller_sigchld);
        let _ = self.caller_mask.thread_set_mask();
    }

    /// Waits for the end of the command or for a termination signal (`sigwait(3)`).
    pub fn wait(self, command: Pid) -> Result<Ending> {
        loop {
            let signal = self.awaited.wait().context("sigwait()")?;
            if signal != Signal::SIGCHLD {
                return Ok(Ending::Signal(signal));
            }
            if let Some(status) = wait(command, WaitPidFlag::WNOHANG)? {
                return Ok(Ending::Command(status));
            }
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.restore();
    }
}

fn set_handler(of: Signal, handler: SigHandler) -> Result<SigHandler> {
    // SAFETY: only SIG_DFL, SIG_IGN and what was set before are set, so no new handler runs.
    unsafe { signal(of, handler) }.with_context(|| format!("signal({of})"))
}
