//! Who the command is after joining a user namespace: its root, completely, or else what
//! the caller was. nsenter(1) does the same.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::unistd::{Gid, Uid, geteuid, setgid, setgroups, setuid};
use step_support::Hint;

use crate::cli::{self, Target};

/// The caller's supplementary groups and user ID, before it joins a user namespace.
pub struct Credentials {
    was_root: bool,
    groups_dropped: bool,
}

impl Credentials {
    /// If a user namespace is going to be joined, drops the supplementary groups
    /// (`setgroups(2)`): they would open files to the command that the root of that user
    /// namespace may not read. Some user namespaces deny this to their root, so it has to be
    /// tried before joining.
    pub fn before_joining(target: &Target) -> Credentials {
        let joins_user = match target {
            // What cannot be read is reported when it is joined.
            Target::Process(pid) => cli::differs(*pid, "user").unwrap_or(false),
            Target::Files(files) => files.iter().any(|file| is_user_namespace(file)),
        };
        let groups_dropped = joins_user && setgroups(&[]).is_ok();
        Credentials { was_root: geteuid().is_root(), groups_dropped }
    }

    /// Becomes root of the user namespace that was joined (`setgid(2)`, `setuid(2)`).
    ///
    /// An unprivileged caller who created it may find that user 0 is not mapped there, or
    /// that its groups cannot be dropped. It keeps what it had: nothing is gained by that.
    ///
    /// # Errors
    ///
    /// A privileged caller cannot give up its own identity.
    pub fn become_root(self) -> Result<()> {
        let groups = if self.groups_dropped { Ok(()) } else { setgroups(&[]) };
        if self.was_root {
            groups.context("setgroups(0)")?;
        }
        let root = setgid(Gid::from_raw(0)).and_then(|()| setuid(Uid::from_raw(0)));
        match root {
            Err(Errno::EINVAL) if !self.was_root => Ok(()),
            root => root
                .hint(|errno| {
                    (errno == Errno::EINVAL).then_some(
                        "no user is mapped to root in that user namespace, so the command would \
                         run in it as the root of the host, whom its processes could control",
                    )
                })
                .context("setuid(0)"),
        }
    }
}

/// Whether this is the file of a user namespace (`NS_GET_NSTYPE`, ioctl_ns(2)).
fn is_user_namespace(path: &Path) -> bool {
    const NS_GET_NSTYPE: libc::Ioctl = 0xb703;
    let Ok(file) = File::open(path) else { return false };
    // SAFETY: the request takes no argument, and the descriptor is open.
    let kind = unsafe { libc::ioctl(file.as_raw_fd(), NS_GET_NSTYPE) };
    kind == libc::CLONE_NEWUSER
}
