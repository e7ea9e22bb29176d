//! Arguments, help, and hints for calls that fail.

use nix::errno::Errno;
use nix::sched::CloneFlags;
use step_support::output::print_help;
use step_support::{printable, refusal};

const HELP: &str = "\
Takes CAP_SYS_ADMIN from root, and shows after each change what is left.

Usage: step13-privilege [CHANGE...]

  effective     drop it from the effective set (capset)
  permitted     drop it from the permitted set, too (capset)
  bounding      drop it from the bounding set (prctl)
  ambient       add it to the ambient set (capset, prctl)
  no_new_privs  let execve give no new privileges from now on (prctl)
  seccomp       install a filter that refuses sethostname (seccomp)
  execve        replace this program by itself
  su            run a set-user-ID program; the changes are made by an ordinary user

Changes are made in the order given; without any, four lists of changes are made.

Example: cargo run -p step13-privilege -- permitted execve bounding execve
         cargo run -p step13-privilege -- no_new_privs su
Manual:  capabilities(7), capset(2), prctl(2), seccomp(2), execve(2)";

/// The names of all changes.
const CHANGES: [&str; 8] =
    ["effective", "permitted", "bounding", "ambient", "no_new_privs", "seccomp", "execve", "su"];

/// How this program tells itself that it is the process that makes the changes.
pub const CONTINUE: &str = "continue-after";

/// The command line.
pub enum Args {
    /// The reader's: start a process that makes these changes.
    Start(Vec<String>),
    /// This program's own: make these changes now.
    Continue { after: String, changes: Vec<String> },
}

/// Parses the command line.
pub fn parse_args() -> Result<Args, lexopt::Error> {
    use lexopt::prelude::*;

    let (mut after, mut changes) = (None, Vec::new());
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => print_help(HELP),
            Long(CONTINUE) if changes.is_empty() => {
                after = Some(printable(parser.value()?));
            }
            Value(_) if changes.last().is_some_and(|last| last == "su") => {
                return Err("su is the last change: another program runs then".into());
            }
            Value(name) => match CHANGES.iter().find(|change| name == **change) {
                Some(change) => changes.push((*change).to_owned()),
                None => {
                    return Err(format!("\"{}\" is not a change", name.to_string_lossy()).into());
                }
            },
            _ => return Err(arg.unexpected()),
        }
    }
    Ok(match after {
        Some(after) => Args::Continue { after, changes },
        None => Args::Start(changes),
    })
}

/// The words of a list of changes.
pub fn words(changes: &str) -> Vec<String> {
    changes.split(' ').map(str::to_owned).collect()
}

/// Why `unshare(2)` failed.
pub fn unshare_hints(errno: Errno, flags: CloneFlags) -> Vec<String> {
    refusal::creation_without_root(errno, flags, "target/debug/step13-privilege")
}

/// Why root could not become an ordinary user.
pub fn nobody_hints(errno: Errno) -> Vec<String> {
    let rule = "root needs CAP_SETUID and CAP_SETGID to become nobody (65534), in a user namespace \
        in which that is mapped; run this as an ordinary user";
    hints(errno, &[Errno::EINVAL, Errno::EPERM], rule)
}

/// Why `capset(2)` failed, which never refuses to drop.
pub fn capset_hints(errno: Errno) -> Vec<String> {
    let rule = "what becomes inheritable has to be permitted and in the bounding set: ambient \
        comes before permitted and bounding";
    hints(errno, &[Errno::EPERM], rule)
}

/// Why `PR_CAP_AMBIENT_RAISE` failed.
pub fn ambient_hints(errno: Errno) -> Vec<String> {
    let rule = "what becomes ambient has to be permitted: ambient comes before permitted";
    hints(errno, &[Errno::EPERM], rule)
}

/// Why `seccomp(2)` failed.
pub fn seccomp_hints(errno: Errno) -> Vec<String> {
    let rule = "a filter requires CAP_SYS_ADMIN, or no_new_privs first: otherwise it could refuse \
        a call that a set-user-ID program relies on";
    match errno {
        Errno::EINVAL => vec!["this kernel has no filters (CONFIG_SECCOMP_FILTER)".to_owned()],
        _ => hints(errno, &[Errno::EACCES], rule),
    }
}

/// The rule of the kernel that gives these errors. A filter can give them too.
fn hints(errno: Errno, expected: &[Errno], rule: &str) -> Vec<String> {
    match expected.contains(&errno) {
        true => [rule.to_owned()].into_iter().chain(refusal::seccomp_filter()).collect(),
        false => refusal::any_call(errno),
    }
}
