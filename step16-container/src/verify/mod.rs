//! `--verify`: the container is tried from inside. For each protection the kernel is asked
//! what it says, and then the attack is made that this protection is there to stop.
//!
//! What is tried changes nothing outside, even where it succeeds.

use anyhow::Result;
use colored::Colorize;
use step_support::{print, printable};

use crate::options::Options;

mod attacks;
mod files;
mod processes;
mod readings;
mod witness;
pub use processes::has_capabilities;
pub use witness::{Witness, leak};

/// How an attack ended.
pub enum Outcome {
    /// The kernel refused, or there was nothing to be found.
    Stopped(String),
    /// What was gained.
    Succeeded(String),
    /// It would prove nothing here.
    NotTried(&'static str),
}

/// What is known of a protection.
struct Row {
    name: &'static str,
    /// What the kernel says.
    reading: String,
    attack: &'static str,
    outcome: Outcome,
}

/// Prints the table. Returns 1 if an attack has succeeded.
pub fn run(witness: &Witness, options: &Options) -> Result<u8> {
    files::close_on_exec();
    print(&format!(
        "{:<13}{:<32}{:<32}{}",
        "protection", "what the kernel says", "attack", "result"
    ))?;
    let mut status = 0;
    for row in rows(witness, options) {
        let result = match &row.outcome {
            Outcome::Stopped(why) => format!("stopped: {}", printable(why)).green(),
            Outcome::NotTried(why) => format!("not tried: {why}").normal(),
            Outcome::Succeeded(gained) => {
                status = 1;
                format!("SUCCEEDED: {}", printable(gained)).red().bold()
            }
        };
        let reading = printable(&row.reading);
        print(&format!("{:<13}{reading:<32}{:<32}{result}", row.name, row.attack))?;
    }
    Ok(status)
}

/// All rows, in the order in which the container is built.
fn rows(witness: &Witness, options: &Options) -> Vec<Row> {
    use {attacks as a, files as f, processes as p, readings as r};

    let row = |name, reading, attack, outcome| Row { name, reading, attack, outcome };
    let namespace = |name, attack, outcome| row(name, r::namespace(name, witness), attack, outcome);
    vec![
        namespace("user", "become user 4000000000", a::become_another_user()),
        namespace("pid", "signal the process outside", p::signal(witness)),
        namespace("mnt", "find the host's /tmp", f::find_tmp(witness)),
        namespace("net", "connect to a socket outside", a::connect(witness)),
        namespace("ipc", "attach the memory of a process", a::attach(witness)),
        namespace("uts", "learn the host's name", a::learn_hostname(witness)),
        namespace("time", "learn how long the host is up", a::learn_uptime(witness)),
        namespace("cgroup", "learn the path of the cgroup", a::learn_cgroup()),
        row("limits", r::limits(witness), "start processes without end", p::fork_bomb(options)),
        row("root", r::root(), "leave by chroot(2) and ..", f::escape_chroot(witness)),
        row("read-only", r::writability("/"), "write to /usr or /", f::write_to_root(options)),
        row("masks", r::writability("/proc/sys"), "write to /proc/sys", f::write_setting()),
        row(
            "descriptors",
            r::descriptors(),
            "find one of a directory outside",
            f::use_leaked(witness),
        ),
        row("keyring", r::keys(), "find the user's session keyring", a::find_keyring(witness)),
        row("capabilities", r::field("CapEff"), "sethostname(2)", a::set_hostname()),
        row(
            "no_new_privs",
            r::field("NoNewPrivs"),
            "capabilities back by execve(2)",
            p::regain_capabilities(),
        ),
        row("seccomp", r::field("Seccomp"), "unshare(CLONE_NEWUSER)", a::unshare_user()),
        row("dumpable", r::owner_of_pid_1(), "look into PID 1", p::look_into_pid_1(options)),
        row("init", r::pid_1(), "leave a zombie", p::leave_zombie()),
    ]
}

/// An attack that was made by a call.
fn by_call<T>(result: nix::Result<T>, gained: &str) -> Outcome {
    match result {
        Ok(_) => Outcome::Succeeded(gained.to_owned()),
        Err(errno) => Outcome::Stopped(format!("{errno:?}")),
    }
}

/// An attack that looks for something.
fn by_finding(found: bool, gained: impl Into<String>, otherwise: &str) -> Outcome {
    match found {
        true => Outcome::Succeeded(gained.into()),
        false => Outcome::Stopped(otherwise.to_owned()),
    }
}
