//! Runs step16-container and asks the kernel what its processes are and may do.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;

use nix::errno::Errno;
use nix::libc;
use nix::sys::prctl::set_dumpable;
use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Gid, Pid, close, dup2_stderr, dup2_stdin, dup2_stdout};
use nix::unistd::{geteuid, setgid, setgroups, setsid, setuid};
use testkit::obstacle::{cover, own_mounts};
use testkit::{Host, Output, Running, SignalAt, Step, User, link, namespace, status, temp_dir};
use testkit::{require_programs, require_root, sample_by_user, skip, tempfile, wait_until};

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
    let user = User::all()[0];
    let variables =
        ["--env", "A=1", "--env", "A=2", "--env", "B=", "--env", "C=1\n2", "--env", "HOME=/tmp"];
    assert_eq!(prints(user, &variables, "echo \"$A,$B,$C,$HOME\""), "2,,1\n2,/tmp");
    assert_eq!(prints(user, &["--workdir", "/tmp"], "pwd"), "/tmp");
    for (dir, error) in [("/nosuch", "No such file"), ("/etc/passwd", "Not a directory")] {
        let output = run(user, &["--workdir", dir, "true"]);
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert!(output.stderr.contains(&format!("chdir({dir}): {error}")), "{output:?}");
    }
}

#[test]
fn the_umask_of_the_caller_decides_nothing() {
    for &user in User::all() {
        for mask in [0o000, 0o077] {
            let options = ["--bind", "/etc/passwd:/some/where/file", "sh", "-c"];
            let script = "umask; stat -c %a / /etc /etc/passwd /mnt /some /some/where";
            let output = step(user).args(options).args([script]).with_obstacle(move || {
                umask(Mode::from_bits_retain(mask));
                Ok(())
            });
            let output = Host::unchanged(|| output.run());
            assert_eq!(output.assert_ok().stdout, "0022\n755\n755\n644\n755\n755\n755\n");
        }
    }
}

#[test]
fn empty_directories_have_the_modes_that_programs_expect() {
    for &user in User::all() {
        let script = "stat -c '%a %n' /dev/shm /home /root /run /tmp";
        let modes = "1777 /dev/shm\n755 /home\n700 /root\n755 /run\n1777 /tmp";
        assert_eq!(prints(user, &[], script), modes);
    }
}

#[test]
fn what_follows_two_dashes_is_a_command() {
    for &user in User::all() {
        let dir = temp_dir(user);
        let program = dir.path().join("--verify");
        fs::write(&program, "#!/bin/sh\necho not an option\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let bind = format!("{}:/mnt:ro", dir.path().display());
        let path = "PATH=/mnt:/usr/bin:/bin";
        let output = run(user, &["--bind", &bind, "--env", path, "--", "--verify"]);
        assert_eq!(output.assert_ok().stdout, "not an option\n");
        assert_eq!(run(user, &["--", "--hostname", "web", "true"]).code(), Some(127));
    }
}

#[test]
fn input_reaches_the_command_also_where_output_is_closed() {
    for &user in User::all() {
        let mut step =
            step(user).args(["sh", "-c", "read a; echo got $a; read b; exit $b"]).start();
        step.type_in("one\n");
        assert_eq!(step.line(), "got one");
        step.type_in("9\n");
        assert_eq!(step.wait().code(), Some(9));
        let closed = self::step(user).args(["sh", "-c", "echo x 2>/dev/null; exit 3"]);
        let closed = closed.with_obstacle(|| Ok([0, 1].into_iter().try_for_each(close)?));
        assert_eq!(Host::unchanged(|| closed.run()).code(), Some(3));
    }
}

#[test]
fn what_is_hidden_in_proc_stays_hidden_and_no_mount_can_be_changed() {
    for &user in User::all() {
        if std::path::Path::new("/proc/keys").exists() {
            assert_eq!(prints(user, &[], "cat /proc/keys"), "");
        }
        for attempt in [
            "rm -f /proc/timer_list",
            "umount /proc/timer_list",
            "umount -l /proc",
            "umount /usr",
            "mount -o remount,rw,bind /",
            "mount -o remount,rw,bind /usr",
            "mount -t tmpfs tmpfs /mnt",
            "mknod /tmp/null c 1 3",
            "touch /etc/new",
            ": >/proc/sys/kernel/core_pattern",
        ] {
            let output = run(user, &["sh", "-c", attempt]);
            assert_ne!(output.code(), Some(0), "{user:?} {attempt}: {output:?}");
        }
    }
}

#[test]
fn the_loopback_device_is_up_and_the_only_one() {
    for &user in User::all() {
        assert_eq!(prints(user, &[], "grep -c : /proc/net/dev"), "1");
        assert_ne!(prints(user, &[], "grep -c 127.0.0.1 /proc/net/fib_trie"), "0");
    }
}

/// Makes `/etc` one in which a user has a range of users. Needs root.
fn lend_ids(user: User) -> std::io::Result<()> {
    own_mounts()?;
    cover("/etc")?;
    fs::write("/etc/passwd", format!("borrower:x:{0}:{0}::/:/bin/sh\n", user.uid()))?;
    fs::write("/etc/subuid", "borrower:100000:65536\n")?;
    fs::write("/etc/subgid", "borrower:100000:65536\n")
}

#[test]
fn root_with_a_range_is_another_user_in_no_group_and_there_are_more() {
    require_root!("to write /etc/subuid in a mount namespace");
    let script = "id -u; id -G; tr -s ' ' </proc/self/uid_map; \
                  /usr/bin/setpriv --reuid 5 --regid 5 --clear-groups sh -c 'id -u; head -c 4 /etc/passwd'";
    let step = step(User::Root).args(["sh", "-c", script]).with_obstacle(|| {
        lend_ids(User::Root)?;
        setgroups(&[4, 5].map(Gid::from_raw))?;
        umask(Mode::from_bits_retain(0o077));
        Ok(())
    });
    let output = Host::unchanged(|| step.run());
    assert_eq!(output.assert_ok().stdout, "0\n0\n 0 100000 65536\n5\nroot", "{output:?}");
}

#[test]
fn an_owner_of_the_root_directory_that_is_lent_is_its_root() {
    require_root!("to write /etc/subuid in a mount namespace");
    require_programs!("newuidmap", "newgidmap");
    let dir = temp_dir(User::Root);
    for (name, source) in [("usr", "usr"), ("bin", "bin"), ("lib", "lib"), ("lib64", "lib64")] {
        let _ = symlink(format!("host/{source}"), dir.path().join(name));
    }
    for path in ["", "dev", "proc", "host"] {
        fs::create_dir_all(dir.path().join(path)).unwrap();
        chown(dir.path().join(path), Some(100_000), Some(100_000)).unwrap();
    }
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let root = dir.path().to_str().unwrap();
    let script = "id -u; stat -c %u /; touch /made; tr -s ' ' </proc/self/uid_map";
    let step = step(User::Ordinary)
        .args(["--rootfs", root, "--bind", "/:/host:ro", "sh", "-c", script])
        .with(|it| _ = it.uid(0).gid(0))
        .with_obstacle(|| {
            lend_ids(User::Ordinary)?;
            let user = User::Ordinary.uid();
            setgroups(&[])?;
            setgid(Gid::from_raw(user.as_raw()))?;
            setuid(user)?;
            Ok(set_dumpable(true)?) // setuid(2) has taken it
        });
    assert_eq!(step.run().assert_ok().stdout, "0\n0\n 0 100000 65536\n");
    assert_eq!(fs::metadata(dir.path().join("made")).unwrap().uid(), 100_000);
}

// Terminals.

/// Runs a step on a terminal of 40 lines with 100 columns. Returns also what it has shown.
fn on_terminal(step: Step) -> (Output, String) {
    let mut screen = fs::File::options().read(true).write(true).open("/dev/ptmx").unwrap();
    let (unlocked, size) = (0, [40, 100, 0, 0_u16]);
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: the kernel reads a number, which outlives the call.
    let set = unsafe { libc::ioctl(screen.as_raw_fd(), libc::TIOCSPTLCK, &raw const unlocked) };
    assert_eq!(set, 0);
    // SAFETY: the kernel reads four numbers, which outlive the call.
    let set = unsafe { libc::ioctl(screen.as_raw_fd(), libc::TIOCSWINSZ, size.as_ptr()) };
    assert_eq!(set, 0);
    // SAFETY: the call takes a number and touches no memory of ours.
    let opened = unsafe { libc::ioctl(screen.as_raw_fd(), libc::TIOCGPTPEER, flags) };
    assert!(opened >= 0);
    // SAFETY: the descriptor is new, and nothing else owns it.
    let terminal = unsafe { OwnedFd::from_raw_fd(opened) };
    let step = step.with_obstacle(move || {
        setsid()?;
        // SAFETY: the call takes a number and touches no memory of ours.
        Errno::result(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSCTTY, 0) })?;
        dup2_stdin(&terminal)?;
        dup2_stdout(&terminal)?;
        Ok(dup2_stderr(&terminal)?)
    });
    let output = step.run();
    let mut shown = Vec::new();
    let _ = screen.read_to_end(&mut shown); // EIO at the end: nobody has it open
    (output, String::from_utf8_lossy(&shown).replace('\r', ""))
}

#[test]
fn the_terminal_inside_is_another_one_that_belongs_to_root_and_has_the_same_size() {
    let script = "for it in 0 1 2; do readlink /proc/self/fd/$it; done; tty; stty size; \
                  stat -c '%u %a' /dev/pts/0; echo x >/dev/tty; exit 6";
    let expected = "/dev/pts/0\n/dev/pts/0\n/dev/pts/0\n/dev/pts/0\n40 100\n0 620\nx\n";
    for &user in User::all() {
        let (output, shown) = on_terminal(step(user).args(["sh", "-c", script]));
        assert_eq!(output.code(), Some(6), "{shown}");
        assert!(shown.ends_with(expected), "{shown}");
    }
    if User::all()[0] == User::Root {
        let step =
            step(User::Root).args(["sh", "-c", script]).with_obstacle(|| lend_ids(User::Root));
        let (output, shown) = on_terminal(step);
        assert_eq!(output.code(), Some(6), "{shown}");
        assert!(shown.ends_with(expected), "{shown}");
    }
}

#[test]
fn where_nothing_opens_the_terminal_inside_the_step_ends_with_its_pid_1() {
    require_programs!("strace");
    for &user in User::all() {
        let at = SignalAt::in_any_process("seccomp", Signal::SIGKILL);
        let (output, shown) = on_terminal(at.step(EXE, &["true"], user));
        assert_ne!(output.code(), Some(0), "{shown}");
    }
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
    }
}

#[test]
fn signals_are_passed_on_to_the_command() {
    for &user in User::all() {
        for signal in [Signal::SIGHUP, Signal::SIGTERM, Signal::SIGUSR1] {
            assert_eq!(ended_by(user, signal).code(), Some(128 + signal as i32), "{signal}");
        }
        // So that a shell's loop ends, too.
        for key in [Signal::SIGINT, Signal::SIGQUIT] {
            assert_eq!(ended_by(user, key).signal(), Some(key as i32), "{key}");
        }
    }
}

/// How the step ends when it gets a signal that ends its command.
fn ended_by(user: User, signal: Signal) -> Output {
    let mut step = step(user).args(["cat"]).start();
    step.type_in("ready\n");
    assert_eq!(step.line(), "ready");
    step.signal(signal);
    let is_zombie = || status(step.pid(), "State").starts_with('Z');
    wait_until("the end of the step", is_zombie); // before its stdin ends
    step.wait()
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

/// Options that show each of these, as `SRC:DST`.
fn binds(binds: &[String]) -> Vec<&str> {
    binds.iter().flat_map(|it| ["--bind", it]).collect()
}

#[test]
fn a_file_or_directory_is_shown_by_whatever_path_leads_to_it() {
    for &user in User::all() {
        let dir = temp_dir(user);
        let path = |name: &str| dir.path().join(name).display().to_string();
        fs::write(path("file"), "a\n").unwrap();
        fs::write(path("other"), "b\n").unwrap();
        fs::create_dir(path("dir")).unwrap();
        fs::write(path("dir/child"), "c\n").unwrap();
        symlink("file", path("link")).unwrap();
        symlink(path("link"), path("chain")).unwrap();
        symlink(path("dir"), path("to_dir")).unwrap();
        let _socket = UnixListener::bind(path("socket")).unwrap();
        let shown = [
            format!("{}:/made/for/it/file:ro", path("file")),
            format!("{}:/chain", path("chain")),
            format!("{}:/above", path("dir/../file")),
            format!("{}:/to_dir", path("to_dir")),
            format!("{}:/twice", path("file")),
            format!("{}:/twice", path("other")), // the last one counts
            format!("{}:/tmp/socket", path("socket")),
        ];
        let script = "cat /made/for/it/file /chain /above /to_dir/child /twice; \
                      [ -S /tmp/socket ] && grep -o '/made/for/it/file ro,nosuid,nodev' /proc/self/mountinfo";
        let expected = "a\na\na\nc\nb\n/made/for/it/file ro,nosuid,nodev";
        assert_eq!(prints(user, &binds(&shown), script), expected);
    }
}

#[test]
fn where_the_root_directory_is_built_does_not_matter_to_what_is_shown() {
    for &user in User::all() {
        let dir = tempfile::Builder::new().prefix("shown").tempdir_in("/tmp").unwrap();
        let path = dir.path().to_str().unwrap();
        let name = path.strip_prefix("/tmp/").unwrap();
        let script = format!("ls -d /tmp/{name} /mnt/{name} /host{path}");
        let options = ["--bind", "/tmp:/tmp", "--bind", "/tmp:/mnt", "--bind", "/:/host:ro"];
        let expected = format!("/host{path}\n/mnt/{name}\n/tmp/{name}");
        assert_eq!(prints(user, &options, &script), expected);
    }
}

#[test]
fn what_is_shown_read_only_is_so_with_all_mounts_below_it() {
    for &user in User::all() {
        let text = prints(user, &["--bind", "/:/host:ro"], "cat /proc/self/mountinfo");
        let mounts = testkit_lines(&text);
        let below: Vec<_> = mounts.iter().filter(|it| it.0.starts_with("/host")).collect();
        assert!(below.len() > 1, "{text}");
        assert!(below.iter().all(|(_, _, options)| options.starts_with("ro,")), "{text}");
    }
}

#[test]
fn what_cannot_be_shown_is_named() {
    let pairs = "a directory can be shown only in the place of a directory";
    for (bind, error, hint) in [
        (
            "/nosuch:/x",
            "open_tree(/nosuch, OPEN_TREE_CLONE): ENOENT: No such file or directory",
            "",
        ),
        ("/etc:/etc/passwd", "move_mount(/etc, /etc/passwd): EINVAL: Invalid argument", pairs),
        ("/etc/passwd:/home", "move_mount(/etc/passwd, /home): EINVAL: Invalid argument", pairs),
        ("/etc:/etc/passwd/x", "openat2(./etc/passwd/x): ENOTDIR: Not a directory", ""),
        ("/etc:/usr/new", "mkdir(./usr/new): EROFS: Read-only file system", ""),
        ("/etc:/a/../b", "/a/../b: .. is not possible here", ""),
        ("/etc:/.", "/.: nothing can be shown there, for it is what --rootfs is for", ""),
    ] {
        for &user in User::all() {
            run(user, &["--bind", bind, "true"]).assert_error(error, hint);
        }
    }
}

#[test]
fn layers_are_stacked_and_stay_as_they_are() {
    for &user in User::all() {
        let (low, high) = (small_root(user), temp_dir(user));
        let files = [(&low, "low"), (&low, "both"), (&high, "both"), (&high, "high")];
        for (layer, name) in files {
            let file = layer.path().join(name);
            fs::write(&file, if layer.path() == low.path() { "low" } else { "high" }).unwrap();
            if user.uid() != geteuid() {
                let id = user.uid().as_raw(); // a group that is not mapped cannot be copied up
                chown(&file, Some(id), Some(id)).unwrap();
            }
        }
        let layers = [low.path().to_str().unwrap(), high.path().to_str().unwrap()];
        let options = with_programs(&["--layer", layers[0], "--layer", layers[1]]);
        let script = "cat /low /both /high; echo x >/low; rm /high; echo x >/new; cat /low";
        let output = step(user).args(&options).args(["sh", "-c", script]).run();
        if output.stderr.contains("mount(overlay") {
            skip!("{user:?} cannot mount overlayfs here");
        }
        assert_eq!(output.assert_ok().stdout, "lowhighhighx\n", "{output:?}");
        assert_eq!(fs::read_to_string(low.path().join("low")).unwrap(), "low");
        assert!(high.path().join("high").exists());
        assert!([&low, &high].iter().all(|it| !it.path().join("new").exists()));
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

        // A link of the kernel's, which leads to an open file and not to a path.
        symlink("/proc/self/fd", root.path().join("open")).unwrap();
        let output = step(user).args(["--rootfs", path, "--bind", "/etc:/open/0", "true"]).run();
        output.assert_error(
            "openat2(./open/0): ELOOP: Too many symbolic links encountered",
            "it is a link",
        );

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
