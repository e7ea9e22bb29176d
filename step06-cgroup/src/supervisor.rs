//! The process that removes the group whatever happens to the step.

use std::fs::File;
use std::io::Read;
use std::process;

use anyhow::{Context, Result};
use nix::fcntl::OFlag;
use nix::sys::prctl::set_name;
use nix::unistd::{ForkResult, Pid, getpid, getppid, pipe2};
use step_support::output::program_name;
use step_support::process::fork_detached;
use step_support::status::wait_for_end;

use crate::place::Place;
use crate::report::note_in_time;

/// A child of the step that is not in the group. It waits for the end of a pipe that only
/// the step holds open: the kernel closes it even if the step ends by SIGKILL.
pub struct Supervisor {
    pid: Pid,
    pipe: File,
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
                let _ = File::from(end).read(&mut [0]);
                let removed = place.remove();
                if let (Err(error), true) = (&removed, getppid() != step) {
                    // Nobody else is left to report it.
                    note_in_time(&format!("{}: {error:#}", program_name()));
                }
                process::exit(i32::from(removed.is_err()));
            }
        };
        Ok(Supervisor { pid, pipe: pipe.into() })
    }

    /// Its PID.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Lets the supervisor remove the group. If it fails or was killed or stopped, the step
    /// removes it and reports what is in the way.
    pub fn finish(self, place: &Place) -> Result<()> {
        drop(self.pipe);
        match wait_for_end(self.pid) {
            Ok(status) if status.success() => Ok(()),
            _ => place.remove(),
        }
    }
}
