//! Test support: runs a step's binary and asks the kernel, not the step, what it did.
//!
//! Every run has a deadline and carries a mark in its environment, which its children
//! inherit. A run is over only when no process with that mark is left, so a test that
//! leaves one behind fails.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`obstacle`] | makes the step's process meet a limit, a filter or a missing mount |
//! | [`binaries`] | finds the steps of the workspace and builds their binaries |
//! | [`cgroup`] | creates cgroups for one test |
//! | [`injection`] | sends a signal at a chosen system call (strace) |

// A test stops at the first thing that goes wrong.
#![allow(clippy::expect_used, clippy::unwrap_used)]

pub mod binaries;
pub mod cgroup;
mod host;
pub mod injection;
mod isolated;
pub mod obstacle;
mod output;
mod process;
mod run;

pub use binaries::{step_binary, steps};
pub use cgroup::CgroupSandbox;
pub use host::Host;
pub use injection::SignalAt;
pub use isolated::{Isolated, State};
pub use output::Output;
pub use process::{
    WaitingProcess, WithoutFirstThread, descendants, inode, link, namespace, status,
};
pub use run::{Running, Step};
pub use {fastrand, tempfile};

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{SigHandler, Signal, signal};
use nix::unistd::{Uid, geteuid};
use tempfile::TempDir;

/// How long anything may take before a test calls it stuck. An emulated machine is slow,
/// and so is a machine with more runnable processes than processors: there it is longer,
/// up to four times.
pub fn deadline() -> Duration {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(1.0);
    let processors = thread::available_parallelism().map_or(1, usize::from) as f64;
    Duration::from_secs(180).mul_f64((load / processors).clamp(1.0, 4.0))
}

/// The user that runs a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// Uid 0.
    Root,
    /// An unprivileged user: the one that runs the tests, or nobody (65534) if that is root.
    Ordinary,
}

impl User {
    /// The users that these tests can run a step as: both if root runs the tests.
    pub fn all() -> &'static [User] {
        if geteuid().is_root() { &[User::Root, User::Ordinary] } else { &[User::Ordinary] }
    }

    /// The uid in the initial user namespace.
    pub fn uid(self) -> Uid {
        match self {
            User::Root => Uid::from_raw(0),
            User::Ordinary if geteuid().is_root() => Uid::from_raw(65534),
            User::Ordinary => geteuid(),
        }
    }
}

/// Sets SIGHUP, SIGINT and SIGQUIT to their defaults. A shell starts a background job,
/// which the tests may be, with these signals ignored.
pub fn reset_terminal_signals() -> io::Result<()> {
    for key in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT] {
        // SAFETY: SIG_DFL installs no handler that could run.
        unsafe { signal(key, SigHandler::SigDfl) }?;
    }
    Ok(())
}

/// Waits until `condition` holds; panics with `what` after the [`deadline`].
pub fn wait_until(what: &str, condition: impl FnMut() -> bool) {
    wait_or_describe(deadline, || what.to_owned(), condition);
}

/// The same, with a description of the state when the time is over, not before.
pub(crate) fn wait_or_describe(
    deadline: impl Fn() -> Duration,
    describe: impl Fn() -> String,
    mut condition: impl FnMut() -> bool,
) {
    let start = Instant::now();
    let mut limit = Duration::ZERO;
    while !condition() {
        // Asked for again only when it is over, since the answer takes a dozen system calls.
        if start.elapsed() >= limit {
            limit = deadline();
            assert!(start.elapsed() < limit, "waited in vain for: {}", describe());
        }
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn what_was_waited_for_is_described_as_it_is_when_the_time_is_over() {
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    let looks = Cell::new(0);
    let describe = || format!("look {}", looks.get());
    let condition = || {
        looks.set(looks.get() + 1);
        false
    };
    let wait = || wait_or_describe(|| Duration::from_millis(10), describe, condition);
    let panic = catch_unwind(AssertUnwindSafe(wait)).unwrap_err();
    let message = panic.downcast::<String>().unwrap();
    assert!(looks.get() > 1, "it has waited");
    assert_eq!(*message, format!("waited in vain for: look {}", looks.get()));
}

/// A temporary directory that belongs to `user`. Dropping it removes it and its contents.
pub fn temp_dir(user: User) -> TempDir {
    let dir = tempfile::tempdir().expect("mkdir in the temporary directory");
    chown(dir.path(), Some(user.uid().as_raw()), None).expect("chown");
    dir
}

/// A copy of a program, with permissions of its own, where every user can reach it.
pub fn copy_program(program: impl AsRef<Path>, mode: u32) -> (TempDir, PathBuf) {
    let program = program.as_ref();
    let dir = tempfile::tempdir().expect("mkdir in the temporary directory");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).expect("chmod");
    let copy = dir.path().join(program.file_name().expect("a file"));
    // If this process wrote the copy, a child that another thread forks meanwhile would keep it
    // open for writing, and no one could run it (ETXTBSY).
    let status = Command::new("cp").arg(program).arg(&copy).status();
    assert!(status.expect("cp").success());
    fs::set_permissions(&copy, fs::Permissions::from_mode(mode)).expect("chmod");
    (dir, copy)
}

/// Whether a program is installed.
pub fn installed(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// The number in an environment variable, if it is set.
pub fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect(name))
}

/// The cases of a test that tries many similar ones: all of them, or on an emulated machine,
/// where each takes a second, only the share `SAMPLE_FIRST` of `SAMPLE_EVERY`. Each virtual
/// machine and user has a different one. A machine that is not emulated tries all.
pub fn sample<T>(cases: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
    let number = |name, default| setting(name).map_or(default, |it| it as usize);
    let cases = cases.into_iter().collect();
    share(cases, number("SAMPLE_FIRST", 0), number("SAMPLE_EVERY", 1))
}

/// The [`sample`] of the cases for each user.
pub fn sample_by_user<T: Clone>(cases: impl IntoIterator<Item = T>) -> Vec<(User, T)> {
    let cases: Vec<_> = cases.into_iter().collect();
    let of_user = |&user| cases.iter().map(move |case| (user, case.clone()));
    sample(User::all().iter().flat_map(of_user).collect::<Vec<_>>()).collect()
}

/// Every `every`th case, from the one with the number `first` on. Where there are fewer cases
/// than shares, some shares have the same: a test without a case would pass for nothing.
fn share<T>(cases: Vec<T>, first: usize, every: usize) -> impl Iterator<Item = T> {
    let first = first % every.min(cases.len()).max(1);
    cases.into_iter().skip(first).step_by(every)
}

#[test]
fn every_share_has_a_case_and_together_they_have_all() {
    for number in 1..=25 {
        let cases: Vec<_> = (0..number).collect();
        let mut all = Vec::new();
        for first in 0..10 {
            let before = all.len();
            all.extend(share(cases.clone(), first, 10));
            assert!(all.len() > before, "share {first} of {number} cases");
        }
        all.sort();
        all.dedup();
        assert_eq!(all, cases);
    }
}

/// Prints a line to stderr that the test harness does not capture.
pub fn log(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Ends the test because this machine cannot run it, and prints the reason.
///
/// With `CI=true` only the tests that `allowed-skips` names may be skipped.
#[macro_export]
macro_rules! skip {
    ($($reason:tt)*) => {{
        fn here() {}
        let here = ::std::any::type_name_of_val(&here);
        $crate::skipped(env!("CARGO_PKG_NAME"), here, &format!($($reason)*));
        return;
    }};
}

/// Skips the test unless these programs are installed: `require_programs!("lsns", "strace")`.
#[macro_export]
macro_rules! require_programs {
    ($($program:literal),+) => {
        $(if !$crate::installed($program) {
            $crate::skip!("{} is not installed", $program);
        })+
    };
}

/// Skips the test unless root runs it: `require_root!("to mount /proc with hidepid")`.
#[macro_export]
macro_rules! require_root {
    ($why:literal) => {
        if $crate::User::all()[0] != $crate::User::Root {
            $crate::skip!("needs root {}", $why);
        }
    };
}

#[doc(hidden)]
pub fn skipped(package: &str, here: &str, reason: &str) {
    let test = format!("{package}::{}", here.trim_end_matches("::here"));
    log(&format!("SKIPPED {test}: {reason}"));
    let allowed = include_str!("../allowed-skips").lines().any(|line| line == test);
    let ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(allowed || !ci, "CI may skip only what allowed-skips names: {test}: {reason}");
}
