//! What the kernel says of the container.

use std::fs;
use std::os::unix::fs::MetadataExt;

use step_support::mountinfo::{Line, lines};
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

/// The limit that the process outside has read of the container's cgroup.
pub fn limits(witness: &Witness) -> String {
    match &witness.pids_max {
        Some(number) => format!("pids.max {number}"),
        None => "no limit on processes".to_owned(),
    }
}

/// The file system that the root directory is on.
pub fn root() -> String {
    mount("/", |it| format!("/ is of type {}", String::from_utf8_lossy(it.fs_type)))
}

/// Whether a directory is a mount to which nothing can be written.
pub fn writability(place: &str) -> String {
    mount(place, |it| {
        let first = it.options.split(|&byte| byte == b',').next().unwrap_or_default();
        format!("{place} is mounted {}", String::from_utf8_lossy(first))
    })
}

/// Something of the uppermost mount at this place.
fn mount(place: &str, what: impl Fn(&Line) -> String) -> String {
    let text = fs::read("/proc/self/mountinfo").unwrap_or_default();
    let last = lines(&text).filter(|line| line.mount_point.as_os_str() == place).last();
    last.map_or_else(|| format!("{place} is no mount"), |it| what(&it))
}

/// How many keys can be seen.
pub fn keys() -> String {
    let keys = fs::read("/proc/keys").unwrap_or_default();
    format!("/proc/keys lists {}", String::from_utf8_lossy(&keys).lines().count())
}

/// The descriptors of this process.
pub fn descriptors() -> String {
    let numbers = super::files::descriptors();
    let numbers: Vec<_> = numbers.iter().map(i32::to_string).collect();
    numbers.join(" ")
}

/// Whose files in `/proc` the first process has: of a process that is not dumpable, the real root's.
pub fn owner_of_pid_1() -> String {
    let owner = fs::metadata("/proc/1/fd").map(|it| format!("uid {}", it.uid()));
    format!("/proc/1/fd is of {}", owner.unwrap_or_else(|error| error.to_string()))
}

/// What PID 1 is.
pub fn pid_1() -> String {
    let name = fs::read("/proc/1/comm").unwrap_or_default();
    format!("PID 1 is {}", String::from_utf8_lossy(&name).trim())
}
