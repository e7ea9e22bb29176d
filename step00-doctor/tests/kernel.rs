//! Runs step00-doctor where something is in the way, and holds it to the truth.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use nix::errno::Errno;
use nix::libc::*;
use nix::mount::{MsFlags, mount};
use nix::sched::CloneFlags;
use nix::sys::prctl::set_no_new_privs;
use nix::sys::signal::{SigHandler, Signal};
use nix::unistd::{chroot, geteuid};
use step_support::cgroup::Version;
use testkit::obstacle::{cover, docker, own_mounts, own_user_namespace, refuse};
use testkit::{Host, Output, Step, User, installed, sample, skip, step_binary, wait_until};

fn doctor(user: User) -> Step {
    Step::new(env!("CARGO_BIN_EXE_step00-doctor"), user)
}

/// Runs the doctor as an unprivileged user after `obstacle`, which is called in its process.
fn behind(obstacle: fn() -> io::Result<()>) -> Output {
    Host::unchanged(|| doctor(User::Ordinary).with_obstacle(obstacle).run())
}

/// The line about this part and user, with those below it that say why it fails.
fn about(output: &Output, part: &str, user: &str) -> String {
    let mut lines = output.stdout.lines();
    let line = lines.find(|it| it.split_whitespace().take(2).eq([part, user]));
    let line = line.unwrap_or_else(|| panic!("no {part} for {user}: {output:?}"));
    let why = lines.take_while(|it| it.starts_with(' ')).map(|it| format!("\n{it}"));
    line.to_owned() + &why.collect::<String>()
}

#[test]
fn on_this_machine_the_namespace_steps_work_for_every_user() {
    for &user in User::all() {
        let output = Host::unchanged(|| doctor(user).run());
        let names: &[&str] = if user == User::Root { &["root", "uid 65534"] } else { &["you"] };
        for part in ["step01-proc-ns", "step03-uts", "step05-unshare", "exercises"] {
            for name in names {
                let line = format!("{part:<22}  {name:<11}works");
                assert!(output.stdout.lines().any(|it| it == line), "{line}: {output:?}");
            }
        }
        let fails = output
            .stdout
            .lines()
            .any(|it| it.ends_with("fails") && (it.contains(" root ") || it.contains(" you ")));
        assert_eq!(output.code(), Some(i32::from(fails)), "{output:?}");
    }
}

#[test]
fn what_it_says_of_the_cgroup_is_what_step_06_will_find() {
    for &user in User::all() {
        let output = doctor(user).run();
        let name = if user == User::Root { "root" } else { "you" };
        let works = about(&output, "step06-cgroup", name).contains("works");
        let step06 = env!("CARGO_BIN_EXE_step00-doctor").replace("step00-doctor", "step06-cgroup");
        if !fs::exists(&step06).unwrap() {
            skip!("step06-cgroup is not built: cargo build -p step06-cgroup");
        }
        let run = Step::new(&step06, user).args(["--pids", "8", "true"]).run();
        assert_eq!(works, run.code() == Some(0), "{output:?} {run:?}");
    }
}

#[test]
fn exercises_that_need_a_cgroup_are_named_where_this_user_has_none() {
    for &user in User::all() {
        let output = doctor(user).run();
        let name = if user == User::Root { "root" } else { "you" };
        let line = about(&output, "cgroup-exercises", name);
        let is_delegated = |dir: &Path| {
            let files = [dir.to_owned(), dir.join("cgroup.procs")];
            let writable = |path: &std::path::PathBuf| {
                let test = ["-c", "test -w \"$1\"", "sh"];
                Step::new("/bin/sh", user).args(test).args([path]).run().code() == Some(0)
            };
            files.iter().all(writable)
        };
        let mut delegated = Vec::new();
        for hierarchy in step_support::cgroup::all().unwrap() {
            let Some(it) = hierarchy.mounted else { continue };
            let mut above = it.current.ancestors().take_while(|dir| dir.starts_with(&it.top));
            let levels = if hierarchy.version == Version::V1 { 1 } else { usize::MAX };
            if above.by_ref().take(levels).any(is_delegated) {
                delegated.push(hierarchy.version);
            }
        }
        if delegated.is_empty() {
            let all = "cgroup1, cgroup2, cgroup3, cgroup4, resources1, cgroup5, cgroup6, cgroup7, \
                       resources2: no cgroup";
            assert!(line.contains(all), "{line}");
            assert!(line.contains("Delegate=yes") || line.contains("./delegate $$"), "{line}");
        } else {
            // This one needs nothing else of a version.
            let possible = if delegated.contains(&Version::V2) { "cgroup6" } else { "cgroup1," };
            assert!(!line.contains(possible), "{line}");
        }
        assert!(line.contains("works") || line.contains("SKIP_CGROUP=1 rustlings"), "{line}");
    }
}

#[test]
fn json_says_the_same() {
    let output = doctor(User::Ordinary).args(["--json"]).run();
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(
        json["facts"]["kernel"],
        fs::read_to_string("/proc/sys/kernel/osrelease").unwrap().trim()
    );
    let findings = json["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 18);
    assert!(findings.iter().all(|it| it["user"] == "ordinary"));
    let healthy = findings.iter().all(|it| it["failed"].is_null());
    assert_eq!(output.code(), Some(i32::from(!healthy)));
}

#[test]
fn a_limit_of_no_uts_namespaces_is_found_by_trying() {
    let output = behind(|| {
        own_user_namespace(CloneFlags::empty())?;
        fs::write("/proc/sys/user/max_uts_namespaces", "0")
    });
    let line = about(&output, "step03-uts", "you");
    assert!(line.contains("fails\n    clone(CLONE_NEWUTS | CLONE_NEWUSER): ENOSPC"), "{line}");
    assert!(line.contains("user.max_uts_namespaces=0 allows none"), "{line}");
    assert!(about(&output, "step01-proc-ns", "you").contains("works"));
    assert_eq!(output.code(), Some(1));
}

#[test]
fn no_user_namespaces_at_all_are_named_with_the_setting() {
    let output = behind(|| {
        own_user_namespace(CloneFlags::empty())?;
        fs::write("/proc/sys/user/max_user_namespaces", "0")
    });
    let line = about(&output, "exercises", "you");
    assert!(line.contains("ENOSPC"), "{line}");
    assert!(line.contains("user.max_user_namespaces=0 blocks this"), "{line}");
}

#[test]
fn a_missing_proc_is_said_and_no_panic() {
    let output = behind(|| {
        own_mounts()?;
        cover("/proc")
    });
    let line = about(&output, "step01-proc-ns", "you");
    assert!(line.contains("ENOENT") && line.contains("mount -t proc"), "{line}");
    assert_eq!(output.code(), Some(1), "{output:?}");
}

#[test]
fn a_filter_that_answers_eperm_as_docker_does_is_named() {
    let output = behind(docker);
    for part in ["step02-clone", "step04-setns", "step05-unshare", "exercises"] {
        let line = about(&output, part, "you");
        assert!(line.contains("EPERM") && line.contains("--privileged"), "{line}");
    }
    assert!(about(&output, "step01-proc-ns", "you").contains("works"));
}

#[test]
fn a_wrong_option_is_refused_with_status_2() {
    let output = doctor(User::Ordinary).args(["--jsno"]).run();
    assert_eq!((output.code(), output.stdout.as_str()), (Some(2), ""));
    assert!(output.stderr.starts_with("step00-doctor: invalid option '--jsno'"), "{output:?}");
}

#[test]
fn the_longest_line_is_one_write_so_that_nobody_reads_half_of_it() {
    if !installed("strace") {
        skip!("strace is not installed");
    }
    let doctor = env!("CARGO_BIN_EXE_step00-doctor");
    let options = ["-qq", "-e", "trace=write", doctor, "--json"];
    let output = Step::new("/usr/bin/strace", User::all()[0]).args(options).run();
    // Root is told of the ordinary user, too: more than Rust's stdout buffers.
    assert!(output.stdout.len() > 1024 || User::all()[0] == User::Ordinary, "{output:?}");
    assert_eq!(output.stderr.matches("write(1, ").count(), 1, "{output:?}");
}

/// Lets `unshare(2)` end the caller by SIGSYS, as a strict filter of system calls does.
fn kill_at_unshare() -> io::Result<()> {
    let op = |code: u32, k, jf| sock_filter { code: code as u16, jt: 0, jf, k };
    let mut filter = [
        op(BPF_LD | BPF_W | BPF_ABS, 0, 0),
        op(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare as u32, 1),
        op(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0),
        op(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0),
    ];
    let program = sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    set_no_new_privs()?;
    // SAFETY: the program and its filter live until the call is over.
    let set = unsafe { prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &raw const program) };
    Ok(Errno::result(set).map(drop)?)
}

#[test]
fn a_filter_that_kills_is_not_taken_for_one_that_refuses() {
    let output = behind(kill_at_unshare);
    let line = about(&output, "step05-unshare", "you");
    assert!(line.contains("fails\n    unshare(all kinds): killed by SIGSYS"), "{line}");
    assert!(line.contains("seccomp"), "{line}");
    assert!(about(&output, "step02-clone", "you").contains("works"));
}

#[test]
fn where_a_part_of_proc_is_covered_the_example_of_step_05_fails_and_so_does_the_check() {
    let output = behind(|| {
        own_mounts()?;
        cover("/proc/sys")
    });
    let line = about(&output, "step05-unshare", "you");
    assert!(line.contains("fails\n    mount(proc, /proc): EPERM"), "{line}");
    assert!(line.contains("/proc/sys is covered in the old /proc"), "{line}");
}

#[test]
fn it_leaves_the_cgroups_and_the_processes_in_them_alone() {
    let name = format!("step06-cgroup-run-{}-mine", std::process::id());
    let hierarchies = step_support::cgroup::all().unwrap().into_iter();
    let used = hierarchies
        .filter(|it| it.version == Version::V2 || it.controllers.iter().any(|name| name == "pids"));
    let places = used.filter_map(|it| it.mounted).map(|it| it.current);
    let places: Vec<_> = places.filter(|it| step_support::cgroup::is_delegated(it)).collect();
    if places.is_empty() {
        skip!("no cgroup is delegated here");
    }
    let mut process = Command::new("sleep").arg("1000").spawn().unwrap();
    for place in &places {
        fs::create_dir(place.join(&name)).unwrap();
        fs::write(place.join(&name).join("cgroup.procs"), process.id().to_string()).unwrap();
    }
    doctor(User::all()[0]).run();
    let alive = process.try_wait().unwrap().is_none();
    process.kill().unwrap();
    process.wait().unwrap();
    for dir in places.iter().map(|it| it.join(&name)) {
        // Empty and with this name, step 06 may remove it, too.
        wait_until("the removal of a cgroup", || fs::remove_dir(&dir).is_ok() || !dir.exists());
    }
    assert!(alive);
}

#[test]
fn an_inherited_sigchld_that_is_ignored_changes_nothing() {
    let ignore_sigchld = || {
        // SAFETY: SIG_IGN installs no handler that could run.
        unsafe { nix::sys::signal::signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
        Ok(())
    };
    let user = User::all()[0];
    let (usual, ignored) = (doctor(user).run(), doctor(user).with_obstacle(ignore_sigchld).run());
    assert_eq!((ignored.code(), &ignored.stdout), (usual.code(), &usual.stdout), "{ignored:?}");
}

// The doctor makes the calls of the steps: it must say of each what that step does.

/// Refuses one system call.
fn without(call: c_long, errno: Errno) -> io::Result<()> {
    refuse(&[(call, CloneFlags::empty(), errno)])
}

fn read_only_proc() -> io::Result<()> {
    own_mounts()?;
    let none = None::<&str>;
    mount(Some("/proc"), "/proc", none, MsFlags::MS_BIND | MsFlags::MS_REC, none)?;
    let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
    Ok(mount(none, "/proc", none, flags, none)?)
}

/// execve(2) gives root only the capabilities in the bounding set.
fn without_sys_admin() -> io::Result<()> {
    const CAP_SYS_ADMIN: c_ulong = 21;
    // SAFETY: the call takes two numbers and touches no memory of ours.
    let dropped = unsafe { prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN) };
    // An ordinary user may not drop it, and does not have it.
    assert!(dropped == 0 || !geteuid().is_root());
    Ok(())
}

/// A directory that is no mount point, with all of the machine in it.
fn in_chroot() -> io::Result<()> {
    own_mounts()?;
    cover("/mnt")?;
    fs::create_dir("/mnt/root")?;
    for entry in fs::read_dir("/")?.flatten() {
        let (from, to) = (entry.path(), Path::new("/mnt/root").join(entry.file_name()));
        if from.is_symlink() {
            symlink(fs::read_link(&from)?, &to)?;
        } else if from.is_dir() && from != Path::new("/mnt") {
            fs::create_dir(&to)?;
            let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
            mount(Some(&from), &to, None::<&str>, flags, None::<&str>)?;
        }
    }
    Ok(chroot("/mnt/root")?)
}

/// A name, what puts it in the way, and whether the caller stays in its user namespace, so
/// that step 04 can join a process outside.
type Obstacle = (&'static str, fn() -> io::Result<()>, bool);

const OBSTACLES: [Obstacle; 9] = [
    ("nothing", || Ok(()), true),
    ("Docker's filter", docker, true),
    ("no pidfd_open", || without(SYS_pidfd_open, Errno::ENOSYS), true),
    ("no sethostname", || without(SYS_sethostname, Errno::EPERM), true),
    ("no unshare", || without(SYS_unshare, Errno::ENOSYS), true),
    ("no setns", || without(SYS_setns, Errno::EACCES), true),
    ("no CAP_SYS_ADMIN", without_sys_admin, true),
    ("a read-only /proc", read_only_proc, false),
    ("a chroot", in_chroot, false),
];

#[test]
fn what_the_doctor_says_of_a_step_and_advises_is_what_the_step_does_and_says() {
    for &user in User::all() {
        let mut target = Step::new(&step_binary("step03-uts"), user).args(["helo"]).start();
        let pid = target.line().rsplit(' ').next().unwrap().to_owned();
        let all_kinds = if user == User::Root { "-Cimnu" } else { "-rCimnu" };
        let commands = [
            ("step01-proc-ns", vec![]),
            ("step02-clone", vec!["uts"]),
            ("step03-uts", vec!["helo"]),
            ("step04-setns", vec!["--target", &pid, "--", "true"]),
            ("step05-unshare", vec![all_kinds, "-p", "true"]),
            ("step05-unshare", vec!["-Urpf", "--mount-proc", "true"]),
            ("step07-user", vec![]),
            ("step08-pid", vec![]),
            ("step09-mount", vec![]),
            ("step10-image", vec![]),
            ("step11-net", vec![]),
            ("step12-ipc-time-cgroup", vec![]),
            ("step13-privilege", vec![]),
            ("step15-map", vec![]),
            ("step16-container", vec!["true"]),
        ];
        for (name, obstacle, same_namespaces) in sample(OBSTACLES) {
            if name == "a chroot" && user == User::Ordinary {
                continue; // to enter one takes a user namespace, which the chroot then forbids
            }
            let run = |step: Step| Host::unchanged(|| step.with_obstacle(obstacle).run());
            let output = run(doctor(user).args(["--json"]));
            let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
            let who = if user == User::Root { "root" } else { "ordinary" };
            let steps = commands
                .chunk_by(|(a, _), (b, _)| a == b)
                .filter(|runs| same_namespaces || runs[0].0 != "step04-setns");
            for runs in steps {
                let findings = json["findings"].as_array().unwrap();
                let mut of_step = findings.iter().filter(|it| it["part"] == runs[0].0);
                let failed = &of_step.find(|it| it["user"] == who).unwrap()["failed"];
                let outputs = runs
                    .iter()
                    .map(|(step, args)| run(Step::new(&step_binary(step), user).args(args)));
                // What the step needs for all of its runs.
                let refused: Vec<_> = outputs.filter(|it| it.code() != Some(0)).collect();
                let here = format!("{user:?}, {name}: {failed} {refused:?}");
                assert_eq!(failed.is_null(), refused.is_empty(), "{here}");
                let advice = format!("\nhint: {}\n", failed["advice"].as_str().unwrap_or_default());
                assert!(refused.first().is_none_or(|it| it.stderr.contains(&advice)), "{here}");
            }
        }
    }
}

#[test]
fn sudo_is_advised_only_where_it_can_help() {
    let output = behind(|| Ok(nix::sched::unshare(CloneFlags::CLONE_NEWUSER)?));
    let last = "as root: not tried; that needs target/debug/step00-doctor (as root outside of this \
                user namespace, which has no root)\n";
    assert!(output.stdout.ends_with(last), "{output:?}");
}
