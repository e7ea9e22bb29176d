//! As in container2, PID 1 calls `build`. A new proc belongs to the PID namespace
//! of the process that mounts it. In a user namespace the kernel mounts one only
//! while a whole /proc is in the mount namespace, or root of a container could see
//! what somebody has covered there. So do it while the old root is there. (The
//! judge's sandbox has one more below its root.) `hidden` has names of files in
//! /proc that are about the whole machine, such as kallsyms. In /dev there is
//! /dev/null.
//!
//! Make a read-only tmpfs the root of the mount namespace, with `programs` at /usr,
//! read-only too. At /proc a new proc shows the PID namespace of the caller. In it
//! /proc/sys is read-only. The files in `hidden` are covered: whoever reads one
//! finds it empty. Nothing else is mounted.
//!
//! Manual: proc(5), mount_namespaces(7), mount(2)

use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

const NONE: Option<&str> = None;

fn build(root: &Path, programs: &Path, hidden: &[&str]) -> io::Result<()> {
    mount(Some("tmpfs"), root, Some("tmpfs"), MsFlags::empty(), NONE)?;
    let [usr, proc] = ["usr", "proc"].map(|name| root.join(name));
    fs::create_dir(&usr)?;
    mount(Some(programs), &usr, NONE, MsFlags::MS_BIND, NONE)?;
    make_read_only(&usr)?;
    fs::create_dir(&proc)?;
    mount_proc(&proc, hidden)?;
    make_read_only(root)?;
    chdir(root)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    Ok(())
}

/// Mounts proc for the PID namespace of the caller.
fn mount_proc(proc: &Path, hidden: &[&str]) -> io::Result<()> {
    mount(Some("proc"), proc, Some("proc"), MsFlags::empty(), NONE)?;
    let sys = proc.join("sys");
    mount(Some(&sys), &sys, NONE, MsFlags::MS_BIND, NONE)?;
    make_read_only(&sys)?;
    for name in hidden {
        mount(Some("/dev/null"), &proc.join(name), NONE, MsFlags::MS_BIND, NONE)?;
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
    judge::container3(build)
}
