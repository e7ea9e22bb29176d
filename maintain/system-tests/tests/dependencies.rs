//! What a reader compiles besides the steps' own code. A step depends only on what it
//! uses, and a new crate, or one that needs a newer compiler, is a decision.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use testkit::steps;

/// All that the steps and the exercises may depend on. bitflags, cfg-if and cfg_aliases
/// are there because of nix, and lexopt also because of step-support.
const ALLOWED: [&str; 9] = [
    "anyhow",
    "bitflags",
    "cfg-if",
    "cfg_aliases",
    "colored",
    "lexopt",
    "libc",
    "nix",
    "step-support",
];

/// The steps, and the exercises, which are a separate workspace.
fn packages() -> impl Iterator<Item = &'static str> {
    steps().iter().map(String::as_str).chain(["exercises"])
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The output of cargo in the workspace that has the package.
fn cargo(package: &str, args: &[&str]) -> String {
    let workspace = if package == "exercises" { "exercises" } else { "" };
    let output = Command::new(env!("CARGO"))
        .args(args)
        .args(["--locked", "--manifest-path"])
        .arg(project().join(workspace).join("Cargo.toml"))
        .output()
        .expect("cargo");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// The crates that cargo builds for a package, by name and version, without itself.
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

fn metadata(package: &str) -> Value {
    // Without the filter cargo needs the crates for all other systems too.
    let platform = format!("{ARCH}-unknown-linux-gnu");
    let args = ["metadata", "--format-version", "1", "--filter-platform", &platform];
    serde_json::from_str(&cargo(package, &args)).unwrap()
}

/// The Rust sources in a directory and below it, as one text.
fn sources(dir: &Path) -> String {
    let mut text = String::new();
    for path in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            text += &sources(&path);
        } else if path.extension().is_some_and(|it| it == "rs") {
            text += &fs::read_to_string(path).unwrap();
        }
    }
    text
}

/// Whether the code names the crate in a path: `nix::unistd`, `use anyhow;`.
fn uses(code: &str, name: &str) -> bool {
    let name = name.replace('-', "_");
    let part_of_a_name = |it: char| it.is_alphanumeric() || it == '_' || it == ':';
    code.lines().filter(|line| !line.trim_start().starts_with("//")).any(|line| {
        line.match_indices(&name).any(|(at, _)| {
            let (before, after) = (&line[..at], &line[at + name.len()..]);
            let starts_a_path = !before.ends_with(part_of_a_name);
            let imported = before.trim_end().ends_with("use") && after.starts_with(';');
            starts_a_path && (after.starts_with("::") || imported)
        })
    })
}

#[test]
fn a_step_pulls_in_only_crates_that_are_allowed() {
    for package in packages() {
        for (name, version) in tree(package) {
            // The doctor asks step 06 itself where a cgroup could be, and step 11 for a veth pair.
            // Step 14 creates its cgroup with step 06, so both remove what the other has left.
            let of_steps = match package {
                "step00-doctor" => &["step06-cgroup", "step11-net"][..],
                "step14-resources" => &["step06-cgroup"],
                // Step 16 puts together what the others have shown.
                "step16-container" => &["step06-cgroup", "step11-net"],
                _ => &[],
            };
            let allowed = ALLOWED.contains(&name.as_str()) || of_steps.contains(&name.as_str());
            assert!(allowed, "{package} depends on {name} {version}");
        }
    }
}

#[test]
fn a_step_uses_every_crate_that_it_depends_on() {
    let metadata = metadata("step00-doctor");
    for step in steps() {
        let code = sources(&project().join(step).join("src"));
        let packages = metadata["packages"].as_array().unwrap();
        let package = packages.iter().find(|it| it["name"] == step.as_str()).unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = dependency["name"].as_str().unwrap();
            if dependency["kind"].is_null() {
                assert!(uses(&code, name), "{step} does not use {name}: remove it from Cargo.toml");
            }
        }
    }
}

#[test]
fn a_crate_counts_as_used_only_where_code_names_it() {
    for code in ["use libc::c_int;", "let x = libc::CLONE_NEWTIME;", "    use libc;"] {
        assert!(uses(code, "libc"), "{code}");
    }
    for code in ["use nix::libc::c_int;", "// libc::fork", "let libc = 1;", "mylibc::f()", ""] {
        assert!(!uses(code, "libc"), "{code}");
    }
    assert!(uses("use step_support::note;", "step-support"));
}

#[test]
fn no_crate_of_a_step_needs_a_newer_compiler_than_the_step() {
    for package in packages() {
        let metadata = metadata(package);
        let rust_version = |name: &str, version: Option<&str>| {
            let found = metadata["packages"].as_array().unwrap().iter().find(|it| {
                it["name"] == name && version.is_none_or(|version| it["version"] == version)
            });
            found.unwrap_or_else(|| panic!("no {name} in the metadata"))["rust_version"]
                .as_str()
                .map(minor)
        };
        let stated = rust_version(package, None);
        assert!(stated.is_some(), "{package} states no rust-version");
        for (name, version) in tree(package) {
            let needed = rust_version(&name, Some(&version));
            assert!(needed <= stated, "{package}: {name} {version} needs Rust 1.{needed:?}");
        }
    }
}

/// The 85 of `1.85.0`.
fn minor(version: &str) -> u32 {
    version.split('.').nth(1).and_then(|it| it.parse().ok()).expect("1.x")
}
