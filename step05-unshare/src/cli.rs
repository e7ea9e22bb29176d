//! Arguments, help, and hints for calls that fail.

use std::process::Command;

use nix::errno::Errno;
use nix::sched::CloneFlags;
use step_support::namespace::KINDS;
use step_support::note;
use step_support::output::print_help;
use step_support::process::command_or_shell;
use step_support::refusal;

const HELP: &str = "\
Runs a command in new namespaces.

Usage: step05-unshare [OPTION...] [CMD [ARG...]]

  -C, --cgroup         a new cgroup namespace
  -i, --ipc            a new IPC namespace
  -m, --mount          a new mount namespace, whose mounts nobody outside sees
  -n, --net            a new network namespace
  -p, --pid            a new PID namespace, for children (see -f)
  -T, --time           a new time namespace, for children (Linux 6.2: at exec)
  -U, --user           a new user namespace
  -u, --uts            a new UTS namespace
  -r, --map-root-user  -U, and the current user is root in it
  -f, --fork           run CMD in a child: with -p it is PID 1
      --mount-proc     -m, and a /proc of the PID namespace that CMD is in
  CMD                  what to run; $SHELL or /bin/sh by default

Example: cargo run -p step05-unshare -- -Urpf --mount-proc ps
Manual:  unshare(2), user_namespaces(7), pid_namespaces(7), mount_namespaces(7)";

/// The command line.
pub struct Args {
    /// The namespaces to create.
    pub flags: CloneFlags,
    /// `-r`
    pub map_root: bool,
    /// `-f`
    pub fork: bool,
    /// `--mount-proc`
    pub mount_proc: bool,
    /// CMD
    pub command: Command,
}

/// Parses the options up to CMD; what follows CMD belongs to CMD.
pub fn parse_args() -> Result<Args, lexopt::Error> {
    use lexopt::prelude::*;

    let mut flags = CloneFlags::empty();
    let (mut map_root, mut fork, mut mount_proc) = (false, false, false);
    let mut argv = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => print_help(HELP),
            Short('r') | Long("map-root-user") => map_root = true,
            Short('f') | Long("fork") => fork = true,
            Long("mount-proc") => mount_proc = true,
            Long("mount") => flags |= CloneFlags::CLONE_NEWNS, // the kind is called mnt
            Value(program) => {
                argv.push(program);
                argv.extend(parser.raw_args()?);
                break;
            }
            Short(_) | Long(_) => {
                match KINDS
                    .iter()
                    .find(|it| arg == Short(it.option) || it.name != "mnt" && arg == Long(it.name))
                {
                    Some(kind) => flags |= kind.flag,
                    None => return Err(arg.unexpected()),
                }
            }
        }
    }
    if map_root {
        flags |= CloneFlags::CLONE_NEWUSER;
    }
    if mount_proc {
        flags |= CloneFlags::CLONE_NEWNS;
    }
    Ok(Args { flags, map_root, fork, mount_proc, command: command_or_shell(argv) })
}

/// Prints what a command has to expect that should have been a child.
pub fn warn_without_fork(flags: CloneFlags) {
    if flags.contains(CloneFlags::CLONE_NEWPID) {
        note(
            "note: without -f the command stays in the old PID namespace: its first child is \
             PID 1 of the new one, and once that has ended, fork() fails with ENOMEM",
        );
    }
    if flags.bits() & libc::CLONE_NEWTIME != 0 {
        note(
            "note: before Linux 6.2, without -f the command stays in the old time namespace, \
             and vfork() fails with EINVAL, so some shells cannot start programs",
        );
    }
}

/// Why `unshare(2)` failed.
pub fn unshare_hints(errno: Errno, flags: CloneFlags) -> Vec<String> {
    let mut hints = refusal::creation(errno, flags);
    let without_user = !flags.contains(CloneFlags::CLONE_NEWUSER);
    if errno == Errno::EPERM && !refusal::has_sys_admin() && without_user {
        hints.push(refusal::no_user_namespace().unwrap_or_else(|| {
            "add -r: it makes you root in a new user namespace, which can own the others".to_owned()
        }));
    }
    hints
}
