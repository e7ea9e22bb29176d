//! Step 09: where are the files?
//!
//! A file is in a file system, and a path leads to it through mounts: each says on which
//! directory which file system begins. A mount namespace holds a list of mounts. So the same
//! path leads two processes to different files if they are in different mount namespaces.
//!
//! ```text
//! cargo run -p step09-mount
//! ```
//!
//! | Argument | Question | File |
//! | --- | --- | --- |
//! | `own` (or none) | Does anyone else see what I mount? | `main.rs` |
//! | `propagation` | Which mounts appear in a second place? | `propagation.rs` |
//! | `read-only` | Why does a bind mount take two calls to be read-only? | `read_only.rs` |
//! | `root` | How does a process lose all files but a few? | `root.rs` |
//! | `locked` | What can root of a user namespace not unmount? | `locked.rs` |
//!
//! Privilege: creating a mount namespace, and each mount in it, requires CAP_SYS_ADMIN in the
//! user namespace that owns it. An unprivileged user creates one for that.
//!
//! Simplified: nearly everything is mounted over `/tmp`, a directory that every system has, and
//! only in a new mount namespace. Nothing has to be removed: mounts end with their namespace.
//!
//! Manual: mount_namespaces(7), mount(2), proc_pid_mountinfo(5), pivot_root(2), mount_setattr(2)

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use colored::Colorize;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::stat::lstat;
use nix::unistd::{ForkResult, Pid, fork, getegid, geteuid};
use step_support::handshake::{self, Side, wait_for_enter};
use step_support::namespace::flag_names;
use step_support::status::wait_for_child;
use step_support::user_namespace::map_to_root;
use step_support::{Hint, exit_code, note, print, refusal};

mod cli;
mod locked;
mod mountinfo;
mod propagation;
mod read_only;
mod root;

use cli::Story;

/// The directory that each story covers with a file system of its own.
const DIR: &str = "/tmp";

fn main() -> ExitCode {
    exit_code(run())
}

/// Tells the story that the reader has chosen.
fn run() -> Result<u8> {
    match cli::parse_args()? {
        Story::Own => own(),
        Story::Propagation => propagation::run(),
        Story::ReadOnly => read_only::run(),
        Story::Root(command) => root::run(command),
        Story::Locked => locked::run(),
    }
}

/// Moves the caller into a new mount namespace (`unshare(2)`), which begins with a copy of
/// every mount, and keeps what is mounted there inside it (`mount(2)`).
fn unshare_mounts() -> Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    let mut flags = CloneFlags::CLONE_NEWNS;
    if !uid.is_root() {
        flags |= CloneFlags::CLONE_NEWUSER;
        note(cli::USER_NAMESPACE_NOTE);
    }
    // ANCHOR: unshare
    unshare(flags)
        .hint(|errno| cli::unshare_hints(errno, flags))
        .with_context(|| format!("unshare({})", flag_names(flags)))?;
    // ANCHOR_END: unshare
    if flags.contains(CloneFlags::CLONE_NEWUSER) {
        map_to_root(uid, gid)?;
    }
    make_mounts_private()
}

// ANCHOR: make_mounts_private
/// Ends all propagation from and to the copies (`mount(2)`): a copy of a shared mount is its
/// peer, or its slave if the namespace belongs to a new user namespace (`propagation.rs`).
fn make_mounts_private() -> Result<()> {
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)
        .hint(refusal::propagation)
        .context("mount(/, MS_REC | MS_PRIVATE)")
}
// ANCHOR_END: make_mounts_private

// ANCHOR: mount_tmpfs
/// Mounts a new file system without files, which is in memory only (`tmpfs(5)`).
fn mount_tmpfs(dir: impl AsRef<Path>) -> Result<()> {
    let dir = dir.as_ref();
    mount(Some("step09"), dir, Some("tmpfs"), MsFlags::empty(), Some("mode=0755"))
        .hint(cli::mount_hints)
        .with_context(|| format!("mount(tmpfs, {})", dir.display()))
}
// ANCHOR_END: mount_tmpfs

/// Has a child mount a file system over `/tmp`, and prints what each process finds there.
fn own() -> Result<u8> {
    let (parent_side, child_side) = handshake::pair()?;
    // SAFETY: this process has one thread, so the child may allocate and print.
    let forked = unsafe { fork() }.hint(refusal::forking).context("fork()")?;
    let ForkResult::Parent { child } = forked else {
        drop(parent_side);
        return run_child(&child_side);
    };
    drop(child_side); // the child has its own; ours would hide its death from wait()

    let looked = if parent_side.wait() { look_from_outside(child) } else { Ok(()) };
    if looked.is_ok() {
        wait_for_enter(&parent_side, &cli::commands_to_compare(child))?;
    }
    parent_side.notify();
    // If the child was killed, that is the error: a path through it leads nowhere then.
    let status = wait_for_child(child)?;
    looked.map(|()| status)
}

/// Runs in the parent, which is still in the old mount namespace.
fn look_from_outside(child: Pid) -> Result<()> {
    print_dir("parent:", DIR, "self")?;
    // The same path once more, but from the child's root directory, through the child's mounts.
    print_dir("parent:", &format!("/proc/{child}/root{DIR}"), &child.to_string())
}

/// Runs in the child, the only process in the new mount namespace.
fn run_child(child_side: &Side) -> Result<u8> {
    child_side.die_with_parent()?;
    unshare_mounts()?;
    mount_tmpfs(DIR)?;
    fs::write("/tmp/helo", "helo\n").context("write(/tmp/helo)")?;
    print_dir("child:", DIR, "self")?;
    child_side.notify();
    child_side.wait(); // and keep the namespace alive while the parent and the reader look
    Ok(0)
}

/// Prints the mount that `dir` is on, by the list of a process, and whether it has the file.
fn print_dir(who: &str, dir: &str, process: &str) -> Result<()> {
    let mount = mountinfo::of(dir, process)?;
    let file = match lstat(format!("{dir}/helo").as_str()) {
        Ok(_) => "helo is there".green(),
        Err(errno) => format!("helo: {errno}").normal(),
    };
    print(&format!("{who:<8}{dir} is {mount}; {file}"))
}
