//! Every starter fails, every solution passes, and wrong answers fail with the
//! sentence that is meant for them: as root, and as an ordinary user.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use witness::{Host, Step, User};

#[derive(Deserialize)]
struct Info {
    exercises: Vec<Exercise>,
}

#[derive(Deserialize)]
struct Exercise {
    name: String,
    dir: String,
}

#[derive(Deserialize)]
struct Wrong {
    /// What stands in the solution.
    change: String,
    /// What the wrong answer has in its place.
    to: String,
    /// What the judge says.
    says: String,
}

/// Runs a program as each user; gives status and stderr to `check`. A cgroup is not
/// every ordinary user's: whoever has none is told so, and that may be here.
fn run(exe: &Path, check: impl Fn(Option<i32>, &str)) {
    let in_cgroup = exe.file_name().is_some_and(|it| it.to_string_lossy().starts_with("cgroup"));
    for &user in User::all() {
        let output =
            Host::unchanged(|| Step::new(exe.to_str().expect("a path in UTF-8"), user).run());
        if in_cgroup && user == User::Ordinary && output.code() == Some(3) {
            let blameless = "nothing is wrong with your answer";
            assert!(output.stderr.contains(blameless), "{}", output.stderr);
            continue;
        }
        check(output.code(), &format!("{} as {user:?}: {}", exe.display(), output.stderr));
    }
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn exercises() -> Vec<Exercise> {
    let text = fs::read_to_string(here().join("info.toml")).expect("info.toml");
    toml::from_str::<Info>(&text).expect("info.toml").exercises
}

fn cargo_build(manifest: &Path) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--bins", "--locked", "--manifest-path"]).arg(manifest);
    cargo.env("CARGO_TARGET_DIR", target());
    assert!(cargo.status().expect("cargo").success(), "cargo build of {}", manifest.display());
}

/// The folder of this build: the test stands in `debug/deps` there.
fn target() -> PathBuf {
    let exe = std::env::current_exe().expect("own path");
    exe.ancestors().nth(3).expect("target").to_owned()
}

#[test]
fn every_starter_fails_and_every_solution_passes() {
    for Exercise { name, .. } in exercises() {
        let exe = |name: &str| target().join("debug").join(name);
        run(&exe(&name), |code, said| {
            assert_eq!(code, Some(1), "{said}");
            assert!(said.contains("✗ expected:"), "{said}");
        });
        run(&exe(&format!("{name}_sol")), |code, said| {
            assert_eq!(code, Some(0), "{said}");
            assert!(said.contains("✓ the kernel agrees:"), "{said}");
        });
    }
}

#[test]
fn wrong_answers_fail_with_the_sentence_meant_for_them() {
    let text = fs::read_to_string(here().join("tests/wrong.toml")).expect("wrong.toml");
    let wrong: BTreeMap<String, Vec<Wrong>> = toml::from_str(&text).expect("wrong.toml");
    // A package of its own that holds them all, made anew.
    let package = target().join("wrong");
    let bins = package.join("src/bin");
    let _ = fs::remove_dir_all(&bins);
    fs::create_dir_all(&bins).expect("mkdir");
    let manifest = fs::read_to_string(here().join("Cargo.toml")).expect("Cargo.toml");
    let (_, dependencies) = manifest.split_once("[dependencies]").expect("dependencies");
    let dependencies = dependencies.split("\n[").next().expect("a section");
    let judge = format!("exercises = {{ path = {:?} }}", here());
    let manifest = format!(
        "[package]\nname = \"wrong\"\nedition = \"2024\"\n[workspace]\n\
         [dependencies]\n{judge}{dependencies}"
    );
    fs::write(package.join("Cargo.toml"), manifest).expect("Cargo.toml");
    let lock = fs::read_to_string(here().join("Cargo.lock")).expect("Cargo.lock");
    let own = "[[package]]\nname = \"wrong\"\nversion = \"0.0.0\"\n\
               dependencies = [\n \"anyhow\",\n \"exercises\",\n \"libc\",\n \"nix\",\n]\n";
    fs::write(package.join("Cargo.lock"), format!("{lock}\n{own}")).expect("Cargo.lock");
    for Exercise { name, dir } in exercises() {
        let solution = here().join("solutions").join(dir).join(format!("{name}.rs"));
        let solution = fs::read_to_string(solution).expect("a solution");
        let answers = wrong.get(&name).map(Vec::as_slice).unwrap_or_default();
        assert!(answers.len() >= 3, "{name} has {} wrong answers", answers.len());
        for (number, Wrong { change, to, .. }) in answers.iter().enumerate() {
            assert_eq!(solution.matches(change).count(), 1, "{name}: {change}");
            let text = format!(
                "#![allow(warnings)]\n{}",
                solution.replace("//!", "//").replace(change, to)
            );
            fs::write(bins.join(format!("{name}_wrong{number}.rs")), text).expect("a wrong answer");
        }
    }
    let manifest = package.join("Cargo.toml");
    // Drops what the other package needs and this one does not.
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--quiet", "--offline", "--format-version=1", "--manifest-path"]);
    assert!(cargo.arg(&manifest).output().expect("cargo").status.success(), "cargo metadata");
    cargo_build(&manifest);
    for (name, answers) in wrong {
        for (number, Wrong { says, .. }) in answers.iter().enumerate() {
            run(&target().join("debug").join(format!("{name}_wrong{number}")), |code, said| {
                assert_eq!(code, Some(1), "{said}");
                assert!(said.contains(says.as_str()), "not {says:?}: {said}");
            });
        }
    }
}
