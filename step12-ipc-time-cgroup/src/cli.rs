//! Arguments, help, notes, and hints for calls that fail.

use std::fs;
use std::path::Path;

use nix::errno::Errno;
use nix::sched::CloneFlags;
use nix::unistd::Pid;
use step_support::cgroup::memberships;
use step_support::output::print_help;
use step_support::{note, refusal};

use crate::{CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWTIME};

const HELP: &str = "\
Shows what IPC, time and cgroup namespaces hide: a child in new ones and its
parent answer the same questions.

Usage: step12-ipc-time-cgroup [KIND...]

  KIND  ipc, time or cgroup; all three by default

Parent and child stay alive until Enter, end of input or Ctrl-C.

Example: cargo run -p step12-ipc-time-cgroup -- time
Manual:  ipc_namespaces(7), time_namespaces(7), cgroup_namespaces(7), unshare(2)";

/// What is printed when an unprivileged user gets a user namespace.
pub const USER_NAMESPACE_NOTE: &str = "note: not root: unshare() also gets CLONE_NEWUSER; the \
    child has all capabilities, but only in that new user namespace";

/// The kinds of this step.
const KINDS: [(&str, CloneFlags); 3] =
    [("ipc", CLONE_NEWIPC), ("time", CLONE_NEWTIME), ("cgroup", CLONE_NEWCGROUP)];

/// Parses the command line: the flags of the kinds that it names, or of all three.
pub fn parse_args() -> Result<CloneFlags, lexopt::Error> {
    use lexopt::prelude::*;

    let mut flags = CloneFlags::empty();
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => print_help(HELP),
            Value(name) => match KINDS.iter().find(|(kind, _)| name == *kind) {
                Some((_, flag)) => flags |= *flag,
                None => {
                    let name = name.to_string_lossy();
                    return Err(format!("\"{name}\" is not ipc, time or cgroup").into());
                }
            },
            _ => return Err(arg.unexpected()),
        }
    }
    let all = || KINDS.iter().map(|(_, flag)| *flag).collect();
    Ok(if flags.is_empty() { all() } else { flags })
}

/// Notes that a cgroup namespace has nothing to hide from a process in the root cgroup, or in
/// the root of its cgroup namespace.
pub fn warn_in_root_cgroup(flags: CloneFlags) {
    let in_root = |text: Vec<u8>| memberships(&text).iter().all(|it| it.path == Path::new("/"));
    if flags.contains(CLONE_NEWCGROUP) && fs::read("/proc/self/cgroup").is_ok_and(in_root) {
        note(
            "note: the cgroup of this process is / already, so parent and child see the same; in \
             another: target/debug/step06-cgroup --pids 9 \
             target/debug/step12-ipc-time-cgroup cgroup",
        );
    }
}

/// What the reader can type while both processes are alive.
pub fn commands_to_look(flags: CloneFlags, child: Pid) -> String {
    let commands = [
        (CLONE_NEWIPC, "ipcs -q".to_owned()),
        (CLONE_NEWTIME, "cat /proc/uptime".to_owned()),
        (CLONE_NEWCGROUP, format!("cat /proc/{child}/cgroup")),
    ];
    let commands = commands.iter().filter(|(kind, _)| flags.contains(*kind));
    let in_child = |(_, command): &(_, String)| {
        format!("    target/debug/step04-setns --target {child} -- {command}\n")
    };
    format!(
        "Parent and child are both alive. Look from another terminal (or press Ctrl-Z first), in\n\
         the child's namespaces and, without step04-setns, in your own:\n\
         {}Press Enter to end both.",
        commands.map(in_child).collect::<String>(),
    )
}

/// Why `unshare(2)` failed.
pub fn unshare_hints(errno: Errno, flags: CloneFlags) -> Vec<String> {
    let mut hints =
        refusal::creation_without_root(errno, flags, "target/debug/step12-ipc-time-cgroup");
    if errno == Errno::EINVAL && flags.contains(CLONE_NEWTIME) {
        hints.push(
            "without a time namespace: target/debug/step12-ipc-time-cgroup ipc cgroup".into(),
        );
    }
    hints
}

/// Why `mq_open(3)` did not create a queue in a new IPC namespace.
pub fn mq_open_hints(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EMFILE => vec![
            "limit of files, or of bytes in this user's POSIX queues, reached; check: ulimit -n -q"
                .to_owned(),
        ],
        _ => refusal::in_new_namespace(errno),
    }
}
