//! Without a command: the cgroups of this process, and what this user may do there.

use std::path::Path;

use anyhow::Result;
use colored::Colorize;
use nix::errno::Errno;
use nix::sys::statfs::{CGROUP2_SUPER_MAGIC, TMPFS_MAGIC, statfs};
use nix::unistd::{AccessFlags, eaccess, geteuid};
use step_support::cgroup::{self, Hierarchy, Version, is_delegated, words};
use step_support::{print, printable};

/// Where distributions mount cgroups.
const ROOT: &str = "/sys/fs/cgroup";

/// Prints each hierarchy: its controllers, where it is mounted, the cgroup of this process,
/// and what this user may do there.
pub fn survey() -> Result<u8> {
    let hierarchies = cgroup::all()?;
    print(mode(&hierarchies))?;
    match statfs(ROOT).map(|it| it.filesystem_type()) {
        Ok(TMPFS_MAGIC) => {
            print(&format!("{ROOT} itself is a tmpfs: a directory made there is no cgroup."))?
        }
        Ok(CGROUP2_SUPER_MAGIC) => print(&format!("{ROOT} is the root of the v2 hierarchy."))?,
        _ => {}
    }
    print("")?;
    let head = ["CONTROLLERS", "MOUNTED AT", "CGROUP OF THIS PROCESS"].map(str::to_owned);
    let [controllers, mount_point, path] = head;
    let mut rows = vec![[controllers, mount_point, path, format!("UID {} MAY", geteuid())]];
    rows.extend(hierarchies.iter().map(row));
    print_table(&rows)?;

    let v2 = hierarchies.iter().find(|it| it.version == Version::V2);
    if let Some(mounted) = v2.and_then(|it| it.mounted.as_ref()) {
        let list = |file| match &words(&mounted.current.join(file)).unwrap_or_default()[..] {
            [] => "none".to_owned(),
            words => words.join(" "),
        };
        print(&format!("\nIn {}:", printable(&mounted.current)))?;
        print(&format!("  controllers here            {}", list("cgroup.controllers")))?;
        print(&format!("  enabled for its children    {}", list("cgroup.subtree_control")))?;
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
    let kind = match (version, mounted) {
        (Version::V1, _) => format!("v1 {}", controllers.join(",")),
        (Version::V2, Some(it)) => {
            format!(
                "v2 {}",
                words(&it.mount_point.join("cgroup.controllers")).unwrap_or_default().join(",")
            )
        }
        (Version::V2, None) => "v2".to_owned(),
    };
    let (mount_point, permissions) = match mounted {
        Some(it) => (printable(&it.mount_point), permissions(&it.current)),
        None => ("-".to_owned(), "nothing: it is not mounted here"),
    };
    [printable(kind.trim_end()), mount_point, printable(path), permissions.to_owned()]
}

/// What this user may do in a cgroup (`faccessat(2)`).
fn permissions(dir: &Path) -> &'static str {
    match eaccess(dir, AccessFlags::W_OK) {
        Ok(()) if is_delegated(dir) => "create cgroups, move processes",
        Ok(()) => "create cgroups",
        Err(Errno::EROFS) => "look: it is mounted read-only",
        Err(_) => "look: it is not delegated",
    }
}

fn print_table(rows: &[[String; 4]]) -> Result<()> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let [a, b, c] = [0, 1, 2].map(|column| width(column).unwrap_or_default());
    for (index, [kind, mount_point, path, permissions]) in rows.iter().enumerate() {
        let kind = format!("{kind:a$}");
        let kind = if index == 0 { kind.normal() } else { kind.green() };
        print(&format!("{kind}  {mount_point:b$}  {path:c$}  {permissions}"))?;
    }
    Ok(())
}
