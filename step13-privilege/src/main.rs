//! Step 13: what can root still do?
//!
//! The kernel does not ask for root but for a capability: `sethostname(2)` requires
//! CAP_SYS_ADMIN. A process has several sets of capabilities, and `execve(2)` computes new
//! ones. This program takes CAP_SYS_ADMIN from root in one way after another. After each
//! change it prints what `/proc/self/status` says, and what `sethostname(2)` does.
//!
//! ```text
//! cargo run -p step13-privilege
//! ```
//!
//! Privilege: root makes the changes. An unprivileged user becomes root of a new user
//! namespace, with all capabilities in it. If `su` is among the changes, an ordinary user
//! makes them.
//!
//! Simplified: only one capability of about forty is dropped, and the set CapInh is not shown.
//! A real seccomp filter lists the calls that it allows.
//!
//! Manual: capabilities(7), capset(2), prctl(2), seccomp(2), execve(2)

use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::utsname::uname;
use nix::unistd::sethostname;
use step_support::namespace::check_proc;
use step_support::process::exec;
use step_support::{Hint, exit_code, print, refusal};

mod capset;
mod cli;
mod row;
mod seccomp;
mod set_user_id;
mod start;
use cli::Args;
use row::row;

/// The capability that all changes are about: its bit in each set.
const CAP_SYS_ADMIN: u32 = 21;

/// The changes without arguments. Each line begins with a new process of root.
const STORY: [&str; 4] = [
    "effective permitted execve bounding execve",
    "ambient bounding execve",
    "permitted no_new_privs execve",
    "seccomp execve",
];

fn main() -> ExitCode {
    exit_code(run())
}

/// Starts a process for each list of changes, or is such a process and makes them.
fn run() -> Result<u8> {
    let lists = match cli::parse_args()? {
        Args::Continue { after, changes } => return make_changes(&after, &changes),
        Args::Start(changes) if changes.is_empty() => STORY.map(cli::words).to_vec(),
        Args::Start(changes) => vec![changes],
    };
    check_proc()?; // or /proc/self would be another process, or none
    start::notes(&lists);
    print(row::HEADING)?;
    for changes in &lists {
        let status = start::run_in_child(changes)?;
        if status != 0 {
            return Ok(status);
        }
    }
    Ok(0)
}

/// Makes one change after the other, and prints after each what is left. `execve(2)` replaces
/// this program by itself, which prints what it has and makes the remaining changes.
fn make_changes(after: &str, mut changes: &[String]) -> Result<u8> {
    print(&row(after, "self", &try_sethostname()?)?)?;
    while let [change, remaining @ ..] = changes {
        match change.as_str() {
            "effective" => drop_from_effective()?,
            "permitted" => drop_from_permitted()?,
            "bounding" => drop_from_bounding()?,
            "ambient" => add_to_ambient()?,
            "no_new_privs" => set_no_new_privs()?,
            "seccomp" => seccomp::refuse_sethostname()?,
            "su" => return set_user_id::run(),
            // execve: when root calls it, the kernel does as if the file gave all capabilities.
            _ => return Ok(exec(start::this_program("  execve", remaining))),
        }
        print(&row(&format!("  {change}"), "self", &try_sethostname()?)?)?;
        changes = remaining;
    }
    Ok(0)
}

/// Sets the hostname that is set already (`sethostname(2)`). Returns `ok` or the errno.
fn try_sethostname() -> Result<String> {
    let uts = uname().context("uname()")?;
    Ok(sethostname(uts.nodename()).map_or_else(|errno| format!("{errno:?}"), |()| "ok".to_owned()))
}

// ANCHOR: effective
/// The kernel checks only the effective set. What is still permitted can become effective again.
fn drop_from_effective() -> Result<()> {
    capset::change(|sets| sets.effective &= !(1 << CAP_SYS_ADMIN))
}

/// What is not permitted cannot be effective. `capset(2)` cannot add to the permitted set, but
/// `execve(2)` can.
fn drop_from_permitted() -> Result<()> {
    capset::change(|sets| {
        sets.effective &= !(1 << CAP_SYS_ADMIN);
        sets.permitted &= !(1 << CAP_SYS_ADMIN);
    })
}
// ANCHOR_END: effective

// ANCHOR: bounding
/// The bounding set limits what a program's file gives at the next `execve(2)`. The sets that
/// the process has now stay as they are.
fn drop_from_bounding() -> Result<()> {
    prctl(libc::PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0)
        .hint(refusal::bounding_set)
        .context("prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN)")
}

/// What is ambient stays permitted when `execve(2)` runs a program whose file gives nothing,
/// whatever the bounding set says. It has to be permitted and inheritable before.
fn add_to_ambient() -> Result<()> {
    capset::change(|sets| sets.inheritable |= 1 << CAP_SYS_ADMIN)?;
    prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_RAISE as u32, CAP_SYS_ADMIN)
        .hint(cli::ambient_hints)
        .context("prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN)")
}
// ANCHOR_END: bounding

// ANCHOR: no_new_privs
/// From now on `execve(2)` adds nothing to the permitted set, neither for root nor by a
/// set-user-ID bit (`PR_SET_NO_NEW_PRIVS`). It cannot be unset, and children inherit it.
fn set_no_new_privs() -> Result<()> {
    prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0).context("prctl(PR_SET_NO_NEW_PRIVS, 1)")
}
// ANCHOR_END: no_new_privs

/// A call of `prctl(2)` that takes two numbers.
fn prctl(option: i32, first: u32, second: u32) -> nix::Result<()> {
    let [first, second, unused] = [first, second, 0].map(libc::c_ulong::from);
    // SAFETY: the options that are used here take numbers and touch no memory of ours.
    let result = unsafe { libc::prctl(option, first, second, unused, unused) };
    Errno::result(result).map(drop)
}
