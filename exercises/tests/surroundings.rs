//! Wherever and however the judge is started, right answers pass and a wrong one fails with
//! its own message, as root and as an ordinary user. Where something is too scarce to judge,
//! the judge says what it is.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use nix::errno::Errno;
use nix::libc;
use nix::sched::{CloneFlags, CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::prctl::{set_child_subreaper, set_no_new_privs};
use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
use nix::sys::signal::{SigSet, SigmaskHow};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Pid, close, dup2_raw, setpgid, setsid};
use testkit::obstacle::own_user_namespace;
use testkit::tempfile::TempDir;
use testkit::{Output, Step, User, copy_program, require_programs, setting, tempfile};

/// Each of them does something else: it makes and reaps children, joins namespaces by a
/// pidfd, maps users, and fills a PID namespace.
const RIGHT: [&str; 4] = ["clone3_sol", "setns2_sol", "unshare1_sol", "unshare7_sol"];

/// More of them, which depend on when a process runs.
const RACING: [&str; 3] = ["clone1_sol", "uts2_sol", "unshare3_sol"];

/// A starter.
const WRONG: &str = "unshare3";

/// A copy of an answer that every user can run.
fn program(name: &str) -> PathBuf {
    static COPIES: OnceLock<Vec<(TempDir, PathBuf)>> = OnceLock::new();
    let copies = COPIES.get_or_init(|| {
        let exe = std::env::current_exe().expect("current_exe");
        let debug = exe.ancestors().nth(2).expect("target/debug");
        let all = RIGHT.into_iter().chain(RACING).chain([WRONG]);
        all.map(|name| copy_program(debug.join(name), 0o755)).collect()
    });
    let mut programs = copies.iter().map(|(_, program)| program);
    programs.find(|it| it.ends_with(name)).expect("a copy").to_owned()
}

fn answer(name: &str, user: User) -> Step {
    Step::new(program(name).to_str().expect("a path in UTF-8"), user)
}

/// Judges all answers as each user. `surround` changes how the judge is started.
fn judge_all(what: &str, surround: impl Fn(Step) -> Step) {
    for &user in User::all() {
        for name in RIGHT {
            assert_right(what, &surround(answer(name, user)).run());
        }
        assert_wrong(what, &surround(answer(WRONG, user)).run());
    }
}

fn assert_right(what: &str, output: &Output) {
    assert_eq!(output.code(), Some(0), "{what}: {output:?}");
    assert!(output.stderr.contains("✓ the kernel agrees:"), "{what}: {output:?}");
}

fn assert_wrong(what: &str, output: &Output) {
    assert_eq!(output.code(), Some(1), "{what}: {output:?}");
    assert!(
        output.stderr.contains("✗ expected: a mount that no process outside sees"),
        "{what}: {output:?}"
    );
}

/// [`judge_all`] in a process that has called `obstacle` first.
fn judge_all_after(
    what: &str,
    obstacle: impl Fn() -> io::Result<()> + Copy + Send + Sync + 'static,
) {
    judge_all(what, |step| step.with_obstacle(obstacle));
}

fn block_all_signals() -> io::Result<()> {
    Ok(SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK).map(drop)?)
}

fn ignore_all_signals() -> io::Result<()> {
    for number in 1..=64 {
        // SAFETY: SIG_IGN installs no handler that could run. Two signals refuse it.
        unsafe { libc::signal(number, libc::SIG_IGN) };
    }
    Ok(())
}

#[test]
fn whatever_signals_the_parent_has_ignored_or_blocked() {
    judge_all_after("all ignored", ignore_all_signals);
    judge_all_after("all blocked", block_all_signals);
    judge_all_after("both", || ignore_all_signals().and_then(|()| block_all_signals()));
    judge_all_after("only SIGCHLD ignored", || {
        // SAFETY: as above.
        unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
        Ok(())
    });
    judge_all_after("SIGPIPE not ignored", || {
        // SAFETY: SIG_DFL installs no handler that could run.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        Ok(())
    });
}

/// Sets the soft and the hard limit.
fn limit(resource: Resource, value: rlim_t) -> impl Fn() -> io::Result<()> + Copy {
    move || Ok(setrlimit(resource, value, value)?)
}

#[test]
fn limits_that_are_enough_are_used() {
    use Resource::*;
    let enough = [
        (RLIMIT_NOFILE, 40),
        (RLIMIT_FSIZE, 1024),
        (RLIMIT_AS, 160 << 20),
        (RLIMIT_DATA, 128 << 20),
        (RLIMIT_STACK, 1 << 20),
        (RLIMIT_CPU, 6),
        (RLIMIT_MEMLOCK, 0),
        (RLIMIT_SIGPENDING, 0),
        (RLIMIT_MSGQUEUE, 0),
        (RLIMIT_LOCKS, 0),
        (RLIMIT_NICE, 0),
        (RLIMIT_RTPRIO, 0),
        (RLIMIT_RSS, 0),
    ];
    for (resource, value) in enough {
        judge_all_after(&format!("{resource:?} {value}"), limit(resource, value));
    }
    // A low limit that the judge may raise is none.
    for (resource, value) in [(RLIMIT_NOFILE, 5), (RLIMIT_STACK, 1 << 17), (RLIMIT_FSIZE, 0)] {
        judge_all_after(&format!("soft {resource:?} {value}"), move || {
            let (_, hard) = getrlimit(resource)?;
            Ok(setrlimit(resource, value, hard)?)
        });
    }
}

#[test]
fn limits_that_are_too_small_are_named() {
    use Resource::*;
    let too_small = [
        (RLIMIT_NPROC, 5, 'u'),
        (RLIMIT_NOFILE, 5, 'n'),
        (RLIMIT_FSIZE, 0, 'f'),
        (RLIMIT_AS, 100 << 20, 'v'),
        (RLIMIT_DATA, 1 << 20, 'd'),
        (RLIMIT_STACK, 1 << 17, 's'),
        (RLIMIT_CPU, 1, 't'),
    ];
    for &user in User::all() {
        for (resource, value, option) in too_small {
            for name in [RIGHT[0], WRONG] {
                let output = answer(name, user).with_obstacle(limit(resource, value)).run();
                assert_eq!(output.code(), Some(3), "{resource:?} {value}: {output:?}");
                let named = format!("{resource:?} is {value}: the judge needs ");
                assert!(output.stderr.contains(&named), "{output:?}");
                assert!(output.stderr.contains(&format!("ulimit -{option}")), "{output:?}");
            }
        }
    }
}

#[test]
fn whatever_the_umask_and_the_directory() {
    judge_all_after("umask 0777", || {
        umask(Mode::all());
        Ok(())
    });
    judge_all_after("a directory that has been removed", || {
        let dir = tempfile::tempdir()?.keep();
        std::env::set_current_dir(&dir)?;
        fs::remove_dir(dir)
    });
    let dir = tempfile::tempdir().expect("mkdir");
    let mode = |mode| fs::set_permissions(&dir, Permissions::from_mode(mode)).expect("chmod");
    mode(0o111);
    judge_all("a directory that cannot be read", |step| step.with(|it| _ = it.current_dir(&dir)));
    mode(0o700);
}

#[test]
fn whichever_descriptors_are_open_or_closed() {
    for closed in [0, 1] {
        judge_all_after(&format!("{closed} closed"), move || Ok(close(closed)?));
    }
    judge_all_after("many open", || {
        for number in 3..100 {
            // SAFETY: in this child nobody else uses these descriptors before `execve(2)`.
            let copy = unsafe { dup2_raw(io::stdin(), number) };
            std::mem::forget(copy?);
        }
        Ok(())
    });
    judge_all("stdout full", Step::stdout_full);
    judge_all("stdout without reader", Step::stdout_without_reader);
    // Where nothing can be printed, the exit status is still right.
    type Surround = fn(Step) -> Step;
    let silent = [
        ("stderr without reader", Step::stderr_without_reader as Surround),
        ("stderr full", Step::stderr_full),
        ("all closed", |step| {
            step.with_obstacle(|| Ok([0, 1, 2].into_iter().try_for_each(close)?))
        }),
    ];
    for &user in User::all() {
        for (what, surround) in silent {
            for name in RIGHT {
                assert_eq!(surround(answer(name, user)).run().code(), Some(0), "{what}");
            }
            assert_eq!(surround(answer(WRONG, user)).run().code(), Some(1), "{what}");
        }
    }
}

#[test]
fn whatever_the_environment_variables() {
    judge_all("none at all", |step| step.with(|it| _ = it.env_clear()));
    judge_all("odd ones", |step| {
        step.env("LC_ALL", "tlh_Latn.utf-99")
            .env("RUST_BACKTRACE", "full")
            .env("TMPDIR", "/nowhere")
    });
}

#[test]
fn whatever_the_process_group_the_session_and_the_parent() {
    judge_all_after("leads a session", || Ok(setsid().map(drop)?));
    judge_all_after("leads a process group", || Ok(setpgid(Pid::this(), Pid::from_raw(0))?));
    judge_all_after("a subreaper", || Ok(set_child_subreaper(true)?));
    judge_all_after("no new privileges", || Ok(set_no_new_privs()?));
}

#[test]
fn however_little_of_the_processors_it_gets() {
    judge_all_after("nice 19", || {
        // SAFETY: the call takes three numbers.
        let set = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 19) };
        Ok(Errno::result(set).map(drop)?)
    });
    judge_all_after("one processor", || {
        let allowed = sched_getaffinity(Pid::this())?;
        let first = (0..CpuSet::count()).find(|&it| allowed.is_set(it) == Ok(true));
        let mut one = CpuSet::new();
        one.set(first.unwrap_or_default())?;
        Ok(sched_setaffinity(Pid::this(), &one)?)
    });
}

#[test]
fn inside_of_other_namespaces() {
    judge_all_after("a user namespace", || own_user_namespace(CloneFlags::empty()));
    judge_all_after("a network without interfaces", || {
        own_user_namespace(CloneFlags::CLONE_NEWNET)
    });
    judge_all_after("other mounts", || own_user_namespace(CloneFlags::CLONE_NEWNS));
}

#[test]
fn as_pid_1_of_a_container() {
    require_programs!("unshare");
    let args =
        ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc"];
    for &user in User::all() {
        let judge = |name| {
            let program = program(name);
            Step::new("/usr/bin/env", user).args(args).args([program]).run()
        };
        RIGHT.into_iter().for_each(|name| assert_right("as PID 1", &judge(name)));
        assert_wrong("as PID 1", &judge(WRONG));
    }
}

/// The program that starts the judge may have started others before, and have become the
/// judge (`execve(2)`): these are the judge's children then, and none of its business.
#[test]
fn with_children_that_it_has_not_started() {
    for &user in User::all() {
        let start = |name| {
            let script = r#"exec 3<&0; cat <&3 >&2 & exec "$0""#;
            Step::new("/bin/sh", user)
                .args(["-c".into(), script.to_owned()])
                .args([program(name)])
                .start()
        };
        for (name, sign) in [(RIGHT[0], '✓'), (WRONG, '✗')] {
            let mut judge = start(name);
            // `cat` runs until its stdin is closed, which is after the verdict.
            while !judge.note().starts_with(sign) {}
            judge.wait();
        }
    }
}

/// Judges so many answers, right and wrong ones, beside four busy threads for each processor.
fn judge_under_load(judgments: u64) {
    let stop = AtomicBool::new(false);
    let next = AtomicU64::new(0);
    let processors = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..4 * processors {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop()
                }
            });
        }
        let judges: Vec<_> = (0..processors)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= judgments {
                            break;
                        }
                        judge_one(number as usize);
                    }
                })
            })
            .collect();
        let judged: Vec<_> = judges.into_iter().map(thread::ScopedJoinHandle::join).collect();
        stop.store(true, Ordering::Relaxed);
        assert!(judged.iter().all(Result::is_ok), "a false verdict");
    });
}

fn judge_one(number: usize) {
    let users = User::all();
    let (user, turn) = (users[number % users.len()], number / users.len());
    let right: Vec<_> = RIGHT.into_iter().chain(RACING).collect();
    match right.get(turn % (right.len() + 1)) {
        Some(name) => assert_right(&format!("{name}, {number}"), &answer(name, user).run()),
        None => assert_wrong(&number.to_string(), &answer(WRONG, user).run()),
    }
}

#[test]
fn no_false_verdict_under_load() {
    judge_under_load(40);
}

#[test]
#[ignore = "takes minutes; JUDGMENTS is how many"]
fn judgments_under_load() {
    judge_under_load(setting("JUDGMENTS").unwrap_or(2000));
}
