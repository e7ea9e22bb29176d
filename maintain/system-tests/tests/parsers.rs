//! Whatever a parser is given: properties, fed with what proptest makes up. More of
//! it: `PROPTEST_CASES=100000 cargo test --release -p proof --test parsers`; and the
//! same properties fed by libFuzzer: `.ci/fuzz`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use nix::unistd::Pid;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use system_tests::all::inode;
use system_tests::group::{missing, nobody_but, value};
use system_tests::hierarchy::{Membership, Mount, Version, memberships, mounts};
use system_tests::limits::{percentage, pids, size};
use system_tests::parsers;

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// What means something to one parser or another.
const WORDS: [&[u8]; 16] = [
    b"41 31 0:38 ",
    b" rw - cgroup2 none rw\n",
    b" rw shared:1 - cgroup none cpu",
    b"cgroup",
    b" - ",
    b"0:",
    b"::",
    b"/",
    b"..",
    b"\\04",
    b"\\777",
    b"uts:[",
    b"cpu",
    b"pids ",
    b"]",
    b"\xff\n",
];

/// Bytes, many of them out of those words.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        2 => select(&WORDS[..]).prop_map(<[u8]>::to_vec),
        2 => "[0-9 :,/.=\\\\a\n\u{1b}\u{202e}\u{9b}]".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 1),
    ];
    vec(part, 0..40).prop_map(|parts| parts.concat())
}

/// A path from the root, of any bytes that the kernel lets through.
fn path(unlike: &'static [u8]) -> impl Strategy<Value = PathBuf> {
    let name = prop_oneof![Just(b' '), Just(b'\\'), Just(b'\n'), Just(b'4'), 1..=255_u8];
    vec(name, 0..30).prop_map(move |mut bytes| {
        bytes.retain(|byte| !unlike.contains(byte));
        bytes.insert(0, b'/');
        OsString::from_vec(bytes).into()
    })
}

/// A key in a file of a cgroup.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![2 => "[a-z]{1,3}[_.]?[a-z]{0,2}", 1 => Just("max".to_owned())]
}

fn version() -> impl Strategy<Value = Version> {
    select(vec![Version::V1, Version::V2])
}

fn membership() -> impl Strategy<Value = Membership> {
    (version(), vec("[a-z_=]{1,9}", 1..4), path(b"\n")).prop_map(|(version, names, path)| {
        let controllers = if version == Version::V1 { names } else { Vec::new() };
        Membership { version, controllers, path }
    })
}

fn mount() -> impl Strategy<Value = Mount> {
    let fields = (version(), path(b""), path(b""), vec("[a-z_=]{1,9}", 1..5));
    fields.prop_map(|(version, root, point, options)| Mount { version, root, point, options })
}

#[test]
fn a_number_is_taken_up_to_where_the_kernel_takes_it_and_no_further() {
    for edge in [0, 4096, 1_000_000, 1 << 22, 1_i128 << 63, 1 << 64] {
        for (unit, shift) in [("", 0), ("%", 0), ("K", 10), ("M", 20), ("G", 30), ("T", 40)] {
            for more in -2..=2 {
                parsers::limits(&format!("{}{unit}", (edge >> shift) + more));
            }
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_number_is_taken_if_the_kernel_would_take_it(
        text in prop_oneof![
            "0{0,3}[0-9]{0,22}(K|M|G|T|%|k|MB|)", "[+-]?[0-9.]{1,7}[KMGT%]{0,2}", "\\PC{0,6}",
            any::<u64>().prop_map(|number| number.to_string()),
        ],
    ) {
        parsers::limits(&text);
    }

    #[test]
    fn a_number_that_is_written_is_read_again(
        count in 1..=4_194_304_u64, percent in 1..=1_000_000_u64, bytes in 4096..=i64::MAX as u64,
        digits in 1..=8_388_607_u64, (unit, shift) in select(vec![("K", 10), ("M", 20), ("G", 30), ("T", 40)]),
    ) {
        prop_assert_eq!(pids(&count.to_string()), Ok(count));
        prop_assert_eq!(percentage(&percent.to_string()), Ok(percent));
        prop_assert_eq!(percentage(&format!("{percent}%")), Ok(percent));
        prop_assert_eq!(size(&bytes.to_string()), Ok(bytes));
        let written = size(&format!("{digits}{unit}"));
        prop_assert_eq!(written.ok(), Some(digits << shift).filter(|&bytes| bytes >= 4096));
    }

    #[test]
    fn a_larger_number_is_never_a_smaller_limit(
        digits in 1..=i64::MAX as u64, more in 1..1_000_000_u64, unit in "[KMGT]?",
    ) {
        let [size, larger] = [digits, digits + more].map(|digits| size(&format!("{digits}{unit}")));
        if let (Ok(size), Ok(larger)) = (size, larger) {
            prop_assert!(size < larger);
        }
    }

    #[test]
    fn cgroups_are_read_as_the_kernel_writes_them(written in vec(membership(), 0..6)) {
        let text = parsers::cgroup_text(&written);
        parsers::cgroup(&text);
        prop_assert_eq!(parsers::cgroup_text(&memberships(&text)), text);
    }

    #[test]
    fn mounts_are_read_as_the_kernel_writes_them(written in vec(mount(), 0..6)) {
        let text = parsers::mountinfo_text(&written);
        parsers::mountinfo(&text);
        prop_assert_eq!(parsers::mountinfo_text(&mounts(&text)), text);
    }

    #[test]
    fn a_mount_shows_what_is_below_its_root_and_nothing_else(
        mount in mount(), below in "[a-z]{1,5}(/[a-z]{1,5}){0,3}", hidden in any::<bool>(),
    ) {
        let shown = mount.directory(&mount.root.join(&below)).map(|it| it.own);
        if !mount.root.components().any(|it| it.as_os_str() == "..") {
            prop_assert_eq!(shown, Some(mount.point.join(&below)));
        }
        let outside = if hidden { mount.root.join("..").join(&below) } else { "/x/../y".into() };
        prop_assert!(mount.directory(&outside).is_none());
    }

    #[test]
    fn each_key_of_a_file_has_its_own_value(
        counted in btree_map(key(), prop_oneof![any::<u64>().prop_map(Some), Just(None)], 0..8),
        key in key(),
    ) {
        // The value `max` is no number, and a key may have that name.
        let value_of = |it: Option<u64>| it.map_or("max".to_owned(), |it| it.to_string());
        let lines = counted.iter().map(|(key, it)| format!("{key} {}\n", value_of(*it)));
        let text: String = lines.collect();
        for (key, it) in &counted {
            prop_assert_eq!(value(&text, key), *it);
            prop_assert_eq!(value(&format!("{}\n", value_of(*it)), ""), *it);
        }
        prop_assert_eq!(value(&text, &key), counted.get(&key).copied().flatten());
    }

    #[test]
    fn what_a_list_lacks_is_what_was_not_written_into_it(
        there in subsequence(&["cpu", "cpuset", "io", "memory", "pids", "misc"][..], 0..7).prop_shuffle(),
        wanted in subsequence(&["cpu", "memory", "pids"][..], 0..4),
    ) {
        // As the kernel writes it: with spaces between, in a line.
        let text = format!("{}\n", there.join(" "));
        parsers::list(text.as_bytes());
        let lacks: Vec<_> = wanted.iter().copied().filter(|it| !there.contains(it)).collect();
        prop_assert_eq!(missing(text.as_bytes(), &wanted), lacks);
    }

    #[test]
    fn who_is_in_a_cgroup_is_ours_or_is_not(
        ours in vec(1..=4_194_304, 1..4), others in vec(0..=4_194_304, 0..3),
    ) {
        // As the kernel writes it: each in a line, in no order, some perhaps twice.
        let text: String = ours.iter().chain(&others).rev().map(|pid| format!("{pid}\n")).collect();
        parsers::list(text.as_bytes());
        let nobody_else = others.iter().all(|pid| ours.contains(pid));
        let ours: Vec<_> = ours.into_iter().map(Pid::from_raw).collect();
        prop_assert!(nobody_but(b"", &ours));
        prop_assert_eq!(nobody_but(text.as_bytes(), &ours), nobody_else);
        prop_assert!(!nobody_but(text.as_bytes(), &[]));
    }

    #[test]
    fn the_number_of_a_namespace_is_the_one_in_its_link(
        kind in "[a-z_]{1,17}", number in any::<u64>(),
    ) {
        prop_assert_eq!(inode(format!("{kind}:[{number}]").as_ref()), Some(number));
    }

    #[test]
    fn any_bytes_at_all_are_read_or_left(bytes in soup(), key in "[a-z/]{0,2}") {
        parsers::cgroup(&bytes);
        parsers::mountinfo(&bytes);
        parsers::link(&bytes);
        parsers::list(&bytes);
        parsers::shown(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        parsers::limits(&text);
        parsers::figure(&text, &key);
    }
}
