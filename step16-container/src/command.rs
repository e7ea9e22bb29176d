//! The command, its environment and its directory.

use std::env;
use std::ffi::OsString;
use std::process::Command;

use step_support::{note, process};

use crate::options::Options;

/// The directories of programs, as Debian has them for root.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Replaces this process by the command (`execve(2)`). Returns only if that fails, with the
/// exit status of a shell.
pub fn exec(argv: &[OsString], options: &Options) -> u8 {
    let dir = options.workdir.as_deref().unwrap_or("/root".as_ref());
    let chosen = env::set_current_dir(dir);
    if let Err(error) = chosen.or_else(|error| match options.workdir {
        None => env::set_current_dir("/"), // an image may have no /root
        Some(_) => Err(error),
    }) {
        note(&format!("step16-container: chdir({}): {error}", dir.display()));
        return 1;
    }
    let mut command = process::command_or_shell(argv.iter().cloned());
    set_environment(&mut command, options);
    process::exec(command)
}

/// The host's variables stay outside: they may hold its secrets, and name its directories.
fn set_environment(command: &mut Command, options: &Options) {
    let kept = ["TERM", "LANG"].into_iter().filter_map(|name| Some((name, env::var_os(name)?)));
    let kept: Vec<_> = kept.collect();
    command.env_clear().env("PATH", PATH).env("HOME", "/root").envs(kept);
    command.envs(options.env.iter().cloned());
}
