//! Property tests of the parsers, with inputs from proptest. For more cases:
//! `PROPTEST_CASES=100000 cargo test --release -p system-tests --test parsers`.
//! `maintain/fuzz` checks the same properties with inputs from libFuzzer.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use nix::unistd::Pid;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use step_support::cgroup::{
    Location, Membership, Mount, Version, contains_only, memberships, missing, mounts, value,
};
use step_support::namespace::inode;
use step06_cgroup::limits::{percentage, pids, size};
use system_tests::properties;

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// Words that have a meaning for some parser.
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

/// Random bytes with many of those words among them.
fn random_text() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        2 => select(&WORDS[..]).prop_map(<[u8]>::to_vec),
        2 => "[0-9 :,/.=\\\\a\n\u{1b}\u{202e}\u{9b}]".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 1),
    ];
    vec(part, 0..40).prop_map(|parts| parts.concat())
}

/// An absolute path of any bytes but those in `excluded`.
fn path(excluded: &'static [u8]) -> impl Strategy<Value = PathBuf> {
    let name = prop_oneof![Just(b' '), Just(b'\\'), Just(b'\n'), Just(b'4'), 1..=255_u8];
    vec(name, 0..30).prop_map(move |mut bytes| {
        bytes.retain(|byte| !excluded.contains(byte));
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
    let fields = (any::<u64>(), version(), path(b""), path(b""), vec("[a-z_=]{1,9}", 1..5));
    fields.prop_map(|(id, version, root, mount_point, options)| Mount {
        id,
        version,
        root,
        mount_point,
        options,
    })
}

#[test]
fn a_limit_is_accepted_up_to_the_maximum_of_the_kernel_and_no_further() {
    for edge in [0, 4096, 1_000_000, 1 << 22, 1_i128 << 63, 1 << 64] {
        for (unit, shift) in [("", 0), ("%", 0), ("K", 10), ("M", 20), ("G", 30), ("T", 40)] {
            for more in -2..=2 {
                properties::limits(&format!("{}{unit}", (edge >> shift) + more));
            }
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_limit_is_accepted_if_the_kernel_would_accept_it(
        text in prop_oneof![
            "0{0,3}[0-9]{0,22}(K|M|G|T|%|k|MB|)", "[+-]?[0-9.]{1,7}[KMGT%]{0,2}", "\\PC{0,6}",
            any::<u64>().prop_map(|number| number.to_string()),
        ],
    ) {
        properties::limits(&text);
    }

    #[test]
    fn a_formatted_limit_is_parsed_to_the_same_number(
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
    fn a_larger_number_is_a_larger_limit(
        digits in 1..=i64::MAX as u64, more in 1..1_000_000_u64, unit in "[KMGT]?",
    ) {
        let [size, larger] = [digits, digits + more].map(|digits| size(&format!("{digits}{unit}")));
        if let (Ok(size), Ok(larger)) = (size, larger) {
            prop_assert!(size < larger);
        }
    }

    #[test]
    fn memberships_are_parsed_as_the_kernel_writes_them(written in vec(membership(), 0..6)) {
        let text = properties::cgroup_text(&written);
        properties::cgroup(&text);
        prop_assert_eq!(properties::cgroup_text(&memberships(&text)), text);
    }

    #[test]
    fn mounts_are_parsed_as_the_kernel_writes_them(written in vec(mount(), 0..6)) {
        let text = properties::mountinfo_text(&written);
        properties::mountinfo(&text);
        prop_assert_eq!(properties::mountinfo_text(&mounts(&text)), text);
    }

    #[test]
    fn a_mount_shows_the_cgroups_below_its_root_and_no_others(
        mount in mount(), below in "[a-z]{1,5}(/[a-z]{1,5}){0,3}", hidden in any::<bool>(),
    ) {
        let shown = mount.location(&mount.root.join(&below));
        if !mount.root.components().any(|it| it.as_os_str() == "..") {
            prop_assert_eq!(shown, Some(Location { unnamed: 0, path: below.clone().into() }));
        }
        let outside = if hidden { Path::new("/..").join(&below) } else { "/x/../y".into() };
        prop_assert!(mount.root.starts_with("/..") || mount.location(&outside).is_none());
    }

    #[test]
    fn of_the_names_above_a_cgroup_namespace_only_the_number_is_known(
        mut mount in mount(), above in 0..9_usize, more in 0..9_usize,
        below in "[a-z]{1,5}(/[a-z]{1,5}){0,3}",
    ) {
        let outside = |levels| Path::new("/").join("../".repeat(levels)).join(&below);
        mount.root = Path::new("/").join("../".repeat(above + more));
        let expected = Location { unnamed: more, path: below.clone().into() };
        prop_assert_eq!(mount.location(&outside(above)), Some(expected));
        prop_assert_eq!(mount.location(&outside(above + more + 1)), None);
    }

    #[test]
    fn each_key_of_a_file_has_its_own_value(
        counted in btree_map(key(), prop_oneof![any::<u64>().prop_map(Some), Just(None)], 0..8),
        key in key(),
    ) {
        // The value `max` is not a number, and a key may have that name.
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
    fn the_words_that_a_list_lacks_are_missing(
        there in subsequence(&["cpu", "cpuset", "io", "memory", "pids", "misc"][..], 0..7).prop_shuffle(),
        wanted in subsequence(&["cpu", "memory", "pids"][..], 0..4),
    ) {
        // As the kernel writes it: in one line, separated by spaces.
        let text = format!("{}\n", there.join(" "));
        properties::list(text.as_bytes());
        let lacking: Vec<_> = wanted.iter().copied().filter(|it| !there.contains(it)).collect();
        prop_assert_eq!(missing(text.as_bytes(), &wanted), lacking);
    }

    #[test]
    fn a_cgroup_with_only_our_processes_is_recognized(
        ours in vec(1..=4_194_304, 1..4), others in vec(0..=4_194_304, 0..3),
    ) {
        // As the kernel writes it: one PID per line, unsorted, some perhaps twice.
        let text: String = ours.iter().chain(&others).rev().map(|pid| format!("{pid}\n")).collect();
        properties::list(text.as_bytes());
        let only_ours = others.iter().all(|pid| ours.contains(pid));
        let ours: Vec<_> = ours.into_iter().map(Pid::from_raw).collect();
        prop_assert!(contains_only(b"", &ours));
        prop_assert_eq!(contains_only(text.as_bytes(), &ours), only_ours);
        prop_assert!(!contains_only(text.as_bytes(), &[]));
    }

    #[test]
    fn the_inode_of_a_namespace_is_the_number_in_its_link(
        kind in "[a-z_]{1,17}", number in any::<u64>(),
    ) {
        prop_assert_eq!(inode(format!("{kind}:[{number}]").as_ref()), Some(number));
    }

    #[test]
    fn any_bytes_are_parsed_or_ignored(bytes in random_text(), key in "[a-z/]{0,2}") {
        properties::cgroup(&bytes);
        properties::mountinfo(&bytes);
        properties::link(&bytes);
        properties::list(&bytes);
        properties::shown(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        properties::limits(&text);
        properties::figure(&text, &key);
    }
}
