//! Runs every step where something is in its way, and holds it to its promise:
//! a refusal is one line that names the call and the error, hints follow it, the
//! exit status tells, nothing panics, and nothing is left behind.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use nix::libc;
use nix::mount::{MsFlags, mount};
use nix::sched::CloneFlags;
use nix::sys::resource::{Resource, rlim_t, setrlimit};
use nix::unistd::{Gid, Pid, Uid, close, dup2_stdout, geteuid, setgid, setuid};
use testkit::wall::{cover, docker, own_mounts, own_user_namespace};
use testkit::{Host, Output, Running, Step, User, skip};

/// What is run of each step: program and arguments; TARGET is a process in
/// another UTS namespace, and for an ordinary user in another user namespace.
const RUNS: [&str; 11] = [
    "step00-doctor",
    "step01-proc-ns",
    "step01-proc-ns --all",
    "step02-clone",
    "step02-clone uts pid",
    "step03-uts helo goldilocks",
    "step04-setns --target TARGET -- true",
    "step05-unshare -u true",
    "step05-unshare -Urpf --mount-proc true",
    "step06-cgroup",
    "step06-cgroup --pids 9 true",
];

/// A run and what came of it.
struct Told {
    run: &'static str,
    output: Output,
    /// The kernel's name for the error, if there was one.
    errno: Option<String>,
}

impl Told {
    /// Whether this run was refused with `errno`, and a hint says `hint`.
    fn refused(&self, errno: &str, hint: &str) {
        assert_eq!(self.errno.as_deref(), Some(errno), "{}: {:?}", self.run, self.output);
        let hints = self.output.stderr.lines().filter(|line| line.starts_with("hint: "));
        let found = hints.into_iter().any(|line| line.contains(hint));
        assert!(found, "{}: no hint about {hint:?}: {:?}", self.run, self.output);
    }

    fn fine(&self) {
        assert_eq!(self.output.code(), Some(0), "{}: {:?}", self.run, self.output);
    }
}

/// Another process, that of a step 03 which waits.
struct Target {
    _step: Running,
    pid: Pid,
}

impl Target {
    fn new(user: User) -> Target {
        let mut step = Step::new(&system_tests::step("step03-uts"), user).args(["helo"]).start();
        let pid = step.line().rsplit(' ').next().unwrap().parse().unwrap();
        step.line();
        Target { _step: step, pid: Pid::from_raw(pid) }
    }
}

/// A step that is to be run, of which `run` tells how.
fn step(run: &str, user: User, target: &Target) -> Step {
    let run = run.replace("TARGET", &target.pid.to_string());
    let mut words = run.split(' ');
    Step::new(&system_tests::step(words.next().unwrap()), user).args(words)
}

/// Runs all of `RUNS` as `user` behind a wall.
fn behind<W>(user: User, wall: W) -> Vec<Told>
where
    W: Fn() -> io::Result<()> + Copy + Send + Sync + 'static,
{
    let target = Target::new(user);
    let told = |run| told(run, Host::unchanged(|| step(run, user, &target).behind(wall).run()));
    RUNS.into_iter().map(told).collect()
}

/// One of them.
fn of<'a>(all: &'a [Told], run: &str) -> &'a Told {
    all.iter().find(|it| it.run == run).unwrap_or_else(|| panic!("{run} was not run"))
}

/// Holds a run to what every step promises.
fn told(run: &'static str, output: Output) -> Told {
    let Output { stdout, stderr, .. } = &output;
    let (code, signal) = (output.code(), output.signal());
    let here = format!("{run}: {output:?}");
    assert_eq!(signal, None, "{here}");
    for text in [stdout, stderr] {
        assert!(text.is_empty() || text.ends_with('\n'), "an unfinished line: {here}");
        assert!(!text.contains(|it: char| it.is_control() && it != '\n'), "{here}");
        assert!(!text.contains("panicked") && !text.contains("backtrace"), "{here}");
    }

    let begin = format!("{}: ", run.split(' ').next().unwrap());
    let mut lines = stderr.lines().skip_while(|line| !line.starts_with(&begin));
    let errno = lines.next().map(|error| {
        // step01-proc-ns: open(/proc/1/ns): EACCES: Permission denied
        let parts: Vec<_> = error[begin.len()..].rsplitn(3, ": ").collect();
        let [_, errno, call] = parts[..] else { panic!("no call, error and words: {here}") };
        let name = errno.starts_with('E') && errno.bytes().all(|it| it.is_ascii_alphanumeric());
        assert!(name && (call.ends_with(')') || call.starts_with("/proc/")), "{here}");
        errno.to_owned()
    });
    let only_hints = |line: &str| line.starts_with("hint: ") || line.starts_with("note: ");
    assert!(lines.all(only_hints), "{here}");
    // The doctor's error is what it finds, and it tells so on stdout.
    let finds = begin == "step00-doctor: " && stderr.is_empty() && code == Some(1);
    assert!(finds || code == Some(i32::from(errno.is_some())), "{here}");
    Told { run, output, errno }
}

#[test]
fn at_the_limit_of_each_kind_of_namespace_it_is_enospc_and_the_hint_names_the_limit() {
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
        for (kind, option) in kinds {
            let limit = format!("/proc/sys/user/max_{kind}_namespaces");
            let wall = move || {
                own_user_namespace(CloneFlags::empty())?;
                fs::write(&limit, "0")
            };
            let run = |name: &'static str, args: &[&str]| {
                let step =
                    Step::new(&system_tests::step(name), user).args(args).behind(wall.clone());
                told(name, Host::unchanged(|| step.run()))
            };
            let named = if kind == "user" { "user.max_user_namespaces" } else { "namespaces" };
            run("step05-unshare", &["-r", option, "true"]).refused("ENOSPC", named);
            if kind != "time" {
                run("step02-clone", &[kind]).refused("ENOSPC", named);
            }
            // Who is not root needs a user namespace first.
            let uts = kind == "uts" || kind == "user" && user == User::Ordinary;
            match run("step03-uts", &["helo"]) {
                told if uts => told.refused("ENOSPC", named),
                told => told.fine(),
            }
        }
    }
}

#[test]
fn without_any_namespace_the_doctor_says_so_and_what_needs_none_goes_on() {
    for &user in User::all() {
        let all = behind(user, || {
            own_user_namespace(CloneFlags::empty())?;
            for kind in ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"] {
                fs::write(format!("/proc/sys/user/max_{kind}_namespaces"), "0")?;
            }
            Ok(())
        });
        for run in [RUNS[1], RUNS[2], RUNS[3], RUNS[9]] {
            of(&all, run).fine();
        }
        for run in [RUNS[4], RUNS[5], RUNS[8]] {
            of(&all, run).refused("ENOSPC", "user.max_user_namespaces is 0 here: sudo sysctl");
        }
        let doctor = of(&all, "step00-doctor");
        assert_eq!(doctor.output.code(), Some(1), "{:?}", doctor.output);
        assert!(doctor.output.stdout.contains("ENOSPC"), "{:?}", doctor.output);
    }
}

#[test]
fn behind_dockers_filter_it_is_eperm_and_the_hint_is_privileged() {
    for &user in User::all() {
        let all = behind(user, docker);
        for run in [RUNS[1], RUNS[2], RUNS[3], RUNS[9]] {
            of(&all, run).fine();
        }
        for run in [RUNS[4], RUNS[5], RUNS[6], RUNS[7], RUNS[8]] {
            of(&all, run).refused("EPERM", "in Docker, run the container with --privileged");
        }
        let doctor = of(&all, "step00-doctor");
        assert!(doctor.output.stdout.contains("--privileged"), "{:?}", doctor.output);
    }
}

#[test]
fn root_without_capabilities_is_told_that_it_lacks_them() {
    if !geteuid().is_root() {
        skip!("only root has capabilities to lose");
    }
    // What is not in the bounding set is not gained by execve(2).
    fn lose(capability: libc::c_ulong) -> io::Result<()> {
        // SAFETY: the call takes two numbers and touches no memory of ours.
        let dropped = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability) };
        Ok(nix::errno::Errno::result(dropped).map(drop)?)
    }
    const SYS_ADMIN: libc::c_ulong = 21;
    let without_one = behind(User::Root, || lose(SYS_ADMIN));
    let without_any = behind(User::Root, || {
        let all = fs::read_to_string("/proc/sys/kernel/cap_last_cap")?;
        (0..=all.trim().parse().unwrap()).try_for_each(lose)
    });
    for all in [&without_one, &without_any] {
        for run in [RUNS[1], RUNS[2], RUNS[3], RUNS[9]] {
            of(all, run).fine();
        }
        for run in [RUNS[4], RUNS[5], RUNS[7]] {
            of(all, run).refused("EPERM", "root lacks CAP_SYS_ADMIN");
        }
        assert_eq!(of(all, "step00-doctor").output.code(), Some(1));
    }
    of(&without_one, RUNS[6]).refused("EPERM", "CAP_SYS_ADMIN");
    of(&without_one, RUNS[8]).fine();
    of(&without_any, RUNS[8]).refused("EPERM", "CAP_SETFCAP");
    of(&without_any, RUNS[6]).refused("EACCES", "CAP_SYS_PTRACE");
}

#[test]
fn processes_that_proc_hides_are_said_to_be_hidden() {
    if !geteuid().is_root() {
        skip!("a /proc with hidepid in our own PID namespace is root's to mount");
    }
    // As root until the mount is there, then for good as the ordinary user.
    fn wall() -> io::Result<()> {
        own_mounts()?;
        let none = MsFlags::empty();
        mount(Some("proc"), "/proc", Some("proc"), none, Some("hidepid=2"))?;
        let id = User::Ordinary.uid().as_raw();
        setgid(Gid::from_raw(id))?;
        Ok(setuid(Uid::from_raw(id))?)
    }
    let target = Target::new(User::Ordinary);
    let hidden = |run| {
        let step = step(run, User::Ordinary, &target).with(|it| {
            use std::os::unix::process::CommandExt;
            it.uid(0).gid(0);
        });
        told(run, Host::unchanged(|| step.behind(wall).run()))
    };
    for run in &RUNS[1..10] {
        match hidden(run) {
            told if told.run == RUNS[6] => told.refused("EPERM", "CAP_SYS_ADMIN"), // our mounts are others
            told if told.run == RUNS[7] => told.refused("EPERM", "-r makes you root"),
            told => told.fine(),
        }
    }
    hidden("step01-proc-ns 1").refused("ENOENT", "/proc hides it: mounted with hidepid");
    hidden("step04-setns --target 1 -- true").refused("ENOENT", "hidepid");
    let all = hidden("step01-proc-ns --all").output.stdout;
    assert!(!all.lines().any(|line| line.split_whitespace().nth(3) == Some("1")), "{all}");
}

#[test]
fn without_proc_the_hint_says_how_to_mount_it() {
    for &user in User::all() {
        let all = behind(user, || {
            own_mounts()?;
            cover("/proc")
        });
        for run in [1, 2, 3, 4, 6, 8, 9, 10].map(|at| RUNS[at]) {
            of(&all, run).refused("ENOENT", "/proc is not mounted");
        }
        // In the user namespace that its mounts take, the ordinary user may do this too.
        of(&all, RUNS[5]).fine();
    }
}

/// The mounts of cgroups, the real ones.
fn cgroups() -> Vec<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let cgroups = mounts.lines().filter(|line| line.contains(" - cgroup"));
    cgroups.map(|line| line.split(' ').nth(4).unwrap().into()).collect()
}

#[test]
fn where_cgroups_are_read_only_it_is_erofs_and_the_hint_is_privileged() {
    for &user in User::all() {
        let all = behind(user, || {
            own_mounts()?;
            let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
            cgroups().iter().try_for_each(|point| {
                Ok(mount(None::<&str>, point, None::<&str>, flags, None::<&str>)?)
            })
        });
        of(&all, RUNS[10]).refused("EROFS", "mounted read-only: in Docker");
        let survey = of(&all, RUNS[9]);
        survey.fine();
        // The ordinary user is told first that it is not delegated to them.
        let said = user == User::Ordinary || survey.output.stdout.contains("read-only");
        assert!(said, "{:?}", survey.output);
    }
}

#[test]
fn where_no_cgroups_are_mounted_it_is_enodev_and_the_survey_says_so() {
    for &user in User::all() {
        let all = behind(user, || {
            own_mounts()?;
            cover("/sys")
        });
        of(&all, RUNS[10]).refused("ENODEV", "step06-cgroup without arguments");
        let survey = of(&all, RUNS[9]);
        survey.fine();
        assert!(survey.output.stdout.starts_with("No cgroup hierarchy is mounted here.\n"));
    }
}

/// The cgroup v2 above that of the tests; in the virtual machine it is delegated.
fn above() -> Option<PathBuf> {
    let memberships = fs::read_to_string("/proc/self/cgroup").unwrap();
    let own = memberships.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(Path::new("/sys/fs/cgroup").join(own).parent()?.to_owned())
}

/// The controllers that it has for its children.
fn enabled() -> Option<String> {
    fs::read_to_string(above()?.join("cgroup.subtree_control")).ok()
}

/// A cgroup on v2 in which no other can be made.
struct Full(PathBuf);

impl Full {
    fn new() -> Option<Full> {
        let dir = above()?.join(format!("walls-{}", std::process::id()));
        if !enabled()?.contains("pids") || fs::create_dir(&dir).is_err() {
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
fn where_no_cgroup_has_room_it_is_eagain_and_the_hint_names_the_limit() {
    let Some(full) = Full::new() else {
        skip!("no cgroup v2 with controllers is delegated to uid {} here", geteuid());
    };
    let user = User::all()[0];
    let procs = full.0.join("cgroup.procs");
    let target = Target::new(user);
    let step = step(RUNS[10], user, &target).behind(move || fs::write(&procs, "0"));
    told(RUNS[10], step.run()).refused("EAGAIN", "cgroup.max.descendants");
    let left = fs::read_dir(&full.0).unwrap().flatten().filter(|it| it.path().is_dir()).count();
    assert_eq!(left, 0);
}

/// Runs everything, as each user in turn, with a limit that may be too low even
/// for the loader of programs: where a step can say its `--help`, it has to keep
/// its promise.
fn limited(resource: Resource, values: &[rlim_t]) {
    let users: Vec<_> = User::all().iter().map(|&user| (user, Target::new(user))).collect();
    let all = values.iter().flat_map(|&value| RUNS.map(|run| (value, run)));
    for ((value, run), (user, target)) in all.zip(users.iter().cycle()) {
        let here = format!("{run}, {resource:?} {value}");
        let wall = move || Ok(setrlimit(resource, value, value)?);
        let before = enabled();
        let output = Host::unchanged(|| step(run, *user, target).behind(wall).run());
        assert_eq!(enabled(), before, "{here}: {output:?}");
        if !matches!(output.code(), Some(0 | 1)) {
            let name = run.split(' ').next().unwrap();
            let help = Step::new(&system_tests::step(name), *user).args(["--help"]).behind(wall);
            assert_ne!(help.run().code(), Some(0), "{here}: {output:?}");
            assert_ne!(Some(&value), values.last(), "{here}: {output:?}");
            continue;
        }
        let Told { output, errno, .. } = told(run, output);
        assert!(errno.is_none() || output.stderr.contains("\nhint: "), "{here}: {output:?}");
    }
}

#[test]
fn with_few_descriptors_nothing_panics_or_stays() {
    limited(Resource::RLIMIT_NOFILE, &[0, 4, 5, 6, 7, 8, 10, 12]);
}

#[test]
fn with_little_memory_nothing_panics_or_stays() {
    limited(Resource::RLIMIT_AS, &[1, 3, 4, 5, 64].map(|mebibytes| mebibytes << 20));
}

#[test]
fn with_few_processes_nothing_panics_or_stays() {
    limited(Resource::RLIMIT_NPROC, &[0, 1, 2]);
    if !geteuid().is_root() {
        return;
    }
    let all = behind(User::Ordinary, || Ok(setrlimit(Resource::RLIMIT_NPROC, 0, 0)?));
    for run in [RUNS[0], RUNS[3], RUNS[4], RUNS[5], RUNS[8], RUNS[10]] {
        of(&all, run).refused("EAGAIN", "ulimit -u");
    }
}

#[test]
fn where_no_file_may_grow_it_ends_by_sigxfsz_and_leaves_nothing() {
    for &user in User::all() {
        let target = Target::new(user);
        let wall = || Ok(setrlimit(Resource::RLIMIT_FSIZE, 0, 0)?);
        for run in RUNS {
            // A pipe does not count as a file that grows.
            told(run, Host::unchanged(|| step(run, user, &target).behind(wall).run()));
            let path = std::env::temp_dir().join(format!("walls-{}", std::process::id()));
            let file = File::create(&path).unwrap();
            fs::remove_file(&path).unwrap();
            let output = Host::unchanged(|| {
                let step = step(run, user, &target).behind(wall);
                step.with(|it| {
                    it.stdout(file);
                })
                .run()
            });
            if ["step04-setns", "step05-unshare", "step06-cgroup --pids"]
                .iter()
                .any(|it| run.starts_with(it))
            {
                told(run, output);
            } else {
                assert_eq!(output.signal(), Some(libc::SIGXFSZ), "{run}: {output:?}");
            }
        }
    }
}

#[test]
fn closed_streams_are_no_trouble() {
    for &user in User::all() {
        let target = Target::new(user);
        for run in RUNS {
            let open = step(run, user, &target).run();
            for closed in [&[0][..], &[1], &[2], &[0, 1, 2]] {
                let wall = || closed.iter().try_for_each(|&fd| Ok(close(fd)?));
                let shut = Host::unchanged(|| step(run, user, &target).behind(wall).run());
                // Rust's runtime puts /dev/null in the place of what is closed.
                assert_eq!(shut.code(), open.code(), "{run} without {closed:?}: {shut:?}");
                assert_eq!(shut.stdout.is_empty(), open.stdout.is_empty() || closed.contains(&1));
                if closed.contains(&2) {
                    assert_eq!(shut.stderr, "");
                } else {
                    told(run, shut);
                }
            }
        }
    }
}

#[test]
fn a_full_device_is_told_by_every_step_that_prints() {
    for &user in User::all() {
        let all = behind(user, || Ok(dup2_stdout(File::options().write(true).open("/dev/full")?)?));
        for told in all.iter().filter(|it| !it.run.contains("true")) {
            assert_eq!(told.errno.as_deref(), Some("ENOSPC"), "{}: {:?}", told.run, told.output);
            assert!(told.output.stderr.contains(": write(stdout): "), "{:?}", told.output);
        }
    }
}
