//! The trials: each makes, in a child process, the system calls that a step makes,
//! and tells the first error. The child takes what it made with it when it ends.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::exit;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, clone, setns, unshare};
use nix::sys::prctl::set_dumpable;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{
    ForkResult, Gid, Uid, fork, geteuid, getpid, getppid, pipe2, setgroups, setresgid, setresuid,
};

use crate::cgroupfs::{RUN, delegated, sweep, turn, words};
use crate::command::{errno, pidfd_open};
use crate::hierarchy::{self, Mounted, Version};

/// As whom a trial is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// As uid 0.
    Root,
    /// As somebody without rights: the caller, or uid 65534 if that is root.
    Ordinary,
}

/// Something that has to work.
pub struct Trial {
    /// The calls, as the manual writes them.
    pub call: &'static str,
    attempt: fn() -> nix::Result<()>,
}

/// Reading where a process lives.
pub const LINKS: Trial = Trial { call: "readlink(/proc/PID/ns/uts)", attempt: links };
/// A child in a new UTS namespace.
pub const CLONE: Trial = Trial { call: "clone(CLONE_NEWUTS)", attempt: clone_uts };
/// Entering a namespace.
pub const SETNS: Trial = Trial { call: "setns(CLONE_NEWUTS)", attempt: enter };
/// A descriptor for a process.
pub const PIDFD: Trial = Trial { call: "pidfd_open()", attempt: pidfd };
/// New namespaces of all kinds that are older than 2020.
pub const UNSHARE: Trial = Trial { call: "unshare(all kinds)", attempt: leave };
/// A mount that nobody else sees.
pub const MOUNT: Trial = Trial { call: "mount(tmpfs)", attempt: mount_tmpfs };
/// A cgroup below our own.
pub const CGROUP: Trial = Trial { call: "mkdir(a cgroup below our own)", attempt: cgroup };
/// Being somebody else: in a user namespace with one uid there is nobody.
pub const NOTHING: Trial = Trial { call: "setresuid()", attempt: || Ok(()) };
/// What the judge of the exercises needs.
pub const SANDBOX: Trial = Trial { call: "mount(proc) in new namespaces", attempt: sandbox };

impl Trial {
    /// Makes the trial in a child; the inner result is what came of it.
    pub fn run(&self, user: As) -> Result<nix::Result<()>> {
        let (end, pipe) = pipe2(OFlag::O_CLOEXEC).context("pipe2(O_CLOEXEC)")?;
        // SAFETY: this process has one thread, so the child may allocate.
        let child = match unsafe { fork() }.context("fork()")? {
            ForkResult::Parent { child } => child,
            ForkResult::Child => {
                let result = become_user(user).and_then(|()| (self.attempt)());
                let errno = result.err().map_or(0, |errno| errno as i32);
                let _ = File::from(pipe).write_all(&errno.to_ne_bytes());
                exit(0)
            }
        };
        drop(pipe);
        let mut bytes = [0; 4];
        let told = File::from(end).read_exact(&mut bytes);
        let end = waitpid(child, None).with_context(|| format!("waitpid({child})"))?;
        let errno = i32::from_ne_bytes(bytes);
        Ok(match (told, end, errno) {
            // A seccomp filter may kill instead of refusing.
            (Err(_), _, _) => Err(Errno::EPERM),
            (_, WaitStatus::Exited(_, 0), 0) => Ok(()),
            (_, _, errno) => Err(Errno::from_raw(errno)),
        })
    }
}

/// Leaves root for good, if the trial is about an ordinary user.
fn become_user(user: As) -> nix::Result<()> {
    if user == As::Ordinary && geteuid().is_root() {
        let (uid, gid) = (Uid::from_raw(65534), Gid::from_raw(65534));
        setgroups(&[])?;
        setresgid(gid, gid, gid)?;
        setresuid(uid, uid, uid)?;
        set_dumpable(true)?;
    }
    Ok(())
}

/// With a user namespace before it for who is not root.
fn with_user(flags: CloneFlags) -> CloneFlags {
    if geteuid().is_root() { flags } else { flags | CloneFlags::CLONE_NEWUSER }
}

fn links() -> nix::Result<()> {
    fs::read_link("/proc/self/ns/uts").map(drop).map_err(errno)
}

fn clone_uts() -> nix::Result<()> {
    let mut stack = vec![0; 64 * 1024];
    let flags = with_user(CloneFlags::CLONE_NEWUTS);
    let signal = Some(Signal::SIGCHLD as i32);
    // SAFETY: the child has a copy of this memory, and there is one thread.
    let child = unsafe { clone(Box::new(|| 0), &mut stack, flags, signal) }?;
    waitpid(child, None).map(drop)
}

fn enter() -> nix::Result<()> {
    unshare(with_user(CloneFlags::CLONE_NEWUTS))?;
    let uts = File::open("/proc/self/ns/uts").map_err(errno)?;
    setns(uts, CloneFlags::CLONE_NEWUTS)
}

fn pidfd() -> nix::Result<()> {
    pidfd_open(getpid()).map(drop)
}

fn leave() -> nix::Result<()> {
    unshare(with_user(
        CloneFlags::CLONE_NEWCGROUP
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWUTS,
    ))
}

fn mount_tmpfs() -> nix::Result<()> {
    unshare(with_user(CloneFlags::CLONE_NEWNS))?;
    mount_here("tmpfs", "/tmp")
}

fn sandbox() -> nix::Result<()> {
    // Where there is nobody else to become, the judge stays who it is.
    let _ = become_user(As::Ordinary);
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID)?;
    // SAFETY: this process has one thread, so the child may allocate.
    let child = match unsafe { fork() }? {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            let errno = mount_here("proc", "/proc").err().map_or(0, |errno| errno as i32);
            exit(errno)
        }
    };
    match waitpid(child, None)? {
        WaitStatus::Exited(_, 0) => Ok(()),
        WaitStatus::Exited(_, errno) => Err(Errno::from_raw(errno)),
        _ => Err(Errno::EPERM),
    }
}

/// Mounts where nobody outside of this mount namespace sees it.
fn mount_here(file_system: &str, dir: &str) -> nix::Result<()> {
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    mount(Some(file_system), dir, Some(file_system), MsFlags::empty(), None::<&str>)
}

/// Makes a cgroup where step 06 would, and removes it at once.
fn cgroup() -> nix::Result<()> {
    let mut last = Errno::ENOENT;
    for hierarchy in hierarchy::all().map_err(|_| Errno::ENOENT)? {
        let Some(mounted) = hierarchy.mounted else { continue };
        let own = &mounted.own;
        let has_pids = |file| words(&own.join(file)).iter().any(|it| it == "pids");
        let place = match hierarchy.version {
            Version::V1 if hierarchy.controllers.iter().any(|it| it == "pids") => {
                Some(own.as_path()).filter(|it| delegated(it))
            }
            Version::V2 if has_pids("cgroup.controllers") => place_on_v2(&mounted),
            _ => continue,
        };
        let Some(place) = place else {
            last = if delegated(own) { Errno::EBUSY } else { Errno::EACCES };
            continue;
        };
        let _turn = turn(place).map_err(|it| it.downcast().unwrap_or(Errno::UnknownErrno))?;
        sweep(place);
        // Ctrl-C waits until it is removed. If we are killed, the next run finds it by
        // its name, which is that of a dead run of step 06.
        let _ = SigSet::all().thread_block();
        let dir = place.join(format!("{RUN}{}", getpid()));
        return fs::create_dir(&dir).and_then(|()| fs::remove_dir(&dir)).map_err(errno);
    }
    Err(last)
}

/// The nearest cgroup that gives controllers to its children already, or our own,
/// if the doctor (and its child, the caller) is alone in there and can step aside.
fn place_on_v2(mounted: &Mounted) -> Option<&Path> {
    let own = &mounted.own;
    let ours = [getpid(), getppid()].map(|pid| pid.to_string());
    let alone = words(&own.join("cgroup.procs")).iter().all(|pid| ours.contains(pid));
    if alone && delegated(own) {
        return Some(own);
    }
    let gives =
        |dir: &Path| words(&dir.join("cgroup.subtree_control")).iter().any(|it| it == "pids");
    let mut places = own.ancestors().take_while(|dir| dir.starts_with(&mounted.point));
    places.find(|dir| delegated(dir) && gives(dir))
}

/// Which versions of cgroups are mounted.
pub fn cgroup_mode() -> String {
    let all = hierarchy::all().unwrap_or_default();
    let has = |version| all.iter().any(|it| it.version == version && it.mounted.is_some());
    let mode = match (has(Version::V1), has(Version::V2)) {
        (true, true) => "hybrid: v1 has the controllers",
        (true, false) => "v1",
        (false, true) => "v2",
        (false, false) => "not mounted",
    };
    mode.to_owned()
}

/// Whether the kernel, or a filter before it, knows `clone3(2)`: with a size of 0
/// it creates nothing.
pub fn clone3() -> nix::Result<()> {
    // SAFETY: the kernel refuses the size before it reads anything.
    match Errno::result(unsafe { libc::syscall(libc::SYS_clone3, std::ptr::null::<u8>(), 0) }) {
        Err(Errno::EINVAL) => Ok(()),
        Err(errno) => Err(errno),
        Ok(_) => Err(Errno::EINVAL),
    }
}
