use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::geteuid;

use crate::obstacle::{cover, own_mounts, share_mounts};
use crate::{CgroupSandbox, Host, binaries, log, wait_until};

/// An environment for steps in which nothing else leaves anything behind: its own mounts,
/// temporary directories, System V IPC and cgroups.
pub struct Isolated {
    sandbox: Option<CgroupSandbox>,
    /// Cgroups of steps that were there before, outside of the sandbox.
    existing: BTreeSet<PathBuf>,
}

/// Everything that a step must leave as it was.
#[derive(Debug, PartialEq)]
pub struct State {
    /// Names, mounts, interfaces.
    pub host: Host,
    /// All cgroups in the sandbox, with the controllers that they enable.
    pub cgroups: BTreeSet<(PathBuf, String)>,
    /// Files in /tmp and /dev/shm.
    pub files: BTreeSet<PathBuf>,
    /// System V shared memory, semaphores and message queues.
    pub ipc: [String; 3],
}

impl Isolated {
    /// Isolates the calling thread, and all that it starts from now on.
    pub fn new(name: &str) -> Isolated {
        if geteuid().is_root() {
            isolate_files().expect("new mount and IPC namespaces");
        }
        let existing = step_cgroups();
        let sandbox = CgroupSandbox::new(format!("isolated-{name}-{}", std::process::id()));
        let sandbox = sandbox.inspect_err(|error| log(&format!("no cgroups here: {error}"))).ok();
        Isolated { sandbox, existing }
    }

    /// A cgroup in which a step is alone ([`CgroupSandbox::empty`]).
    pub fn empty_cgroup(&self) -> Option<PathBuf> {
        self.sandbox.as_ref()?.empty()
    }

    /// The current state. An unprivileged user shares its files with others, so they are
    /// left out.
    pub fn state(&self) -> State {
        let dirs = temporary_dirs().filter(|_| geteuid().is_root());
        let files = dirs.flat_map(|dir| fs::read_dir(dir).expect(dir)).flatten();
        let ipc = ["shm", "sem", "msg"].map(|it| format!("/proc/sysvipc/{it}"));
        State {
            host: Host::now(),
            cgroups: self.sandbox.as_ref().map(CgroupSandbox::cgroups).unwrap_or_default(),
            files: files.map(|it| it.path()).collect(),
            ipc: ipc.map(|file| fs::read_to_string(file).unwrap_or_default()),
        }
    }

    /// Panics if steps have left new cgroups outside of the sandbox. The steps of other
    /// users create and remove some there, so it waits for those.
    pub fn assert_no_leaks(&self) {
        wait_until("the end of every cgroup outside of the sandbox", || {
            step_cgroups().is_subset(&self.existing)
        });
    }
}

/// Directories for temporary files. A minimal machine has no /dev/shm.
fn temporary_dirs() -> impl Iterator<Item = &'static str> {
    ["/tmp", "/dev/shm"].into_iter().filter(|dir| Path::new(dir).is_dir())
}

/// Enters namespaces with an empty /tmp and /dev/shm, and without System V IPC objects.
fn isolate_files() -> io::Result<()> {
    own_mounts()?;
    unshare(CloneFlags::CLONE_NEWIPC)?;
    // The binaries may be below /tmp.
    let binaries = binaries::binaries();
    let open = File::open(binaries)?;
    temporary_dirs().try_for_each(cover)?;
    fs::create_dir_all(binaries)?;
    let open = format!("/proc/thread-self/fd/{}", open.as_raw_fd());
    mount(Some(open.as_str()), binaries, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;
    // As distributions have it: a mount that a step does not keep to itself appears here.
    share_mounts()
}

/// The cgroups outside of such sandboxes that have the names of steps.
fn step_cgroups() -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut dirs = vec![PathBuf::from("/sys/fs/cgroup")];
    while let Some(dir) = dirs.pop() {
        let below = fs::read_dir(&dir).into_iter().flatten().flatten();
        for entry in below.filter(|it| it.file_type().is_ok_and(|it| it.is_dir())) {
            let name = entry.file_name();
            let begins = |with: &str| name.to_string_lossy().starts_with(with);
            if begins("step") {
                found.insert(entry.path());
            }
            if !begins("isolated-") {
                dirs.push(entry.path());
            }
        }
    }
    found
}
