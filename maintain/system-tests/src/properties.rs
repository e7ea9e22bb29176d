//! Properties of the parsers. `tests/parsers.rs` checks them with the inputs of proptest,
//! and `maintain/fuzz` with those of libFuzzer. Each function panics if its property does
//! not hold.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use nix::unistd::Pid;

use step_support::cgroup::{
    Location, Membership, Mount, Version, contains_only, memberships, missing, mounts, value,
};
use step_support::mountinfo::lines;
use step_support::namespace::inode;
use step_support::printable;
use step06_cgroup::limits::{percentage, pids, size};

/// Numbers with a unit: a second implementation, with wider integers, accepts the same
/// texts and finds the same values.
pub fn limits(text: &str) {
    let sizes: &[(&str, u32)] = &[("K", 10), ("M", 20), ("G", 30), ("T", 40), ("", 0)];
    assert_eq!(pids(text).ok(), number(text, &[("", 0)], 1, 1 << 22), "pids {text:?}");
    assert_eq!(size(text).ok(), number(text, sizes, 4096, (1 << 63) - 1), "size {text:?}");
    let percents = &[("%", 0), ("", 0)];
    assert_eq!(percentage(text).ok(), number(text, percents, 1, 1_000_000), "percentage {text:?}");
}

fn number(text: &str, units: &[(&str, u32)], least: u128, most: u128) -> Option<u64> {
    let (digits, shift) =
        units.iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)))?;
    let significant = digits.trim_start_matches('0');
    let digits_only = !digits.is_empty() && digits.chars().all(|it| it.is_ascii_digit());
    if !digits_only || significant.len() > 20 {
        return None;
    }
    let number =
        significant.bytes().fold(0, |number, digit| number * 10 + u128::from(digit - b'0'));
    let number = number << shift;
    (least..=most).contains(&number).then_some(number as u64)
}

/// `/proc/PID/cgroup`: no line depends on another. Writing what was parsed, as the kernel
/// does, and parsing it again gives the same.
pub fn cgroup(text: &[u8]) {
    let found = memberships(text);
    let each = text.split(|&byte| byte == b'\n').flat_map(memberships);
    assert!(found.iter().eq(each.collect::<Vec<_>>().iter()), "lines depend on each other");
    for it in &found {
        assert!(it.path.is_absolute(), "{it:?}");
        assert!(it.version == Version::V2 || !it.controllers.is_empty(), "{it:?}");
    }
    assert_eq!(memberships(&cgroup_text(&found)), found);
}

/// Writes memberships as the kernel does.
pub fn cgroup_text(memberships: &[Membership]) -> Vec<u8> {
    let mut text = Vec::new();
    for Membership { version, controllers, path } in memberships {
        let id = if *version == Version::V2 { 0 } else { 7 };
        text.extend(format!("{id}:{}:", controllers.join(",")).bytes());
        text.extend(path.as_os_str().as_bytes());
        text.push(b'\n');
    }
    text
}

/// `/proc/PID/mountinfo`: as for `/proc/PID/cgroup`. The directory of a cgroup is always
/// below the mount point, and if all its names are known it is the same cgroup.
pub fn mountinfo(text: &[u8]) {
    let all = lines(text);
    assert!(
        all.eq(text.split(|&byte| byte == b'\n').flat_map(lines)),
        "lines depend on each other"
    );
    let found = mounts(text);
    let each = text.split(|&byte| byte == b'\n').flat_map(mounts);
    assert!(found.iter().eq(each.collect::<Vec<_>>().iter()), "lines depend on each other");
    assert_eq!(mounts(&mountinfo_text(&found)), found);
    for it in &found {
        for path in [Path::new("/"), Path::new("/a/b"), &it.root, &it.root.join("c")] {
            let Some(Location { unnamed, path: below }) = it.location(path) else { continue };
            assert!(below.components().all(|it| matches!(it, Component::Normal(_))), "{below:?}");
            if unnamed == 0 {
                assert_eq!(it.root.join(below), path.components().as_path(), "{it:?}");
            } else {
                assert!(it.root.ends_with(".."), "{it:?}");
            }
        }
    }
}

/// Writes mounts as the kernel does: it escapes the bytes that would end a field.
pub fn mountinfo_text(mounts: &[Mount]) -> Vec<u8> {
    let mut text = Vec::new();
    for (at, mount) in mounts.iter().enumerate() {
        let Mount { id, version, root, mount_point, options } = mount;
        text.extend(format!("{id} 31 0:38 ").bytes());
        for path in [root, mount_point] {
            for &byte in path.as_os_str().as_bytes() {
                match byte {
                    b' ' | b'\t' | b'\n' | b'\\' | b'#' => {
                        text.extend(format!("\\{byte:03o}").bytes())
                    }
                    _ => text.push(byte),
                }
            }
            text.push(b' ');
        }
        let optional = ["", "shared:1 ", "shared:1 master:2 ", "unbindable "][at % 4];
        let kind = if *version == Version::V2 { "cgroup2" } else { "cgroup" };
        text.extend(format!("rw,nosuid {optional}- {kind} none {}\n", options.join(",")).bytes());
    }
    text
}

/// Counters in cgroup files: a number that is found is in the text, and so is its key.
/// Later lines with the same key change nothing.
pub fn figure(text: &str, key: &str) {
    let Some(number) = value(text, key) else { return };
    assert!(text.contains(key) && text.contains(&number.to_string()), "{number} in {text:?}");
    if !key.is_empty() {
        assert_eq!(value(&format!("{text}\n{key} 1{number}"), key), Some(number), "{text:?}");
    }
}

/// Lists in cgroup files: exactly the wanted words that the list lacks are missing. There
/// are no other processes if and only if each word is one of our PIDs.
pub fn list(text: &[u8]) {
    const WANTED: [&str; 4] = ["cpu", "memory", "pids", "cpuset"];
    let ours = [1, 23, 4_194_303];
    let words: Vec<_> = String::from_utf8_lossy(text)
        .split(|it: char| it.is_ascii_whitespace())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let is_there = |it: &str| words.iter().any(|word| word == it);
    let missing = missing(text, &WANTED);
    assert!(WANTED.iter().filter(|it| !is_there(it)).eq(&missing), "{missing:?} of {words:?}");
    let only_ours = words.iter().all(|word| ours.iter().any(|pid| pid.to_string() == *word));
    assert_eq!(contains_only(text, &ours.map(Pid::from_raw)), only_ours, "{words:?}");
}

/// Links in `/proc/PID/ns`: the inode number is the one in the brackets.
pub fn link(target: &[u8]) {
    let Some(number) = inode(OsStr::from_bytes(target)) else { return };
    let digits: Vec<_> = target.rsplit(|&byte| byte == b'[').next().unwrap_or_default().to_vec();
    let digits = String::from_utf8(digits).unwrap_or_default();
    assert_eq!(digits.trim_end_matches(']').parse(), Ok(number), "{digits:?}");
    assert_eq!(inode(OsStr::new(&format!("uts:[{number}]"))), Some(number));
}

/// Text for a terminal: it cannot move the cursor, end the line or reverse the writing
/// direction. Plain ASCII stays as it is.
pub fn shown(text: &[u8]) {
    let shown = printable(OsStr::from_bytes(text));
    let reverses = |it: char| matches!(it, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!shown.contains(|it: char| it.is_control() || reverses(it)), "{shown:?}");
    let plain = |&byte: &u8| matches!(byte, b' '..=b'~') && byte != b'\\';
    if text.iter().all(plain) {
        assert_eq!(shown.as_bytes(), text);
    }
}
