//! Runs step16-container and asks the kernel what its processes are and may do.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{chown, symlink};

use nix::libc;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use testkit::{Host, Output, Running, SignalAt, Step, User, link, namespace, status, temp_dir};
use testkit::{require_programs, sample_by_user, skip, wait_until};

const EXE: &str = env!("CARGO_BIN_EXE_step16-container");

fn step(user: User) -> Step {
    Step::new(EXE, user)
}

fn run(user: User, args: &[&str]) -> Output {
    Host::unchanged(|| step(user).args(args).run())
}

/// What a shell prints in a container.
fn prints(user: User, options: &[&str], script: &str) -> String {
    let output = run(user, &[options, &["sh", "-c", script]].concat());
    output.assert_ok().stdout.trim_end().to_owned()
}

/// A container whose command waits, its PID 1, and the command.
struct Waiting {
    step: Running,
    init: Pid,
    command: Pid,
}

impl Waiting {
    fn start(user: User, options: &[&str]) -> Waiting {
        let args = [options, &["sh", "-c", "echo ready; read line; exit 0"]].concat();
        let mut step = step(user).args(args).start();
        assert_eq!(step.line(), "ready");
        let inside = |pid: &Pid| namespace(pid, "pid") != namespace("self", "pid");
        let all = testkit::descendants(step.pid());
        let init = *all.iter().find(|pid| status(pid, "Name") == "init").unwrap();
        let command = *testkit::descendants(init).iter().find(|pid| inside(pid)).unwrap();
        Waiting { step, init, command }
    }
}

/// The rows of `--verify`, by the names of the protections.
fn verify(user: User, options: &[&str]) -> (Vec<(String, String)>, Output) {
    verify_in(user, options, || Ok(()))
}

fn verify_in(
    user: User,
    options: &[&str],
    obstacle: impl FnMut() -> std::io::Result<()> + Send + Sync + 'static,
) -> (Vec<(String, String)>, Output) {
    let step = step(user).args(options).args(["--verify"]).with_obstacle(obstacle);
    let output = Host::unchanged(|| step.run());
    let lines = output.stdout.lines().skip(1);
    let rows = lines.map(|line| {
        let (name, rest) = line.split_once(' ').unwrap();
        let at = ["stopped: ", "not tried: ", "SUCCEEDED: "].iter().find_map(|it| rest.find(it));
        (name.to_owned(), rest[at.unwrap()..].to_owned())
    });
    (rows.collect(), output)
}

#[test]
fn every_attack_is_stopped() {
    for &user in User::all() {
        let (rows, output) = verify(user, &[]);
        output.assert_ok();
        assert_eq!(rows.len(), 19, "{output:?}");
        for (name, result) in rows {
            assert_eq!(name == "limits", result == "not tried: no --pids", "{output:?}");
            assert!(name == "limits" || result.starts_with("stopped: "), "{output:?}");
        }
    }
}

/// Protections, and what else has to be left out before the attack gets so far.
const ATTACKS: [(&str, &[&str]); 17] = [
    ("user", &[]),
    ("pid", &[]),
    ("net", &[]),
    ("ipc", &[]),
    ("uts", &[]),
    ("time", &[]),
    ("cgroup", &[]),
    ("root", &[]),
    ("read-only", &[]),
    ("masks", &["capabilities"]),
    ("descriptors", &[]),
    ("keyring", &["seccomp"]),
    ("capabilities", &[]),
    ("no_new_privs", &[]),
    ("seccomp", &[]),
    ("dumpable", &[]),
    ("init", &[]),
];

#[test]
fn without_a_protection_its_attack_succeeds_and_without_another_it_does_not() {
    let in_a_cgroup =
        fs::read_to_string("/proc/self/cgroup").unwrap().lines().any(|it| !it.ends_with(":/"));
    for (user, (name, also)) in sample_by_user(ATTACKS) {
        if name == "user" && user != User::Root || name == "cgroup" && !in_a_cgroup {
            continue;
        }
        let left_out = |names: &[&str]| -> Vec<String> {
            names.iter().flat_map(|name| ["--without".to_owned(), (*name).to_owned()]).collect()
        };
        let result = |names: &[&str]| {
            let options = left_out(names);
            let options: Vec<_> = options.iter().map(String::as_str).collect();
            let (rows, output) = verify_in(user, &options, new_session_keyring);
            let row = rows.into_iter().find(|(it, _)| it == name);
            (row.unwrap_or_else(|| panic!("{output:?}")).1, output)
        };
        let (gained, output) = result(&[&[name], also].concat());
        assert!(gained.starts_with("SUCCEEDED: "), "{user:?} {name}: {output:?}");
        assert_eq!(output.code(), Some(1), "{output:?}");
        let (stopped, output) = result(also);
        assert!(stopped.starts_with("stopped: "), "{user:?} {name}: {output:?}");
    }
}

/// So that there is one to be found, which nobody else uses.
fn new_session_keyring() -> std::io::Result<()> {
    // SAFETY: the kernel reads no name through NULL.
    unsafe { libc::syscall(libc::SYS_keyctl, 1, std::ptr::null::<libc::c_char>()) };
    Ok(())
}

#[test]
fn the_command_is_in_eight_namespaces_of_its_own_without_privileges() {
    for &user in User::all() {
        let container = Waiting::start(user, &[]);
        let command = container.command;
        for kind in ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"] {
            assert_ne!(namespace(command, kind), namespace("self", kind), "{kind}");
            assert_eq!(namespace(container.step.pid(), kind), namespace("self", kind));
        }
        assert_eq!(status(container.init, "NSpid").split_whitespace().last(), Some("1"));
        let kept = "00000000000404fb";
        for (field, value) in [
            ("CapPrm", kept),
            ("CapEff", kept),
            ("CapBnd", kept),
            ("CapInh", "0000000000000000"),
            ("CapAmb", "0000000000000000"),
            ("NoNewPrivs", "1"),
            ("Seccomp", "2"),
            ("SigBlk", "0000000000000000"),
        ] {
            assert_eq!(status(command, field), value, "{field}");
        }
        container.step.wait().assert_ok();
    }
}

#[test]
fn nothing_is_open_but_stdin_stdout_and_stderr() {
    for &user in User::all() {
        let container = Waiting::start(user, &[]);
        let numbers = fs::read_dir(format!("/proc/{}/fd", container.command)).unwrap();
        let numbers: BTreeSet<_> = numbers.map(|it| it.unwrap().file_name()).collect();
        assert_eq!(numbers, ["0", "1", "2"].map(Into::into).into());
        container.step.wait().assert_ok();
    }
}

#[test]
fn the_host_is_not_among_the_mounts() {
    for &user in User::all() {
        let container = Waiting::start(user, &[]);
        let text = fs::read_to_string(format!("/proc/{}/mountinfo", container.command)).unwrap();
        let mounts: Vec<_> = testkit_lines(&text);
        let (_, root, options) = &mounts.iter().find(|(point, ..)| point == "/").unwrap();
        assert!(root == "tmpfs" && options.starts_with("ro,"), "{text}");
        for (point, kind, options) in &mounts {
            let is_fresh = ["tmpfs", "proc", "devpts", "mqueue"].contains(&kind.as_str());
            let is_device = point.starts_with("/dev/") || point.starts_with("/proc/");
            assert!(is_fresh || is_device || options.starts_with("ro,"), "{point}: {text}");
            assert!(is_device || options.contains("nosuid,nodev"), "{point}: {text}");
        }
        assert_eq!(link(format!("/proc/{}/cwd", container.command)), "/root");
        container.step.wait().assert_ok();
    }
}

/// Mount point, type and options of each line of `mountinfo`.
fn testkit_lines(text: &str) -> Vec<(String, String, String)> {
    let line = |line: &str| {
        let (left, right) = line.split_once(" - ").unwrap();
        let left: Vec<_> = left.split(' ').collect();
        let kind = right.split(' ').next().unwrap();
        (left[4].to_owned(), kind.to_owned(), left[5].to_owned())
    };
    text.lines().map(line).collect()
}

#[test]
fn root_of_the_container_is_the_caller_and_alone() {
    for &user in User::all() {
        assert_eq!(prints(user, &[], "id -u; id -g; hostname; echo $$"), "0\n0\ncontainer\n2");
        assert_eq!(prints(user, &["--hostname", "web"], "hostname"), "web");
        let processes = prints(user, &[], "cd /proc; ls -d [0-9]*");
        assert_eq!(processes.lines().take(2).collect::<Vec<_>>(), ["1", "2"]);
        assert!(processes.lines().count() <= 3, "{processes}");
    }
}

#[test]
fn the_environment_is_new_and_has_what_is_given() {
    let step = step(User::all()[0]).env("SECRET", "1").args([
        "--env",
        "GREETING=a=b",
        "sh",
        "-c",
        "export",
    ]);
    let output = step.run();
    let text = &output.assert_ok().stdout;
    assert!(text.contains("GREETING='a=b'") && text.contains("HOME='/root'"), "{text}");
    assert!(!text.contains("SECRET") && !text.contains("TEST_RUN"), "{text}");
    assert_eq!(prints(User::all()[0], &["--workdir", "/tmp"], "pwd"), "/tmp");
}

#[test]
fn devices_work_and_no_others_are_there() {
    for &user in User::all() {
        let names = prints(user, &[], "cd /dev; echo *");
        let expected =
            "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero";
        assert_eq!(names.replace("mqueue ", ""), expected.replace("mqueue ", ""));
        let script = "head -c 3 /dev/zero | wc -c; echo x >/dev/null; head -c 2 /dev/urandom | wc -c; echo a >/dev/shm/a; cat /dev/shm/a";
        assert_eq!(prints(user, &[], script), "3\n2\na");
        let full = run(user, &["sh", "-c", "echo x >/dev/full"]);
        assert!(!full.stderr.is_empty() && full.code() != Some(0), "{full:?}");
    }
}

#[test]
fn the_status_is_that_of_the_command() {
    for &user in User::all() {
        for (script, status) in
            [("exit 7", 7), ("kill -9 $$", 137), ("exec /nosuch", 127), ("exec /etc/passwd", 126)]
        {
            assert_eq!(run(user, &["sh", "-c", script]).code(), Some(status), "{script}");
        }
        assert_eq!(run(user, &["/nosuch"]).code(), Some(127));
        assert_eq!(run(user, &["sh", "-c", "kill -INT $$"]).signal(), Some(libc::SIGINT));
        assert_eq!(run(user, &["sh", "-c", "kill -QUIT $$"]).signal(), Some(libc::SIGQUIT));
    }
}

#[test]
fn signals_are_passed_on_to_the_command() {
    let script = "trap 'echo got; exit 3' TERM; echo ready; while :; do read line; done";
    for &user in User::all() {
        let mut step = step(user).args(["sh", "-c", script]).start();
        assert_eq!(step.line(), "ready");
        step.signal(Signal::SIGTERM);
        assert_eq!(step.line(), "got");
        assert_eq!(step.wait().code(), Some(3));
    }
}

#[test]
fn all_ends_with_the_command_and_with_the_step() {
    for &user in User::all() {
        let output = run(user, &["sh", "-c", "sleep 1000 & setsid sleep 1000 & exit 4"]);
        assert_eq!(output.code(), Some(4));
        let container = Waiting::start(user, &[]);
        let processes = [container.init, container.command];
        container.step.signal(Signal::SIGKILL);
        wait_until("the end of the container", || {
            processes.iter().all(|pid| !std::path::Path::new(&format!("/proc/{pid}")).exists())
        });
    }
}

#[test]
fn a_fork_bomb_ends_at_the_limit() {
    let output = run(User::all()[0], &["--pids", "20", "--verify"]);
    if output.stderr.contains("cgroup") && output.code() == Some(1) {
        skip!("no cgroup for this user here");
    }
    let row = output.assert_ok().stdout.lines().find(|line| line.starts_with("limits")).unwrap();
    assert!(row.contains("stopped: EAGAIN after 1"), "{row}");
}

// Root directories.

/// A root directory with a static program, or with what the shell of this machine needs.
fn small_root(user: User) -> testkit::tempfile::TempDir {
    let dir = temp_dir(user);
    for name in ["bin", "lib", "lib64", "usr"] {
        let old = std::path::Path::new("/").join(name);
        match fs::read_link(&old) {
            Ok(target) => symlink(target, dir.path().join(name)).unwrap(),
            Err(_) if old.exists() => fs::create_dir(dir.path().join(name)).unwrap(),
            Err(_) => {}
        }
    }
    dir
}

/// Options that show the host's programs in a root directory.
fn with_programs<'a>(options: &[&'a str]) -> Vec<&'a str> {
    let mut all = options.to_vec();
    for name in ["/bin:/bin:ro", "/lib:/lib:ro", "/lib64:/lib64:ro", "/usr:/usr:ro"] {
        let path = name.split(':').next().unwrap();
        if fs::symlink_metadata(path).is_ok_and(|it| it.is_dir()) {
            all.extend(["--bind", name]);
        }
    }
    all
}

#[test]
fn a_directory_of_the_host_can_be_the_root_and_others_shown_in_it() {
    for &user in User::all() {
        let (root, more) = (small_root(user), temp_dir(user));
        fs::write(more.path().join("note"), "helo\n").unwrap();
        let paths = [root.path().to_str().unwrap(), more.path().to_str().unwrap()];
        let [read_only, writable] =
            ["/more:ro", "/write"].map(|target| format!("{}:{target}", paths[1]));
        let options =
            with_programs(&["--rootfs", paths[0], "--bind", &read_only, "--bind", &writable]);
        let script = "cat /more/note; echo x 2>&1 >/more/x | grep -o 'Read-only file system'; echo y >/write/y; cat /write/y";
        let output = step(user).args(&options).args(["sh", "-c", script]).run();
        assert_eq!(output.assert_ok().stdout, "helo\nRead-only file system\ny\n", "{output:?}");
        assert_eq!(fs::read_to_string(more.path().join("y")).unwrap(), "y\n");
    }
}

#[test]
fn a_link_in_the_root_directory_never_leads_a_mount_outside() {
    for &user in User::all() {
        let (root, outside) = (small_root(user), temp_dir(user));
        let path = root.path().to_str().unwrap();
        let inside = root.path().join("srv");
        fs::create_dir(&inside).unwrap();
        chown(&inside, Some(user.uid().as_raw()), None).unwrap();
        symlink("/srv", root.path().join("link")).unwrap();
        let options = with_programs(&["--rootfs", path, "--bind", "/etc:/link/etc:ro"]);
        step(user).args(&options).args(["sh", "-c", "ls /srv/etc/passwd"]).run().assert_ok();
        assert!(!std::path::Path::new("/srv/etc").exists());

        symlink(outside.path(), root.path().join("out")).unwrap();
        let output = step(user).args(["--rootfs", path, "--bind", "/etc:/out/etc", "true"]).run();
        output.assert_error("mkdir(./out): EEXIST: File exists", "a link that leads nowhere");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);

        fs::remove_dir(root.path().join("dev")).unwrap();
        symlink(outside.path(), root.path().join("dev")).unwrap();
        let output = step(user).args(["--rootfs", path, "true"]).run();
        output.assert_error(
            "openat2(./dev): ELOOP: Too many symbolic links encountered",
            "it is a link",
        );
    }
}

// What is refused.

#[test]
fn arguments_that_make_no_sense_are_refused() {
    for (args, error) in [
        (["--net", "wifi"], "cannot parse argument \"wifi\": none, host or peer:PID"),
        (["--bind", "/etc"], "--bind takes SRC:DST or SRC:DST:ro"),
        (["--env", "=x"], "--env takes NAME=VALUE"),
        (["--nosuch", ""], "invalid option '--nosuch'"),
    ] {
        run(User::all()[0], &args).assert_usage_error(error);
    }
}

#[test]
fn killed_at_any_call_it_leaves_nothing() {
    require_programs!("strace");
    let calls = ["unshare", "sethostname", "?pivot_root", "umount2", "capset", "seccomp", "?mount"];
    for (user, call) in sample_by_user(calls) {
        let at = SignalAt::in_any_process(call, Signal::SIGKILL);
        Host::unchanged(|| {
            let output = at.run(EXE, &["true"], user);
            assert_ne!(output.code(), Some(0), "{call}: {output:?}");
        });
    }
}
