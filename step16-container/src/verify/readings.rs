//! What the kernel says of the container.

use std::fs;

use step_support::namespace::link;

use super::witness::Witness;

/// The numbers of a namespace and of the one outside.
pub fn namespace(kind: &str, witness: &Witness) -> String {
    let inside = link("self", kind).unwrap_or_else(|error| error.to_string());
    let outside = witness.namespaces.iter().find(|(name, _)| name == kind);
    let number = |link: &str| {
        let number = link.trim_end_matches(']').rsplit('[').next();
        number.unwrap_or_default().to_owned()
    };
    match outside {
        Some((_, outside)) => format!("{}, outside {}", number(&inside), number(outside)),
        None => "this kernel has none".to_owned(),
    }
}

/// A field of `/proc/self/status`.
pub fn field(name: &str) -> String {
    let text = fs::read("/proc/self/status").unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().find(|line| line.split(':').next() == Some(name));
    line.unwrap_or("unknown").replace('\t', " ")
}

/// The cgroup of this process, as it is named inside.
pub fn limits() -> String {
    let text = fs::read("/proc/self/cgroup").unwrap_or_default();
    format!("in {} hierarchies", String::from_utf8_lossy(&text).lines().count())
}

/// How many mounts can be reached.
pub fn mounts() -> String {
    let text = fs::read("/proc/self/mountinfo").unwrap_or_default();
    format!("{} mounts", String::from_utf8_lossy(&text).lines().count())
}

/// What the mount of the root directory allows.
pub fn root_mount() -> String {
    let text = fs::read("/proc/self/mountinfo").unwrap_or_default();
    let lines: Vec<_> = step_support::mountinfo::lines(&text).collect();
    let root = lines.iter().rfind(|line| line.mount_point.as_os_str() == "/");
    root.map_or("no mount".to_owned(), |it| String::from_utf8_lossy(it.options).into_owned())
}

/// What is covered in `/proc`.
pub fn masks() -> String {
    let text = fs::read("/proc/self/mountinfo").unwrap_or_default();
    let covered = step_support::mountinfo::lines(&text).filter(|line| {
        line.mount_point.starts_with("/proc") && line.mount_point.as_os_str() != "/proc"
    });
    format!("{} places of /proc are covered", covered.count())
}

/// The descriptors of this process.
pub fn descriptors() -> String {
    let numbers = super::files::descriptors();
    let numbers: Vec<_> = numbers.iter().map(i32::to_string).collect();
    numbers.join(" ")
}

/// The user and the groups.
pub fn groups() -> String {
    field("Groups")
}

/// What PID 1 is.
pub fn pid_1() -> String {
    let name = fs::read("/proc/1/comm").unwrap_or_default();
    format!("PID 1 is {}", String::from_utf8_lossy(&name).trim())
}
