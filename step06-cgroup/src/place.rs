//! Where the group can be. Four rules of v2 decide that:
//!
//! - A cgroup has the controllers that its parent enables in `cgroup.subtree_control`.
//! - A cgroup that enables any may not have processes of its own (EBUSY), because they
//!   would compete with its children. Only the root cgroup is exempt.
//! - With controllers that work on threads, cpu and pids, alone, the kernel does not refuse
//!   that. It makes the cgroup "domain threaded" instead, and no group of processes can be
//!   below it (EOPNOTSUPP). The same is true of a "threaded" one.
//! - A user may work in a cgroup if its directory, `cgroup.procs` and
//!   `cgroup.subtree_control` belong to that user: it is delegated.

use std::fs;
use std::path::{Path, PathBuf};
use std::slice;

use anyhow::Result;
use nix::unistd::{AccessFlags, Pid, eaccess};
use step_support::cgroup::{Hierarchy, Mounted, Version, contains_only, is_delegated, read, words};

use crate::leftovers::{is_named_as_run, new_name};
use crate::limits::Limits;
use crate::no_place::{has_processes, is_threaded, no_controller, not_shown};
use crate::parent::{self, not_enabled};
use crate::realtime::is_shut_out;
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
    /// ENODEV if no hierarchy that shows our cgroup has a controller that the limits need.
    /// EBUSY or EOPNOTSUPP if the group could only be below a threaded cgroup.
    pub fn choose(hierarchies: &[Hierarchy], limits: &Limits, ours: &[Pid]) -> Result<Place> {
        let name = new_name();
        match limiting(hierarchies) {
            Some(it) if it.version == Version::V1 => {
                choose_on_v1(hierarchies, &name, limits).map(Place::V1)
            }
            v2 => {
                let mounted = v2.and_then(|it| it.mounted.as_ref()).ok_or_else(|| not_shown(v2))?;
                choose_on_v2(mounted, &name, limits, ours).map(Place::V2)
            }
        }
    }

    /// Removes the group and what was changed for it.
    pub fn remove(&self) -> Result<()> {
        match self {
            Place::V2(group) => v2::remove(group),
            Place::V1(group) => v1::remove(group),
        }
    }

    /// Removes what was created of a group before something failed.
    pub fn remove_empty(&self) {
        for dir in self.dirs() {
            let _ = fs::remove_dir(dir);
        }
        if let Place::V2(group) = self {
            parent::undo(&group.parent);
        }
    }

    /// The directories of the group.
    pub fn dirs(&self) -> &[PathBuf] {
        match self {
            Place::V2(group) => slice::from_ref(&group.dir),
            Place::V1(group) => &group.dirs,
        }
    }

    /// Says why the kernel will not let this user create the group, without trying it.
    pub fn check(&self, ours: &[Pid]) -> Result<()> {
        let writable = |path: &Path| eaccess(path, AccessFlags::W_OK);
        for parent in self.dirs().iter().filter_map(|dir| dir.parent()) {
            writable(parent)?;
            writable(&parent.join("cgroup.procs"))?;
        }
        if let Place::V2(group) = self {
            let missing = not_enabled(&group.parent, &group.controllers)?;
            if missing.is_empty() {
                return Ok(());
            }
            writable(&group.parent.join("cgroup.subtree_control"))?;
            if !is_root(&group.parent) && !has_only(&group.parent, ours) {
                return Err(has_processes(&group.parent, &missing));
            }
        }
        Ok(())
    }
}

/// The hierarchy whose controllers limit here: one of v1, if it has one of them.
pub fn limiting(hierarchies: &[Hierarchy]) -> Option<&Hierarchy> {
    let has_any = |it: &&Hierarchy| v1::CONTROLLERS.iter().any(|controller| has(it, controller));
    let v2 = || hierarchies.iter().find(|it| it.version == Version::V2);
    hierarchies.iter().find(has_any).or_else(v2)
}

/// The nearest cgroup that can give its children the controllers.
fn choose_on_v2(mounted: &Mounted, name: &str, limits: &Limits, ours: &[Pid]) -> Result<v2::Group> {
    let current = &mounted.current;
    let available = words(&current.join("cgroup.controllers"))?;
    // Those of the limits are needed, the others would make the report complete.
    let needed = limits.controllers();
    let wanted = |it: &&str| needed.contains(it) || available.iter().any(|name| name == it);
    let controllers: Vec<_> = v2::CONTROLLERS.into_iter().filter(wanted).collect();

    let can_work = |dir: &Path| is_delegated(dir) && is_domain(dir);
    let is_ready = |dir: &&Path| {
        can_work(dir) && not_enabled(dir, &controllers).is_ok_and(|missing| missing.is_empty())
    };
    let unavailable = controllers.iter().find(|it| !available.iter().any(|name| name == **it));
    let can_enable = can_work(current) && has_only(current, ours) && unavailable.is_none();
    // Not outside of another run's cgroup: its limits would be left behind.
    let top = current.ancestors().find(|dir| is_named_as_run(dir));
    let top = top.unwrap_or(&mounted.top);
    let mut places = current.ancestors().take_while(|dir| dir.starts_with(top));
    let parent = match (can_enable, places.find(is_ready)) {
        (true, _) => current,
        (false, Some(place)) => place,
        (false, None) if !is_domain(current) => return Err(is_threaded(current)),
        (false, None) => match unavailable {
            Some(controller) => return Err(no_controller(controller, Some(mounted))),
            None if would_be_threaded(current, &controllers, ours) => {
                return Err(has_processes(current, &controllers));
            }
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
        let is_needed = needed.contains(&controller);
        match found.map(|it| it.mounted.as_ref().ok_or(it)) {
            Some(Ok(mounted)) if !is_needed && is_shut_out(&mounted.current) => {}
            // cpu and cpuacct are often mounted together.
            Some(Ok(mounted)) if !dirs.contains(&mounted.current.join(name)) => {
                dirs.push(mounted.current.join(name));
            }
            Some(Err(it)) if is_needed => return Err(not_shown(Some(it))),
            None if is_needed => return Err(no_controller(controller, None)),
            _ => {}
        }
    }
    if dirs.is_empty() { Err(not_shown(limiting(hierarchies))) } else { Ok(v1::Group { dirs }) }
}

/// Whether enabling the controllers would make a cgroup "domain threaded".
fn would_be_threaded(dir: &Path, controllers: &[&str], ours: &[Pid]) -> bool {
    let only_threads = !controllers.contains(&"memory");
    only_threads && is_delegated(dir) && !is_root(dir) && !has_only(dir, ours)
}

/// Whether the groups below a cgroup can have processes.
pub fn is_domain(dir: &Path) -> bool {
    is_root(dir) || words(&dir.join("cgroup.type")).is_ok_and(|it| it == ["domain"])
}

/// Whether this is the root cgroup: only that has no type.
pub fn is_root(dir: &Path) -> bool {
    !dir.join("cgroup.type").exists()
}

fn has(hierarchy: &Hierarchy, controller: &str) -> bool {
    hierarchy.controllers.iter().any(|it| it == controller)
}

/// Whether a cgroup has no other processes than these.
fn has_only(dir: &Path, pids: &[Pid]) -> bool {
    read(&dir.join("cgroup.procs")).is_ok_and(|procs| contains_only(&procs, pids))
}
