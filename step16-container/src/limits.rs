//! Limits for all that is in the container. Step 06 explains them.

use std::fs::{self, File};

use anyhow::Result;
use nix::fcntl::Flock;
use nix::unistd::{Pid, getpid};
use step_support::cgroup;
use step06_cgroup::hints::explain;
use step06_cgroup::limits::Limits;
use step06_cgroup::place::Place;
use step06_cgroup::supervisor::Supervisor;

/// The container's cgroup, which is removed whatever happens to this process.
pub struct Group {
    place: Place,
    supervisor: Option<Supervisor>,
    _owned: Vec<Flock<File>>,
}

impl Group {
    /// Creates it with the limits. None if there are no limits.
    ///
    /// # Errors
    ///
    /// No cgroup is delegated to this user. A limit that was asked for must not be missing.
    pub fn create(limits: &Limits) -> Result<Option<Group>> {
        if limits.controllers().is_empty() {
            return Ok(None);
        }
        let place = Place::choose(&cgroup::all()?, limits, &[getpid()]).map_err(explain)?;
        let mut supervisor = Supervisor::start(&place)?;
        match place.create(limits, &mut supervisor) {
            Ok(owned) => Ok(Some(Group { place, supervisor: Some(supervisor), _owned: owned })),
            Err(error) => {
                supervisor.finish(&place);
                Err(explain(error))
            }
        }
    }

    /// How many processes the kernel lets it have, if that is limited.
    pub fn pids_max(&self) -> Option<String> {
        let mut files = self.place.dirs().iter().map(|dir| dir.join("pids.max"));
        let text = files.find_map(|file| fs::read_to_string(file).ok())?;
        Some(text.trim().to_owned())
    }

    /// Moves PID 1 into it, so that all that PID 1 starts is in it.
    pub fn add(&self, init: Pid) -> Result<()> {
        if let Some(supervisor) = &self.supervisor {
            supervisor.watch(init);
        }
        self.place.add(init).map_err(explain)
    }
}

impl Drop for Group {
    /// Removes it, also when something else has failed.
    fn drop(&mut self) {
        if let Some(supervisor) = self.supervisor.take() {
            supervisor.finish(&self.place);
        }
    }
}
