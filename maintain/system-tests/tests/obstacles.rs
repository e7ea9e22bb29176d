//! Runs every step with an obstacle in its way. A step promises that its error is one line
//! which names the call and the errno, that hints follow it, that the exit status is 1,
//! that nothing panics, and that nothing is left behind.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use nix::libc;
use nix::mount::{MsFlags, mount};
use nix::sys::resource::{Resource, rlim_t, setrlimit};
use nix::unistd::{Pid, close, dup2_stdout, geteuid};
use testkit::obstacle::{cover, docker, hidden_processes, no_more_namespaces, own_mounts};
use testkit::{
    Host, Output, Running, Step, User, require_root, sample, skip, step_binary, tempfile,
};

const DOCTOR: &str = "step00-doctor";
const LINKS: &str = "step01-proc-ns";
const LINKS_OF_ALL: &str = "step01-proc-ns --all";
const CLONE: &str = "step02-clone";
const CLONE_NEW: &str = "step02-clone uts pid";
const UTS: &str = "step03-uts helo";
const SETNS: &str = "step04-setns --target TARGET -- true";
const UNSHARE: &str = "step05-unshare -u true";
const UNSHARE_ALL: &str = "step05-unshare -Urpf --mount-proc true";
const CGROUPS: &str = "step06-cgroup";
const CGROUP_RUN: &str = "step06-cgroup --pids 9 true";
const USER: &str = "step07-user";
const PID: &str = "step08-pid";
const MOUNT: &str = "step09-mount";
const IMAGE: &str = "step10-image";
/// Without `unix` it runs `ip`, whose errors have no errno.
const NET: &str = "step11-net unix";
const IPC_TIME_CGROUP: &str = "step12-ipc-time-cgroup";
const PRIVILEGE: &str = "step13-privilege permitted execve";
/// Without `delegate` it takes a second.
const RESOURCES: &str = "step14-resources delegate";
const MAP: &str = "step15-map --json";
const CONTAINER: &str = "step16-container true";

/// The commands that every obstacle is tried with. TARGET is a process in another UTS
/// namespace, and for an ordinary user also in another user namespace.
const COMMANDS: [&str; 21] = [
    DOCTOR,
    LINKS,
    LINKS_OF_ALL,
    CLONE,
    CLONE_NEW,
    UTS,
    SETNS,
    UNSHARE,
    UNSHARE_ALL,
    CGROUPS,
    CGROUP_RUN,
    USER,
    PID,
    MOUNT,
    IMAGE,
    NET,
    IPC_TIME_CGROUP,
    PRIVILEGE,
    RESOURCES,
    MAP,
    CONTAINER,
];

/// The commands that create and join no namespace, and so work without any.
const NEED_NO_NAMESPACE: [&str; 5] = [LINKS, LINKS_OF_ALL, CLONE, CGROUPS, MAP];

/// The steps that create namespaces, and only as root without a user namespace.
const AVOID_USER_NAMESPACE: [&str; 6] = [PID, MOUNT, IMAGE, NET, IPC_TIME_CGROUP, PRIVILEGE];

/// A command and how it ended.
struct Run {
    command: &'static str,
    output: Output,
    /// The errno in its error, if there was one.
    errno: Option<String>,
}

impl Run {
    /// Asserts that it failed with `errno` and gave a hint that contains `hint`.
    fn assert_refused(&self, errno: &str, hint: &str) {
        assert_eq!(self.errno.as_deref(), Some(errno), "{}: {:?}", self.command, self.output);
        let mut hints = self.output.stderr.lines().filter(|line| line.starts_with("hint: "));
        let found = hints.any(|line| line.contains(hint));
        assert!(found, "{}: no hint with {hint:?}: {:?}", self.command, self.output);
    }

    fn assert_ok(&self) {
        assert_eq!(self.output.code(), Some(0), "{}: {:?}", self.command, self.output);
    }
}

/// The child of a waiting step 03, for step 04 to join.
struct Target {
    _step: Running,
    pid: Pid,
}

impl Target {
    fn new(user: User) -> Target {
        let mut step = Step::new(&step_binary("step03-uts"), user).args(["helo"]).start();
        let pid = step.line().rsplit(' ').next().unwrap().parse().unwrap();
        step.line();
        Target { _step: step, pid: Pid::from_raw(pid) }
    }
}

/// The name of the step in a command.
fn name(command: &str) -> &str {
    command.split(' ').next().unwrap()
}

fn step(command: &str, user: User, target: &Target) -> Step {
    let command = command.replace("TARGET", &target.pid.to_string());
    Step::new(&step_binary(name(&command)), user).args(command.split(' ').skip(1))
}

/// Runs `COMMANDS` as `user` with an obstacle, of those of part two a [`sample`].
fn run_all<O>(user: User, obstacle: O) -> Vec<Run>
where
    O: Fn() -> io::Result<()> + Copy + Send + Sync + 'static,
{
    let target = Target::new(user);
    let run = |command| step(command, user, &target).with_obstacle(obstacle).run();
    let (one, two): (Vec<_>, Vec<_>) = COMMANDS.into_iter().partition(|it| name(it) < name(USER));
    let all = one.into_iter().chain(sample(two));
    all.map(|command| checked(command, Host::unchanged(|| run(command)))).collect()
}

/// The runs of those commands that were run.
fn those(
    all: &[Run],
    commands: impl IntoIterator<Item = &'static str>,
) -> impl Iterator<Item = &Run> {
    let commands: Vec<_> = commands.into_iter().collect();
    all.iter().filter(move |it| commands.contains(&it.command))
}

/// The run of one command.
fn of<'a>(all: &'a [Run], command: &str) -> &'a Run {
    all.iter().find(|it| it.command == command).unwrap_or_else(|| panic!("no run of {command}"))
}

/// Whether step 10 works for a user: before Linux 5.11 or 6.6, only for root of the host.
fn has_layers(user: User) -> bool {
    Step::new(&step_binary(IMAGE), user).run().code() == Some(0)
}

/// Asserts what every step promises about its output.
fn checked(command: &'static str, output: Output) -> Run {
    let Output { stdout, stderr, .. } = &output;
    let (code, signal) = (output.code(), output.signal());
    let here = format!("{command}: {output:?}");
    assert_eq!(signal, None, "{here}");
    for text in [stdout, stderr] {
        assert!(text.is_empty() || text.ends_with('\n'), "an unfinished line: {here}");
        assert!(!text.contains(|it: char| it.is_control() && it != '\n'), "{here}");
        assert!(!text.contains("panicked") && !text.contains("backtrace"), "{here}");
    }

    let begin = format!("{}: ", name(command));
    let mut lines = stderr.lines().skip_while(|line| !line.starts_with(&begin));
    let errno = lines.next().map(|error| {
        // step01-proc-ns: open(/proc/1/ns): EACCES: Permission denied
        let parts: Vec<_> = error[begin.len()..].rsplitn(3, ": ").collect();
        let [_, errno, call] = parts[..] else { panic!("not call, errno and message: {here}") };
        let named = errno.starts_with('E') && errno.bytes().all(|it| it.is_ascii_alphanumeric());
        assert!(named && (call.ends_with(')') || call.starts_with("/proc/")), "{here}");
        errno.to_owned()
    });
    let only_hints = |line: &str| line.starts_with("hint: ") || line.starts_with("note: ");
    assert!(lines.all(only_hints), "{here}");
    // The doctor reports on stdout what does not work, and exits with 1.
    let reported = begin == "step00-doctor: " && stderr.is_empty() && code == Some(1);
    assert!(reported || code == Some(i32::from(errno.is_some())), "{here}");
    Run { command, output, errno }
}

#[test]
fn at_the_limit_of_a_kind_of_namespace_the_error_is_enospc_and_a_hint_names_the_limit() {
    let kinds: [(&str, &str); 8] = [
        ("cgroup", "-C"),
        ("ipc", "-i"),
        ("mnt", "-m"),
        ("net", "-n"),
        ("pid", "-p"),
        ("time", "-T"),
        ("user", "-U"),
        ("uts", "-u"),
    ];
    for &user in User::all() {
        for (kind, option) in sample(kinds) {
            let run = |command: &'static str, args: &[&str]| {
                let step = Step::new(&step_binary(command), user).args(args);
                let step = step.with_obstacle(move || no_more_namespaces(&[kind]));
                checked(command, Host::unchanged(|| step.run()))
            };
            let limit = if kind == "user" { "user.max_user_namespaces" } else { "namespaces" };
            run("step05-unshare", &["-r", option, "true"]).assert_refused("ENOSPC", limit);
            if kind != "time" {
                run("step02-clone", &[kind]).assert_refused("ENOSPC", limit);
            }
            // Without root it needs a user namespace too.
            let uts = kind == "uts" || kind == "user" && user == User::Ordinary;
            match run("step03-uts", &["helo"]) {
                run if uts => run.assert_refused("ENOSPC", limit),
                run => run.assert_ok(),
            }
        }
    }
}

#[test]
fn without_new_namespaces_the_doctor_reports_it_and_commands_that_need_none_work() {
    for &user in User::all() {
        let kinds = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];
        let all = run_all(user, move || no_more_namespaces(&kinds));
        for run in those(&all, NEED_NO_NAMESPACE) {
            run.assert_ok();
        }
        for run in those(
            &all,
            [CLONE_NEW, UTS, UNSHARE_ALL, USER, CONTAINER].into_iter().chain(AVOID_USER_NAMESPACE),
        ) {
            run.assert_refused("ENOSPC", "_namespaces=0 ");
        }
        let doctor = of(&all, "step00-doctor");
        assert_eq!(doctor.output.code(), Some(1), "{:?}", doctor.output);
        assert!(doctor.output.stdout.contains("ENOSPC"), "{:?}", doctor.output);
    }
}

#[test]
fn under_the_filter_of_docker_the_error_is_eperm_and_a_hint_names_privileged() {
    for &user in User::all() {
        let all = run_all(user, docker);
        for run in those(&all, NEED_NO_NAMESPACE) {
            run.assert_ok();
        }
        let others = [CLONE_NEW, UTS, SETNS, UNSHARE, UNSHARE_ALL, USER, CONTAINER];
        for run in those(&all, others.into_iter().chain(AVOID_USER_NAMESPACE)) {
            run.assert_refused("EPERM", "--privileged");
        }
        let doctor = of(&all, "step00-doctor");
        assert!(doctor.output.stdout.contains("--privileged"), "{:?}", doctor.output);
    }
}

#[test]
fn root_without_capabilities_gets_a_hint_that_names_the_capability() {
    require_root!("to drop capabilities");
    // execve(2) gives root only the capabilities in the bounding set.
    fn drop_capability(capability: libc::c_ulong) -> io::Result<()> {
        // SAFETY: the call takes two numbers and touches no memory of ours.
        let dropped = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability) };
        Ok(nix::errno::Errno::result(dropped).map(drop)?)
    }
    const SYS_ADMIN: libc::c_ulong = 21;
    let without_one = run_all(User::Root, || drop_capability(SYS_ADMIN));
    let without_any = run_all(User::Root, || {
        let all = fs::read_to_string("/proc/sys/kernel/cap_last_cap")?;
        (0..=all.trim().parse().unwrap()).try_for_each(drop_capability)
    });
    for all in [&without_one, &without_any] {
        for run in those(all, NEED_NO_NAMESPACE) {
            run.assert_ok();
        }
        for run in those(all, [CLONE_NEW, UTS, UNSHARE].into_iter().chain(AVOID_USER_NAMESPACE)) {
            run.assert_refused("EPERM", "you are root but lack CAP_SYS_ADMIN");
        }
        assert_eq!(of(all, "step00-doctor").output.code(), Some(1));
    }
    of(&without_one, SETNS).assert_refused("EPERM", "CAP_SYS_ADMIN");
    for run in those(&without_one, [UNSHARE_ALL, USER, CONTAINER]) {
        run.assert_ok();
    }
    for run in those(&without_any, [UNSHARE_ALL, USER, CONTAINER]) {
        run.assert_refused("EPERM", "CAP_SETFCAP");
    }
    of(&without_any, SETNS).assert_refused("EACCES", "CAP_SYS_PTRACE");
}

#[test]
fn a_process_that_proc_hides_is_reported_as_hidden() {
    require_root!("to mount /proc with hidepid");
    let target = Target::new(User::Ordinary);
    let hidden = |command| {
        // Root mounts it, and the obstacle ends by becoming the ordinary user.
        let step = step(command, User::Ordinary, &target).with(|it| _ = it.uid(0).gid(0));
        checked(command, Host::unchanged(|| step.with_obstacle(hidden_processes).run()))
    };
    for command in COMMANDS.into_iter().filter(|it| ![DOCTOR, CGROUP_RUN, RESOURCES].contains(it)) {
        match hidden(command) {
            // The mount namespace of the target is not ours.
            run if run.command == SETNS => run.assert_refused("EPERM", "CAP_SYS_ADMIN"),
            run if run.command == UNSHARE => run.assert_refused("EPERM", "-r"),
            run if run.command == IMAGE && !has_layers(User::Ordinary) => {
                assert!(run.errno.is_some_and(|it| it != "ENOENT"), "{:?}", run.output);
            }
            run => run.assert_ok(),
        }
    }
    hidden("step01-proc-ns 1").assert_refused("ENOENT", "hidepid");
    hidden("step04-setns --target 1 -- true").assert_refused("ENOENT", "hidepid");
    let all = hidden("step01-proc-ns --all").output.stdout;
    assert!(!all.lines().any(|line| line.split_whitespace().nth(3) == Some("1")), "{all}");
}

#[test]
fn without_proc_a_hint_says_how_to_mount_it() {
    for &user in User::all() {
        let all = run_all(user, || {
            own_mounts()?;
            cover("/proc")
        });
        let part_one =
            [LINKS, LINKS_OF_ALL, CLONE, CLONE_NEW, SETNS, UNSHARE_ALL, CGROUPS, CGROUP_RUN];
        let part_two =
            [USER, PID, MOUNT, NET, IPC_TIME_CGROUP, PRIVILEGE, RESOURCES, MAP, CONTAINER];
        for run in those(&all, part_one.into_iter().chain(part_two)) {
            run.assert_refused("ENOENT", "/proc is not mounted");
        }
        // The obstacle is in a user namespace where even the ordinary user may do this.
        of(&all, UTS).assert_ok();
    }
}

/// The mount points of the cgroup file systems.
fn cgroups() -> Vec<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let cgroups = mounts.lines().filter(|line| line.contains(" - cgroup"));
    cgroups.map(|line| line.split(' ').nth(4).unwrap().into()).collect()
}

#[test]
fn with_read_only_cgroups_the_error_is_erofs_and_a_hint_names_docker() {
    for &user in User::all() {
        let all = run_all(user, || {
            own_mounts()?;
            let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
            cgroups().iter().try_for_each(|point| {
                Ok(mount(None::<&str>, point, None::<&str>, flags, None::<&str>)?)
            })
        });
        for run in those(&all, [CGROUP_RUN, RESOURCES]) {
            run.assert_refused("EROFS", "mounted read-only here; in Docker");
        }
        let overview = of(&all, CGROUPS);
        overview.assert_ok();
        // For an ordinary user "not delegated" comes first.
        let reported = user == User::Ordinary || overview.output.stdout.contains("read-only");
        assert!(reported, "{:?}", overview.output);
    }
}

#[test]
fn without_mounted_cgroups_the_error_is_enodev_and_the_overview_says_so() {
    for &user in User::all() {
        let all = run_all(user, || {
            own_mounts()?;
            cover("/sys")
        });
        for run in those(&all, [CGROUP_RUN, RESOURCES]) {
            run.assert_refused("ENODEV", "as root: mount -t cgroup");
        }
        let overview = of(&all, CGROUPS);
        overview.assert_ok();
        assert!(overview.output.stdout.starts_with("No cgroup hierarchy is mounted here.\n"));
    }
}

/// The parent of the tests' cgroup on v2. In the virtual machine it is delegated.
fn parent_cgroup() -> Option<PathBuf> {
    let memberships = fs::read_to_string("/proc/self/cgroup").unwrap();
    let own = memberships.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(Path::new("/sys/fs/cgroup").join(own).parent()?.to_owned())
}

/// The controllers that it enables for its children.
fn enabled_controllers() -> Option<String> {
    fs::read_to_string(parent_cgroup()?.join("cgroup.subtree_control")).ok()
}

/// A cgroup on v2 that may have no children.
struct Full(PathBuf);

impl Full {
    fn new() -> Option<Full> {
        let dir = parent_cgroup()?.join(format!("obstacles-{}", std::process::id()));
        if !enabled_controllers()?.contains("pids") || fs::create_dir(&dir).is_err() {
            return None;
        }
        fs::write(dir.join("cgroup.max.descendants"), "0").unwrap();
        Some(Full(dir))
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn in_a_full_cgroup_the_error_is_eagain_and_a_hint_names_the_limit() {
    let Some(full) = Full::new() else {
        skip!("no cgroup v2 with controllers is delegated to uid {} here", geteuid());
    };
    let user = User::all()[0];
    let procs = full.0.join("cgroup.procs");
    let target = Target::new(user);
    let step = step(CGROUP_RUN, user, &target).with_obstacle(move || fs::write(&procs, "0"));
    checked(CGROUP_RUN, step.run()).assert_refused("EAGAIN", "cgroup.max.descendants");
    let left = fs::read_dir(&full.0).unwrap().flatten().filter(|it| it.path().is_dir()).count();
    assert_eq!(left, 0);
}

/// Runs all commands, each as one user in turn, with a resource limit. It may be too low
/// even for the dynamic loader: what a step promises holds where its `--help` works.
fn run_limited(resource: Resource, values: &[rlim_t]) {
    let users: Vec<_> = User::all().iter().map(|&user| (user, Target::new(user))).collect();
    let all = values.iter().flat_map(|&value| COMMANDS.map(|command| (value, command)));
    for ((value, command), (user, target)) in sample(all.zip(users.iter().cycle())) {
        let here = format!("{command}, {resource:?} {value}");
        let limit = move || Ok(setrlimit(resource, value, value)?);
        let before = enabled_controllers();
        let output = Host::unchanged(|| step(command, *user, target).with_obstacle(limit).run());
        assert_eq!(enabled_controllers(), before, "{here}: {output:?}");
        if !matches!(output.code(), Some(0 | 1)) {
            let help = Step::new(&step_binary(name(command)), *user).args(["--help"]);
            let help = help.with_obstacle(limit);
            assert_ne!(help.run().code(), Some(0), "{here}: {output:?}");
            assert_ne!(Some(&value), values.last(), "{here}: {output:?}");
            continue;
        }
        let Run { output, errno, .. } = checked(command, output);
        assert!(errno.is_none() || output.stderr.contains("\nhint: "), "{here}: {output:?}");
    }
}

#[test]
fn with_few_file_descriptors_nothing_panics_or_is_left_behind() {
    run_limited(Resource::RLIMIT_NOFILE, &[0, 4, 5, 6, 7, 8, 10, 12]);
}

#[test]
fn with_little_memory_nothing_panics_or_is_left_behind() {
    run_limited(Resource::RLIMIT_AS, &[1, 3, 4, 5, 64].map(|mebibytes| mebibytes << 20));
}

#[test]
fn with_few_processes_nothing_panics_or_is_left_behind() {
    run_limited(Resource::RLIMIT_NPROC, &[0, 1, 2]);
}

#[test]
fn at_the_process_limit_the_error_is_eagain_and_a_hint_names_ulimit() {
    let limit = || Ok(setrlimit(Resource::RLIMIT_NPROC, 0, 0)?);
    let all = run_all(User::Ordinary, limit);
    let part_one = [DOCTOR, CLONE, CLONE_NEW, UTS, UNSHARE_ALL, CGROUP_RUN];
    let part_two = [USER, PID, MOUNT, NET, IPC_TIME_CGROUP, PRIVILEGE, RESOURCES];
    for run in those(&all, part_one.into_iter().chain(part_two)) {
        run.assert_refused("EAGAIN", "ulimit -u");
    }
}

#[test]
fn at_a_file_size_limit_of_0_a_step_ends_by_sigxfsz_and_leaves_nothing() {
    for &user in User::all() {
        let target = Target::new(user);
        let limit = || Ok(setrlimit(Resource::RLIMIT_FSIZE, 0, 0)?);
        // Three steps write files of their own, whatever their stdout is, and one prints nothing
        // where no cgroup is delegated.
        let others = [MOUNT, IMAGE, RESOURCES, CONTAINER];
        let all = COMMANDS.into_iter().filter(|it| !others.contains(it));
        for command in sample(all) {
            let step = || step(command, user, &target).with_obstacle(limit);
            // The limit is not for pipes.
            checked(command, Host::unchanged(|| step().run()));
            let file = tempfile::tempfile().unwrap();
            let output = Host::unchanged(|| step().with(|it| _ = it.stdout(file)).run());
            let prints_nothing = ["step04-setns", "step05-unshare", "step06-cgroup --pids"];
            if prints_nothing.iter().any(|it| command.starts_with(it)) {
                checked(command, output);
            } else {
                assert_eq!(output.signal(), Some(libc::SIGXFSZ), "{command}: {output:?}");
            }
        }
    }
}

#[test]
fn closed_standard_streams_change_no_exit_status() {
    for &user in User::all() {
        let target = Target::new(user);
        for command in sample(COMMANDS) {
            let open = step(command, user, &target).run();
            for closed in [&[0][..], &[1], &[2], &[0, 1, 2]] {
                let close = || closed.iter().try_for_each(|&fd| Ok(close(fd)?));
                let step = step(command, user, &target).with_obstacle(close);
                let output = Host::unchanged(|| step.run());
                // Rust's runtime opens /dev/null in place of a closed stream.
                assert_eq!(output.code(), open.code(), "{command} without {closed:?}: {output:?}");
                let nothing = open.stdout.is_empty() || closed.contains(&1);
                assert_eq!(output.stdout.is_empty(), nothing);
                if closed.contains(&2) {
                    assert_eq!(output.stderr, "");
                } else {
                    checked(command, output);
                }
            }
        }
    }
}

#[test]
fn every_step_that_prints_reports_a_full_device() {
    for &user in User::all() {
        let all =
            run_all(user, || Ok(dup2_stdout(File::options().write(true).open("/dev/full")?)?));
        // Step 14 prints only where a cgroup is delegated, and has a test of its own.
        let prints = |it: &&Run| {
            !it.command.contains("true")
                && it.command != RESOURCES
                && (it.command != IMAGE || has_layers(user))
        };
        for Run { command, output, errno } in all.iter().filter(prints) {
            assert_eq!(errno.as_deref(), Some("ENOSPC"), "{command}: {output:?}");
            assert!(output.stderr.contains(": write(stdout): "), "{command}: {output:?}");
        }
    }
}
