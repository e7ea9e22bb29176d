//! Without a command: where this process stands, and what it may do there.

use std::path::Path;

use anyhow::Result;
use colored::Colorize;
use nix::sys::statfs::{CGROUP2_SUPER_MAGIC, TMPFS_MAGIC, statfs};
use nix::unistd::{AccessFlags, eaccess, geteuid};

use crate::cgroupfs::{delegated, words};
use crate::hierarchy::{self, Hierarchy, Version};
use crate::report::{print, printable};

/// Where distributions mount cgroups.
const ROOT: &str = "/sys/fs/cgroup";

/// Prints each hierarchy: its controllers, where it is mounted, the cgroup of this
/// process, and what this user may do there.
pub fn survey() -> Result<u8> {
    let hierarchies = hierarchy::all()?;
    print(mode(&hierarchies))?;
    if let Ok(root) = statfs(ROOT) {
        match root.filesystem_type() {
            TMPFS_MAGIC => {
                print(&format!("{ROOT} itself is a tmpfs: a directory made there is no cgroup."))?
            }
            CGROUP2_SUPER_MAGIC => print(&format!("{ROOT} is the root of the v2 hierarchy."))?,
            _ => {}
        }
    }
    print("")?;
    let mut rows = vec![[
        "CONTROLLERS".to_owned(),
        "MOUNTED AT".to_owned(),
        "CGROUP OF THIS PROCESS".to_owned(),
        format!("UID {} MAY", geteuid()),
    ]];
    rows.extend(hierarchies.iter().map(row));
    print_table(&rows)?;
    if let Some(own) = v2_directory(&hierarchies) {
        print("")?;
        print(&format!("In {}:", printable(own)))?;
        print(&format!("  controllers here            {}", list(own, "cgroup.controllers")))?;
        print(&format!("  enabled for its children    {}", list(own, "cgroup.subtree_control")))?;
    }
    Ok(0)
}

/// Which versions of cgroups are in use.
fn mode(hierarchies: &[Hierarchy]) -> &'static str {
    let mounted =
        |version| hierarchies.iter().any(|it| it.version == version && it.mounted.is_some());
    match (mounted(Version::V1), mounted(Version::V2)) {
        (false, true) => "This machine runs cgroups v2: one hierarchy for all controllers.",
        (true, false) => "This machine runs cgroups v1: a hierarchy for each kind of controller.",
        (true, true) => "This machine runs cgroups hybrid: v1 hierarchies beside the one of v2.",
        (false, false) => "No cgroup hierarchy is mounted here.",
    }
}

fn row(hierarchy: &Hierarchy) -> [String; 4] {
    let Hierarchy { version, controllers, path, mounted } = hierarchy;
    let kind = match version {
        Version::V1 => format!("v1 {}", controllers.join(",")),
        Version::V2 => {
            let here = mounted.as_ref().map(|it| words(&it.point.join("cgroup.controllers")));
            format!("v2 {}", here.unwrap_or_default().join(","))
        }
    };
    let (point, may) = match mounted {
        Some(it) => (printable(&it.point), rights(&it.own)),
        None => ("-".to_owned(), "nothing: it is not mounted here"),
    };
    [printable(kind.trim_end()), point, printable(path), may.to_owned()]
}

/// What this user may do in a cgroup (`faccessat(2)`).
fn rights(dir: &Path) -> &'static str {
    match eaccess(dir, AccessFlags::W_OK) {
        Ok(()) if delegated(dir) => "create cgroups, move processes",
        Ok(()) => "create cgroups",
        Err(nix::errno::Errno::EROFS) => "look: it is mounted read-only",
        Err(_) => "look: it is not delegated",
    }
}

fn v2_directory(hierarchies: &[Hierarchy]) -> Option<&Path> {
    let v2 = hierarchies.iter().find(|it| it.version == Version::V2)?;
    Some(&v2.mounted.as_ref()?.own)
}

fn list(dir: &Path, file: &str) -> String {
    let words = words(&dir.join(file));
    if words.is_empty() { "none".to_owned() } else { words.join(" ") }
}

fn print_table(rows: &[[String; 4]]) -> Result<()> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let [a, b, c] = [0, 1, 2].map(|column| width(column).unwrap_or_default());
    for (at, [kind, point, path, may]) in rows.iter().enumerate() {
        let kind = format!("{kind:a$}");
        let kind = if at == 0 { kind.normal() } else { kind.green() };
        print(&format!("{kind}  {point:b$}  {path:c$}  {may}"))?;
    }
    Ok(())
}
