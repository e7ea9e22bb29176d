//! Arguments and help.

use step_support::output::print_help;

const HELP: &str = "\
Shows all namespaces as a tree: below each user namespace what it owns, and beside each
namespace what keeps it alive. The last line counts them.

Usage: step15-map [--json]

  --json  the same as JSON, with everything that keeps a namespace alive

In the tree, a namespace that has a process or a file is shown without the namespaces below
it, which keep it alive as well.

Example: cargo run -p step15-map
Manual:  namespaces(7), ioctl_ns(2), proc_pid_ns(5), lsns(8)";

/// Parses the command line: whether the output is JSON.
pub fn parse_args() -> Result<bool, lexopt::Error> {
    use lexopt::prelude::*;

    let mut json = false;
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => print_help(HELP),
            Long("json") => json = true,
            _ => return Err(arg.unexpected()),
        }
    }
    Ok(json)
}
