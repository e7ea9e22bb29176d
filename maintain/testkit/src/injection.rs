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

    /// Runs it to its end. Panics if strace did not see the call, so that a test cannot
    /// pass without the signal, or if the host is different afterwards.
    pub fn run(&self, exe: &str, args: &[&str], user: User) -> Output {
        let output = Host::unchanged(|| self.step(exe, args, user).run());
        self.assert_sent(&output);
        output
    }

    /// Asserts that strace has sent the signal. (The trace does not show the signal itself
    /// if the process blocks it.)
    pub fn assert_sent(&self, output: &Output) {
        let SignalAt { call, signal, when, .. } = self;
        let names = call.split(',').map(|name| name.trim_start_matches('?'));
        let calls: usize =
            names.map(|name| output.stderr.matches(&format!("{name}(")).count()).sum();
        let sent = output.stderr.contains(signal.as_str()) || calls >= *when as usize;
        assert!(sent, "no {signal} at {call} {when}: {output:?}");
    }
}
