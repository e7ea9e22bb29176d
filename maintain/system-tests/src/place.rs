use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::geteuid;
use testkit::wall::{cover, own_mounts};
use testkit::{Host, until};

use crate::{Branch, say, step};

/// A place to watch steps in, where nobody else leaves anything.
pub struct Place {
    branch: Option<Branch>,
    strangers: BTreeSet<PathBuf>,
}

/// Everything that a step must leave as it was.
#[derive(Debug, PartialEq)]
pub struct State {
    /// Names, mounts, interfaces.
    pub host: Host,
    /// All cgroups in the place, with what they enable.
    pub cgroups: BTreeSet<(PathBuf, String)>,
    /// Files in /tmp and /dev/shm.
    pub files: BTreeSet<PathBuf>,
    /// System V's shared memory, semaphores and message queues.
    pub ipc: [String; 3],
}

impl Place {
    /// Gives a place to the calling thread and to all that it starts from now on.
    pub fn new(name: &str) -> Place {
        if geteuid().is_root() {
            be_alone().expect("mounts and IPC of our own");
        }
        let strangers = outside();
        let branch = Branch::new(format!("place-{name}-{}", std::process::id()));
        let branch = branch.inspect_err(|error| say(&format!("no cgroups here: {error}"))).ok();
        Place { branch, strangers }
    }

    /// A cgroup in it in which a step is alone ([`Branch::empty`]).
    pub fn empty(&self) -> Option<PathBuf> {
        self.branch.as_ref()?.empty()
    }

    /// How it is now. Who is not root shares its files with others, which are left out.
    pub fn state(&self) -> State {
        let dirs = temporary().filter(|_| geteuid().is_root());
        let files = dirs.flat_map(|dir| fs::read_dir(dir).expect(dir)).flatten();
        let ipc = ["shm", "sem", "msg"].map(|it| format!("/proc/sysvipc/{it}"));
        State {
            host: Host::now(),
            cgroups: self.branch.as_ref().map(Branch::cgroups).unwrap_or_default(),
            files: files.map(|it| it.path()).collect(),
            ipc: ipc.map(|file| fs::read_to_string(file).unwrap_or_default()),
        }
    }

    /// Panics if cgroups of steps are and stay elsewhere that were not there before; those
    /// of other people's steps come and go.
    pub fn nothing_elsewhere(&self) {
        until("the end of every cgroup elsewhere", || outside().is_subset(&self.strangers));
    }
}

/// Where files are left; a bare machine has no folder for shared memory.
fn temporary() -> impl Iterator<Item = &'static str> {
    ["/tmp", "/dev/shm"].into_iter().filter(|dir| Path::new(dir).is_dir())
}

/// A /tmp, a /dev/shm and System V IPC in which nobody else works. `/` is shared, as
/// distributions have it: a mount that a step does not keep to itself comes back here.
fn be_alone() -> io::Result<()> {
    let none = None::<&str>;
    own_mounts()?;
    unshare(CloneFlags::CLONE_NEWIPC)?;
    // The steps may be below /tmp.
    let steps = Path::new(&step("step01-proc-ns")).with_file_name("");
    let open = File::open(&steps)?;
    temporary().try_for_each(cover)?;
    fs::create_dir_all(&steps)?;
    let open = format!("/proc/thread-self/fd/{}", open.as_raw_fd());
    mount(Some(open.as_str()), &steps, none, MsFlags::MS_BIND, none)?;
    Ok(mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_SHARED, none)?)
}

/// The cgroups outside of such places that are named as the steps name them.
fn outside() -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut dirs = vec![PathBuf::from("/sys/fs/cgroup")];
    while let Some(dir) = dirs.pop() {
        let below = fs::read_dir(&dir).into_iter().flatten().flatten();
        for entry in below.filter(|it| it.file_type().is_ok_and(|it| it.is_dir())) {
            let name = entry.file_name();
            let begins = |with: &str| name.to_string_lossy().starts_with(with);
            if begins("step0") {
                found.insert(entry.path());
            }
            if !begins("place-") {
                dirs.push(entry.path());
            }
        }
    }
    found
}
