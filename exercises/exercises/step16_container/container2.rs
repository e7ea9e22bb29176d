//! PID 1, which container1 has started, calls `build`: root of the new namespaces.
//! Its mount namespace belongs to a new user namespace, so no mount in it
//! propagates out, and what restricted a mount when it was copied is locked: a
//! remount may add MS_RDONLY, but has to name MS_NOSUID and MS_NODEV again if they
//! were there. `root` is an empty directory, and `programs` has programs in it.
//!
//! Make a new tmpfs the root of the mount namespace. On it, /usr is `programs`,
//! read-only, and /tmp is a second tmpfs, in which one can write. The root itself
//! is read-only. Nothing else is mounted. Nothing that the caller has leads back:
//! its working directory is /, and it keeps no directory open.
//!
//! Manual: mount_namespaces(7), mount(2), pivot_root(2)

use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

const NONE: Option<&str> = None;

fn build(root: &Path, programs: &Path) -> io::Result<()> {
    mount(Some("tmpfs"), root, Some("tmpfs"), MsFlags::empty(), NONE)?;
    let [usr, tmp] = ["usr", "tmp"].map(|name| root.join(name));
    fs::create_dir(&usr)?;
    mount(Some(programs), &usr, NONE, MsFlags::MS_BIND, NONE)?;
    // TODO: Who may write where? And in which order do these calls work?
    mount(NONE, root, NONE, MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY, NONE)?;
    fs::create_dir(&tmp)?;
    chdir(root)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    Ok(())
}

fn main() -> ! {
    judge::container2(build)
}
