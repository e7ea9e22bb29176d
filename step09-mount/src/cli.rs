//! Arguments, help, and hints for calls that fail.

use std::process::Command;

use nix::errno::Errno;
use nix::mount::MsFlags;
use nix::sched::CloneFlags;
use nix::unistd::{Pid, getpid};
use step_support::output::print_help;
use step_support::process::command_or_shell;
use step_support::refusal;

const HELP: &str = "\
Mounts file systems that no other process sees.

Usage: step09-mount [own | propagation | read-only | locked]
       step09-mount root [CMD [ARG...]]

  own          a child's tmpfs on /tmp, seen by the child and by its parent (default)
  propagation  what is mounted below a shared, slave or private mount appears where?
  read-only    what makes a bind mount read-only, and what does not
  root         a root directory with little in it, and the old one gone; runs CMD
               there, or lists it
  locked       what root of a new user namespace cannot uncover

With own, both processes stay alive until Enter, end of input or Ctrl-C.

Example: cargo run -p step09-mount -- root sh
Manual:  mount_namespaces(7), mount(2), pivot_root(2), mount_setattr(2)";

/// What is printed when CLONE_NEWUSER is added.
pub const USER_NAMESPACE_NOTE: &str = "note: not root: unshare() also gets CLONE_NEWUSER; the \
    process is root, but only in that new user namespace";

/// What to show.
pub enum Story {
    /// A mount that others do not see.
    Own,
    /// Mounts that appear in other places.
    Propagation,
    /// Read-only bind mounts.
    ReadOnly,
    /// Another root directory, and the command to run there.
    Root(Option<Command>),
    /// Mounts that cannot be removed.
    Locked,
}

/// Parses the command line. What follows CMD belongs to CMD.
pub fn parse_args() -> Result<Story, lexopt::Error> {
    use lexopt::prelude::*;

    let mut story = None;
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => print_help(HELP),
            Value(program) if matches!(story, Some(Story::Root(None))) => {
                let argv = [program].into_iter().chain(parser.raw_args()?);
                return Ok(Story::Root(Some(command_or_shell(argv))));
            }
            Value(name) if story.is_none() => {
                story = Some(match name.to_str() {
                    Some("own") => Story::Own,
                    Some("propagation") => Story::Propagation,
                    Some("read-only") => Story::ReadOnly,
                    Some("root") => Story::Root(None),
                    Some("locked") => Story::Locked,
                    _ => return Err(Value(name).unexpected()),
                });
            }
            _ => return Err(arg.unexpected()),
        }
    }
    Ok(story.unwrap_or(Story::Own))
}

/// What the reader can type while both processes are alive.
pub fn commands_to_compare(child: Pid) -> String {
    format!(
        "Parent and child are both alive. Compare their mounts from another terminal\n\
         (or press Ctrl-Z first):\n\
         \x20   grep ' /tmp ' /proc/{}/mountinfo\n\
         \x20   grep ' /tmp ' /proc/{child}/mountinfo\n\
         \x20   ls /proc/{child}/root/tmp\n\
         Press Enter to end both.",
        getpid(),
    )
}

/// Why `unshare(2)` or `clone(2)` failed.
pub fn unshare_hints(errno: Errno, flags: CloneFlags) -> Vec<String> {
    refusal::creation_without_root(errno, flags, "target/debug/step09-mount ...")
}

/// The flags of `mount(2)` as the manual writes them: `MS_REC | MS_BIND`.
pub fn flag_names(flags: MsFlags) -> String {
    flags.iter_names().map(|(name, _)| name).collect::<Vec<_>>().join(" | ")
}

/// Why `mount(2)` failed.
pub fn mount_hints(errno: Errno) -> Vec<String> {
    match errno {
        Errno::ENOENT | Errno::ENOTDIR => vec![
            "this step mounts over what every system has; check: ls -ld /tmp /dev/null /proc"
                .to_owned(),
        ],
        Errno::ENODEV => vec!["this kernel has no tmpfs; check: cat /proc/filesystems".to_owned()],
        Errno::ENOSPC => {
            vec!["limit of mounts reached; check: cat /proc/sys/fs/mount-max".to_owned()]
        }
        _ => refusal::in_new_namespace(errno),
    }
}

/// Why `pivot_root(2)` failed.
pub fn pivot_root_hints(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EINVAL => vec![
            "the kernel's first root file system (initramfs) cannot be left in this way, nor the \
             root of some chroots: bind-mount / to a directory and chroot to that before"
                .to_owned(),
        ],
        _ => refusal::in_new_namespace(errno),
    }
}
