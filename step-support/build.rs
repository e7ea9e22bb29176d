//! Stops a build for any other system than Linux with one sentence instead of a
//! page of unresolved imports. Every step depends on this crate.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_CFG_TARGET_OS").is_none_or(|os| os != "linux") {
        println!(
            "cargo::error=namespaces and cgroups are parts of the Linux kernel: \
             see \"Not on Linux?\" in README.md for macOS, Windows and Docker"
        );
    }
}
