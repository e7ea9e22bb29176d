//! Arguments, help, and hints for calls that fail.

use nix::unistd::Pid;
use step_support::output::print_help;

use crate::{Experiment, ROOT_OF_WHAT, nested, range};

const HELP: &str = "\
Creates a child that is root of a new user namespace, and tries what it may do.

Usage: step07-user [range | nested]

  range   maps more than one user into the new user namespace, as containers do:
          those that /etc/subuid and /etc/subgid allow
  nested  creates user namespaces inside user namespaces, as deep as the kernel allows

Without an argument, parent and child stay alive until Enter, end of input or Ctrl-C.

Example: cargo run -p step07-user
Manual:  user_namespaces(7), capabilities(7), ioctl_ns(2), newuidmap(1), subuid(5)";

/// Parses the command line: which experiment to run.
pub fn parse_args() -> Result<Experiment, lexopt::Error> {
    use lexopt::prelude::*;

    let mut experiment = None;
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => print_help(HELP),
            Value(name) if experiment.is_none() && name == "range" => {
                experiment = Some(range::EXPERIMENT)
            }
            Value(name) if experiment.is_none() && name == "nested" => {
                experiment = Some(nested::EXPERIMENT)
            }
            _ => return Err(arg.unexpected()),
        }
    }
    Ok(experiment.unwrap_or(ROOT_OF_WHAT))
}

/// What the reader can type while both processes are alive.
pub fn commands_to_compare(child: Pid) -> String {
    format!(
        "Parent and child are both alive. Look at them from another terminal\n\
         (or press Ctrl-Z first):\n\
         \x20   cat /proc/{child}/uid_map\n\
         \x20   grep Cap /proc/{child}/status\n\
         \x20   ls -nL /proc/{child}/fd/0\n\
         \x20   ls -l /proc/{child}/ns/user /proc/{child}/ns/uts\n\
         Press Enter to end both.",
    )
}
