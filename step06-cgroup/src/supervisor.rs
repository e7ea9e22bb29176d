//! The process that removes the group whatever happens to the step.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process;

use anyhow::{Context, Result};
use nix::fcntl::OFlag;
use nix::sys::prctl::set_name;
use nix::sys::signal::Signal;
use nix::unistd::{ForkResult, Pid, getpid, pipe2};
use step_support::error::explained;
use step_support::output::program_name;
use step_support::process::{fork_detached, pidfd_open, pidfd_send_signal};
use step_support::status::wait_for_end;

use crate::place::Place;
use crate::report::note_in_time;

/// A child of the step that is not in the group. It waits for the end of a pipe that only
/// the step holds open: the kernel closes it even if the step ends by SIGKILL.
pub struct Supervisor {
    pid: Pid,
    pipe: File,
    /// Whether the group was created: only then is what has its name the group.
    has_group: bool,
}

impl Supervisor {
    /// Starts the supervisor (`fork(2)`) of a group that does not exist yet.
    pub fn start(place: &Place) -> Result<Supervisor> {
        let (end, pipe) = pipe2(OFlag::O_CLOEXEC).context("pipe2(O_CLOEXEC)")?;
        let step = getpid();
        let pid = match fork_detached()? {
            ForkResult::Parent { child } => child,
            ForkResult::Child => {
                drop(pipe);
                // Not the name of the step, or `killall step06-cgroup` would kill both.
                let _ = set_name(c"supervisor");
                let has_group = wait_for_end_of_step(File::from(end), step);
                process::exit(i32::from(!remove(place, has_group)));
            }
        };
        Ok(Supervisor { pid, pipe: pipe.into(), has_group: false })
    }

    /// Its PID.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Tells it that the step has created the group.
    pub fn guard_group(&mut self) {
        self.has_group = self.pipe.write_all(&[1]).is_ok();
    }

    /// Tells it which process the command is. A command that leaves the group dies with the
    /// step too, even if it changes its user ID, which clears `PR_SET_PDEATHSIG`.
    pub fn watch(&self, command: Pid) {
        let _ = (&self.pipe).write_all(&command.as_raw().to_ne_bytes());
    }

    /// Lets the supervisor remove the group. If it was killed or stopped, the step does. Tells
    /// whether the group is removed.
    pub fn finish(self, place: &Place) -> bool {
        drop(self.pipe);
        match wait_for_end(self.pid) {
            Ok(status) if status.signal().is_none() => status.success(),
            _ => remove(place, self.has_group),
        }
    }
}

/// Removes the group, or prints what is in the way. If it was not created as a whole, no
/// process of ours is in it, and what is not empty is somebody else's.
fn remove(place: &Place, has_group: bool) -> bool {
    if !has_group {
        place.remove_empty();
        return true;
    }
    let removed = place.remove();
    if let Err(error) = &removed {
        note_in_time(&format!("{}: {}", program_name(), explained(error)));
    }
    removed.is_ok()
}

/// Waits for the end of the step, and kills its command, wherever it is by then. Returns
/// whether the step had created the group.
fn wait_for_end_of_step(mut pipe: File, step: Pid) -> bool {
    let mut pid = [0; 4];
    if pipe.read_exact(&mut [0]).is_err() {
        return false;
    }
    if pipe.read_exact(&mut pid).is_ok() {
        let command = open_child(step, Pid::from_raw(i32::from_ne_bytes(pid)));
        let _ = pipe.read(&mut [0]);
        let _ = command.map(|pidfd| pidfd_send_signal(&pidfd, Signal::SIGKILL));
    }
    true
}

/// A pidfd of a child of the step. None if the PID belongs to another process by now.
fn open_child(step: Pid, pid: Pid) -> Option<OwnedFd> {
    let pidfd = pidfd_open(pid).ok()?;
    let status = fs::read(format!("/proc/{pid}/status")).ok()?;
    let parent = format!("PPid:\t{step}");
    String::from_utf8_lossy(&status).lines().any(|line| line == parent).then_some(pidfd)
}
