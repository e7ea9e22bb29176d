//! Arguments, help, and hints for calls that fail.

use nix::errno::Errno;
use nix::sched::CloneFlags;
use nix::unistd::geteuid;
use step_support::namespace::KINDS;
use step_support::output::print_help;
use step_support::refusal;

const HELP: &str = "\
Creates a child by clone(2), in new namespaces or in those of its parent.

Usage: step02-clone [KIND...]

  KIND  cgroup, ipc, mnt, net, pid, user or uts: the child gets a new one

Example: cargo run -p step02-clone -- uts pid
Manual:  clone(2), namespaces(7), pid_namespaces(7), waitpid(2)";

/// Why `time` is not one of them.
const NO_TIME: &str = "clone() cannot create a time namespace: it reads the bit of \
    CLONE_NEWTIME as part of the exit signal; unshare(2) and clone3(2) can";

/// Parses the command line: the flags of the kinds that it names.
pub fn parse_args() -> Result<CloneFlags, lexopt::Error> {
    use lexopt::prelude::*;

    let mut flags = CloneFlags::empty();
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => print_help(HELP),
            Value(name) if name == "time" => return Err(NO_TIME.into()),
            Value(name) => match KINDS.iter().find(|kind| name == kind.name) {
                Some(kind) => flags |= kind.flag,
                None => return Err(format!("{name:?} is not a kind of namespace").into()),
            },
            _ => return Err(arg.unexpected()),
        }
    }
    Ok(flags)
}

/// Why `clone(2)` failed.
pub fn clone_hints(errno: Errno, flags: CloneFlags) -> Vec<String> {
    let mut hints = refusal::creation(errno, flags);
    if errno == Errno::EPERM && !geteuid().is_root() {
        let command = refusal::as_root("target/debug/step02-clone ...");
        hints.push(format!("root needs no user namespace: {command}"));
    }
    hints
}
