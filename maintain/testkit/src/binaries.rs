//! The steps of the workspace and their binaries.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The names of all steps, sorted, from `step00-doctor` on: the packages at the top of the
/// project, or where there is no cargo, as in a virtual machine, the binaries themselves.
pub fn steps() -> &'static [String] {
    static STEPS: OnceLock<Vec<String>> = OnceLock::new();
    STEPS.get_or_init(|| {
        let dir = if env::var_os("CARGO").is_some() { project() } else { &target_profile_dir() };
        let entries =
            fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter(|name| is_step(name)).collect();
        names.sort();
        assert!(!names.is_empty(), "no steps in {}", dir.display());
        names
    })
}

/// The path of a step's binary. Under cargo the binaries are built first, once in each
/// test process, so a test never runs an old program.
pub fn step_binary(name: &str) -> String {
    let path = binaries().join(name);
    assert!(path.is_file(), "{} is missing: cargo build builds it", path.display());
    path.into_os_string().into_string().expect("a path in UTF-8")
}

/// The directory of the steps' binaries, up to date.
pub fn binaries() -> &'static Path {
    static BINARIES: OnceLock<PathBuf> = OnceLock::new();
    BINARIES.get_or_init(|| {
        if let Some(cargo) = env::var_os("CARGO") {
            build(cargo);
        }
        target_profile_dir()
    })
}

/// `step00-doctor`, but not the files beside it: `step00-doctor.d`.
fn is_step(name: &str) -> bool {
    let number = name.strip_prefix("step").and_then(|rest| rest.split_once('-'));
    number.is_some_and(|(number, rest)| {
        number.len() == 2
            && number.bytes().all(|it| it.is_ascii_digit())
            && rest.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
    })
}

/// The root of the workspace.
fn project() -> &'static Path {
    let this = Path::new(env!("CARGO_MANIFEST_DIR"));
    this.ancestors().nth(2).expect("maintain/testkit is two folders below the project")
}

/// `target/debug`: two folders above the test, which is in `target/debug/deps`.
fn target_profile_dir() -> PathBuf {
    let test = env::current_exe().expect("/proc/self/exe");
    test.ancestors().nth(2).expect("target/debug").to_owned()
}

/// Builds the binaries into the directory that this test is in: with its profile, and for
/// its target (`target/debug` or `target/TRIPLE/debug`).
fn build(cargo: OsString) {
    let dir = target_profile_dir();
    let profile = match dir.file_name().and_then(|name| name.to_str()).expect("a profile") {
        "debug" => "dev",
        other => other,
    };
    let above = dir.parent().expect("the target directory");
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--locked", "--bins", "--profile", profile]);
    command.args(steps().iter().flat_map(|name| ["--package", name]));
    let name = above.file_name().expect("the target directory");
    if name.to_string_lossy().contains("-linux-") {
        command.arg("--target").arg(name);
        command.arg("--target-dir").arg(above.parent().expect("the target directory"));
    } else {
        command.arg("--target-dir").arg(above);
    }
    let status = command.current_dir(project()).status().expect("cargo");
    assert!(status.success(), "the steps do not compile");
}

#[test]
fn the_names_of_steps_are_told_from_the_files_beside_them() {
    assert!(is_step("step00-doctor") && is_step("step01-proc-ns"));
    for other in ["step-support", "step00-doctor.d", "step1-x", "libstep01_proc_ns.rlib", "deps"] {
        assert!(!is_step(other), "{other}");
    }
    assert_eq!(steps()[0], "step00-doctor");
}
