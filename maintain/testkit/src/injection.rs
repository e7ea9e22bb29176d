//! Signals at a chosen system call, so that a test hits the same moment in every run.

use nix::sys::signal::Signal;

use crate::{Host, Output, Step, User};

/// A signal that strace sends to a process when it makes a system call.
pub struct SignalAt<'a> {
    /// The call, as strace writes it: `clone`, or `?poll,ppoll` where some processors have
    /// only the second.
    pub call: &'a str,
    /// The signal.
    pub signal: Signal,
    /// Which of these calls of a process, counted from 1.
    pub when: u32,
    /// Whether the calls of children count too, each child's from 1.
    pub children_too: bool,
}

impl<'a> SignalAt<'a> {
    /// `signal` at the first `call` of the step itself.
    pub fn new(call: &'a str, signal: Signal) -> SignalAt<'a> {
        SignalAt { call, signal, when: 1, children_too: false }
    }

    /// The same, when the step or a child of it makes the call.
    pub fn in_any_process(call: &'a str, signal: Signal) -> SignalAt<'a> {
        SignalAt { children_too: true, ..SignalAt::new(call, signal) }
    }

    /// `exe` with its arguments under strace, which writes its trace to stderr.
    pub fn step(&self, exe: &str, args: &[&str], user: User) -> Step {
        let SignalAt { call, signal, when, children_too } = self;
        Step::new("/usr/bin/strace", user)
            .args([if *children_too { "-fqq" } else { "-qq" }, "-e", &format!("trace={call}")])
            .args(["-e", &format!("inject={call}:signal={signal}:when={when}")])
            .args([exe])
            .args(args)
    }

    /// Runs it to its end. Panics if the signal never came, so that a test cannot pass
    /// without it, or if the host is different afterwards.
    pub fn run(&self, exe: &str, args: &[&str], user: User) -> Output {
        let output = Host::unchanged(|| self.step(exe, args, user).run());
        let SignalAt { call, signal, when, .. } = self;
        assert!(
            output.stderr.contains(signal.as_str()),
            "no {signal} at {call} {when}: {output:?}"
        );
        output
    }
}
