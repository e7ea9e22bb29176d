//! Arguments, help, and what the reader can do next.

use nix::unistd::{Pid, getpid};
use step_support::output::print_help;

const HELP: &str = "\
Listens on one port in two network namespaces, joins them and talks over TCP.

Usage: step11-net
       step11-net unix

  unix  connect to unix sockets, by an abstract name and by a path, from the
        same and from another network namespace

Parent and child stay alive until Enter, end of input or Ctrl-C.

Example: cargo run -p step11-net
Manual:  network_namespaces(7), veth(4), ip-link(8), bind(2), unix(7)";

/// What to show.
pub enum Story {
    /// Two processes on one port.
    Port,
    /// The names of unix sockets.
    Unix,
}

/// Parses the command line.
pub fn parse_args() -> Result<Story, lexopt::Error> {
    use lexopt::prelude::*;

    let mut story = Story::Port;
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => print_help(HELP),
            Value(name) if name == "unix" && matches!(story, Story::Port) => story = Story::Unix,
            _ => return Err(arg.unexpected()),
        }
    }
    Ok(story)
}

/// What the reader can type while both processes are alive.
pub fn commands_to_compare(child: Pid) -> String {
    let parent = getpid();
    format!(
        "Parent and child are both alive. Look at the sockets of their network namespaces from\n\
         another terminal (or press Ctrl-Z first); 1F90 is 8080, and 0A is LISTEN:\n\
         \x20   cat /proc/{parent}/net/tcp\n\
         \x20   cat /proc/{child}/net/tcp\n\
         Press Enter to end both."
    )
}
