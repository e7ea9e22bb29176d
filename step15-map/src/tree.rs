//! The map as a tree: below each user namespace what it owns.

use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use colored::Colorize;
use step_support::namespace::link;
use step_support::printable;

use crate::{Id, Map, Namespace};

/// One line of the tree: its branches, the namespace, and what keeps it alive.
struct Row {
    branches: String,
    id: Id,
    held: String,
}

/// The tree, what is not in it, and how many namespaces are kept alive by what.
pub fn text(map: &Map, unseen: &[String]) -> String {
    let mut rows = Vec::new();
    // The owner of the others cannot be seen, or is above all others and has none itself.
    let roots = map.0.iter().filter(|(_, it)| it.owner.is_none()).map(|(id, _)| *id);
    for root in sorted(roots) {
        add_rows(map, root, "", "", &mut rows);
    }
    let width = |row: &Row| row.branches.chars().count() + row.id.to_string().len();
    let column = rows.iter().map(width).max().unwrap_or_default() + 2;
    let mut text = String::new();
    for row in &rows {
        let gap = " ".repeat(column - width(row));
        let id = match map.0[&row.id].processes.is_empty() {
            true => row.id.to_string().yellow(),
            false => row.id.to_string().normal(),
        };
        let _ = writeln!(text, "{}{id}{gap}{}", row.branches, row.held);
    }
    text.push_str("\nNot in this tree:\n");
    for reason in unseen {
        let _ = writeln!(text, "- {reason}");
    }
    text + "\n" + &summary(map)
}

/// Adds a namespace and, in lines below it, all that it owns.
fn add_rows(map: &Map, id: Id, branch: &str, indent: &str, rows: &mut Vec<Row>) {
    rows.push(Row { branches: branch.to_owned(), id, held: held(id, &map.0[&id]) });
    // A PID namespace can also be the parent of some that it does not own.
    let below = map.0[&id].below.iter().copied();
    let owned = sorted(below.filter(|it| map.0[it].owner == Some(id)));
    for (index, &it) in owned.iter().enumerate() {
        let (fork, next) =
            if index + 1 < owned.len() { ("├─ ", "│  ") } else { ("└─ ", "   ") };
        add_rows(map, it, &format!("{indent}{fork}"), &format!("{indent}{next}"), rows);
    }
}

/// User namespaces come last, since they have lines below.
fn sorted(ids: impl Iterator<Item = Id>) -> Vec<Id> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_by_key(|id| (id.kind == "user", *id));
    ids
}

/// What keeps a namespace alive, in words.
fn held(id: Id, namespace: &Namespace) -> String {
    let Namespace { processes, for_children, descriptors, mounts, below, .. } = namespace;
    let mut reasons = Vec::new();
    if let Some(&pid) = processes.first() {
        reasons.push(format!("process {}{}", named(pid), more(processes.len())));
    }
    if let Some(&pid) = for_children.first() {
        let more = more(for_children.len());
        reasons.push(format!("{}_for_children of {}{more}", id.kind, named(pid)));
    }
    if let Some(&(pid, number)) = descriptors.first() {
        let more = more(descriptors.len());
        reasons.push(format!("descriptor {number} of {}{more}", named(pid)));
    }
    if let Some((place, point)) = mounts.values().next() {
        let elsewhere = match link("self", "mnt").is_ok_and(|own| own == place.to_string()) {
            true => String::new(),
            false => format!(" in {place}"),
        };
        let more = more(mounts.len());
        reasons.push(format!("bind mount {}{elsewhere}{more}", printable(point)));
    }
    match below.len() {
        _ if !reasons.is_empty() => {}
        0 => reasons.push("nothing in /proc leads to it".to_owned()),
        1 => reasons.push("1 namespace below it".to_owned()),
        count => reasons.push(format!("{count} namespaces below it")),
    }
    reasons.join("; ") + &above(id, namespace)
}

/// What the place in the tree does not tell about the namespaces above.
fn above(id: Id, namespace: &Namespace) -> String {
    match (namespace.parent, namespace.owner) {
        (Some(parent), _) => format!("; its parent is {parent}"),
        (None, None) if id.kind != "user" => "; its owner cannot be seen from here".to_owned(),
        _ => String::new(),
    }
}

/// A process by its PID and name.
fn named(pid: u32) -> String {
    let name = fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
    format!("{pid} ({})", printable(OsStr::from_bytes(name.trim_ascii_end())))
}

fn more(count: usize) -> String {
    if count > 1 { format!(" and {} more", count - 1) } else { String::new() }
}

/// How many namespaces there are, each counted once, by what is easiest to see.
fn summary(map: &Map) -> String {
    let (mut with_process, mut mounted, mut open, mut for_children) = (0, 0, 0, 0);
    let (mut below, mut unknown) = (0, 0);
    for namespace in map.0.values() {
        let count = match namespace {
            it if !it.processes.is_empty() => &mut with_process,
            it if !it.mounts.is_empty() => &mut mounted,
            it if !it.descriptors.is_empty() => &mut open,
            it if !it.for_children.is_empty() => &mut for_children,
            it if !it.below.is_empty() => &mut below,
            _ => &mut unknown,
        };
        *count += 1;
    }
    let without = [
        (mounted, "by a bind mount"),
        (open, "by a descriptor"),
        (for_children, "for children"),
        (below, "by namespaces below"),
        (unknown, "by what /proc does not show"),
    ];
    let without = without.iter().filter(|(count, _)| *count > 0);
    let without: String = without.map(|(count, how)| format!(", {count} kept {how}")).collect();
    format!("{} namespaces: {with_process} with processes{without}", map.0.len())
}
