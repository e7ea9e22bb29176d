//! Attacks on processes, and by them.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::WaitPidFlag;
use nix::unistd::{ForkResult, Pid, fork, pause};
use step_support::error::{errno, errno_of};
use step_support::status::wait;

use super::witness::Witness;
use super::{Outcome, by_call, by_finding};
use crate::capabilities;
use crate::cli::HAS_CAPABILITIES;
use crate::options::Options;
use crate::protection::Protection;

/// Does something in a child, whose exit status is the errno.
pub fn in_child(main: impl FnOnce() -> nix::Result<()>) -> nix::Result<()> {
    // SAFETY: this process has one thread, so the child may allocate and print.
    match unsafe { fork() }? {
        ForkResult::Child => process::exit(main().map_or_else(|errno| errno as i32, |()| 0)),
        ForkResult::Parent { child } => {
            let status = wait(child, WaitPidFlag::empty())
                .map_err(|error| errno_of(&error).unwrap_or(Errno::ECHILD))?;
            match status.and_then(|it| it.code()) {
                Some(0) => Ok(()),
                Some(number) => Err(Errno::from_raw(number)),
                None => Err(Errno::EINTR),
            }
        }
    }
}

/// Who can signal a process can end it. (Signal 0 only asks.)
pub fn signal(witness: &Witness) -> Outcome {
    match witness.pid {
        Some(pid) => by_call(kill(pid, None), "it can be ended"),
        None => Outcome::NotTried("no process"),
    }
}

/// Starts more processes than the limit allows.
pub fn fork_bomb(options: &Options) -> Outcome {
    let Some(limit) = options.limits.pids else { return Outcome::NotTried("no --pids") };
    let mut children = Vec::new();
    let ended = loop {
        // SAFETY: this process has one thread, and the child does nothing but wait.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => loop {
                pause();
            },
            Ok(ForkResult::Parent { child }) => children.push(child),
            Err(errno) => break Err(errno),
        }
        if children.len() as u64 > limit {
            break Ok(());
        }
    };
    let count = children.len();
    for child in children {
        let _ = kill(child, Signal::SIGKILL);
        let _ = wait(child, WaitPidFlag::empty());
    }
    match ended {
        Ok(()) => Outcome::Succeeded(format!("{count} processes")),
        Err(errno) => Outcome::Stopped(format!("{errno:?} after {count} processes")),
    }
}

/// Root gives up its capabilities, and gets them back by starting a program.
pub fn regain_capabilities() -> Outcome {
    let regained = in_child(|| {
        capabilities::set_all([[0; 3]; 2])
            .map_err(|error| errno_of(&error).unwrap_or(Errno::EPERM))?;
        let program = c"/proc/self/exe";
        let argument =
            std::ffi::CString::new(format!("--{HAS_CAPABILITIES}")).map_err(|_| Errno::EINVAL)?;
        nix::unistd::execv(program, &[program, argument.as_c_str()]).map(drop)
    });
    by_call(regained, "all of them are back")
}

/// Whether this process, started by the attack above, has any capability: exit status 0.
pub fn has_capabilities() -> u8 {
    let field = super::readings::field("CapPrm");
    let none = field.trim_start_matches("CapPrm:").trim().bytes().all(|byte| byte == b'0');
    if none { Errno::EPERM as u8 } else { 0 }
}

/// PID 1 is a program of the host, which has the host's file open.
pub fn look_into_pid_1(options: &Options) -> Outcome {
    if !options.has(Protection::Init) {
        return Outcome::NotTried("PID 1 is this process");
    }
    let link = fs::read_link("/proc/1/exe").map_err(|error| errno(&error));
    by_call(link, "/proc/1/exe and all else of it")
}

/// An orphan ends. If PID 1 does not reap it, it keeps its PID, and PIDs run out.
pub fn leave_zombie() -> Outcome {
    match orphan() {
        Err(errno) => Outcome::Stopped(format!("{errno:?}")),
        Ok(orphan) => {
            let directory = format!("/proc/{orphan}");
            let begin = Instant::now();
            while Path::new(&directory).exists() && begin.elapsed() < Duration::from_secs(1) {
                thread::sleep(Duration::from_millis(1)); // nothing tells when a process is reaped
            }
            let is_left = Path::new(&directory).exists();
            by_finding(is_left, format!("PID {orphan} is one"), "PID 1 has reaped it")
        }
    }
}

/// Starts a process whose parent has ended, and lets it end.
fn orphan() -> nix::Result<Pid> {
    let (ours, mut theirs) = UnixStream::pair().map_err(|error| errno(&error))?;
    let parent = in_child(|| {
        // SAFETY: this process has one thread, so the child may allocate and print.
        if let ForkResult::Parent { child } = unsafe { fork() }? {
            let _ = theirs.write_all(&child.as_raw().to_ne_bytes());
            return Ok(());
        }
        // The orphan-to-be: until its parent has ended, and been reaped.
        let _ = theirs.read(&mut [0]);
        process::exit(0)
    });
    parent?;
    let mut pid = [0; 4];
    (&ours)
        .read_exact(&mut pid)
        .and_then(|()| (&ours).write_all(b"."))
        .map_err(|error| errno(&error))?;
    Ok(Pid::from_raw(i32::from_ne_bytes(pid)))
}
