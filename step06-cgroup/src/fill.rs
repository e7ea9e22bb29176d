//! A group for processes that the caller starts itself, as step 16 does.

use std::fs::File;

use anyhow::Result;
use nix::fcntl::Flock;
use nix::unistd::{Pid, getpid};
use step_support::cgroup::write;

use crate::leftovers::{create_owned, remove_stale};
use crate::limits::{Limits, apply};
use crate::place::Place;
use crate::realtime::explain_join;
use crate::supervisor::Supervisor;
use crate::{v1, v2};

impl Place {
    /// Creates the group with its limits. What is returned says that it is in use: until that
    /// is dropped, other runs leave it alone.
    pub fn create(&self, limits: &Limits, supervisor: &mut Supervisor) -> Result<Vec<Flock<File>>> {
        let mut owned = Vec::new();
        let settings = match self {
            Place::V2(group) => {
                owned.extend(v2::create(group, &[getpid(), supervisor.pid()])?);
                v2::settings(limits)
            }
            Place::V1(group) => {
                remove_stale(group.dirs.iter().filter_map(|dir| dir.parent()));
                for dir in &group.dirs {
                    owned.extend(create_owned(dir)?);
                }
                v1::settings(limits)
            }
        };
        supervisor.guard_group();
        apply(&settings, self.dirs())?;
        Ok(owned)
    }

    /// Moves a process into the group.
    pub fn add(&self, pid: Pid) -> Result<()> {
        self.dirs().iter().try_for_each(|dir| {
            write(&dir.join("cgroup.procs"), &pid.to_string())
                .map_err(|error| explain_join(error, dir))
        })
    }
}
