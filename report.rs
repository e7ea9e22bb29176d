//! How every step speaks: facts to stdout, notes, errors and hints to stderr.
//!
//! Each step includes this file as its module `report`. No lesson is in it:
//! its one system call of interest is `write(2)`.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};

use anyhow::{Result, bail};
use nix::errno::Errno;

/// The program's name, as errors begin with it.
const PROGRAM: &str = env!("CARGO_PKG_NAME");

/// Settings that bar users from namespaces: name, value that bars, value that lets.
const WALLS: [(&str, &str, &str); 3] = [
    ("user.max_user_namespaces", "0", "15000"),
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
];

/// Writes a line to stdout, at once: a child of `clone(2)` would lose what is
/// still buffered when it ends, and print once more what its parent had buffered.
/// The line is whole whatever ends us, as its newline is in the same `write(2)`.
pub fn print(line: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    let line = format!("{line}\n");
    let Err(error) = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()) else {
        return Ok(());
    };
    match Errno::from_raw(error.raw_os_error().unwrap_or_default()) {
        Errno::EPIPE => Err(Errno::EPIPE.into()),
        errno => bail!("write(stdout): {errno}"),
    }
}

/// Writes a line to stderr. If stderr takes no text, there is nobody to tell.
pub fn note(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// The text with control characters, and bytes that are not UTF-8, escaped.
pub fn printable(text: impl AsRef<OsStr>) -> String {
    // Both kinds of quotes: an older Rust escapes the single ones, too.
    let quoted = format!("{:?}", text.as_ref()).replace("\\\"", "\"").replace("\\'", "'");
    quoted[1..quoted.len() - 1].to_string()
}

/// Says on stderr why a process fails and what this reader can do about it on
/// this machine; `hint` knows that for the errors of one step. Returns the exit
/// status: 2 for wrong use, 1 for any other error.
pub fn report(result: Result<u8>, hint: fn(Errno) -> Option<&'static str>) -> u8 {
    let error = match result {
        Ok(status) => return status,
        Err(error) => error,
    };
    if let Some(wrong_use) = error.downcast_ref::<lexopt::Error>() {
        note(&format!("{PROGRAM}: {} (try --help)", printable(wrong_use.to_string())));
        return 2;
    }
    let errno = error.downcast_ref().copied().unwrap_or(Errno::UnknownErrno);
    if errno == Errno::EPIPE {
        return 0; // nobody reads our stdout any more, as with `| head -1`
    }
    note(&format!("{PROGRAM}: {error:#}"));
    if matches!(errno, Errno::EPERM | Errno::ENOSPC) {
        walls().iter().for_each(|wall| note(&format!("hint: {wall}")));
    }
    if let Some(hint) = no_proc(errno).or_else(|| hint(errno)).or_else(|| limit(errno)) {
        note(&format!("hint: {hint}"));
    }
    1
}

/// What to do where nothing of `/proc` is found because there is none.
fn no_proc(errno: Errno) -> Option<&'static str> {
    let missing = errno == Errno::ENOENT && fs::symlink_metadata("/proc/self").is_err();
    missing.then_some("/proc is not mounted: mount -t proc proc /proc")
}

/// What to do about a limit that any step can meet (`getrlimit(2)`).
fn limit(errno: Errno) -> Option<&'static str> {
    match errno {
        Errno::EAGAIN => Some("no more processes are allowed: ulimit -u, the cgroup's pids.max"),
        Errno::EMFILE => Some("no more open files are allowed: ulimit -n"),
        Errno::ENOMEM => Some("no more memory is allowed: ulimit -v"),
        Errno::ENOSPC => Some("how many are allowed: grep . /proc/sys/user/max_*_namespaces"),
        _ => None,
    }
}

/// The walls that stand here between a user and new namespaces, and the way past each.
pub fn walls() -> Vec<String> {
    let mut walls = Vec::new();
    for (setting, bars, lets) in WALLS {
        let file = format!("/proc/sys/{}", setting.replace('.', "/"));
        if fs::read_to_string(file).is_ok_and(|value| value.trim() == bars) {
            walls.push(format!("{setting} is {bars} here: sudo sysctl {setting}={lets}"));
        }
    }
    // 2: filtered, as container engines do it.
    if fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("Seccomp:\t2")) {
        let filter = "a seccomp filter may bar it: in Docker, run the container with --privileged";
        walls.push(filter.to_owned());
    }
    walls
}
