//! Property tests with random arguments and random contents of files in `/proc`. A step
//! never panics, its error is one line, it prints no control characters, and the kernel
//! accepts what the step accepts. For more cases: `PROPTEST_CASES=10000`.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;

use nix::mount::{MsFlags, mount};
use nix::unistd::geteuid;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::TestRunner;
use step_support::cgroup::memberships;
use step_support::printable;
use testkit::obstacle::own_mounts;
use testkit::{Host, Output, Step, User, require_root, skip, step_binary, steps, temp_dir};

/// Each case runs a process or more, so there are fewer cases.
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig { failure_persistence: None, cases: config.cases / 8, ..config }
}

/// Arguments that some step knows, and similar ones.
const WORDS: [&str; 40] = [
    "",
    "-",
    "--",
    "---",
    "-h",
    "--help",
    "--help=",
    "--json",
    "--all",
    "--all=1",
    "-1",
    "0",
    "1",
    "4194304",
    "99999999999999999999",
    "uts",
    "user",
    "pid",
    "time",
    "UTS",
    "-t",
    "-t1",
    "--target",
    "--target=0",
    "--target=-7",
    "--target=2147483648",
    "-Urpf",
    "-UrX",
    "--map-root-user",
    "--fork",
    "--mount-proc",
    "--user=",
    "--pids",
    "--pids=3",
    "--memory",
    "--memory=8M",
    "--memory=8MB",
    "--cpu=50%",
    "--cpu=0",
    "/proc/self/ns/uts",
];

fn word() -> impl Strategy<Value = OsString> {
    prop_oneof![
        4 => select(&WORDS[..]).prop_map(OsString::from),
        1 => bytes(0..9),
        1 => ("--?", bytes(1..5)).prop_map(|(dashes, rest)| [dashes.into(), rest].into_iter().collect()),
    ]
}

/// Random bytes; an argument cannot contain 0.
fn bytes(length: std::ops::Range<usize>) -> impl Strategy<Value = OsString> {
    let byte = prop_oneof![3 => 1..=255_u8, 1 => select(b"\n\x1b\\\"' -=".to_vec())];
    vec(byte, length).prop_map(OsString::from_vec)
}

/// A step that finds no commands, so that the only one it can run is the shell.
fn step(name: &str, user: User, args: &[impl AsRef<OsStr>]) -> Step {
    // In a container the environment is another one.
    let inside: &[_] = match name {
        "step16-container" => &["--env", "PATH=/proc/self/nothing"],
        _ => &[],
    };
    Step::new(&step_binary(name), user)
        .args(inside)
        .args(args)
        .with(|it| _ = it.env("PATH", "/proc/self/nothing").env_remove("SHELL"))
}

/// Asserts what every step promises about its output. Returns the exit status.
fn status(name: &str, output: &Output) -> i32 {
    let Output { stdout, stderr, .. } = output;
    for text in [stdout, stderr] {
        let control = |it: char| it.is_control() && it != '\n';
        assert!(!text.contains(control), "{output:?}");
        assert!(text.is_empty() || text.ends_with('\n'), "{output:?}");
        assert!(!text.contains("panicked"), "{output:?}");
    }
    let code = output.code().unwrap_or_else(|| panic!("{output:?}"));
    // In an unknown option lexopt replaces bytes that are not UTF-8 by this character.
    assert!(
        code == 2 || !(stdout.contains('\u{fffd}') || stderr.contains('\u{fffd}')),
        "{output:?}"
    );
    let errors = stderr.lines().filter(|line| line.starts_with(&format!("{name}: "))).count();
    match code {
        0 => assert_eq!(errors, 0, "{output:?}"),
        // The doctor reports on stdout what does not work.
        1 if name == "step00-doctor" => assert_eq!((errors, stdout.is_empty()), (0, false)),
        1 | 126 | 127 => assert_eq!(errors, 1, "{output:?}"),
        2 => {
            assert!(stdout.is_empty(), "{output:?}");
            assert!(stderr.lines().count() == 1 && errors == 1, "{output:?}");
            assert!(stderr.ends_with(" (try --help)\n"), "{output:?}");
        }
        // The limit was too low for the command.
        137 if ["step06-cgroup", "step16-container"].contains(&name) => {
            assert_eq!(errors, 0, "{output:?}")
        }
        _ => panic!("exit status {code}: {output:?}"),
    }
    code
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_arguments_are_accepted_or_refused(
        args in vec(word(), 0..5), user in select(User::all()),
    ) {
        Host::unchanged(|| {
            for name in steps() {
                status(name, &step(name, user, &args).run());
            }
        });
    }

    #[test]
    fn a_number_is_a_pid_if_the_kernel_can_assign_it(number in prop_oneof![
        "[0-9]{1,7}", "[+0-9a-f ]{1,5}", Just("4194304".to_owned()),
        (-2..3_i64).prop_map(|more| (pid_max() + more).to_string()),
    ]) {
        let digits = number.bytes().all(|it| it.is_ascii_digit());
        let pid = number.parse().ok().filter(|pid| digits && (1..pid_max()).contains(pid));
        let status = status("step01-proc-ns", &step("step01-proc-ns", User::Ordinary, &[&number]).run());
        prop_assert_eq!(status == 2, pid.is_none(), "{}", status);
    }

    #[test]
    fn a_hostname_of_at_most_64_bytes_is_set_and_a_longer_one_is_refused(name in bytes(0..70)) {
        prop_assume!(name.as_bytes().first() != Some(&b'-'));
        for &user in User::all() {
            let output = step("step03-uts", user, &[&name]).run();
            prop_assert_eq!(status("step03-uts", &output), i32::from(name.len() > 64), "{:?}", output);
            let line = format!("uts.nodename in child:  {}\n", printable(&name));
            prop_assert_eq!(output.stdout.contains(&line), name.len() <= 64, "{:?}", output);
        }
    }

    #[test]
    fn kinds_are_accepted_in_any_order_and_number(
        kinds in subsequence(&["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"][..], 0..8).prop_shuffle(),
        other in "[a-z]{0,4}",
    ) {
        let accepted = step("step02-clone", User::Ordinary, &kinds).run();
        prop_assert_eq!(status("step02-clone", &accepted), 0, "{:?}", accepted);
        for kind in &kinds {
            let new = accepted.stdout.lines().any(|line| line.starts_with(kind) && line.ends_with("new"));
            prop_assert!(new, "{}: {:?}", kind, accepted);
        }
        prop_assume!(!["ipc", "mnt", "net", "pid", "user", "uts"].contains(&&*other));
        let unknown = [&kinds[..], &[&other]].concat();
        prop_assert_eq!(status("step02-clone", &step("step02-clone", User::Ordinary, &unknown).run()), 2);
    }

    #[test]
    fn any_text_for_the_cgroups_of_a_process_is_shown_or_ignored(
        lines in vec(("[0-9]{0,2}:[a-z_=,]{0,9}:", "/?", bytes(0..20)), 0..5),
    ) {
        let text: Vec<u8> = lines
            .into_iter()
            .flat_map(|(head, slash, path)| [head.into(), slash.into(), path.into_vec(), b"\n".into()].concat())
            .collect();
        let output = overview_with("/proc/self/cgroup", &text);
        let rows = output.stdout.lines().filter(|it| it.starts_with("v1 ") || it.starts_with("v2"));
        prop_assert_eq!(rows.count(), memberships(&text).len(), "{:?}", output);
    }

    #[test]
    fn any_text_for_the_mounts_of_a_process_is_parsed_or_ignored(
        // Some of these directories exist, but no cgroup is mounted there.
        lines in vec((bytes(0..3), prop_oneof![bytes(1..9), Just("tmp".into())], "2? rw"), 0..5),
        controllers in select(&["", ",pids", ",cpu,cpuacct", ",memory"][..]),
    ) {
        let text: Vec<u8> = lines
            .into_iter()
            .flat_map(|(root, point, tail)| {
                let tail = format!(" rw - cgroup{}{controllers}\n", tail.replace(' ', " none "));
                [b"41 31 0:38 /".into(), root.into_vec(), b" /".into(), point.into_vec(), tail.into()]
                    .concat()
            })
            .collect();
        let output = overview_with("/proc/self/mountinfo", &text);
        prop_assert!(output.stdout.contains("No cgroup hierarchy is mounted here."), "{:?}", output);
    }
}

fn pid_max() -> i64 {
    fs::read_to_string("/proc/sys/kernel/pid_max").unwrap().trim().parse().unwrap()
}

/// The output of step 06 with a different text in place of a file in `/proc`.
fn overview_with(file: &'static str, text: &[u8]) -> Output {
    let dir = temp_dir(User::all()[0]);
    let source = dir.path().join("text");
    fs::write(&source, text).unwrap();
    let mounted = move || {
        own_mounts()?;
        Ok(mount(Some(&source), file, None::<&str>, MsFlags::MS_BIND, None::<&str>)?)
    };
    let output = step("step06-cgroup", User::all()[0], &[""; 0]).with_obstacle(mounted).run();
    assert_eq!(status("step06-cgroup", &output), 0, "{output:?}");
    output
}

#[test]
fn every_uid_is_root_inside_and_the_kernel_maps_it_to_itself_outside() {
    require_root!("to become any user");
    let mut runner = TestRunner::new(config());
    let result = runner.run(&(1..u32::MAX), |uid| {
        let args = ["-r", "/bin/cat", "/proc/self/uid_map"];
        let step = step("step05-unshare", User::Ordinary, &args);
        let output = step.with(|it| _ = it.uid(uid).gid(uid)).run();
        prop_assert_eq!(status("step05-unshare", &output), 0, "{:?}", output);
        let map: Vec<_> = output.stdout.split_whitespace().collect();
        prop_assert_eq!(map, ["0", &uid.to_string(), "1"]);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn the_kernel_accepts_every_limit_that_step_06_accepts() {
    let user = User::all()[0];
    let run = |args: &[&str]| step("step06-cgroup", user, &[args, &["/bin/true"]].concat()).run();
    if run(&["--pids", "9"]).code() != Some(0) {
        skip!("no cgroup is delegated to uid {} here", geteuid());
    }
    let limits = (
        prop_oneof![1..10_u64, 1..=4_194_304_u64],
        prop_oneof![4096..1_000_000_u64, 4096..=i64::MAX as u64],
        prop_oneof![1..300_u64, 1..=1_000_000_u64],
    );
    let mut runner = TestRunner::new(config());
    let result = runner.run(&limits, |(pids, memory, cpu)| {
        let [pids, memory, cpu] = [pids, memory, cpu].map(|it| it.to_string());
        let output = run(&["--pids", &pids, "--memory", &memory, "--cpu", &cpu]);
        prop_assert!([0, 137].contains(&status("step06-cgroup", &output)), "{:?}", output);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}
