//! `nested`: user namespaces inside user namespaces, as deep as the kernel allows.
//!
//! Each has a root of its own, and each root is the same user outside. But only root of the
//! user namespace that owns a UTS namespace may set the hostname there: what a user namespace
//! owns is out of reach for those inside it.

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::utsname::uname;
use nix::unistd::{Pid, getegid, geteuid, getpid, sethostname};
use step_support::handshake::Side;
use step_support::namespace::link;
use step_support::{Hint, print, refusal};

use crate::facts::{print_map, print_outcome};
use crate::{Experiment, map_to_root};

/// A child in a new user namespace that owns a new UTS namespace.
pub const EXPERIMENT: Experiment = Experiment {
    flags: CloneFlags::CLONE_NEWUSER.union(CloneFlags::CLONE_NEWUTS),
    parent: run_parent,
    child: run_child,
};

/// Maps the child's user while it waits, and prints what its last map says outside.
fn run_parent(child: Pid, side: &Side) -> Result<()> {
    map_to_root(child, geteuid(), getegid())?;
    side.notify();
    if side.wait() { print_map(&format!("/proc/{child}/uid_map")) } else { Ok(()) }
}

/// Enters one user namespace after another, each created by root of the one before.
fn run_child(side: &Side) -> Result<u8> {
    side.die_with_parent()?;
    if side.wait() {
        let uts = uname().context("uname()")?;
        print(&format!("sethostname() in {} by root of:", own_link("uts")?))?;
        for level in 1.. {
            let root = format!("level {level}, {}", own_link("user")?);
            print_outcome(&root, sethostname(uts.nodename()))?;
            let (uid, gid) = (geteuid(), getegid());
            match unshare(CloneFlags::CLONE_NEWUSER) {
                Err(Errno::ENOSPC) => break,
                created => created
                    .hint(|errno| {
                        refusal::creation_in_new_namespace(errno, CloneFlags::CLONE_NEWUSER)
                    })
                    .context("unshare(CLONE_NEWUSER)")?,
            }
            map_to_root(getpid(), uid, gid)?;
        }
        print_outcome("unshare(CLONE_NEWUSER)", Err::<(), _>(Errno::ENOSPC))?;
        side.notify();
        side.wait();
    }
    Ok(0)
}

/// Where a link in `/proc/self/ns` leads.
fn own_link(kind: &str) -> Result<String> {
    link("self", kind).with_context(|| format!("readlink(/proc/self/ns/{kind})"))
}
