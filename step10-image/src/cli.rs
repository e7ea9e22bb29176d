//! Arguments, help, and hints for calls that fail.

use std::iter;
use std::process::Command;

use nix::errno::Errno;
use nix::sched::CloneFlags;
use nix::sys::utsname::uname;
use nix::unistd::Uid;
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

/// What to type where this program's own user namespace is the obstacle.
const ON_HOST: &str = "on the host: sudo target/debug/step10-image";

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

/// Why `unshare(2)` failed, for a user with this ID outside.
pub fn unshare_hints(errno: Errno, flags: CloneFlags, uid: Uid) -> Vec<String> {
    let mut hints = refusal::creation(errno, flags);
    if errno == Errno::EPERM && !uid.is_root() {
        let command = refusal::as_root("target/debug/step10-image");
        hints.push(format!("root needs no user namespace: {command}"));
    }
    hints
}

/// Why overlayfs could not be mounted, where a tmpfs could.
pub fn overlay_hints(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EPERM if !refusal::is_host_root() && kernel_is_before((5, 11)) => {
            vec![format!("before Linux 5.11, only root of the host may mount overlayfs; {ON_HOST}")]
        }
        Errno::ENODEV => vec![
            "this kernel has no overlayfs, or has not loaded it; on the host: sudo modprobe overlay"
                .to_owned(),
        ],
        _ => refusal::in_new_namespace(errno),
    }
}

/// Why a directory of a lower layer could not be removed, or made again.
pub fn opaque_hints(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EIO if refusal::in_initial_user_namespace() => vec![
            "overlayfs could not mark a directory as opaque: this kernel's tmpfs keeps no \
             attributes (CONFIG_TMPFS_XATTR)"
                .to_owned(),
        ],
        Errno::EIO => vec![format!(
            "overlayfs could not mark a directory as opaque: in a user namespace it uses \
             attributes of the class user, which tmpfs keeps from Linux 6.6 on; root of the host \
             does not need them; {ON_HOST}"
        )],
        _ => Vec::new(),
    }
}

/// Whether this kernel is older than the version (`uname(2)`). Assumed to be new if its
/// release does not begin with two numbers.
fn kernel_is_before(version: (u32, u32)) -> bool {
    let Ok(uname) = uname() else { return false };
    let release = uname.release().to_string_lossy();
    let mut numbers = release.split(['.', '-']).map_while(|it| it.parse::<u32>().ok());
    numbers.next().zip(numbers.next()).is_some_and(|it| it < version)
}
