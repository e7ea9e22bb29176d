//! The settings of this machine that keep namespaces and processes from being created, and
//! the commands that change them.

use std::fs;
use std::path::Path;

use nix::sched::CloneFlags;
use nix::unistd::geteuid;

use super::state::{self, CAP_SYS_ADMIN};
use crate::cgroup;
use crate::namespace::KINDS;

/// Which limit of namespaces was reached (ENOSPC).
pub fn limits(flags: CloneFlags) -> Vec<String> {
    let mut hints = Vec::new();
    for kind in KINDS.iter().filter(|kind| flags.contains(kind.flag)) {
        let setting = format!("user.max_{}_namespaces", kind.name);
        if is_set(&setting, "0") && kind.flag == CloneFlags::CLONE_NEWUSER {
            hints.push(blocking(&setting, "0", "15000"));
        } else if is_set(&setting, "0") {
            hints.push(format!("{setting}=0 allows none; raise it: {}", sysctl(&setting, "15000")));
        }
    }
    if hints.is_empty() {
        hints.push(reached(flags));
    }
    hints
}

/// A limit that is not 0, or is not to be seen here.
fn reached(flags: CloneFlags) -> String {
    let check = "check: grep . /proc/sys/user/max_*_namespaces";
    // The PIDs of this process, in all PID namespaces that /proc knows.
    let levels = state::status("NSpid:").map_or(0, |pids| pids.split_whitespace().count());
    if flags.contains(CloneFlags::CLONE_NEWPID) && levels > MAX_LEVELS {
        format!("PID namespaces can be nested {MAX_LEVELS} levels deep, and this is the last")
    } else if state::in_initial_user_namespace() {
        format!("limit of namespaces reached; {check}")
    } else {
        format!(
            "this process is in a user namespace: the limits of those around it count too, and it \
             may be the last of {MAX_LEVELS} levels; outside of it, {check}"
        )
    }
}

/// How deep user namespaces can be nested, and PID namespaces.
const MAX_LEVELS: usize = 32;

/// A setting that keeps users without privileges out of user namespaces: its name, the value
/// that blocks, and one that allows.
type Setting = (&'static str, &'static str, &'static str);
const UNPRIVILEGED_USERNS_CLONE: Setting = ("kernel.unprivileged_userns_clone", "0", "1");
const APPARMOR: Setting = ("kernel.apparmor_restrict_unprivileged_userns", "1", "0");
const MAX_USER_NAMESPACES: Setting = ("user.max_user_namespaces", "0", "15000");

/// What on this machine keeps this user from creating namespaces, each with a way around it.
pub fn restrictions() -> Vec<String> {
    let privileged = state::has_capability(CAP_SYS_ADMIN) && state::in_initial_user_namespace();
    let settings = match privileged {
        true => &[MAX_USER_NAMESPACES][..],
        false => &[MAX_USER_NAMESPACES, UNPRIVILEGED_USERNS_CLONE, APPARMOR],
    };
    settings.iter().filter_map(blocking_now).chain(super::seccomp_filter()).collect()
}

/// Whether AppArmor takes the capabilities in a new user namespace, and what stops that.
pub fn apparmor() -> Option<String> {
    if super::is_host_root() { None } else { blocking_now(&APPARMOR) }
}

fn blocking_now((setting, value, allowing): &Setting) -> Option<String> {
    is_set(setting, value).then(|| blocking(setting, value, allowing))
}

fn is_set(setting: &str, value: &str) -> bool {
    fs::read_to_string(file_of(setting)).is_ok_and(|text| text.trim() == value)
}

fn blocking(setting: &str, value: &str, allowing: &str) -> String {
    format!(
        "{setting}={value} blocks this; to allow it system-wide (lowers security): {}",
        sysctl(setting, allowing)
    )
}

/// The command that sets it. Root of a user namespace may set its own limits of namespaces,
/// and nothing else. A container's `/proc/sys` is read-only.
fn sysctl(setting: &str, value: &str) -> String {
    let own = setting.starts_with("user.");
    let on_host = state::is_read_only(&file_of(setting))
        || !own && geteuid().is_root() && !super::is_host_root();
    let command = format!("sysctl {setting}={value}");
    match (on_host, own && geteuid().is_root()) {
        (true, _) => format!("sudo {command} (on the host)"),
        (false, true) => command,
        (false, false) => super::as_root(&command),
    }
}

fn file_of(setting: &str) -> String {
    format!("/proc/sys/{}", setting.replace('.', "/"))
}

/// A cgroup of this process, or one above it, that may have no more processes.
pub fn full_cgroup() -> Option<String> {
    let hierarchies = cgroup::all().ok()?.into_iter();
    let mut dirs = hierarchies.filter_map(|it| it.mounted).flat_map(|mounted| {
        let above: Vec<_> = mounted.current.ancestors().map(Path::to_owned).collect();
        above.into_iter().take_while(move |dir| dir.starts_with(&mounted.mount_point))
    });
    dirs.find_map(|dir| {
        let number = |file| fs::read_to_string(dir.join(file)).ok()?.trim().parse::<u64>().ok();
        let (current, max) = (number("pids.current")?, number("pids.max")?);
        let file = dir.join("pids.max");
        (current >= max).then(|| {
            format!(
                "the cgroup may have no more processes: {} is {max}; end some or raise it",
                file.display()
            )
        })
    })
}
