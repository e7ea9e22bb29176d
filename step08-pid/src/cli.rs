//! Arguments, help, and hints for calls that fail.

use nix::errno::Errno;
use nix::sched::CloneFlags;
use nix::unistd::Pid;
use step_support::output::print_help;
use step_support::refusal;

const HELP: &str = "\
Shows what PID 1 of a new PID namespace does, and which signals it does not get.

Usage: step08-pid

While one process is a zombie, it waits for Enter, end of input or Ctrl-C.

Example: cargo run -p step08-pid
Manual:  pid_namespaces(7), kill(2), proc_pid_status(5), waitpid(2)";

/// What an ordinary user is told.
pub const USER_NAMESPACE_NOTE: &str = "note: not root: unshare() also gets CLONE_NEWUSER; it \
    gives all capabilities, but only in that new user namespace";

/// Parses the command line, which has no arguments.
pub fn parse_args() -> Result<(), lexopt::Error> {
    use lexopt::prelude::*;

    match lexopt::Parser::from_env().next()? {
        Some(Short('h') | Long("help")) => print_help(HELP),
        Some(arg) => Err(arg.unexpected()),
        None => Ok(()),
    }
}

/// What the reader can type while the orphan is a zombie.
pub fn commands_to_look(orphan: Pid) -> String {
    format!(
        "PID 1 has not reaped it yet. Look from another terminal (or press Ctrl-Z first):\n\
         \x20   grep -E 'State|PPid|NSpid' /proc/{orphan}/status\n\
         \x20   readlink /proc/{orphan}/ns/user\n\
         Press Enter, and PID 1 reaps it."
    )
}

/// Why `unshare(2)` failed.
pub fn unshare_hints(errno: Errno, flags: CloneFlags) -> Vec<String> {
    refusal::creation_without_root(errno, flags, "target/debug/step08-pid")
}
