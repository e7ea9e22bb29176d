//! The errors that say why there is no place for a group.

use std::path::Path;

use anyhow::Error;
use nix::errno::Errno;
use nix::unistd::geteuid;
use step_support::cgroup::{Hierarchy, Mounted, Version, words};
use step_support::printable;

use crate::controllers::missing_controller;
use crate::hints::{enable_with_processes, explained, show_cgroup};

/// The error for a hierarchy in which our cgroup is not visible.
pub fn not_shown(hierarchy: Option<&Hierarchy>) -> Error {
    let cause = match hierarchy {
        Some(Hierarchy { mount_point: Some(mount_point), path, .. }) => {
            format!("{} does not show the cgroup {}", printable(mount_point), printable(path))
        }
        Some(it) if it.version == Version::V1 => {
            format!("the v1 hierarchy {} is not mounted", it.controllers.join(","))
        }
        _ => "the v2 hierarchy is not mounted".to_owned(),
    };
    explained(Errno::ENODEV, format!("/proc/self/mountinfo: {cause}"), show_cgroup(hierarchy))
}

/// The error for a controller that is not available.
pub fn no_controller(controller: &str, v2: Option<&Mounted>) -> Error {
    let cause = format!("/proc/self/cgroup: no {controller} controller here");
    explained(Errno::ENODEV, cause, missing_controller(controller, v2))
}

/// The error for a cgroup whose type forbids groups below it.
pub fn is_threaded(dir: &Path) -> Error {
    let file = dir.join("cgroup.type");
    let cause = format!("{}: {}", printable(&file), words(&file).unwrap_or_default().join(" "));
    Error::from(Errno::EOPNOTSUPP).context(cause)
}

/// The error for a cgroup that cannot enable controllers because others are in it.
pub fn has_processes(dir: &Path, controllers: &[&str]) -> Error {
    let cause = format!("{}: there are other processes", printable(dir.join("cgroup.procs")));
    explained(Errno::EBUSY, cause, enable_with_processes(controllers, geteuid().is_root()))
}
