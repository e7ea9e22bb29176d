//! Every starter fails, every solution passes, and wrong answers fail with the
//! sentence that is meant for them: as root, and as an ordinary user.

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
struct Wrong {
    /// What stands in the solution.
    change: String,
    /// What the wrong answer has in its place.
    to: String,
    /// What the judge says.
    says: String,
}

/// Runs a program as each user; gives status and stderr to `check`. A cgroup is not
/// every ordinary user's, and one of v2 not even every root's: whoever has none is
/// told so, and that may be here.
fn run(exe: &Path, check: impl Fn(Option<i32>, &str)) {
    let in_cgroup = exe.file_name().is_some_and(|it| it.to_string_lossy().starts_with("cgroup"));
    for &user in User::all() {
        let output =
            Host::unchanged(|| Step::new(exe.to_str().expect("a path in UTF-8"), user).run());
        let v2 = fs::read_to_string("/proc/self/mounts").expect("mounts").contains(" cgroup2 ");
        let may_lack = user == User::Ordinary || !v2;
        if in_cgroup && may_lack && output.code() == Some(3) {
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

impl Exercise {
    fn solution(&self) -> String {
        let path = here().join("solutions").join(&self.dir).join(format!("{}.rs", self.name));
        fs::read_to_string(path).expect("a solution")
    }
}

/// A package of answers, made anew.
struct Package(PathBuf);

impl Package {
    fn new(name: &str) -> Package {
        let package = target().join(name);
        let _ = fs::remove_dir_all(package.join("src"));
        fs::create_dir_all(package.join("src/bin")).expect("mkdir");
        let manifest = fs::read_to_string(here().join("Cargo.toml")).expect("Cargo.toml");
        let (_, dependencies) = manifest.split_once("[dependencies]").expect("dependencies");
        let dependencies = dependencies.split("\n[").next().expect("a section");
        let judge = format!("exercises = {{ path = {:?} }}", here());
        let manifest = format!(
            "[package]\nname = {name:?}\nedition = \"2024\"\n[workspace]\n\
             [dependencies]\n{judge}{dependencies}"
        );
        fs::write(package.join("Cargo.toml"), manifest).expect("Cargo.toml");
        let lock = fs::read_to_string(here().join("Cargo.lock")).expect("Cargo.lock");
        let own = format!(
            "[[package]]\nname = {name:?}\nversion = \"0.0.0\"\n\
             dependencies = [\n \"anyhow\",\n \"exercises\",\n \"libc\",\n \"nix\",\n]\n"
        );
        fs::write(package.join("Cargo.lock"), format!("{lock}\n{own}")).expect("Cargo.lock");
        Package(package)
    }

    fn add(&self, name: &str, text: &str) {
        fs::write(self.0.join(format!("src/bin/{name}.rs")), text).expect("an answer");
    }

    /// A cargo command for all the answers.
    fn cargo(&self, command: &str) -> Command {
        let manifest = self.0.join("Cargo.toml");
        // Drops what the other package needs and this one does not.
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

/// Answers never run as root: a root that cannot become somebody else gets no judge.
#[test]
fn a_root_that_cannot_be_nobody_is_refused() {
    if !User::all().contains(&User::Root) {
        return;
    }
    let exe = target().join("debug/uts1_sol");
    for (lost, says) in [("setuid", "setresuid("), ("setgid", "setgroups(")] {
        let without = [format!("--bounding-set=-{lost}"), format!("--inh-caps=-{lost}")];
        let step = Step::new("setpriv", User::Root).args(without).args([&exe]);
        let output = Host::unchanged(|| step.run());
        assert_eq!(output.code(), Some(3), "without {lost}: {}", output.stderr);
        assert!(output.stderr.contains(says), "{}", output.stderr);
    }
}

#[test]
fn wrong_answers_fail_with_the_sentence_meant_for_them() {
    let text = fs::read_to_string(here().join("tests/wrong.toml")).expect("wrong.toml");
    let wrong: BTreeMap<String, Vec<Wrong>> = toml::from_str(&text).expect("wrong.toml");
    let package = Package::new("wrong");
    for exercise in exercises() {
        let solution = exercise.solution();
        let name = exercise.name;
        let answers = wrong.get(&name).map(Vec::as_slice).unwrap_or_default();
        assert!(answers.len() >= 3, "{name} has {} wrong answers", answers.len());
        for (number, Wrong { change, to, .. }) in answers.iter().enumerate() {
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
        for (number, Wrong { says, .. }) in answers.iter().enumerate() {
            run(&target().join("debug").join(format!("{name}_wrong{number}")), |code, said| {
                assert_eq!(code, Some(1), "{said}");
                assert!(said.contains(says.as_str()), "not {says:?}: {said}");
            });
        }
    }
}

/// Without the call of the judge a program is quiet, and exits with 0. What keeps
/// rustlings from taking that for an answer is clippy, which is strict there.
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
    let said = String::from_utf8_lossy(&output.stderr);
    for Exercise { name, .. } in exercises() {
        let refused = format!("could not compile `unjudged` (bin \"{name}_unjudged\")");
        assert!(said.contains(&refused), "{name} passes: {said}");
    }
}
