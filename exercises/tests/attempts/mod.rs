//! Runs the answer in `answer.rs`.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use testkit::{Host, Output, Step, User};

/// The answer, compiled.
pub fn answer() -> &'static str {
    static BUILT: OnceLock<String> = OnceLock::new();
    BUILT.get_or_init(|| {
        let exe = std::env::current_exe().expect("current_exe");
        let target = exe.ancestors().nth(3).expect("target");
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "--offline", "--example", "attempts"]);
        cargo.arg("--manifest-path").arg(manifest).env("CARGO_TARGET_DIR", target);
        assert!(cargo.status().expect("cargo").success(), "cargo build");
        target.join("debug/examples/attempts").to_str().expect("a path in UTF-8").to_owned()
    })
}

/// Makes an attempt as each user, and gives what came of it to `check`.
pub fn attempt(name: &str, places: &str, check: impl Fn(User, &Output)) {
    for &user in User::all() {
        let step = Step::new(answer(), user).env("ATTEMPT", name).env("PLACES", places);
        let output = Host::unchanged(|| step.run());
        assert!(output.stderr.contains("✗ expected:"), "{name} as {user:?}: {output:?}");
        check(user, &output);
    }
}
