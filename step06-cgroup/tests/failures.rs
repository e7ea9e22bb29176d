//! System calls of step06-cgroup that fail, and what it says about them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::libc;
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_dumpable;
use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::Pid;
use step_support::cgroup::{self, Version};
use step_support::error::own_hints;
use step06_cgroup::place::Place;
use step06_cgroup::{hints, parent, v2};
use testkit::obstacle::refuse;
use testkit::{Step, User, WaitingProcess, require_programs, require_root, skip, wait_until};

const EXE: &str = env!("CARGO_BIN_EXE_step06-cgroup");

fn step(args: &[&str]) -> Step {
    Step::new(EXE, User::Root).args(args)
}

/// The cgroup of the tests in the hierarchy of v1 that has a controller.
fn own_on_v1(controller: &str) -> Option<PathBuf> {
    let hierarchies = cgroup::all().unwrap().into_iter();
    let mut v1 = hierarchies.filter(|it| it.version == Version::V1);
    let found = v1.find(|it| it.controllers.iter().any(|name| name == controller))?;
    found.mounted.map(|it| it.current)
}

#[test]
fn a_command_that_cannot_be_tied_to_the_step_is_not_run_and_the_call_is_named() {
    require_root!("to create a cgroup");
    let prctl = (libc::SYS_prctl, CloneFlags::empty(), Errno::EPERM);
    let step = step(&["--pids", "9", "echo", "it ran"]);
    let output = step.with_obstacle(move || refuse(&[prctl])).run();
    assert_eq!((output.code(), output.stdout.as_str()), (Some(1), ""), "{output:?}");
    let error = "step06-cgroup: prctl(PR_SET_PDEATHSIG, SIGKILL): EPERM: Operation not permitted\n";
    assert!(output.stderr.contains(error), "{output:?}");
}

#[test]
fn a_lock_that_the_kernel_refuses_is_an_error_and_not_waited_for() {
    require_root!("to create a cgroup");
    let flock = (libc::SYS_flock, CloneFlags::empty(), Errno::ENOLCK);
    let output = step(&["--pids", "9", "true"]).with_obstacle(move || refuse(&[flock])).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    let error = output.stderr.lines().last().unwrap();
    let dir = error.strip_prefix("step06-cgroup: flock(").expect(error);
    let dir = dir.strip_suffix(&format!("): {}", Errno::ENOLCK)).expect(error);
    assert!(output.stderr.contains(&format!("mkdir {dir}\n")), "{output:?}");
    assert!(!Path::new(dir).exists(), "it is removed all the same");
}

#[test]
fn where_the_kernel_has_too_many_cgroups_the_hint_is_about_cgroups() {
    require_root!("to create a cgroup");
    require_programs!("strace");
    let output = Step::new("/usr/bin/strace", User::Root)
        .args(["-qq", "-o", "/dev/null", "-e", "inject=?mkdir,?mkdirat:error=ENOSPC"])
        .args([env!("CARGO_BIN_EXE_step06-cgroup"), "--pids", "9", "true"])
        .run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    let hint =
        "): ENOSPC: No space left on device\nhint: too many cgroups; check: cat /proc/cgroups\n";
    assert!(output.stderr.ends_with(hint), "{output:?}");
}

/// A new cgroup in the hierarchy of v2, which has controllers or not.
fn new_on_v2(name: &str) -> Option<PathBuf> {
    let hierarchies = cgroup::all().unwrap();
    let v2 = hierarchies.iter().find(|it| it.version == Version::V2)?;
    let current = &v2.mounted.as_ref()?.current;
    let dir = current.join(format!("step06-cgroup-{name}-{}", std::process::id()));
    fs::create_dir(&dir).unwrap();
    Some(dir)
}

#[test]
fn a_cgroup_of_threads_is_removed_and_its_processes_are_those_of_the_cgroup_above() {
    require_root!("to create a cgroup");
    let Some(dir) = new_on_v2("threads") else { skip!("no cgroup v2 is mounted here") };
    let threaded = dir.join("threaded");
    fs::create_dir(&threaded).unwrap();
    fs::write(threaded.join("cgroup.type"), "threaded").unwrap();
    let mut target = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    fs::write(dir.join("cgroup.procs"), target.id().to_string()).unwrap();
    fs::write(threaded.join("cgroup.threads"), target.id().to_string()).unwrap();

    let procs = fs::read(threaded.join("cgroup.procs")).unwrap_err();
    let processes = cgroup::processes(&dir);
    let removed = cgroup::remove(&dir);
    if removed.is_err() {
        target.kill().unwrap();
    }
    let status = target.wait().unwrap();
    let is_left = dir.exists();
    for left in [&threaded, &dir].into_iter().filter(|_| is_left) {
        wait_until("the end of a cgroup", || fs::remove_dir(left).is_ok() || !left.exists());
    }
    assert_eq!(procs.raw_os_error(), Some(Errno::EOPNOTSUPP as i32));
    assert_eq!(processes.unwrap(), [Pid::from_raw(target.id() as i32)]);
    removed.unwrap();
    assert_eq!(status.signal(), Some(libc::SIGKILL));
    assert!(!is_left);
}

#[test]
fn the_cgroup_of_the_lock_is_removed_by_the_last_run() {
    require_root!("to create a cgroup");
    let Some(dir) = new_on_v2("lock") else { skip!("no cgroup v2 is mounted here") };
    let supervisors = dir.join(parent::SUPERVISORS);

    // A cgroup that nobody has enabled anything in, so there is a setting to share.
    let lock = parent::lock(&dir, &["pids"]).unwrap();
    let while_locked = (lock.is_some(), supervisors.is_dir());
    parent::record(&dir, &["pids"]).unwrap();
    drop(lock);
    parent::undo(&dir);
    let after_undo = supervisors.exists();
    parent::undo(&dir); // another supervisor, a moment later
    let after_both = supervisors.exists();
    let _ = fs::remove_dir(&supervisors);
    fs::remove_dir(&dir).unwrap();
    assert_eq!((while_locked, after_undo, after_both), ((true, true), false, false));
}

#[test]
fn at_the_limit_of_open_files_the_hint_names_the_limit() {
    require_root!("to be sure that there is a cgroup for the run");
    // Stdin, stdout, stderr and one more; a pipe is two.
    let limit = || Ok(setrlimit(Resource::RLIMIT_NOFILE, 4, 4)?);
    let output = step(&["--pids", "9", "true"]).with_obstacle(limit).run();
    output.assert_error("pipe2(O_CLOEXEC): EMFILE: Too many open files", "ulimit -n");
}

#[test]
fn a_real_time_process_is_told_why_it_cannot_enter_and_needs_no_cpu_for_other_limits() {
    require_root!("to be a real-time process");
    require_programs!("chrt");
    let Some(cpu) = own_on_v1("cpu").filter(|it| it.join("cpu.rt_runtime_us").exists()) else {
        skip!("only on v1, with CONFIG_RT_GROUP_SCHED, a new cgroup has no real-time runtime");
    };
    let run = |limit: [&str; 2]| {
        let chrt = Step::new("/usr/bin/chrt", User::Root).args(["-f", "1", EXE]);
        chrt.args(limit).args(["cat", "/proc/self/cgroup"]).run()
    };
    let output = run(["--cpu", "50"]);
    assert_eq!((output.code(), output.stdout.as_str()), (Some(1), ""), "{output:?}");
    let error =
        "\"): EINVAL: Invalid argument\nhint: a real-time process may enter a cgroup of cpu";
    assert!(output.stderr.contains(error), "{output:?}");
    assert!(output.stderr.ends_with(": chrt -o 0 target/debug/step06-cgroup ...\n"), "{output:?}");

    let output = run(["--pids", "9"]);
    output.assert_ok();
    assert!(output.stdout.contains("/step06-cgroup-run-"), "{output:?}");
    assert!(!output.stderr.contains(&format!("mkdir {}/", cpu.display())), "{output:?}");
}

#[test]
fn a_real_time_process_that_keeps_cpu_from_being_enabled_is_named() {
    require_root!("to start a real-time process");
    let Some(dir) = new_on_v2("realtime") else { skip!("no cgroup v2 is mounted here") };
    let below = dir.join("below");
    fs::create_dir(&below).unwrap();
    let procs = below.join("cgroup.procs");
    let start = |policy| {
        let procs = procs.clone();
        WaitingProcess::new("cat", move || {
            fs::write(&procs, "0")?;
            let param =
                libc::sched_param { sched_priority: i32::from(policy != libc::SCHED_OTHER) };
            // SAFETY: the kernel reads one number from `param`.
            Errno::result(unsafe { libc::sched_setscheduler(0, policy, &raw const param) })?;
            Ok(())
        })
    };
    let explain = || {
        let error = anyhow::Error::from(Errno::EINVAL);
        own_hints(&hints::explain_enable(error, &dir, &["cpu", "pids"])).to_vec()
    };
    let ordinary = start(libc::SCHED_OTHER);
    let without = explain();
    let realtime = start(libc::SCHED_FIFO);
    let (with, pid) = (explain(), realtime.pid());
    drop((ordinary, realtime));
    for left in [&below, &dir] {
        wait_until("the end of a cgroup", || fs::remove_dir(left).is_ok() || !left.exists());
    }
    assert_eq!(without, [""; 0]);
    let [hint] = &with[..] else { panic!("{with:?}") };
    assert!(hint.contains(&format!("real-time process is below {} ", dir.display())), "{hint}");
    assert!(hint.ends_with(&format!("chrt -o -p 0 {pid}")), "{hint}");
}

#[test]
fn what_keeps_a_cgroup_from_enabling_controllers_is_foreseen_in_the_same_words() {
    require_root!("to create a cgroup");
    let Some(dir) = new_on_v2("foreseen") else { skip!("no cgroup v2 is mounted here") };
    let procs = dir.join("cgroup.procs");
    let process = WaitingProcess::new("cat", move || fs::write(&procs, "0"));
    let controllers = vec!["pids"];
    let group = v2::Group { parent: dir.clone(), dir: dir.join("group"), controllers };
    let foreseen = Place::V2(group).check(&[]).unwrap_err();
    let refused = hints::explain_enable(Errno::EBUSY.into(), &dir, &["pids"]);
    drop(process);
    wait_until("the end of a cgroup", || fs::remove_dir(&dir).is_ok() || !dir.exists());
    assert_eq!(own_hints(&foreseen), own_hints(&refused));
    let [hint] = own_hints(&foreseen) else { panic!("{foreseen:?}") };
    assert!(hint.starts_with("a cgroup with processes cannot enable controllers"), "{hint}");
    assert!(hint.contains("systemd-run") || hint.contains("write \"+pids\" to"), "{hint}");
}

#[test]
fn a_quota_that_is_larger_than_the_one_above_is_explained() {
    require_root!("to create a cgroup");
    let output = step(&["--cpu", "50", EXE, "--cpu", "80", "true"]).run();
    if own_on_v1("cpu").is_none() {
        output.assert_ok(); // on v2 the smaller one counts
        return;
    }
    assert_eq!(output.code(), Some(1), "{output:?}");
    let error = "/cpu.cfs_quota_us, \"80000\"): EINVAL: Invalid argument\n\
                 hint: on v1 a cgroup may have no more CPU time than one above it: ";
    assert!(output.stderr.contains(error), "{output:?}");
    assert!(output.stderr.contains("/cpu.cfs_quota_us is 50000\n"), "{output:?}");
}

#[test]
fn a_cgroup_that_is_too_full_for_the_command_is_named() {
    require_root!("to create a cgroup");
    let Some(own) = own_on_v1("pids") else { skip!("on v2 the command is in a cgroup beside") };
    let dir = own.join(format!("step06-cgroup-full-{}", std::process::id()));
    fs::create_dir(&dir).unwrap();
    // The step and its supervisor.
    fs::write(dir.join("pids.max"), "2").unwrap();
    let procs = dir.join("cgroup.procs");
    let output = step(&["true"]).with_obstacle(move || fs::write(&procs, "0")).run();
    wait_until("the end of a cgroup", || fs::remove_dir(&dir).is_ok());
    assert_eq!(output.code(), Some(1), "{output:?}");
    let error = format!(
        "\nstep06-cgroup: fork(): EAGAIN: Try again\nhint: the cgroup may have no more processes: \
         {}/pids.max is 2",
        dir.display()
    );
    assert!(output.stderr.contains(&error), "{output:?}");
}

#[test]
fn root_of_a_user_namespace_is_told_to_leave_it_and_not_to_use_a_privileged_container() {
    require_root!("to be sure that no cgroup is delegated");
    let become_root_inside = || {
        set_dumpable(true)?; // setuid(2) has taken it
        unshare(CloneFlags::CLONE_NEWUSER)?;
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/uid_map", format!("0 {} 1", User::Ordinary.uid()))?;
        fs::write("/proc/self/gid_map", format!("0 {} 1", User::Ordinary.uid()))
    };
    let step = Step::new(EXE, User::Ordinary).args(["--pids", "9", "true"]);
    let output = step.with_obstacle(become_root_inside).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("EACCES: Permission denied\nhint: this cgroup"), "{output:?}");
    let hint = "is not root of the machine: target/debug/step06-cgroup ... (as root outside of \
                this user namespace)\n";
    assert!(output.stderr.ends_with(hint), "{output:?}");
    assert!(!output.stderr.contains("--privileged"), "{output:?}");
}
