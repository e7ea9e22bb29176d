//! Every starter fails, every solution passes, and each wrong answer fails with the
//! message meant for it: as root and as an ordinary user.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use testkit::{Host, Step, User};

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
struct WrongAnswer {
    /// A part of the solution.
    change: String,
    /// What the wrong answer has instead.
    to: String,
    /// A part of the judge's message.
    says: String,
}

/// Runs a program as each user. Gives its exit status and stderr to `check`. An ordinary
/// user may have no cgroup to write to, and root may have none of v2; then the judge has
/// to say so.
fn run(exe: &Path, check: impl Fn(Option<i32>, &str)) {
    let in_cgroup = exe.file_name().is_some_and(|it| it.to_string_lossy().starts_with("cgroup"));
    for &user in User::all() {
        let output =
            Host::unchanged(|| Step::new(exe.to_str().expect("a path in UTF-8"), user).run());
        let v2 = fs::read_to_string("/proc/self/mounts").expect("mounts").contains(" cgroup2 ");
        let may_be_missing = user == User::Ordinary || !v2;
        if in_cgroup && may_be_missing && output.code() == Some(3) {
            assert!(output.stderr.contains("cannot check your answer"), "{}", output.stderr);
            continue;
        }
        check(output.code(), &format!("{} as {user:?}: {}", exe.display(), output.stderr));
    }
}

fn exercises_dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn exercises() -> Vec<Exercise> {
    let text = fs::read_to_string(exercises_dir().join("info.toml")).expect("info.toml");
    toml::from_str::<Info>(&text).expect("info.toml").exercises
}

impl Exercise {
    fn solution(&self) -> String {
        let path =
            exercises_dir().join("solutions").join(&self.dir).join(format!("{}.rs", self.name));
        fs::read_to_string(path).expect("a solution")
    }
}

/// A generated Cargo package whose programs are answers.
struct Package(PathBuf);

impl Package {
    fn new(name: &str) -> Package {
        let package = target().join(name);
        let _ = fs::remove_dir_all(package.join("src"));
        fs::create_dir_all(package.join("src/bin")).expect("mkdir");
        let manifest = fs::read_to_string(exercises_dir().join("Cargo.toml")).expect("Cargo.toml");
        let (_, dependencies) = manifest.split_once("[dependencies]").expect("dependencies");
        let dependencies = dependencies.split("\n[").next().expect("a section");
        // Answers do not use our own crates, and their paths are relative.
        let dependencies = dependencies.lines().filter(|line| !line.contains("path ="));
        let dependencies = dependencies.collect::<Vec<_>>().join("\n");
        let judge = format!("exercises = {{ path = {:?} }}", exercises_dir());
        let manifest = format!(
            "[package]\nname = {name:?}\nedition = \"2024\"\n[workspace]\n\
             [dependencies]\n{judge}{dependencies}"
        );
        fs::write(package.join("Cargo.toml"), manifest).expect("Cargo.toml");
        let lock = fs::read_to_string(exercises_dir().join("Cargo.lock")).expect("Cargo.lock");
        let entry = format!(
            "[[package]]\nname = {name:?}\nversion = \"0.0.0\"\n\
             dependencies = [\n \"exercises\",\n \"libc\",\n \"nix\",\n]\n"
        );
        fs::write(package.join("Cargo.lock"), format!("{lock}\n{entry}")).expect("Cargo.lock");
        Package(package)
    }

    fn add(&self, name: &str, text: &str) {
        fs::write(self.0.join(format!("src/bin/{name}.rs")), text).expect("an answer");
    }

    /// A cargo command for all answers of this package.
    fn cargo(&self, command: &str) -> Command {
        let manifest = self.0.join("Cargo.toml");
        // Removes from Cargo.lock what this package does not need.
        let mut metadata = Command::new(env!("CARGO"));
        metadata.args(["metadata", "--quiet", "--offline", "--format-version=1"]);
        metadata.arg("--manifest-path").arg(&manifest);
        assert!(metadata.output().expect("cargo").status.success(), "cargo metadata");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([command, "--quiet", "--bins", "--locked", "--manifest-path"]).arg(manifest);
        cargo.env("CARGO_TARGET_DIR", target());
        cargo
    }
}

/// Cargo's target directory: this test is in `debug/deps` there.
fn target() -> PathBuf {
    let exe = std::env::current_exe().expect("current_exe");
    exe.ancestors().nth(3).expect("target").to_owned()
}

#[test]
fn every_starter_fails_and_every_solution_passes() {
    for Exercise { name, .. } in exercises() {
        let exe = |name: &str| target().join("debug").join(name);
        run(&exe(&name), |code, stderr| {
            assert_eq!(code, Some(1), "{stderr}");
            assert!(stderr.contains("✗ expected:"), "{stderr}");
        });
        run(&exe(&format!("{name}_sol")), |code, stderr| {
            assert_eq!(code, Some(0), "{stderr}");
            assert!(stderr.contains("✓ the kernel agrees:"), "{stderr}");
        });
    }
}

/// Answers never run as root: if root cannot change to another user, the judge refuses.
#[test]
fn a_root_that_cannot_be_nobody_is_refused() {
    if !User::all().contains(&User::Root) {
        return;
    }
    let exe = target().join("debug/uts1_sol");
    for (missing, says) in [("setuid", "setresuid("), ("setgid", "setgroups(")] {
        let without = [format!("--bounding-set=-{missing}"), format!("--inh-caps=-{missing}")];
        let step = Step::new("setpriv", User::Root).args(without).args([&exe]);
        let output = Host::unchanged(|| step.run());
        assert_eq!(output.code(), Some(3), "without {missing}: {}", output.stderr);
        assert!(output.stderr.contains(says), "{}", output.stderr);
    }
}

#[test]
fn wrong_answers_fail_with_the_message_meant_for_them() {
    let text = fs::read_to_string(exercises_dir().join("tests/wrong.toml")).expect("wrong.toml");
    let wrong: BTreeMap<String, Vec<WrongAnswer>> = toml::from_str(&text).expect("wrong.toml");
    let package = Package::new("wrong");
    for exercise in exercises() {
        let solution = exercise.solution();
        let name = exercise.name;
        let answers = wrong.get(&name).map(Vec::as_slice).unwrap_or_default();
        assert!(answers.len() >= 3, "{name} has {} wrong answers", answers.len());
        for (number, WrongAnswer { change, to, .. }) in answers.iter().enumerate() {
            assert_eq!(solution.matches(change).count(), 1, "{name}: {change}");
            let text = format!(
                "#![allow(warnings)]\n{}",
                solution.replace("//!", "//").replace(change, to)
            );
            package.add(&format!("{name}_wrong{number}"), &text);
        }
    }
    assert!(package.cargo("build").status().expect("cargo").success(), "cargo build");
    for (name, answers) in wrong {
        for (number, WrongAnswer { says, .. }) in answers.iter().enumerate() {
            run(&target().join("debug").join(format!("{name}_wrong{number}")), |code, stderr| {
                assert_eq!(code, Some(1), "{stderr}");
                assert!(stderr.contains(says.as_str()), "not {says:?}: {stderr}");
            });
        }
    }
}

/// Without its call of the judge a program prints nothing and exits with 0. Strict clippy
/// (`strict_clippy` in info.toml) keeps rustlings from accepting that as an answer.
#[test]
fn an_answer_that_is_not_judged_does_not_pass() {
    let package = Package::new("unjudged");
    for exercise in exercises() {
        let text = exercise.solution().replace("//!", "//");
        let call = format!("    judge::{}(", exercise.name);
        assert_eq!(text.matches(&call).count(), 1, "{}", exercise.name);
        let text = text.replace(&call, &call.replace("judge", "// judge"));
        package.add(&format!("{}_unjudged", exercise.name), &text);
    }
    let mut clippy = package.cargo("clippy");
    let output = clippy.args(["--keep-going", "--", "-Dwarnings"]).output().expect("cargo");
    let stderr = String::from_utf8_lossy(&output.stderr);
    for Exercise { name, .. } in exercises() {
        let refused = format!("could not compile `unjudged` (bin \"{name}_unjudged\")");
        assert!(stderr.contains(&refused), "{name} passes: {stderr}");
    }
}
