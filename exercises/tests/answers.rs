//! Every starter fails and every solution passes, as root and as an ordinary user. Each wrong
//! answer fails with the message meant for it, as one of them in turn. In Korean, it fails in
//! Korean.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use judge::{EXERCISES, Exercise, Language, Wrong, has_hangul};
use nix::sys::utsname::uname;
use testkit::{Host, Step, User, sample, skip, wait_until};

/// Runs a program as each user. Gives its exit status and stderr to `check`, unless this machine
/// cannot judge it: then the judge has to say so.
fn run(exe: &Path, check: impl FnMut(Option<i32>, &str)) {
    run_as(User::all(), exe, check);
}

/// The same as one of these users: whose turn it is, the number says.
fn run_in_turn(number: usize, exe: &Path, check: impl FnMut(Option<i32>, &str)) {
    let users = User::all();
    run_as(&[users[number % users.len()]], exe, check);
}

fn run_as(users: &[User], exe: &Path, mut check: impl FnMut(Option<i32>, &str)) {
    let name = exe.file_name().expect("a name").to_string_lossy();
    for &user in users {
        let output =
            Host::unchanged(|| Step::new(exe.to_str().expect("a path in UTF-8"), user).run());
        if output.code() == Some(3) && is_missing(&name, user, &output.stderr) {
            assert!(output.stderr.contains("cannot check your answer"), "{}", output.stderr);
            continue;
        }
        check(output.code(), &format!("{} as {user:?}: {}", exe.display(), output.stderr));
    }
}

/// Whether an answer of this name works on cgroups.
fn needs_cgroup(name: &str) -> bool {
    name.starts_with("cgroup") || name.starts_with("resources")
}

/// Whether this machine lacks what the judge says that it needs for an answer of this name.
fn is_missing(name: &str, user: User, says: &str) -> bool {
    let read = |path| fs::read_to_string(path).expect(path);
    if needs_cgroup(name) {
        // An ordinary user may have no cgroup to write to, and root may have none of v2, or
        // beside v1 none that enables a controller.
        let mounts = read("/proc/self/mounts");
        let (v1, v2) = (mounts.contains(" cgroup "), mounts.contains(" cgroup2 "));
        let needs_v2_controller = says.contains("of version 2 that enables a controller");
        user == User::Ordinary || !v2 || v1 && needs_v2_controller
    } else if name.starts_with("image") {
        says.contains("a user namespace takes Linux 5.11") && linux_is_before((5, 11))
            || says.contains("modprobe overlay")
                && !read("/proc/filesystems").contains("\toverlay\n")
    } else if name.starts_with("time") {
        says.contains("CONFIG_TIME_NS") && !Path::new("/proc/self/ns/time").exists()
    } else if name.starts_with("net") || name.starts_with("container5") {
        says.contains("socketcall(2)") && cfg!(target_arch = "x86")
    } else {
        false
    }
}

/// Whether this kernel is older than the version.
fn linux_is_before(version: (u32, u32)) -> bool {
    let uname = uname().expect("uname");
    let release = uname.release().to_string_lossy();
    let mut numbers = release.split(['.', '-']).map_while(|it| it.parse::<u32>().ok());
    numbers.next().zip(numbers.next()).expect("two numbers") < version
}

/// All exercises, or only those whose names begin with `ONLY`, for whoever writes one.
fn exercises() -> impl Iterator<Item = &'static Exercise> {
    let only = std::env::var("ONLY").unwrap_or_default();
    EXERCISES.iter().filter(move |it| it.name.starts_with(&only))
}

fn exercises_dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A generated Cargo package of answers, each a module of its one program: to compile and to link
/// hundreds of programs takes minutes.
struct Package {
    dir: PathBuf,
    name: &'static str,
    answers: Vec<String>,
}

impl Package {
    fn new(name: &'static str) -> Package {
        Package::in_language(name, Language::English)
    }

    /// Answers that a judge of this language judges.
    fn in_language(name: &'static str, language: Language) -> Package {
        let dir = target().join(name);
        let _ = fs::remove_dir_all(dir.join("src"));
        fs::create_dir_all(dir.join("src")).expect("mkdir");
        let manifest = fs::read_to_string(exercises_dir().join("Cargo.toml")).expect("Cargo.toml");
        let (_, dependencies) = manifest.split_once("[dependencies]").expect("dependencies");
        let dependencies = dependencies.split("\n[").next().expect("a section");
        // Answers do not use our own crates, and their paths are relative.
        let dependencies = dependencies.lines().filter(|line| !line.contains("path ="));
        let dependencies = dependencies.collect::<Vec<_>>().join("\n");
        let features: &[&str] = match language {
            Language::English => &[],
            Language::Korean => &["korean"],
        };
        let dir_of_judge = exercises_dir();
        let judge = format!("exercises = {{ path = {dir_of_judge:?}, features = {features:?} }}");
        let manifest = format!(
            "[package]\nname = {name:?}\nedition = \"2024\"\n[workspace]\n\
             [dependencies]\n{judge}{dependencies}"
        );
        fs::write(dir.join("Cargo.toml"), manifest).expect("Cargo.toml");
        let lock = fs::read_to_string(exercises_dir().join("Cargo.lock")).expect("Cargo.lock");
        let entry = format!(
            "[[package]]\nname = {name:?}\nversion = \"0.0.0\"\n\
             dependencies = [\n \"exercises\",\n \"libc\",\n \"nix\",\n]\n"
        );
        fs::write(dir.join("Cargo.lock"), format!("{lock}\n{entry}")).expect("Cargo.lock");
        Package { dir, name, answers: Vec::new() }
    }

    fn add(&mut self, name: String, text: &str) {
        let start = "\npub fn start() -> ! {\n    main()\n}\n";
        let text = format!("#![allow(warnings)]\n{}{start}", text.trim_start());
        fs::write(self.dir.join(format!("src/{name}.rs")), text).expect("an answer");
        self.answers.push(name);
    }

    /// Builds the program, and gives it the name of each answer: it is the one that it is called by.
    fn build(&self) {
        assert!(self.cargo("build").status().expect("cargo").success(), "cargo build");
        for name in &self.answers {
            let _ = fs::remove_file(program(name));
            fs::hard_link(program(self.name), program(name)).expect("hard link");
        }
    }

    fn write_main(&self) {
        let all = |line: fn(&String) -> String| self.answers.iter().map(line).collect::<String>();
        let modules = all(|name| format!("mod {name};\n"));
        let arms = all(|name| format!("        {name:?} => {name}::start(),\n"));
        let main = format!(
            "{modules}\nfn main() {{\n    \
             let called = std::env::args().next().unwrap();\n    \
             match called.rsplit('/').next().unwrap() {{\n{arms}        \
             name => panic!(\"there is no {{name}}\"),\n    }}\n}}\n"
        );
        fs::write(self.dir.join("src/main.rs"), main).expect("main.rs");
    }

    /// A cargo command for all answers of this package.
    fn cargo(&self, command: &str) -> Command {
        self.write_main();
        let manifest = self.dir.join("Cargo.toml");
        // Removes from Cargo.lock what this package does not need.
        let mut metadata = Command::new(env!("CARGO"));
        metadata.args(["metadata", "--quiet", "--offline", "--format-version=1"]);
        metadata.arg("--manifest-path").arg(&manifest);
        assert!(metadata.output().expect("cargo").status.success(), "cargo metadata");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([command, "--quiet", "--locked", "--manifest-path"]).arg(manifest);
        cargo.env("CARGO_TARGET_DIR", target());
        cargo
    }
}

/// Cargo's target directory: this test is in `debug/deps` there.
fn target() -> PathBuf {
    let exe = std::env::current_exe().expect("current_exe");
    exe.ancestors().nth(3).expect("target").to_owned()
}

/// The program of an answer.
fn program(name: &str) -> PathBuf {
    target().join("debug").join(name)
}

fn must_pass(name: &str) {
    run(&program(name), |code, stderr| {
        assert_eq!(code, Some(0), "{stderr}");
        assert!(stderr.contains("✓ the kernel agrees:"), "{stderr}");
    });
}

#[test]
fn every_starter_fails_and_every_solution_passes() {
    // Cgroups differ most between machines.
    let (cgroups, others): (Vec<&Exercise>, Vec<_>) =
        exercises().partition(|it| needs_cgroup(it.name));
    for exercise in sample(others).chain(cgroups) {
        run(&program(exercise.name), |code, stderr| {
            assert_eq!(code, Some(1), "{stderr}");
            assert!(stderr.contains("✗ expected:") && !has_hangul(stderr), "{stderr}");
        });
        must_pass(&format!("{}_sol", exercise.name));
    }
}

#[test]
fn every_other_solution_passes() {
    let mut package = Package::new("others");
    let others = exercises().flat_map(|exercise| {
        let others = exercise.solutions[1..].iter().enumerate();
        others.map(|(number, (_, text))| (format!("{}_other{number}", exercise.name), text))
    });
    others.for_each(|(name, text)| package.add(name, text));
    package.build();
    package.answers.iter().for_each(|name| must_pass(name));
}

/// `delegate` gives a user cgroups, and takes them away again.
#[test]
fn a_user_to_whom_cgroups_are_delegated_needs_no_root() {
    if !User::all().contains(&User::Root) {
        skip!("only root can delegate");
    }
    let delegate = |argument: &str| {
        let output = Command::new(exercises_dir().join("delegate")).arg(argument).output();
        let output = output.expect("delegate");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (output.status.success(), text(output.stdout), text(output.stderr))
    };
    for exercise in exercises().filter(|it| needs_cgroup(it.name)) {
        let exe = program(&format!("{}_sol", exercise.name));
        let mut user = Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .args(["sh", "-c", "read _; exec \"$0\""])
            .arg(exe)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("setpriv");
        // Without root, sh has this user's identity when it reads.
        let status = format!("/proc/{}/status", user.id());
        wait_until("the change of the user", || {
            fs::read_to_string(&status).is_ok_and(|it| it.contains("Uid:\t65534\t65534"))
        });
        let (delegated, stdout, stderr) = delegate(&user.id().to_string());
        if !delegated {
            user.kill().expect("kill");
            user.wait().expect("wait");
            assert!(stderr.contains("systemd-run") || stderr.contains("already"), "{stderr}");
            skip!("{stderr}");
        }
        let dirs: Vec<_> = stdout.lines().skip(1).map(|line| line.trim().to_owned()).collect();
        assert!(dirs.iter().all(|dir| Path::new(dir).is_dir()), "{stdout}");
        drop(user.stdin.take());
        let output = user.wait_with_output().expect("wait");
        let (undone, _, undo) = delegate("--undo");
        assert!(undone && undo.is_empty(), "{undo}");
        assert!(!dirs.iter().any(|dir| Path::new(dir).exists()), "{stdout}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let no_controller = output.status.code() == Some(3)
            && stderr.contains("of version 2 that enables a controller");
        assert!(output.status.success() || no_controller, "{}: {stderr}", exercise.name);
    }
}

/// An exercise that this user cannot do passes if the user says so, and never silently.
#[test]
fn exercises_without_a_cgroup_are_skipped_aloud() {
    let exe = program("cgroup1");
    let run = |skip: &[(&str, &str)]| {
        let mut command = Command::new("unshare");
        // A mount namespace in which nobody sees a cgroup.
        command.args(["-Ur", "--mount", "sh", "-c"]);
        command.arg("mount -t tmpfs none /sys; exec \"$0\"").arg(&exe);
        let output = command.envs(skip.iter().copied()).output().expect("unshare");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, stderr) = run(&[]);
    assert!(code == Some(3) && stderr.contains("cannot check"), "{stderr}");
    let (code, stderr) = run(&[("SKIP_CGROUP", "1")]);
    assert!(code == Some(0) && stderr.contains("Skipped, not solved"), "{stderr}");
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

/// Adds every `step`th wrong answer of each exercise.
fn add_wrong_answers(package: &mut Package, step: usize) {
    for exercise in exercises() {
        let (name, solution) = (exercise.name, exercise.solutions[0].1);
        for (number, Wrong { change, to, .. }) in exercise.wrong.iter().enumerate().step_by(step) {
            assert_eq!(solution.matches(change).count(), 1, "{name}: {change}");
            let name = format!("{name}_{}{number}", package.name);
            package.add(name, &solution.replace(change, to));
        }
    }
}

#[test]
fn wrong_answers_fail_with_the_message_meant_for_them() {
    let mut package = Package::new("wrong");
    add_wrong_answers(&mut package, 1);
    package.build();
    // `maintain/ci/exercises` shows this table.
    println!(
        "\n| exercise | right | wrong | violated by the wrong ones |\n| --- | --- | --- | --- |"
    );
    let mut faults = Vec::new();
    for exercise in exercises() {
        for (number, Wrong { says, .. }) in exercise.wrong.iter().enumerate() {
            let exe = program(&format!("{}_wrong{number}", exercise.name));
            run_in_turn(number, &exe, |code, stderr| {
                if code != Some(1) || !stderr.contains(says) || has_hangul(stderr) {
                    faults.push(format!("{code:?}, not {says:?}: {stderr}"));
                }
            });
        }
        let clauses = exercise.wrong.iter().map(|it| it.clause.replace('\n', " "));
        let clauses: Vec<_> = clauses.collect();
        let (right, wrong) = (exercise.solutions.len(), clauses.len());
        println!("| {} | {right} | {wrong} | {} |", exercise.name, clauses.join("; "));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The starters as `ko` has them, and a third of the same wrong answers, each as one user: that
/// each is told what is wrong with it has been seen above, and that each message has its Korean,
/// the compiler has seen. Here no English may be left in what it is told.
#[test]
fn in_korean_starters_and_wrong_answers_fail_in_korean() {
    let mut package = Package::in_language("korean", Language::Korean);
    for exercise in exercises() {
        let file = exercise.file(exercise.starter, Language::Korean);
        package.add(format!("{}_starter", exercise.name), &file);
    }
    add_wrong_answers(&mut package, 3);
    package.build();
    let user = User::all()[0];
    let mut faults = Vec::new();
    for name in &package.answers {
        let exe = program(name);
        let output = Step::new(exe.to_str().expect("a path in UTF-8"), user).run();
        let reason = output.stderr.lines().find_map(|line| line.strip_prefix("  이유: "));
        let says_so = match output.code() {
            Some(1) => output.stderr.contains("✗ 기대: ") && reason.is_some_and(is_korean),
            // What this machine lacks, which the English tests have seen.
            Some(3) => output.stderr.contains("이 컴퓨터에서는 답을 채점할 수 없습니다"),
            _ => false,
        };
        if !says_so {
            faults.push(format!("{name}: {:?}: {}", output.code(), output.stderr));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Whether a sentence has Korean in it, and no part that reads as English.
fn is_korean(text: &str) -> bool {
    let words: Vec<_> = text.split(' ').collect();
    let is_english = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase());
    has_hangul(text) && !words.windows(4).any(|four| four.iter().all(is_english))
}

/// Without its call of the judge a program would print nothing and exit with 0: it does not
/// compile, since `main` may not return.
#[test]
fn an_answer_that_is_not_judged_does_not_compile() {
    let mut package = Package::new("unjudged");
    for exercise in exercises() {
        for (number, (_, text)) in exercise.solutions.iter().enumerate() {
            let call = format!("    judge::{}(", exercise.name);
            assert_eq!(text.matches(&call).count(), 1, "{}", exercise.name);
            // Otherwise the error below could be that of `start`.
            assert!(text.contains("\nfn main() -> ! {\n"), "{}", exercise.name);
            let text = text.replace(&call, &call.replace("judge", "// judge"));
            package.add(format!("{}_unjudged{number}", exercise.name), &text);
        }
    }
    let output = package.cargo("check").output().expect("cargo");
    let stderr = String::from_utf8_lossy(&output.stderr);
    for name in &package.answers {
        let refused = format!("--> src/{name}.rs:");
        assert!(stderr.contains(&refused), "{name} compiles: {stderr}");
    }
}
