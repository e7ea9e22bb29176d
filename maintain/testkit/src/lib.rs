//! Runs a step's binary and asks the kernel, not the step, what it did.
//!
//! Every run has a deadline, is marked by an environment variable that its
//! children inherit, and is over only when no process with that mark is left:
//! a test that leaves one behind fails.

mod host;
mod run;
pub mod wall;

pub use host::Host;
pub use run::{Output, Running, Step};

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{SigHandler, Signal, signal};
use nix::unistd::{Uid, geteuid};

/// How long anything may take before a test calls it stuck: an emulated machine that
/// shares its processor with another one is slow, and any machine that has more to do
/// than it has processors is slower by as much.
pub fn deadline() -> Duration {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(1.0);
    let processors = thread::available_parallelism().map_or(1, usize::from);
    Duration::from_secs(180).mul_f64(f64::max(1.0, load / processors as f64))
}

/// As whom a step is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// As uid 0.
    Root,
    /// As somebody without rights: whoever runs the tests, or nobody if that is root.
    Ordinary,
}

impl User {
    /// The users that this test run can be: both if it is root.
    pub fn all() -> &'static [User] {
        if geteuid().is_root() { &[User::Root, User::Ordinary] } else { &[User::Ordinary] }
    }

    /// The uid, as the kernel numbers it outside of user namespaces.
    pub fn uid(self) -> Uid {
        match self {
            User::Root => Uid::from_raw(0),
            User::Ordinary if geteuid().is_root() => Uid::from_raw(65534),
            User::Ordinary => geteuid(),
        }
    }
}

/// Lets the keys of a terminal end the caller again, if whoever started the
/// tests had them ignored, as a shell does for what it runs in the background.
pub fn heed_keys() -> io::Result<()> {
    for key in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT] {
        // SAFETY: SIG_DFL installs no handler that could run.
        unsafe { signal(key, SigHandler::SigDfl) }?;
    }
    Ok(())
}

/// The text of a symbolic link such as `uts:[4026531838]`; panics if it cannot be read.
pub fn link(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    match fs::read_link(path) {
        Ok(text) => text.to_string_lossy().into_owned(),
        Err(error) => panic!("readlink {}: {error}", path.display()),
    }
}

/// The namespace of `kind` in which `pid` lives, as `uts:[4026531838]`.
pub fn namespace(pid: impl std::fmt::Display, kind: &str) -> String {
    link(format!("/proc/{pid}/ns/{kind}"))
}

/// Waits until `condition` holds and panics with `what` if it never does.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < deadline(), "never came: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Whether a program is installed: the second witness of some tests.
pub fn installed(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// Leaves the test with a word about why this machine cannot run it.
///
/// The word goes to stderr past the capture of the test harness. With
/// `CI=true` only tests named in `allowed-skips` may be skipped.
#[macro_export]
macro_rules! skip {
    ($($reason:tt)*) => {{
        fn here() {}
        let here = ::std::any::type_name_of_val(&here);
        $crate::skipped(env!("CARGO_PKG_NAME"), here, &format!($($reason)*));
        return;
    }};
}

#[doc(hidden)]
pub fn skipped(package: &str, here: &str, reason: &str) {
    let test = format!("{package}::{}", here.trim_end_matches("::here"));
    let _ = io::stderr().write_all(format!("SKIPPED {test}: {reason}\n").as_bytes());
    let allowed = include_str!("../allowed-skips").lines().any(|line| line == test);
    let ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(allowed || !ci, "CI may skip only what allowed-skips names: {test}: {reason}");
}
