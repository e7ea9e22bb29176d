//! Arguments, help, and hints for calls that fail.

use std::ffi::OsString;

use nix::errno::Errno;
use nix::sched::CloneFlags;
use nix::unistd::{Pid, geteuid, getpid};
use step_support::output::print_help;
use step_support::refusal;

const HELP: &str = "\
Gives a child created by clone(2) its own hostname.

Usage: step03-uts HOSTNAME

  HOSTNAME  the child's nodename, at most 64 bytes

Parent and child stay alive until Enter, end of input or Ctrl-C.

Example: cargo run -p step03-uts -- helo
Manual:  clone(2), uts_namespaces(7), sethostname(2), uname(2)";

/// Parses the command line: the hostname for the child.
pub fn parse_args() -> Result<OsString, lexopt::Error> {
    use lexopt::prelude::*;

    let mut hostname = None;
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => print_help(HELP),
            Value(value) if hostname.is_none() => hostname = Some(value),
            _ => return Err(arg.unexpected()),
        }
    }
    hostname.ok_or_else(|| "missing HOSTNAME".into())
}

/// What the reader can type while both processes are alive.
pub fn commands_to_compare(child: Pid) -> String {
    format!(
        "Parent and child are both alive. Compare their namespaces from another terminal\n\
         (or press Ctrl-Z first):\n\
         \x20   readlink /proc/{}/ns/uts\n\
         \x20   readlink /proc/{child}/ns/uts\n\
         Press Enter to end both.",
        getpid(),
    )
}

/// Why `clone(2)` failed.
pub fn clone_hints(errno: Errno, flags: CloneFlags) -> Vec<String> {
    let mut hints = refusal::creation(errno, flags);
    if errno == Errno::EPERM && !geteuid().is_root() {
        let command = refusal::as_root("target/debug/step03-uts helo");
        hints.push(format!("root needs no user namespace: {command}"));
    }
    hints
}

/// Why `sethostname(2)` failed.
pub fn sethostname_hints(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EINVAL => vec!["a hostname is limited to 64 bytes".to_owned()],
        _ => refusal::in_new_namespace(errno),
    }
}
