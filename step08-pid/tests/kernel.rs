//! Runs step08-pid and asks the kernel what PID 1 and the other processes of its namespace are.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::libc::{SYS_kill, SYS_pidfd_open};
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::Pid;
use testkit::obstacle::{cover, docker, hidden_processes, no_more_namespaces, own_mounts, refuse};
use testkit::{Host, Output, Running, SignalAt, Step, User, copy_program, namespace, status};
use testkit::{descendants, require_programs, require_root, sample, sample_by_user, wait_until};

const EXE: &str = env!("CARGO_BIN_EXE_step08-pid");

fn step(user: User) -> Step {
    Step::new(EXE, user)
}

/// The lines of the whole story, for the PIDs in it.
fn story(step: Pid, init: Pid, parent: &str, orphan: Pid, held: &str) -> Vec<String> {
    let answers = "returns 0, and PID 1 still answers";
    [
        ("PID 1 of the new namespace", format!("PPid: {step}  NSpid: {init} 1")),
        ("a process inside", format!("PPid: {parent}  NSpid: {orphan} 3")),
        ("/proc/self, read inside", orphan.to_string()),
        ("its parent has ended", format!("PPid: {init}  NSpid: {orphan} 3")),
        ("it has ended", format!("State: Z (zombie)  PPid: {init}  NSpid: {orphan} 3")),
        ("what it still holds", held.to_owned()),
        ("PID 1 has called waitpid()", format!("no /proc/{orphan}")),
        ("kill(1, SIGTERM) inside", answers.to_owned()),
        ("kill(1, SIGKILL) inside", answers.to_owned()),
        (&format!("kill({init}, SIGTERM) outside"), answers.to_owned()),
        (&format!("kill({init}, SIGKILL) outside"), "PID 1 was killed by SIGKILL".to_owned()),
        ("another process inside", "was killed by SIGKILL".to_owned()),
        ("a new process inside", "fork(): ENOMEM: Out of memory".to_owned()),
    ]
    .map(|(label, value)| format!("{:<32}{value}", format!("{label}:")))
    .into()
}

/// How many of these lines come before the step waits for Enter.
const LINES_BEFORE_ENTER: usize = 6;

/// The last word of a line.
fn last_pid(line: &str) -> Pid {
    Pid::from_raw(line.rsplit(' ').next().unwrap().parse().expect(line))
}

/// A step that waits for Enter while the orphan is a zombie.
struct Waiting {
    step: Running,
    lines: Vec<String>,
    init: Pid,
    orphan: Pid,
}

impl Waiting {
    fn new(user: User) -> Waiting {
        let mut step = step(user).start();
        let lines: Vec<_> = (0..LINES_BEFORE_ENTER).map(|_| step.line()).collect();
        let init = last_pid(lines[0].trim_end_matches(" 1"));
        let orphan = last_pid(&lines[2]);
        while step.note() != "Press Enter, and PID 1 reaps it." {}
        Waiting { step, lines, init, orphan }
    }
}

fn is_gone(pid: Pid) -> bool {
    !Path::new(&format!("/proc/{pid}")).exists()
}

fn only_the_user_note_is_on_stderr(output: &Output, user: User) -> bool {
    let lines: Vec<_> = output.stderr.lines().collect();
    match user {
        User::Root => lines.is_empty(),
        User::Ordinary => lines.len() == 1 && lines[0].contains("CLONE_NEWUSER"),
    }
}

#[test]
fn the_story_is_the_same_every_time() {
    for user in sample((0..100).map(|round| User::all()[round % User::all().len()])) {
        let output = Host::unchanged(|| step(user).run());
        output.assert_ok();
        assert!(only_the_user_note_is_on_stderr(&output, user), "{output:?}");
        let lines: Vec<_> = output.stdout.lines().collect();
        // PPid: 20620  NSpid: 20621 1
        let pids = |line: &str| -> Vec<i32> {
            line.split_whitespace().filter_map(|word| word.parse().ok()).collect()
        };
        let [step, init, 1] = pids(lines[0].split_once(':').unwrap().1)[..] else {
            panic!("{output:?}")
        };
        let [parent, orphan, 3] = pids(lines[1])[..] else { panic!("{output:?}") };
        let [step, init, orphan] = [step, init, orphan].map(Pid::from_raw);
        let held = lines[5].split_once(':').unwrap().1.trim();
        assert!(held.starts_with("pid:[") && held.contains("]  user:["), "{output:?}");
        assert_eq!(lines, story(step, init, &parent.to_string(), orphan, held));
        assert!(![init.as_raw(), step.as_raw()].contains(&parent), "adopted: {output:?}");
    }
}

#[test]
fn pid_1_has_two_numbers_and_is_in_a_pid_namespace_that_the_step_has_for_its_children() {
    for &user in User::all() {
        let Waiting { step, init, .. } = Waiting::new(user);
        assert_eq!(status(init, "NSpid"), format!("{init} 1"));
        assert_eq!(status(init, "PPid"), step.pid().to_string());
        let new = namespace(init, "pid");
        assert_ne!(new, namespace("self", "pid"));
        assert_eq!(namespace(step.pid(), "pid"), namespace("self", "pid"));
        assert_eq!(namespace(step.pid(), "pid_for_children"), new);
        for kind in ["ipc", "mnt", "net", "uts"] {
            assert_eq!(namespace(init, kind), namespace("self", kind));
        }
        let same_user = namespace(init, "user") == namespace("self", "user");
        assert_eq!(same_user, user == User::Root);
        step.wait().assert_ok();
    }
}

#[test]
fn the_zombie_is_a_child_of_pid_1_and_has_left_all_namespaces_but_pid_and_user() {
    for &user in User::all() {
        let Waiting { step, lines, init, orphan } = Waiting::new(user);
        assert_eq!(status(orphan, "State"), "Z (zombie)");
        assert_eq!(status(orphan, "PPid"), init.to_string());
        assert_eq!(status(orphan, "NSpid"), format!("{orphan} 3"));
        let held = ["pid", "user"].map(|kind| namespace(orphan, kind));
        assert_eq!(held, ["pid", "user"].map(|kind| namespace(init, kind)));
        assert_eq!(lines[5], format!("{:<32}{}", "what it still holds:", held.join("  ")));
        for kind in ["cgroup", "ipc", "mnt", "net", "uts"] {
            let link = fs::read_link(format!("/proc/{orphan}/ns/{kind}"));
            // Some kernels (seen on 5.10) return an empty text instead of ENOENT.
            assert!(link.is_err() || link.unwrap().as_os_str().is_empty(), "{kind}");
        }
        assert_eq!(descendants(step.pid()), [init, orphan], "the orphan's parent is no more");
        step.wait().assert_ok();
    }
}

#[test]
fn the_commands_that_it_names_show_the_zombie() {
    let mut step = step(User::all()[0]).start();
    let orphan = last_pid(&(0..LINES_BEFORE_ENTER).map(|_| step.line()).collect::<Vec<_>>()[2]);
    let user_namespace = namespace(orphan, "user");
    let mut shown = String::new();
    loop {
        match step.note() {
            line if line.starts_with("    ") => {
                let output = Command::new("sh").args(["-c", &line]).output().unwrap();
                assert!(output.status.success(), "{line}: {output:?}");
                shown += &String::from_utf8(output.stdout).unwrap();
            }
            line if line.starts_with("Press Enter") => break,
            _ => {}
        }
    }
    assert!(shown.contains("State:\tZ (zombie)\n"), "{shown}");
    assert!(shown.ends_with(&format!("{user_namespace}\n")), "{shown}");
    step.wait().assert_ok();
}

#[test]
fn the_zombie_stays_until_pid_1_reaps_it() {
    for &user in User::all() {
        let Waiting { mut step, init, orphan, .. } = Waiting::new(user);
        kill(init, Signal::SIGSTOP).unwrap();
        wait_until("PID 1 stops", || status(init, "State").starts_with('T'));
        step.type_in("\n");
        step.close_stdin();
        // PID 1 cannot answer now, and nobody else can remove it.
        assert_eq!(status(orphan, "State"), "Z (zombie)");
        kill(init, Signal::SIGCONT).unwrap();
        assert_eq!(step.line(), format!("PID 1 has called waitpid():     no /proc/{orphan}"));
        step.wait().assert_ok();
    }
}

#[test]
fn a_zombie_that_nobody_reaps_goes_when_pid_1_ends() {
    for &user in User::all() {
        let Waiting { step, init, orphan, .. } = Waiting::new(user);
        kill(init, Signal::SIGKILL).unwrap();
        step.wait();
        assert!(is_gone(init) && is_gone(orphan));
    }
}

#[test]
fn a_signal_that_pid_1_does_not_handle_is_not_even_pending() {
    for &user in User::all() {
        let Waiting { step, init, .. } = Waiting::new(user);
        let set = |field: &str| u64::from_str_radix(&status(init, field), 16).unwrap();
        for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGUSR1] {
            let bit = 1 << (signal as i32 - 1);
            assert_eq!((set("SigCgt") | set("SigIgn") | set("SigBlk")) & bit, 0, "{signal}");
            kill(init, signal).unwrap();
            assert_eq!((set("SigPnd") | set("ShdPnd")) & bit, 0, "{signal}");
        }
        let output = step.wait();
        assert!(output.assert_ok().stdout.ends_with("fork(): ENOMEM: Out of memory\n"));
    }
}

#[test]
fn what_nsenter_sends_to_pid_1_from_inside_is_dropped() {
    require_root!("to join the PID namespace");
    require_programs!("nsenter", "sh");
    for &user in User::all() {
        let Waiting { step, init, .. } = Waiting::new(user);
        for signal in ["TERM", "KILL"] {
            let script = format!("kill -{signal} 1");
            let nsenter = Command::new("nsenter")
                .args(["-p", "-t", &init.to_string(), "sh", "-c", &script])
                .output();
            assert!(nsenter.as_ref().unwrap().status.success(), "{nsenter:?}");
        }
        assert_eq!(status(init, "NSpid"), format!("{init} 1"));
        step.wait().assert_ok();
    }
}

#[test]
fn a_process_that_joined_dies_with_pid_1() {
    require_root!("to join the PID namespace");
    require_programs!("nsenter");
    for &user in User::all() {
        let Waiting { step, init, .. } = Waiting::new(user);
        let mut nsenter = Command::new("nsenter")
            .args(["-p", "-t", &init.to_string(), "cat"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let joined = Pid::from_raw(nsenter.id() as i32);
        let inside = || descendants(joined).first().map(|&cat| status(cat, "NSpid"));
        wait_until("cat is inside", || inside().is_some_and(|it| it.contains(' ')));
        let output = step.wait();
        output.assert_ok();
        // nsenter ends as its child did.
        let end = nsenter.wait().unwrap();
        assert_eq!(end.signal(), Some(9), "{end}");
    }
}

#[test]
fn a_signal_that_ends_the_step_ends_pid_1_and_all_others() {
    for (user, signal) in sample_by_user([Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT]) {
        let output = Host::unchanged(|| {
            let Waiting { step, init, orphan, .. } = Waiting::new(user);
            kill(init, Signal::SIGSTOP).unwrap(); // it need not run for that
            step.signal(signal);
            let output = step.wait();
            wait_until("the end of PID 1 and of the zombie", || is_gone(init) && is_gone(orphan));
            output
        });
        assert_eq!(output.signal(), Some(signal as i32));
    }
}

#[test]
fn a_killed_pid_1_is_reported_without_waiting_for_enter() {
    for &user in User::all() {
        let Waiting { mut step, init, .. } = Waiting::new(user);
        kill(init, Signal::SIGKILL).unwrap();
        assert_eq!(step.note(), format!("step08-pid: child {init} was killed by SIGKILL"));
        assert_eq!(step.wait().code(), Some(1));
    }
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_behind() {
    // A moment is a system call, not a time: the signal comes at the first call of a name.
    require_programs!("strace");
    // Some processors have only the second of two calls that do the same.
    let (poll, readlink) = ("?poll,ppoll", "?readlink,readlinkat");
    let recv = "?recv,recvfrom";
    let of_step = ["unshare", "socketpair", "clone", "write", recv, poll, "wait4", "kill"];
    let of_any = ["prctl", recv, poll, readlink, "write", "wait4", "kill", "exit_group"];
    for signal in [Signal::SIGKILL, Signal::SIGINT] {
        let in_step = of_step.map(|call| SignalAt::new(call, signal));
        let in_any = of_any.map(|call| SignalAt::in_any_process(call, signal));
        for moment in sample(in_step.into_iter().chain(in_any)) {
            let output = moment.run(EXE, &[], User::Ordinary);
            assert!(!output.stderr.contains("panicked"), "{output:?}");
        }
    }
}

#[test]
fn in_a_nested_pid_namespace_the_numbers_are_those_of_its_proc() {
    require_programs!("unshare");
    for &user in User::all() {
        let unshare = ["-Urpf", "--mount-proc", EXE];
        let output = Step::new("/usr/bin/unshare", user).args(unshare).run();
        let first = output.assert_ok().stdout.lines().next().unwrap();
        assert!(first.ends_with(" PPid: 1  NSpid: 2 1"), "{output:?}");
    }
}

#[test]
fn a_proc_of_another_pid_namespace_is_refused() {
    require_programs!("unshare"); // it leaves the old /proc in a new PID namespace
    for &user in User::all() {
        let script = "\"$0\"; exit $?"; // `exit` keeps the shell from becoming the step
        let output =
            Step::new("/usr/bin/unshare", user).args(["-Urpf", "sh", "-c", script, EXE]).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert_eq!(output.stdout, "");
        let error = "step08-pid: /proc belongs to another PID namespace: PID ";
        assert!(output.stderr.starts_with(error), "{output:?}");
        assert!(output.stderr.ends_with("\nhint: unshare --mount-proc mounts the right one\n"));
    }
}

#[test]
fn a_proc_that_hides_the_processes_of_others_shows_ours() {
    require_root!("to mount /proc with hidepid");
    // Root mounts it, and the obstacle ends by becoming the ordinary user.
    let step = step(User::Ordinary).with(|it| _ = it.uid(0).gid(0));
    let output = Host::unchanged(|| step.with_obstacle(hidden_processes).run());
    assert_eq!(output.assert_ok().stdout.lines().count(), 13, "{output:?}");
    assert!(output.stdout.contains("State: Z (zombie)"), "{output:?}");
    assert!(output.stdout.contains("]  user:["), "{output:?}");
}

#[test]
fn without_proc_the_error_says_so() {
    for &user in User::all() {
        let without_proc = || {
            own_mounts()?;
            cover("/proc")
        };
        let output = step(user).with_obstacle(without_proc).run();
        let error = "readlink(/proc/self): ENOENT: No such file or directory";
        output.assert_error(error, "hint: /proc is not mounted");
    }
}

#[test]
fn wrong_use_is_one_line_and_status_2() {
    for (args, error) in [
        (&["1"][..], "unexpected argument \"1\""),
        (&["-x"], "invalid option '-x'"),
        (&["--no-reap"], "invalid option '--no-reap'"),
        (&["--\x1b[31m"], r"invalid option '--\u{1b}[31m'"),
    ] {
        step(User::Ordinary).args(args).run().assert_usage_error(error);
    }
}

#[test]
fn help_names_the_manual_and_an_example() {
    let example = "cargo run -p step08-pid";
    step(User::Ordinary).assert_help(&["Usage: step08-pid\n", example, "pid_namespaces(7)"]);
}

#[test]
fn a_reader_that_leaves_early_is_no_error_and_a_full_device_is_one() {
    for &user in User::all() {
        Step::assert_stdout_errors(|| step(user));
        let output = step(user).stdout_without_reader().run();
        assert!(only_the_user_note_is_on_stderr(&output, user), "{output:?}");
    }
}

#[test]
fn a_full_stderr_is_no_error() {
    step(User::Ordinary).stderr_full().run().assert_ok();
}

#[test]
fn color_appears_only_on_request() {
    Step::assert_color_on_request(|| step(User::Ordinary));
}

#[test]
fn an_inherited_sigchld_that_is_ignored_reaps_nothing_before_pid_1_does() {
    let ignore_sigchld = || {
        // SAFETY: SIG_IGN installs no handler that could run.
        unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
        Ok(())
    };
    let output = step(User::all()[0]).with_obstacle(ignore_sigchld).run();
    assert!(output.assert_ok().stdout.contains("State: Z (zombie)"), "{output:?}");
}

#[test]
fn a_program_that_may_be_run_but_not_read_protects_even_its_zombie() {
    require_root!("to own the program");
    let (_dir, program) = copy_program(EXE, 0o711);
    let output = Step::new(program.to_str().unwrap(), User::Ordinary).run();
    if output.code() == Some(0) {
        // Before Linux 6.18, what ended with the program's memory included its protection.
        assert!(output.stdout.contains("  user:["), "{output:?}");
        return;
    }
    assert_eq!(output.code(), Some(1), "{output:?}");
    let error = "/ns/user): EACCES: Permission denied\nhint: the program may be run but not read";
    assert!(output.stderr.contains(error), "{output:?}");
}

// Why the kernel refuses: the state of the machine decides.

#[test]
fn at_the_limit_the_hint_names_the_setting() {
    for &user in User::all() {
        let output = step(user).with_obstacle(|| no_more_namespaces(&["pid"])).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert!(output.stderr.contains("step08-pid: unshare(CLONE_NEW"), "{output:?}");
        assert!(output.stderr.contains("): ENOSPC: No space left on device\n"), "{output:?}");
        assert!(output.stderr.contains("hint: user.max_pid_namespaces=0 "), "{output:?}");
        assert_eq!(output.stdout, "");
    }
}

#[test]
fn a_filter_as_dockers_is_named() {
    let output = step(User::all()[0]).with_obstacle(docker).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("): EPERM: Operation not permitted\nhint: "), "{output:?}");
    assert!(output.stderr.contains("--privileged"), "{output:?}");
    for (call, name) in [(SYS_pidfd_open, "pidfd_open(self)"), (SYS_kill, "kill(1, SIGTERM)")] {
        let refuse = move || refuse(&[(call, CloneFlags::empty(), Errno::EPERM)]);
        let output = step(User::Ordinary).with_obstacle(refuse).run();
        output.assert_error(
            &format!("{name}: EPERM: Operation not permitted"),
            "a seccomp filter may be blocking this",
        );
    }
}

#[test]
fn without_a_mapped_user_the_hint_says_so() {
    let unmapped = || Ok(unshare(CloneFlags::CLONE_NEWUSER)?);
    let output = step(User::Ordinary).with_obstacle(unmapped).run();
    let error = "unshare(CLONE_NEWUSER | CLONE_NEWPID): EPERM: Operation not permitted";
    output.assert_error(error, "no user is mapped into this user namespace");
    assert!(output.stderr.contains("hint: root needs no user namespace: target/debug/step08-pid"));
}

#[test]
fn with_few_processes_left_one_error_names_the_limit_whoever_met_it() {
    require_root!("to run the step as a user with another process limit");
    for limit in 0..6 {
        let few = move || Ok(setrlimit(Resource::RLIMIT_NPROC, limit, limit)?);
        let output = Host::unchanged(|| step(User::Ordinary).with_obstacle(few).run());
        if limit == 0 || output.code() != Some(0) {
            let hint = "process limit reached; check: ulimit -u";
            output.assert_error("fork(): EAGAIN: Try again", hint);
        }
    }
}
