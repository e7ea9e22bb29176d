//! Arguments and help.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use lexopt::prelude::*;
use step_support::output::print_help;
use step_support::target::parse_pid;
use step06_cgroup::limits::{self, Limits};

use crate::options::{Bind, Network, Options, Root, Task};
use crate::protection::Protection;

/// How this program asks itself whether `execve(2)` has given it capabilities.
pub const HAS_CAPABILITIES: &str = "has-capabilities";

const HELP: &str = "\
Runs a command in a container: PID 1, root, alone on a machine, as it believes.

Usage: step16-container [OPTION...] [--] [CMD [ARG...]]
       step16-container [OPTION...] --verify

  --rootfs DIR         this directory is its root, instead of the host's /usr, read-only
  --layer DIR          the same for several directories, the lowest first, by overlayfs
  --bind SRC:DST[:ro]  shows a file or directory of the host in the container
  --hostname NAME      its hostname (container)
  --env NAME=VALUE     a variable of its environment, which is otherwise new
  --workdir DIR        where CMD starts (/root)
  --net none           a network of its own, with nothing but lo (default)
  --net host           the host's network
  --net peer:PID       a cable to the container whose PID 1 is PID here
  --pids N, --memory SIZE, --cpu PERCENT
                       limits, as in step06-cgroup
  --verify             tries from inside to break out, in one way for each protection
  --without NAME       with --verify: leaves a protection out, to see what it is good for

CMD is /bin/sh by default. The exit status is that of CMD.

Example: cargo run -p step16-container -- sh -c 'ps -ef; hostname; id'
         cargo run -p step16-container -- --without seccomp --verify
Manual:  namespaces(7), pivot_root(2), capabilities(7), seccomp(2), pty(7)";

/// Parses the command line.
pub fn parse_args() -> Result<Options, lexopt::Error> {
    let mut options = Options {
        root: Root::Host,
        binds: Vec::new(),
        hostname: "container".into(),
        env: Vec::new(),
        workdir: None,
        network: Network::None,
        limits: Limits::default(),
        without: Vec::new(),
        task: Task::Command(vec!["/bin/sh".into()]),
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => print_help(HELP),
            Long("rootfs") => options.root = Root::Directory(parser.value()?.into()),
            Long("layer") => add_layer(&mut options.root, parser.value()?.into()),
            Long("bind") => options.binds.push(parse_bind(&parser.value()?)?),
            Long("hostname") => options.hostname = parser.value()?,
            Long("env") => options.env.push(parse_variable(&parser.value()?)?),
            Long("workdir") => options.workdir = Some(parser.value()?.into()),
            Long("net") => options.network = parser.value()?.parse_with(parse_network)?,
            Long("pids") => options.limits.pids = Some(parser.value()?.parse_with(limits::pids)?),
            Long("memory") => {
                options.limits.memory = Some(parser.value()?.parse_with(limits::size)?);
            }
            Long("cpu") => {
                options.limits.cpu = Some(parser.value()?.parse_with(limits::percentage)?);
            }
            Long("without") => options.without.push(parser.value()?.parse_with(Protection::parse)?),
            Long(HAS_CAPABILITIES) => options.task = Task::HasCapabilities,
            Long("verify") => options.task = Task::Verify,
            Value(program) => {
                let argv = std::iter::once(program).chain(parser.raw_args()?).collect();
                options.task = Task::Command(argv);
                break;
            }
            _ => return Err(arg.unexpected()),
        }
    }
    match options.task {
        // Nobody runs a command in half a container by accident.
        Task::Command(_) if !options.without.is_empty() => Err("--without takes --verify".into()),
        _ => Ok(options),
    }
}

/// Adds a layer on top of those that were given before.
fn add_layer(root: &mut Root, dir: PathBuf) {
    match root {
        Root::Layers(layers) => layers.push(dir),
        _ => *root = Root::Layers(vec![dir]),
    }
}

/// Parses `SRC:DST` or `SRC:DST:ro`.
fn parse_bind(text: &OsStr) -> Result<Bind, lexopt::Error> {
    let parts: Vec<&[u8]> = text.as_bytes().split(|&byte| byte == b':').collect();
    let path = |bytes: &[u8]| PathBuf::from(OsStr::from_bytes(bytes));
    match parts[..] {
        [source, target] => {
            Ok(Bind { source: path(source), target: path(target), is_read_only: false })
        }
        [source, target, b"ro"] => {
            Ok(Bind { source: path(source), target: path(target), is_read_only: true })
        }
        _ => Err("--bind takes SRC:DST or SRC:DST:ro".into()),
    }
}

/// Parses `NAME=VALUE`.
fn parse_variable(text: &OsStr) -> Result<(OsString, OsString), lexopt::Error> {
    let bytes = text.as_bytes();
    let at = bytes.iter().position(|&byte| byte == b'=').filter(|&at| at > 0);
    let at = at.ok_or("--env takes NAME=VALUE")?;
    let part = |bytes| OsStr::from_bytes(bytes).to_owned();
    Ok((part(&bytes[..at]), part(&bytes[at + 1..])))
}

/// Parses `none`, `host` or `peer:PID`.
fn parse_network(text: &str) -> Result<Network, String> {
    match text {
        "none" => Ok(Network::None),
        "host" => Ok(Network::Host),
        _ => match text.strip_prefix("peer:") {
            Some(pid) => parse_pid(pid).map(Network::Peer),
            None => Err("none, host or peer:PID".to_owned()),
        },
    }
}
