//! A check: a child process makes, as one user, the system calls that a step makes, and sends
//! the first error and what helps against it. What the child created is gone when it ends.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::exit;

use anyhow::{Context, Result};
use nix::fcntl::OFlag;
use nix::sys::prctl::set_dumpable;
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::WaitPidFlag;
use nix::unistd::{
    ForkResult, Gid, Pid, Uid, fork, geteuid, pipe2, setgroups, setresgid, setresuid,
};
use step_support::error::{hints, message};
use step_support::status::wait;
use step_support::{Hint, refusal};

/// As which user a check is run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum RunAs {
    /// As uid 0.
    Root,
    /// As an unprivileged user: the caller, or uid 65534 if that is root.
    Ordinary,
}

/// Something that has to work.
pub struct Check {
    /// What it tries.
    pub call: &'static str,
    /// Tries it. A child of the check sends its own error and ends.
    pub attempt: fn(&Sender) -> Result<()>,
}

/// Why a check failed, in words.
pub struct Failure {
    /// The call and the errno, as the step prints them, or the signal.
    pub error: String,
    /// What helps.
    pub advice: String,
}

/// Where a check sends its error.
pub struct Sender(File);

impl Check {
    /// Runs the check in a child process. None if it passed.
    pub fn run(&self, user: RunAs) -> Result<Option<Failure>> {
        let (end, pipe) = pipe2(OFlag::O_CLOEXEC).context("pipe2(O_CLOEXEC)")?;
        // SAFETY: this process has one thread, so the child may allocate.
        let child = match unsafe { fork() }.hint(refusal::forking).context("fork()")? {
            ForkResult::Parent { child } => child,
            ForkResult::Child => {
                let sender = Sender(pipe.into());
                sender.send(become_user(user).and_then(|()| (self.attempt)(&sender)));
                exit(0)
            }
        };
        drop(pipe);
        let mut text = String::new();
        File::from(end).read_to_string(&mut text).context("read(pipe)")?;
        let status = wait(child, WaitPidFlag::empty())?.context("waitpid()")?;
        if let Some(signal) = status.signal() {
            return Ok(Some(killed(self.call, signal)));
        }
        let failure = text.split_once('\n');
        Ok(failure.map(|(error, advice)| Failure { error: error.into(), advice: advice.into() }))
    }
}

impl Sender {
    /// Sends an error, and what helps against it on this machine, as two lines. Called in the
    /// process that met it.
    pub fn send(&self, result: Result<()>) {
        if let Err(error) = result {
            let unknown = || "see the book's page about errors (errno)".to_owned();
            let advice = hints(&error).into_iter().next().unwrap_or_else(unknown);
            let _ = (&self.0).write_all(format!("{}\n{advice}", message(&error)).as_bytes());
        }
    }
}

fn killed(call: &str, signal: i32) -> Failure {
    let name = Signal::try_from(signal).map_or(format!("signal {signal}"), |it| it.to_string());
    let advice = match signal {
        libc::SIGSYS => "a seccomp filter kills programs that make this call",
        _ => {
            "the system may be out of memory, or a filter kills programs that make this call; see: \
             dmesg"
        }
    };
    Failure { error: format!("{call}: killed by {name}"), advice: advice.to_owned() }
}

/// Waits for a child of a check. A signal that killed it kills the check too.
pub fn wait_for(child: Pid) -> Result<()> {
    let status = wait(child, WaitPidFlag::empty())?.context("waitpid()")?;
    let signal = status.signal().and_then(|signal| Signal::try_from(signal).ok());
    signal.map_or(Ok(()), |signal| raise(signal).context("raise()"))
}

/// Gives up root for good, if the check is about an ordinary user.
pub fn become_user(user: RunAs) -> Result<()> {
    if user == RunAs::Ordinary && geteuid().is_root() {
        let (uid, gid) = (Uid::from_raw(65534), Gid::from_raw(65534));
        setgroups(&[]).context("setgroups(0)")?;
        setresgid(gid, gid, gid).context("setresgid(65534)")?;
        setresuid(uid, uid, uid).context("setresuid(65534)")?;
        set_dumpable(true).context("prctl(PR_SET_DUMPABLE)")?;
    }
    Ok(())
}
