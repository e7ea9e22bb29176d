//! Arguments, help, and hints for calls that fail.

use std::iter;
use std::process::Command;

use nix::errno::Errno;
use nix::sched::CloneFlags;
use step_support::output::print_help;
use step_support::process::command_or_shell;
use step_support::refusal;

const HELP: &str = "\
Stacks directories by overlayfs, as the layers of an image are, changes three things in
the result, and shows what each directory holds then.

Usage: step10-image [CMD [ARG...]]

  CMD  run this instead, where base, app, upper and merged are

Example: cargo run -p step10-image
         cargo run -p step10-image -- sh -c 'rm merged/etc/issue; ls -l upper/etc'
Manual:  mount(2), xattr(7), mount_namespaces(7),
         https://docs.kernel.org/filesystems/overlayfs.html";

/// Parses the command line: the command to run, if there is one.
pub fn parse_args() -> Result<Option<Command>, lexopt::Error> {
    use lexopt::prelude::*;

    let mut parser = lexopt::Parser::from_env();
    match parser.next()? {
        None => Ok(None),
        Some(Short('h') | Long("help")) => print_help(HELP),
        Some(Value(program)) => {
            let argv = iter::once(program).chain(parser.raw_args()?);
            Ok(Some(command_or_shell(argv)))
        }
        Some(arg) => Err(arg.unexpected()),
    }
}

/// Why `unshare(2)` failed.
pub fn unshare_hints(errno: Errno, flags: CloneFlags) -> Vec<String> {
    refusal::creation_without_root(errno, flags, "target/debug/step10-image")
}
