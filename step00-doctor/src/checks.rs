//! The checks: each makes, in a child process, the system calls that a step makes, and
//! reports the first error. What the child created is gone when it ends.

use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::exit;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, clone, setns, unshare};
use nix::sys::prctl::set_dumpable;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{
    ForkResult, Gid, Uid, fork, geteuid, getpid, getppid, pipe2, setgroups, setresgid, setresuid,
};
use step_support::Hint;
use step_support::cgroup::{self, Version};
use step_support::error::{errno, errno_of};
use step_support::process::{fork_hint, pidfd_open};
use step_support::status::wait;
use step06_cgroup::limits::Limits;
use step06_cgroup::place::Place;

/// As which user a check is run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum RunAs {
    /// As uid 0.
    Root,
    /// As an unprivileged user: the caller, or uid 65534 if that is root.
    Ordinary,
}

/// Why a check failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The kernel, or a filter, refused a call.
    Errno(Errno),
    /// A signal killed the process that made the call.
    Killed(Signal),
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Failure {
        Failure::Errno(errno)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Errno(errno) => errno.fmt(f),
            Failure::Killed(signal) => write!(f, "killed by {signal}"),
        }
    }
}

/// The result of a check.
pub type Outcome = Result<(), Failure>;

/// Something that has to work.
pub struct Check {
    /// The calls, as the manual writes them.
    pub call: &'static str,
    attempt: fn() -> Outcome,
}

/// Reading the namespaces of a process.
pub const LINKS: Check = Check { call: "readlink(/proc/PID/ns/uts)", attempt: read_link };
/// A child in a new UTS namespace.
pub const CLONE: Check = Check { call: "clone(CLONE_NEWUTS)", attempt: try_clone };
/// Joining a namespace.
pub const SETNS: Check = Check { call: "setns(CLONE_NEWUTS)", attempt: try_setns };
/// A descriptor for a process.
pub const PIDFD: Check = Check { call: "pidfd_open()", attempt: try_pidfd_open };
/// New namespaces of all kinds that are older than 2020.
pub const UNSHARE: Check = Check { call: "unshare(all kinds)", attempt: try_unshare };
/// A new /proc for a new PID namespace, as in the example of step 05.
pub const PROC: Check = Check { call: "mount(proc) in new namespaces", attempt: try_mount_proc };
/// A cgroup where step 06 would create one.
pub const CGROUP: Check = Check { call: "a cgroup with limits", attempt: look_for_cgroup };
/// Becoming an ordinary user: in a user namespace with one uid there is no other user.
pub const OTHER_USER: Check = Check { call: "setresuid()", attempt: || Ok(()) };
/// What the judge of the exercises needs.
pub const SANDBOX: Check = Check { call: "mount(proc) in new namespaces", attempt: try_sandbox };

impl Check {
    /// Runs the check in a child process.
    pub fn run(&self, user: RunAs) -> Result<Outcome> {
        let (end, pipe) = pipe2(OFlag::O_CLOEXEC).context("pipe2(O_CLOEXEC)")?;
        // SAFETY: this process has one thread, so the child may allocate.
        let child = match unsafe { fork() }.hint(fork_hint).context("fork()")? {
            ForkResult::Parent { child } => child,
            ForkResult::Child => {
                let outcome =
                    become_user(user).map_err(Failure::from).and_then(|()| (self.attempt)());
                // An errno is positive, so a signal can be a negative number.
                let number = match outcome {
                    Ok(()) => 0,
                    Err(Failure::Errno(errno)) => errno as i32,
                    Err(Failure::Killed(signal)) => -(signal as i32),
                };
                let _ = File::from(pipe).write_all(&number.to_ne_bytes());
                exit(0)
            }
        };
        drop(pipe);
        let mut bytes = [0; 4];
        let received = File::from(end).read_exact(&mut bytes);
        let status = wait(child, WaitPidFlag::empty())?;
        let signal = status.and_then(|status| status.signal());
        Ok(match (signal, i32::from_ne_bytes(bytes)) {
            (Some(signal), _) => Err(Failure::Killed(Signal::try_from(signal)?)),
            _ if received.is_err() => Err(Failure::Errno(Errno::EPIPE)),
            (_, 0) => Ok(()),
            (_, number @ 1..) => Err(Failure::Errno(Errno::from_raw(number))),
            (_, number) => Err(Failure::Killed(Signal::try_from(-number)?)),
        })
    }
}

/// Gives up root for good, if the check is about an ordinary user.
fn become_user(user: RunAs) -> nix::Result<()> {
    if user == RunAs::Ordinary && geteuid().is_root() {
        let (uid, gid) = (Uid::from_raw(65534), Gid::from_raw(65534));
        setgroups(&[])?;
        setresgid(gid, gid, gid)?;
        setresuid(uid, uid, uid)?;
        set_dumpable(true)?;
    }
    Ok(())
}

/// Without root, a new user namespace is needed as well.
fn with_user(flags: CloneFlags) -> CloneFlags {
    if geteuid().is_root() { flags } else { flags | CloneFlags::CLONE_NEWUSER }
}

fn read_link() -> Outcome {
    fs::read_link("/proc/self/ns/uts").map_err(|error| errno(&error))?;
    Ok(())
}

fn try_clone() -> Outcome {
    let mut stack = vec![0; 64 * 1024];
    let flags = with_user(CloneFlags::CLONE_NEWUTS);
    let signal = Some(Signal::SIGCHLD as i32);
    // SAFETY: the child has a copy of this memory, and there is one thread.
    let child = unsafe { clone(Box::new(|| 0), &mut stack, flags, signal) }?;
    waitpid(child, None)?;
    Ok(())
}

fn try_setns() -> Outcome {
    unshare(with_user(CloneFlags::CLONE_NEWUTS))?;
    let uts = File::open("/proc/self/ns/uts").map_err(|error| errno(&error))?;
    Ok(setns(uts, CloneFlags::CLONE_NEWUTS)?)
}

fn try_pidfd_open() -> Outcome {
    pidfd_open(getpid())?;
    Ok(())
}

fn try_unshare() -> Outcome {
    Ok(unshare(with_user(
        CloneFlags::CLONE_NEWCGROUP
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWUTS,
    ))?)
}

/// Like `step05-unshare -Urpf --mount-proc`. The kernel refuses it where something is
/// mounted over a part of /proc, as in many containers.
fn try_mount_proc() -> Outcome {
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID)?;
    // SAFETY: this process has one thread, so the child may allocate.
    let child = match unsafe { fork() }? {
        ForkResult::Parent { child } => child,
        ForkResult::Child => exit(mount_proc().err().map_or(0, |errno| errno as i32)),
    };
    match waitpid(child, None)? {
        WaitStatus::Exited(_, 0) => Ok(()),
        WaitStatus::Signaled(_, signal, _) => Err(Failure::Killed(signal)),
        WaitStatus::Exited(_, errno) => Err(Failure::Errno(Errno::from_raw(errno))),
        _ => Err(Failure::Errno(Errno::ECHILD)),
    }
}

/// Mounts where nobody outside of this mount namespace sees it.
fn mount_proc() -> nix::Result<()> {
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>)
}

fn try_sandbox() -> Outcome {
    // Where there is no other user, the judge stays the same user.
    let _ = become_user(RunAs::Ordinary);
    try_mount_proc()
}

/// Chooses the place as step 06 does, and looks whether a cgroup could be created there.
fn look_for_cgroup() -> Outcome {
    let failed = |error| errno_of(&error).unwrap_or(Errno::EINVAL);
    // This process and the doctor; in step 06 there are two as well.
    let ours = [getpid(), getppid()];
    let limits = Limits { pids: Some(9), ..Limits::default() };
    let hierarchies = cgroup::all().map_err(failed)?;
    Ok(Place::choose(&hierarchies, &limits, &ours).map_err(failed)?.check(&ours)?)
}

/// Which versions of cgroups are mounted.
pub fn cgroup_mode() -> String {
    let all = cgroup::all().unwrap_or_default();
    let has = |version| all.iter().any(|it| it.version == version && it.mounted.is_some());
    let mode = match (has(Version::V1), has(Version::V2)) {
        (true, true) => "hybrid: v1 has the controllers",
        (true, false) => "v1",
        (false, true) => "v2",
        (false, false) => "not mounted",
    };
    mode.to_owned()
}

/// Whether the kernel, or a filter before it, knows `clone3(2)`: a size of 0 creates nothing.
pub fn clone3() -> nix::Result<()> {
    // SAFETY: the kernel refuses the size before it reads anything.
    match Errno::result(unsafe { libc::syscall(libc::SYS_clone3, std::ptr::null::<u8>(), 0) }) {
        Err(Errno::EINVAL) => Ok(()),
        Err(errno) => Err(errno),
        Ok(_) => Err(Errno::EINVAL),
    }
}
