//! `/proc` of the container's own PID namespace, without what is about the whole machine.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use nix::mount::{MsFlags, mount};
use step_support::{Hint, printable, refusal};

use crate::options::Options;
use crate::protection::Protection;
use crate::root::{self, NewRoot};

use crate::restrict;
use crate::target::{self, What};

/// Settings of the kernel. Some belong to namespaces, so that root of the container may write
/// there; others would be the host's if there were no user namespace.
const READ_ONLY: [&str; 5] = ["bus", "fs", "irq", "sys", "sysrq-trigger"];

/// What tells about the machine, its hardware and its memory.
const HIDDEN: [&str; 9] = [
    "acpi",
    "asound",
    "kcore",
    "keys",
    "latency_stats",
    "sched_debug",
    "scsi",
    "timer_list",
    "timer_stats",
];

/// What is mounted over a hidden file. It is a device of the host, which nobody in the
/// container can replace (CVE-2025-31133).
const NULL: &str = "/dev/null";

const FLAGS: MsFlags = MsFlags::MS_NOSUID.union(MsFlags::MS_NODEV).union(MsFlags::MS_NOEXEC);

/// Mounts it in the new root directory.
pub fn mount_new(root: &NewRoot, options: &Options) -> Result<()> {
    let target = target::own(&root.dir, "proc", What::Directory)?;
    let place = target.file();
    match options.has(Protection::Pid) {
        true => mount(Some("proc"), &place, Some("proc"), FLAGS, None::<&str>)
            .hint(refusal::new_proc)
            .context("mount(proc)")?,
        // Only the one that it is allowed to see: a new one shows a PID namespace of its own.
        false => root::bind("/proc", &place)?,
    }
    if !options.has(Protection::Masks) {
        return Ok(());
    }
    let proc = target::own(&root.dir, "proc", What::Directory)?; // the new one
    for name in READ_ONLY {
        make_read_only(&proc.path(name))?;
    }
    for name in HIDDEN {
        hide(&proc.path(name))?;
    }
    Ok(())
}

fn make_read_only(place: &Path) -> Result<()> {
    if !place.exists() {
        return Ok(());
    }
    mount(Some(place), place, None::<&str>, MsFlags::MS_BIND, None::<&str>)
        .hint(refusal::in_new_namespace)
        .with_context(|| format!("mount({}, MS_BIND)", printable(place)))?;
    restrict::remount(place, FLAGS | MsFlags::MS_RDONLY)
}

fn hide(place: &Path) -> Result<()> {
    let mounted = match fs::metadata(place) {
        Err(_) => return Ok(()), // this kernel has no such file
        Ok(it) if it.is_dir() => {
            let flags = FLAGS | MsFlags::MS_RDONLY;
            mount(Some("tmpfs"), place, Some("tmpfs"), flags, Some("size=0"))
        }
        Ok(_) => mount(Some(NULL), place, None::<&str>, MsFlags::MS_BIND, None::<&str>),
    };
    mounted
        .hint(refusal::in_new_namespace)
        .with_context(|| format!("mount over {}", printable(place)))
}
