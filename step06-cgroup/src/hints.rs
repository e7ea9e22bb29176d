//! What this reader can do, on this machine, about a group that could not be created.

use std::path::Path;

use anyhow::Error;
use nix::errno::Errno;
use nix::unistd::geteuid;
use step_support::error::{errno_of, own_hints, with_hint};

/// Docker's option, and what it costs.
const PRIVILEGED: &str = "in Docker, run the container with --privileged (that removes most of \
     what protects the host from the container)";

/// Adds a hint to an error of a cgroup operation. Other calls bring their own.
pub fn explain(error: Error) -> Error {
    if !own_hints(&error).is_empty() {
        return error;
    }
    match errno_of(&error).and_then(|errno| hint(errno, geteuid().is_root())) {
        Some(hint) => with_hint(error, hint),
        None => error,
    }
}

/// The hint for an errno of a cgroup operation, for root or for an ordinary user.
pub fn hint(errno: Errno, is_root: bool) -> Option<String> {
    let has_systemd = Path::new("/sys/fs/cgroup/cgroup.controllers").exists()
        && Path::new("/run/systemd/system").exists();
    let user = if is_root { "" } else { "--user " };
    let systemd =
        format!("systemd-run {user}--scope -p Delegate=yes target/debug/step06-cgroup ...");
    Some(match errno {
        Errno::EBUSY if has_systemd => format!(
            "a cgroup with processes cannot enable controllers for its children; systemd starts \
             the step in a cgroup of its own: {systemd}"
        ),
        Errno::EBUSY => "a cgroup with processes cannot enable controllers for its children: move \
             its processes to a child (mkdir, cgroup.procs), then write \"+cpu +memory +pids\" \
             to its cgroup.subtree_control"
            .to_owned(),
        Errno::EACCES | Errno::EPERM if is_root => {
            format!("this cgroup is not delegated to you; {PRIVILEGED}")
        }
        Errno::EACCES | Errno::EPERM if has_systemd => format!(
            "this cgroup is not delegated to you; systemd delegates one: {systemd}; or be root: \
             sudo target/debug/step06-cgroup ..."
        ),
        Errno::EACCES | Errno::EPERM => {
            "this cgroup is not delegated to you; as root: sudo target/debug/step06-cgroup ..."
                .to_owned()
        }
        Errno::EROFS => format!("cgroups are mounted read-only here; {PRIVILEGED}"),
        Errno::EAGAIN => {
            "a limit is reached; check: ulimit -u, and in the cgroups above pids.max, \
             cgroup.max.descendants and cgroup.max.depth"
                .to_owned()
        }
        Errno::ENOSPC => "too many cgroups; check: cat /proc/cgroups".to_owned(),
        // Without /proc that is the hint, which every error gets.
        Errno::ENOENT if !Path::new("/proc/self").exists() => return None,
        Errno::ENOENT | Errno::ENODEV => {
            "step06-cgroup without arguments shows which controllers there are".to_owned()
        }
        _ => return None,
    })
}
