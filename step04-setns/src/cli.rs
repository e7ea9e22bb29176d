//! Arguments, help, and hints for calls that fail.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Error, Result};
use nix::errno::Errno;
use nix::sched::CloneFlags;
use nix::sys::statfs::{NSFS_MAGIC, fstatfs};
use nix::unistd::Pid;
use step_support::namespace::link;
use step_support::output::print_help;
use step_support::process::command_or_shell;
use step_support::refusal;
use step_support::target::{self, parse_pid};

const HELP: &str = "\
Runs a command in the namespaces of another process.

Usage: step04-setns NSFILE... [-- CMD [ARG...]]
       step04-setns --target PID [-- CMD [ARG...]]

  NSFILE        /proc/PID/ns/uts or the like, or a bind mount of one;
                joined in the order given
  --target PID  join all namespaces in which this process differs from the caller
  CMD           what to run there; $SHELL or /bin/sh by default

Example: cargo run -p step04-setns -- --target 11120 -- uname -n
Manual:  setns(2), pidfd_open(2), namespaces(7), nsenter(1)";

/// What to join.
pub enum Target {
    /// The namespaces behind these files, one after the other.
    Files(Vec<PathBuf>),
    /// The namespaces of this process.
    Process(Pid),
}

impl Target {
    /// Whether a namespace of this kind will be joined. What cannot be read is reported
    /// when it is joined.
    pub fn includes(&self, kind: &str, flag: i32) -> bool {
        match self {
            Target::Process(pid) => differs(*pid, kind).unwrap_or(false),
            Target::Files(files) => {
                files.iter().flat_map(File::open).any(|file| kind_of(&file) == flag)
            }
        }
    }
}

/// The kind of a namespace file, as its CLONE_NEW… flag (`NS_GET_NSTYPE`, ioctl_ns(2)).
fn kind_of(file: &File) -> i32 {
    const NS_GET_NSTYPE: libc::Ioctl = 0xb703;
    // SAFETY: the request takes no argument, and the descriptor is open.
    unsafe { libc::ioctl(file.as_raw_fd(), NS_GET_NSTYPE) }
}

/// Parses the command line: what to join, and what to run there.
pub fn parse_args() -> Result<(Target, Command), lexopt::Error> {
    use lexopt::prelude::*;

    let mut args: Vec<OsString> = env::args_os().collect();
    let dashes = args.iter().position(|arg| arg == "--").unwrap_or(args.len());
    let argv = args.split_off(dashes).into_iter().skip(1);

    let mut files = Vec::new();
    let mut pid = None;
    let mut parser = lexopt::Parser::from_iter(args);
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => print_help(HELP),
            Short('t') | Long("target") => pid = Some(parse_pid(&parser.value()?.string()?)?),
            Value(file) if pid.is_none() => files.push(file.into()),
            _ => return Err(arg.unexpected()),
        }
    }
    let target = match pid {
        Some(pid) if files.is_empty() => Target::Process(pid),
        None if !files.is_empty() => Target::Files(files),
        _ => return Err("either NSFILE... or --target PID".into()),
    };
    Ok((target, command_or_shell(argv)))
}

/// Whether the process is in another namespace of this kind than the caller
/// (`readlink(2)`). A kind that this kernel lacks is the same for all.
pub fn differs(pid: Pid, kind: &str) -> Result<bool> {
    if !Path::new("/proc/self/ns").join(kind).exists() {
        return Ok(false);
    }
    let ours = link("self", kind).with_context(|| format!("readlink(/proc/self/ns/{kind})"))?;
    let theirs = link(pid, kind)
        .with_context(|| format!("readlink(/proc/{pid}/ns/{kind})"))
        .map_err(|error| target::explain(pid, error, "step04-setns --target PID -- CMD"))?;
    Ok(ours != theirs)
}

/// Why `pidfd_open(2)` failed.
pub fn pidfd_hints(errno: Errno, pid: Pid) -> Vec<String> {
    let status = fs::read(format!("/proc/{pid}/status")).unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    let process = status.lines().find_map(|line| line.strip_prefix("Tgid:")).map(str::trim);
    match (errno, process) {
        (Errno::ESRCH, _) => vec!["no such process; it may have ended".to_owned()],
        (Errno::EINVAL | Errno::ENOENT, Some(process)) if process != pid.to_string() => {
            vec![format!("{pid} is a thread of process {process}: use --target {process}")]
        }
        _ => refusal::any_call(errno),
    }
}

/// Adds to the error of opening `/proc/PID/ns/...` what the state of the process explains.
pub fn explain_open(path: &Path, error: Error) -> Error {
    let mut names = path.iter().skip_while(|name| *name == "/").map(OsStr::to_str);
    match [names.next(), names.next(), names.next()].map(Option::flatten) {
        [Some("proc"), Some(pid), Some("ns")] => match parse_pid(pid) {
            Ok(pid) => target::explain(pid, error, "step04-setns NSFILE... -- CMD"),
            Err(_) => error,
        },
        _ => error,
    }
}

/// Why `setns(2)` with a file failed.
pub fn file_hints(errno: Errno, file: &File) -> Vec<String> {
    let is_namespace = fstatfs(file).is_ok_and(|fs| fs.filesystem_type() == NSFS_MAGIC);
    let hint = match errno {
        Errno::EINVAL if !is_namespace => {
            "not a namespace file: use a link in /proc/PID/ns, or a bind mount of one"
        }
        Errno::EINVAL => {
            "this is the user namespace that the caller is in already, or a PID namespace \
             that is not a descendant of the caller's"
        }
        _ => return setns_hints(errno, CloneFlags::from_bits_retain(kind_of(file))),
    };
    vec![hint.to_owned()]
}

/// Why `setns(2)` could not join namespaces of these kinds.
pub fn setns_hints(errno: Errno, flags: CloneFlags) -> Vec<String> {
    let mut hints = refusal::joining(errno, flags);
    if errno == Errno::EPERM && !refusal::is_host_root() {
        hints.push(format!(
            "setns() requires CAP_SYS_ADMIN, both in the caller's user namespace and in the one \
             that owns the target: join its user namespace first, or use {}",
            refusal::as_root("target/debug/step04-setns ...")
        ));
    }
    hints
}
