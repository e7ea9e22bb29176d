//! Facts about the kernel and the environment.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::utsname::uname;
use step_support::cgroup::{self, Version};
use step_support::printable;

/// The settings that decide who may create namespaces.
const SETTINGS: [&str; 4] = [
    "user.max_user_namespaces",
    "user.max_uts_namespaces",
    "kernel.unprivileged_userns_clone",
    "kernel.apparmor_restrict_unprivileged_userns",
];

/// All facts, as name and value.
pub fn all() -> Result<Vec<(&'static str, String)>> {
    let release = printable(uname().context("uname()")?.release());
    let wsl = if release.contains("microsoft") { " (WSL)" } else { "" };
    let mut facts = vec![
        ("kernel", format!("{release}{wsl}")),
        ("namespaces", namespaces()),
        ("container", container().into()),
        ("clone3", clone3().map_or_else(|errno| errno.to_string(), |()| "yes".to_owned())),
        ("cgroup", cgroup_mode().into()),
    ];
    for setting in SETTINGS {
        let value = fs::read_to_string(format!("/proc/sys/{}", setting.replace('.', "/")));
        facts.push((setting, value.map_or("does not exist".into(), |it| printable(it.trim()))));
    }
    Ok(facts)
}

/// The kinds of namespace that this kernel has.
fn namespaces() -> String {
    let entries = fs::read_dir("/proc/self/ns").into_iter().flatten().flatten();
    let mut kinds: Vec<_> = entries.map(|it| printable(it.file_name())).collect();
    kinds.retain(|kind| !kind.contains("_for_"));
    kinds.sort();
    if kinds.is_empty() { "no /proc".into() } else { kinds.join(" ") }
}

fn container() -> &'static str {
    let exists = |file: &str| Path::new(file).exists();
    match (exists("/.dockerenv"), exists("/run/.containerenv")) {
        (true, _) => "Docker",
        (_, true) => "Podman",
        _ => "none detected",
    }
}

/// Which versions of cgroups are mounted.
fn cgroup_mode() -> &'static str {
    let all = cgroup::all().unwrap_or_default();
    let has = |version| all.iter().any(|it| it.version == version && it.mounted.is_some());
    match (has(Version::V1), has(Version::V2)) {
        (true, true) => "hybrid: v1 has the controllers",
        (true, false) => "v1",
        (false, true) => "v2",
        (false, false) => "not mounted",
    }
}

/// Whether the kernel, or a filter before it, knows `clone3(2)`: a size of 0 creates nothing.
fn clone3() -> nix::Result<()> {
    // SAFETY: the kernel refuses the size before it reads anything.
    match Errno::result(unsafe { libc::syscall(libc::SYS_clone3, std::ptr::null::<u8>(), 0) }) {
        Err(Errno::EINVAL) => Ok(()),
        Err(errno) => Err(errno),
        Ok(_) => Err(Errno::EINVAL),
    }
}
