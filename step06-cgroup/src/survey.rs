//! Without a command: the cgroups of this process, and what this user may do there.

use std::path::Path;

use anyhow::Result;
use colored::Colorize;
use nix::errno::Errno;
use nix::sys::statfs::{CGROUP2_SUPER_MAGIC, TMPFS_MAGIC, statfs};
use nix::unistd::{AccessFlags, eaccess, geteuid};
use step_support::cgroup::{self, Hierarchy, Mounted, Version, is_delegated, missing, words};
use step_support::{print, printable};

use crate::controllers::missing_controller;
use crate::hints::show_cgroup;
use crate::place::{is_domain, is_root, limiting};
use crate::v2;

/// Where distributions mount cgroups.
const ROOT: &str = "/sys/fs/cgroup";

/// Prints each hierarchy: its controllers, where it is mounted, the cgroup of this process,
/// and what this user may do there.
pub fn survey() -> Result<u8> {
    let hierarchies = cgroup::all()?;
    print(mode(&hierarchies))?;
    if hierarchies.iter().all(|it| it.mounted.is_none()) {
        print(&format!("To see them, {}", show_cgroup(limiting(&hierarchies))))?;
    }
    match statfs(ROOT).map(|it| it.filesystem_type()) {
        Ok(TMPFS_MAGIC) => {
            print(&format!("{ROOT} itself is a tmpfs: a directory made there is no cgroup."))?
        }
        Ok(CGROUP2_SUPER_MAGIC) if is_root(Path::new(ROOT)) => {
            print(&format!("{ROOT} is the root of the v2 hierarchy."))?
        }
        Ok(CGROUP2_SUPER_MAGIC) => {
            print(&format!("{ROOT} is a cgroup below the root of the v2 hierarchy."))?
        }
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
        let limits = limiting(&hierarchies).is_some_and(|it| it.version == Version::V2);
        print_v2(mounted, limits)?;
    }
    Ok(0)
}

/// Prints what this process's cgroup on v2 has, and why it lacks controllers if its
/// hierarchy is the one that `limits`.
fn print_v2(mounted: &Mounted, limits: bool) -> Result<()> {
    let list = |file| words(&mounted.current.join(file)).unwrap_or_default().join(" ");
    let or_none = |list: String| if list.is_empty() { "none".to_owned() } else { list };
    print(&format!("\nIn {}:", printable(&mounted.current)))?;
    print(&format!("  controllers here            {}", or_none(list("cgroup.controllers"))))?;
    print(&format!("  enabled for its children    {}", or_none(list("cgroup.subtree_control"))))?;
    if !is_domain(&mounted.current) {
        let kind = list("cgroup.type");
        return print(&format!("  its type                    {kind}: no group can be below it"));
    }
    let missing = missing(list("cgroup.controllers").as_bytes(), &v2::CONTROLLERS);
    for controller in missing.into_iter().filter(|_| limits) {
        let why = missing_controller(controller, Some(mounted));
        print(&format!("  {:<26}  {why}", format!("no {controller}")))?;
    }
    Ok(())
}

/// Which versions of cgroups are in use.
fn mode(hierarchies: &[Hierarchy]) -> &'static str {
    let mounted =
        |version| hierarchies.iter().any(|it| it.version == version && it.mounted.is_some());
    match (mounted(Version::V1), mounted(Version::V2)) {
        (false, true) => "This machine runs cgroups v2: one hierarchy for all controllers.",
        (true, false) => "This machine runs cgroups v1: a hierarchy for each kind of controller.",
        (true, true) => "This machine runs cgroups hybrid: v1 hierarchies beside the one of v2.",
        (false, false) if hierarchies.iter().any(|it| it.mount_point.is_some()) => {
            "No mounted cgroup hierarchy shows the cgroup of this process."
        }
        (false, false) => "No cgroup hierarchy is mounted here.",
    }
}

fn row(hierarchy: &Hierarchy) -> [String; 4] {
    let Hierarchy { version, controllers, path, mount_point, mounted } = hierarchy;
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
    let permissions = match (mount_point, mounted) {
        (_, Some(it)) => permissions(&it.current),
        (Some(_), None) => "nothing: this cgroup is not visible there",
        (None, None) => "nothing: it is not mounted here",
    };
    let mount_point = mount_point.as_ref().map_or("-".to_owned(), printable);
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
