//! Where the group can be. Three rules of v2 decide that:
//!
//! - A cgroup has the controllers that its parent enables in `cgroup.subtree_control`.
//! - A cgroup that enables any may not have processes of its own (EBUSY), because they
//!   would compete with its children. Only the root cgroup is exempt.
//! - A user may work in a cgroup if its directory, `cgroup.procs` and
//!   `cgroup.subtree_control` belong to that user: it is delegated.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use nix::errno::Errno;
use nix::unistd::{AccessFlags, Pid, eaccess, getpid};
use step_support::cgroup::{Hierarchy, Mounted, Version, contains_only, is_delegated, read, words};

use crate::leftovers::{NAME_PREFIX, is_named_as_run};
use crate::limits::Limits;
use crate::parent::not_enabled;
use crate::{v1, v2};

/// Where a run's cgroup will be. Nothing is created yet.
#[derive(Debug)]
pub enum Place {
    /// One directory.
    V2(v2::Group),
    /// One directory in each hierarchy.
    V1(v1::Group),
}

impl Place {
    /// Chooses the place. `ours` are the processes that can leave the current cgroup.
    ///
    /// A controller belongs to one hierarchy at a time: if v1 has one that limits, those
    /// of v2 are of no use.
    ///
    /// # Errors
    ///
    /// ENODEV if no hierarchy has a controller that the limits need.
    pub fn choose(hierarchies: &[Hierarchy], limits: &Limits, ours: &[Pid]) -> Result<Place> {
        // The PID is for people; the time makes the name unique in all PID namespaces.
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let name = format!("{NAME_PREFIX}{}-{time:x}", getpid());

        let v1_limits = hierarchies.iter().any(|it| v1::CONTROLLERS.iter().any(|c| has(it, c)));
        let v2 = hierarchies.iter().find(|it| it.version == Version::V2);
        match v2.and_then(|it| it.mounted.as_ref()) {
            Some(mounted) if !v1_limits => {
                choose_on_v2(mounted, &name, limits, ours).map(Place::V2)
            }
            _ => choose_on_v1(hierarchies, &name, limits).map(Place::V1),
        }
    }

    /// Removes the group and what was changed for it.
    pub fn remove(&self) -> Result<()> {
        match self {
            Place::V2(group) => v2::remove(group),
            Place::V1(group) => v1::remove(group),
        }
    }

    /// Says why the kernel will not let this user create the group, without trying it.
    pub fn check(&self, ours: &[Pid]) -> nix::Result<()> {
        let writable = |path: &Path| eaccess(path, AccessFlags::W_OK);
        let dirs = match self {
            Place::V2(group) => std::slice::from_ref(&group.dir),
            Place::V1(group) => &group.dirs,
        };
        for parent in dirs.iter().filter_map(|dir| dir.parent()) {
            writable(parent)?;
            writable(&parent.join("cgroup.procs"))?;
        }
        if let Place::V2(group) = self {
            let missing = not_enabled(&group.parent, &group.controllers);
            if missing.map_err(|_| Errno::EACCES)?.is_empty() {
                return Ok(());
            }
            writable(&group.parent.join("cgroup.subtree_control"))?;
            // Only the root cgroup has no such file.
            let is_root = !group.parent.join("cgroup.type").exists();
            if !is_root && !has_only(&group.parent, ours) {
                return Err(Errno::EBUSY);
            }
        }
        Ok(())
    }
}

/// The nearest cgroup that can give its children the controllers.
fn choose_on_v2(mounted: &Mounted, name: &str, limits: &Limits, ours: &[Pid]) -> Result<v2::Group> {
    let current = &mounted.current;
    let available = words(&current.join("cgroup.controllers"))?;
    // Those of the limits are needed, the others would make the report complete.
    let needed = limits.controllers();
    let wanted = |it: &&str| needed.contains(it) || available.iter().any(|name| name == it);
    let controllers: Vec<_> = v2::CONTROLLERS.into_iter().filter(wanted).collect();

    let is_ready = |dir: &&Path| {
        is_delegated(dir) && not_enabled(dir, &controllers).is_ok_and(|missing| missing.is_empty())
    };
    let unavailable = controllers.iter().find(|it| !available.iter().any(|name| name == **it));
    let can_enable = is_delegated(current) && has_only(current, ours) && unavailable.is_none();
    // Not outside of another run's cgroup: its limits would be left behind.
    let top = current.ancestors().find(|dir| is_named_as_run(dir));
    let top = top.unwrap_or(&mounted.mount_point);
    let mut places = current.ancestors().take_while(|dir| dir.starts_with(top));
    let parent = match (can_enable, places.find(is_ready)) {
        (true, _) => current,
        (false, Some(place)) => place,
        (false, None) => match unavailable {
            Some(controller) => return Err(no_controller(controller)),
            // There the kernel will say what is in the way.
            None => current,
        },
    };
    Ok(v2::Group { parent: parent.to_owned(), dir: parent.join(name), controllers })
}

/// The current cgroup in each hierarchy that has one of the controllers.
fn choose_on_v1(hierarchies: &[Hierarchy], name: &str, limits: &Limits) -> Result<v1::Group> {
    let mut dirs: Vec<PathBuf> = Vec::new();
    let needed = limits.controllers();
    for controller in v1::CONTROLLERS {
        let found = hierarchies.iter().find(|it| it.version == Version::V1 && has(it, controller));
        match found.and_then(|it| it.mounted.as_ref()) {
            // cpu and cpuacct are often mounted together.
            Some(mounted) if !dirs.contains(&mounted.current.join(name)) => {
                dirs.push(mounted.current.join(name));
            }
            None if needed.contains(&controller) => return Err(no_controller(controller)),
            _ => {}
        }
    }
    if dirs.is_empty() { Err(no_controller("pids")) } else { Ok(v1::Group { dirs }) }
}

fn no_controller(controller: &str) -> anyhow::Error {
    let error = anyhow::Error::from(Errno::ENODEV);
    error.context(format!("/proc/self/cgroup: no {controller} controller here"))
}

fn has(hierarchy: &Hierarchy, controller: &str) -> bool {
    hierarchy.controllers.iter().any(|it| it == controller)
}

/// Whether a cgroup has no other processes than these.
fn has_only(dir: &Path, pids: &[Pid]) -> bool {
    read(&dir.join("cgroup.procs")).is_ok_and(|procs| contains_only(&procs, pids))
}
