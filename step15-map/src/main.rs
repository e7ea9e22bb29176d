//! Step 15: which namespaces exist, and what keeps them alive?
//!
//! A namespace lives as long as something refers to it: a process in it, a process whose
//! children will be in it, an open descriptor or a bind mount of its file, or a namespace
//! below it. Before Linux 6.19 no call lists namespaces, so this program looks for such
//! references in the files of every process. Each namespace that it finds it asks for its
//! owner, and a PID namespace for its parent, which may be namespaces that nothing else
//! has led to. Then it asks `listns(2)` what the search has missed.
//!
//! ```text
//! cargo run -p step15-map
//! ```
//!
//! Privilege: none for your own processes. Those of other users require CAP_SYS_PTRACE, and
//! the whole list of `listns(2)` requires CAP_SYS_ADMIN on the host (`sudo`).
//!
//! Simplified: all threads of a process are taken to have the same descriptors; of its own
//! descriptors it shows none, because it holds them only while it runs.
//!
//! Manual: namespaces(7), ioctl_ns(2), proc_pid_ns(5), proc_pid_fd(5),
//! proc_pid_mountinfo(5), lsns(8)

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use libc::{Ioctl, NS_GET_NSTYPE, NS_GET_PARENT, NS_GET_USERNS};
use nix::errno::Errno;
use step_support::namespace::{KINDS, check_proc};
use step_support::{exit_code, print};

mod cli;
mod json;
mod listns;
mod search;
mod tree;
mod unseen;

/// The kind of a namespace and its inode number, as in `uts:[4026531838]`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Id {
    kind: &'static str,
    inode: u64,
}

/// What is above a namespace, and all that was found to keep it alive.
#[derive(Default)]
struct Namespace {
    /// The user namespace that owns it.
    owner: Option<Id>,
    /// The PID namespace above a PID namespace.
    parent: Option<Id>,
    /// The processes in it.
    processes: BTreeSet<u32>,
    /// The processes whose children will be in it.
    for_children: BTreeSet<u32>,
    /// The open files: process and number.
    descriptors: BTreeSet<(u32, u32)>,
    /// The bind mounts by their IDs: in which mount namespace, and where.
    mounts: BTreeMap<u64, (Id, PathBuf)>,
    /// The namespaces that it owns or is the parent of.
    below: BTreeSet<Id>,
}

/// All namespaces that were found.
#[derive(Default)]
struct Map(BTreeMap<Id, Namespace>);

fn main() -> ExitCode {
    exit_code(run())
}

fn run() -> Result<u8> {
    let as_json = cli::parse_args()?;
    check_proc()?;
    let mut map = Map::default();
    let searched = search::search(&mut map)?;
    let listed = listns::add_all(&mut map);
    let unseen = unseen::reasons(&map, &searched, listed);
    let text = if as_json { json::text(&map, &unseen) } else { tree::text(&map, &unseen) };
    print(&text)?;
    Ok(0)
}

impl Map {
    // ANCHOR: add
    /// Adds a namespace, given its open file, and those above it.
    fn add(&mut self, file: &File) -> io::Result<Id> {
        let id = identify(file)?;
        if self.0.entry(id).or_default().owner.is_none() {
            let owner = self.add_above(id, file, NS_GET_USERNS)?;
            let parent = match id.kind {
                "pid" => self.add_above(id, file, NS_GET_PARENT)?,
                _ => None, // the parent of a user namespace is its owner; others have none
            };
            let namespace = self.0.entry(id).or_default();
            (namespace.owner, namespace.parent) = (owner, parent);
        }
        Ok(id)
    }
    // ANCHOR_END: add

    // ANCHOR: add_above
    /// Adds the owner or the parent of a namespace (`ioctl_ns(2)`). None if the kernel does
    /// not show it: it is neither one that this process is in, nor below one.
    fn add_above(&mut self, id: Id, file: &File, request: Ioctl) -> io::Result<Option<Id>> {
        // SAFETY: neither request takes an argument or touches memory of ours.
        let above = match Errno::result(unsafe { libc::ioctl(file.as_raw_fd(), request) }) {
            // SAFETY: the kernel has just created this descriptor, and nobody else owns it.
            Ok(fd) => unsafe { File::from_raw_fd(fd) },
            Err(Errno::EPERM) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        let above = self.add(&above)?;
        self.0.entry(above).or_default().below.insert(id);
        Ok(Some(above))
    }
    // ANCHOR_END: add_above
}

/// The kind and the inode number of the namespace behind an open file.
fn identify(file: &File) -> io::Result<Id> {
    // SAFETY: the request takes no argument and touches no memory of ours.
    let flag = Errno::result(unsafe { libc::ioctl(file.as_raw_fd(), NS_GET_NSTYPE) })?;
    let kind = KINDS.iter().find(|kind| kind.flag.bits() == flag);
    let kind = kind.map_or("unknown", |kind| kind.name);
    Ok(Id { kind, inode: file.metadata()?.ino() })
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:[{}]", self.kind, self.inode)
    }
}
