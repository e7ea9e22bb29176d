//! As in container2, PID 1 calls `build`; /proc is left out here. A device file is
//! a way into the kernel, so nobody can make one in a user namespace, and on a file
//! system that was mounted there the kernel opens none. But a file of the old /dev
//! can be shown at a second place. A devpts that is mounted anew has terminals of
//! its own; whoever opens its ptmx makes one.
//!
//! Make a read-only tmpfs the root of the mount namespace, with `programs` at /usr,
//! read-only too. /dev is a tmpfs of its own, with these devices of the machine,
//! which work: null, zero, full, random and urandom. /dev/pts is a devpts. Whoever
//! opens /dev/ptmx gets a terminal there. Nothing else is in /dev, and nothing else
//! is mounted.
//!
//! Manual: mount(2), user_namespaces(7), pts(4), null(4)

use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use nix::unistd::{chdir, pivot_root};

const NONE: Option<&str> = None;

fn build(root: &Path, programs: &Path) -> io::Result<()> {
    mount(Some("tmpfs"), root, Some("tmpfs"), MsFlags::empty(), NONE)?;
    let [usr, dev] = ["usr", "dev"].map(|name| root.join(name));
    fs::create_dir(&usr)?;
    mount(Some(programs), &usr, NONE, MsFlags::MS_BIND, NONE)?;
    make_read_only(&usr)?;
    fs::create_dir(&dev)?;
    mount_dev(&dev)?;
    make_read_only(root)?;
    chdir(root)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    Ok(())
}

/// Mounts a tmpfs with devices in it.
fn mount_dev(dev: &Path) -> io::Result<()> {
    mount(Some("tmpfs"), dev, Some("tmpfs"), MsFlags::MS_NOSUID, Some("mode=0755"))?;
    for (name, minor) in [("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)] {
        // TODO: Who has such a file already? And where do the terminals come from?
        let all = Mode::from_bits_truncate(0o666);
        mknod(&dev.join(name), SFlag::S_IFCHR, all, makedev(1, minor))?;
    }
    Ok(())
}

/// Makes a mount read-only, and keeps what is locked.
fn make_read_only(place: &Path) -> io::Result<()> {
    let locked = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    Ok(mount(NONE, place, NONE, flags | locked, NONE)?)
}

fn main() -> ! {
    judge::container4(build)
}
