//! What a learner builds without having written it: another crate in the tree of a
//! step, or one that wants a newer compiler, is a decision and not an accident.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::env::consts::ARCH;
use std::process::Command;

use serde_json::Value;

/// The crates of each step: those that it names, and behind nix bitflags, cfg-if and
/// cfg_aliases.
const STEP: [&str; 8] =
    ["anyhow", "bitflags", "cfg-if", "cfg_aliases", "colored", "lexopt", "libc", "nix"];

/// The exercises say less, and have no options.
const EXERCISES: [&str; 6] = ["anyhow", "bitflags", "cfg-if", "cfg_aliases", "libc", "nix"];

/// Who is built, by the name of the package, and with what.
const TREES: [(&str, &[&str]); 8] = [
    ("step00-doctor", &STEP),
    ("step01-proc-ns", &STEP),
    ("step02-clone", &STEP),
    ("step03-uts", &STEP),
    ("step04-setns", &STEP),
    ("step05-unshare", &STEP),
    ("step06-cgroup", &STEP),
    ("exercises", &EXERCISES),
];

/// What cargo says of the workspace that has a package.
fn cargo(package: &str, args: &[&str]) -> String {
    let workspace = if package == "exercises" { "exercises/" } else { "" };
    let manifest = format!("{}/../{workspace}Cargo.toml", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO"))
        .args(args)
        .args(["--locked", "--manifest-path", &manifest])
        .output()
        .expect("cargo");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// The crates that are built for a package, by name and version, itself left out.
fn tree(package: &str) -> BTreeSet<(String, String)> {
    let args = ["tree", "--package", package, "--edges", "normal,build", "--prefix", "none"];
    let tree = cargo(package, &args);
    let crates = tree.lines().map(|line| {
        let mut words = line.split(' ');
        let name = words.next().unwrap();
        (name.to_owned(), words.next().unwrap().trim_start_matches('v').to_owned())
    });
    crates.filter(|(name, _)| name != package).collect()
}

#[test]
fn the_tree_of_a_step_has_these_crates_and_no_others() {
    for (package, crates) in TREES {
        let tree = tree(package);
        let names: Vec<_> = tree.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, crates, "{package}");
    }
}

#[test]
fn no_crate_of_a_step_wants_a_newer_compiler_than_the_step_does() {
    // Without the filter all crates for other systems would have to be there.
    let platform = format!("{ARCH}-unknown-linux-gnu");
    for (package, _) in TREES {
        let args = ["metadata", "--format-version", "1", "--filter-platform", &platform];
        let metadata: Value = serde_json::from_str(&cargo(package, &args)).unwrap();
        let rust_version = |name: &str, version: Option<&str>| {
            let found = metadata["packages"].as_array().unwrap().iter().find(|it| {
                it["name"] == name && version.is_none_or(|version| it["version"] == version)
            });
            found.unwrap_or_else(|| panic!("{name} is not there"))["rust_version"]
                .as_str()
                .map(minor)
        };
        let stated = rust_version(package, None);
        assert!(stated.is_some(), "{package} states no rust-version");
        for (name, version) in tree(package) {
            let wanted = rust_version(&name, Some(&version));
            assert!(wanted <= stated, "{package}: {name} {version} wants Rust 1.{wanted:?}");
        }
    }
}

/// The 85 of `1.85.0`.
fn minor(version: &str) -> u32 {
    version.split('.').nth(1).and_then(|it| it.parse().ok()).expect("1.x")
}
