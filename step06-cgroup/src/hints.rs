//! What this reader can do, on this machine, about a group that could not be created.

use std::fs;
use std::path::Path;

use anyhow::Error;
use nix::errno::Errno;
use nix::unistd::geteuid;
use step_support::cgroup::{Hierarchy, Version, memberships};
use step_support::error::{errno_of, own_hints, with_hint};
use step_support::output::program_name;
use step_support::{printable, refusal};

use crate::realtime;

/// Docker's option, and what it costs.
const PRIVILEGED: &str = "in Docker, run the container with --privileged (that removes most of \
     what protects the host from the container)";

/// An error with a hint of its own.
pub fn explained(errno: Errno, cause: String, hint: String) -> Error {
    with_hint(Error::from(errno).context(cause), hint)
}

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
    let systemd = systemd_run(is_root);
    Some(match errno {
        Errno::EOPNOTSUPP => match systemd {
            Some(systemd) => format!("{THREADED}; systemd starts the step in another: {systemd}"),
            None => format!("{THREADED}; start the step in another: echo $$ > DIR/cgroup.procs"),
        },
        Errno::EACCES | Errno::EPERM => {
            format!("this cgroup is not delegated to you; {}", who_may(is_root))
        }
        Errno::EROFS if is_root && !refusal::is_host_root() => {
            format!("cgroups are mounted read-only here; {}", who_may(is_root))
        }
        Errno::EROFS => format!("cgroups are mounted read-only here; {PRIVILEGED}"),
        Errno::EAGAIN => {
            "a limit of cgroups is reached; check in those above: cgroup.max.descendants and \
             cgroup.max.depth"
                .to_owned()
        }
        Errno::ENOSPC => "too many cgroups; check: cat /proc/cgroups".to_owned(),
        // Without /proc that is the hint, which every error gets.
        Errno::ENOENT if !Path::new("/proc/self").exists() => return None,
        // With the mount option nsdelegate, no process can be moved there.
        Errno::ENOENT if is_outside_namespace() => leave_namespace(),
        Errno::ENOENT | Errno::ENODEV => {
            "step06-cgroup without arguments shows which controllers there are".to_owned()
        }
        _ => return None,
    })
}

/// Adds a hint to the error of enabling controllers for the children of `parent`.
pub fn explain_enable(error: Error, parent: &Path, controllers: &[&str]) -> Error {
    let hint = match errno_of(&error) {
        Some(Errno::EBUSY) => Some(enable_with_processes(controllers, geteuid().is_root())),
        Some(Errno::EINVAL) if controllers.contains(&"cpu") => realtime::in_the_way(parent),
        _ => None,
    };
    match hint {
        Some(hint) => with_hint(error, hint),
        None => error,
    }
}

/// Adds a hint to the error of writing a limit to a file.
pub fn explain_limit(error: Error, file: &Path) -> Error {
    match (errno_of(&error), smaller_quota(file)) {
        (Some(Errno::EINVAL), Some(above)) => with_hint(
            error,
            format!("on v1 a cgroup may have no more CPU time than one above it: {above}"),
        ),
        _ => error,
    }
}

/// The quota of the nearest cgroup above that has one (v1), if `file` is a quota.
fn smaller_quota(file: &Path) -> Option<String> {
    let name = file.file_name().filter(|name| *name == "cpu.cfs_quota_us")?;
    let quotas = file.parent()?.ancestors().skip(1).map(|dir| dir.join(name));
    let mut limits = quotas.filter_map(|it| Some((fs::read_to_string(&it).ok()?, it)));
    let (quota, file) = limits.find(|(quota, _)| quota.trim() != "-1")?;
    Some(format!("{} is {}", printable(file), quota.trim()))
}

/// What starts the program that gets a hint: steps that use this one get hints, too.
pub fn command() -> String {
    format!("target/debug/{} ...", program_name())
}

/// As whom, or where, the step may create cgroups.
fn who_may(is_root: bool) -> String {
    let by_root = refusal::as_root(&command());
    match systemd_run(is_root) {
        _ if is_root && !refusal::is_host_root() => format!(
            "root of a user namespace (a rootless container has one) is not root of the machine: \
             {by_root}"
        ),
        _ if is_root => refusal::root_may_not_write().unwrap_or_else(|| PRIVILEGED.to_owned()),
        Some(systemd) => format!("systemd delegates one: {systemd}; or be root: {by_root}"),
        None => format!("root may use it: {by_root}"),
    }
}

/// Why no group can be below a cgroup whose `cgroup.type` is not "domain".
const THREADED: &str = "this cgroup is in thread mode (cgroups(7)), and no group of processes can \
     be below it";

/// The command that starts the step in a cgroup of its own, where systemd runs on v2.
pub fn systemd_run(is_root: bool) -> Option<String> {
    let user = if is_root { "" } else { "--user " };
    let has_systemd = Path::new("/sys/fs/cgroup/cgroup.controllers").exists()
        && Path::new("/run/systemd/system").exists();
    has_systemd.then(|| format!("systemd-run {user}--scope -p Delegate=yes {}", command()))
}

/// What to do where the current cgroup has other processes and so cannot enable controllers.
pub fn enable_with_processes(controllers: &[&str], is_root: bool) -> String {
    let rule = "a cgroup with processes cannot enable controllers for its children";
    match systemd_run(is_root) {
        Some(systemd) => {
            format!("{rule}; systemd starts the step in a cgroup of its own: {systemd}")
        }
        None => format!(
            "{rule}: move its processes to a child (mkdir, cgroup.procs), then write \"+{}\" to \
             its cgroup.subtree_control",
            controllers.join(" +")
        ),
    }
}

/// What to do about a cgroup namespace whose root is not above our cgroup.
fn leave_namespace() -> String {
    format!(
        "this process is outside of the root of its cgroup namespace; enter that of PID 1: sudo \
         nsenter --cgroup=/proc/1/ns/cgroup {}",
        command()
    )
}

fn is_outside_namespace() -> bool {
    let found = memberships(&fs::read("/proc/self/cgroup").unwrap_or_default());
    found.iter().any(|it| it.version == Version::V2 && it.path.starts_with("/.."))
}

/// How to make the cgroup of this process visible. A new mount begins at the root of our
/// cgroup namespace.
pub fn show_cgroup(hierarchy: Option<&Hierarchy>) -> String {
    match hierarchy {
        Some(it) if it.path.starts_with("/..") => leave_namespace(),
        Some(it) if it.version == Version::V1 => {
            format!("as root: mount -t cgroup -o {} cgroup /mnt", it.controllers.join(","))
        }
        _ => {
            let usual = "/sys/fs/cgroup";
            let dir = if Path::new(usual).is_dir() { usual } else { "/mnt" };
            // All mounts have the options of the last one, so these are those of systemd.
            format!("as root: mount -t cgroup2 -o nsdelegate,memory_recursiveprot cgroup2 {dir}")
        }
    }
}
