//! Where answers run: in namespaces of their own, as nobody in particular.
//!
//! Whatever an answer does to the hostname, to mounts, to processes, it does to
//! those of the sandbox, which ends with its PID 1, the judge. What it can take
//! is bounded: processes by RLIMIT_NPROC, time by a deadline.

use std::fs;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::path::Path;
use std::process::exit;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::{set_child_subreaper, set_dumpable, set_pdeathsig};
use nix::sys::resource::{Resource, rlim_t, setrlimit};
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{
    ForkResult, Gid, Pid, Uid, fork, getegid, geteuid, getpid, getppid, setgroups, setresgid,
    setresuid,
};

use crate::verdict::{Finding, Verdict, cannot, say, wrong};

/// Milliseconds in which an answer must be done.
const DEADLINE: u16 = 10_000;

/// How many processes an answer may have beside those that its user has already.
const PROCESSES: rlim_t = 100;

/// Who the answers of root are, outside of the sandbox.
pub const NOBODY: u32 = 65534;

/// Judges in a sandbox, prints the verdict and ends the program.
pub fn judge(lesson: impl FnOnce() -> Verdict) -> ! {
    exit(status(None, lesson))
}

/// Judges in a sandbox that begins in the cgroup `place`, and prints the verdict;
/// returns the exit status.
pub fn status(place: Option<&Path>, lesson: impl FnOnce() -> Verdict) -> i32 {
    match run(place, lesson) {
        Ok(status) => status,
        Err(finding) => say(Err(finding)),
    }
}

fn run(place: Option<&Path>, lesson: impl FnOnce() -> Verdict) -> Result<i32, Finding> {
    let failed = |errno| cannot("the judge could not start", errno, "Run: ulimit -a");
    // Whoever loses its parent in there is ours: nobody is left when we go.
    set_child_subreaper(true).map_err(failed)?;
    let outside = getpid();
    // SAFETY: this process has one thread, so the child may allocate and print.
    let keeper = match unsafe { fork() }.map_err(failed)? {
        ForkResult::Child => {
            let status = enter(place).and_then(|()| keep(outside, lesson));
            exit(status.unwrap_or_else(|error| say(Err(error))))
        }
        ForkResult::Parent { child } => child,
    };
    let pidfd = pidfd_open(keeper).map_err(failed)?;
    let mut ends = [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)];
    let in_time = loop {
        match poll(&mut ends, PollTimeout::from(DEADLINE)) {
            Err(Errno::EINTR) => continue,
            events => break events.is_ok_and(|events| events > 0),
        }
    };
    if !in_time {
        let _ = kill(keeper, Signal::SIGKILL);
    }
    let mut status = 1;
    loop {
        match waitpid(None, None) {
            Ok(WaitStatus::Exited(pid, code)) if pid == keeper => status = code,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => break,
        }
    }
    match in_time {
        true => Ok(status),
        false => Err(wrong(
            "an answer that comes to an end",
            format!("it was still running after {} s", DEADLINE / 1000),
            "something waits for what never happens, or never stops forking: \
             the judge has ended it all",
        )),
    }
}

/// Moves the caller into a cgroup, with all that it will start.
fn enter(place: Option<&Path>) -> Result<(), Finding> {
    for key in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: SIG_DFL installs no handler that could run.
        let _ = unsafe { signal(key, SigHandler::SigDfl) };
    }
    let Some(place) = place else { return Ok(()) };
    let file = place.join("cgroup.procs");
    fs::write(&file, getpid().to_string())
        .map_err(|error| cannot(format!("write({})", file.display()), error, advice()))
}

/// The keeper leaves root and the namespaces of the host, and waits for the judge.
fn keep(outside: Pid, lesson: impl FnOnce() -> Verdict) -> Result<i32, Finding> {
    let refused = |call: &str, errno: Errno| cannot(call, errno, advice());
    if geteuid().is_root() {
        let (uid, gid) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
        // In a user namespace with one uid there is nobody else to be, and nothing of root's.
        match setgroups(&[]).and_then(|()| setresgid(gid, gid, gid)) {
            Ok(()) => {
                setresuid(uid, uid, uid).map_err(|errno| refused("setresuid(nobody)", errno))?
            }
            Err(_) if alone() => {}
            Err(errno) => return Err(refused("setgroups(), setresgid(nobody)", errno)),
        }
        // Without this our own files in /proc would still be root's.
        set_dumpable(true).map_err(|errno| refused("prctl(PR_SET_DUMPABLE)", errno))?;
    }
    die_with(outside);

    let processes = processes_of(geteuid());
    let (uid, gid) = (geteuid(), getegid());
    unshare(
        CloneFlags::CLONE_NEWUSER
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWNET,
    )
    .map_err(|errno| refused("unshare(CLONE_NEWUSER | …)", errno))?;
    for (file, text) in [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("0 {uid} 1")),
        ("gid_map", format!("0 {gid} 1")),
    ] {
        fs::write(format!("/proc/self/{file}"), text)
            .map_err(|error| cannot(format!("write(/proc/self/{file})"), error, advice()))?;
    }
    let limits = [
        (Resource::RLIMIT_NPROC, processes + PROCESSES),
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_FSIZE, 16 << 20),
    ];
    for (resource, limit) in limits {
        setrlimit(resource, limit, limit).map_err(|errno| refused("setrlimit()", errno))?;
    }

    // SAFETY: this process has one thread, so the child may allocate and print.
    match unsafe { fork() }.map_err(|errno| refused("fork()", errno))? {
        ForkResult::Child => {
            // The keeper dies with who started it; PID 1 with the keeper, and all others with PID 1.
            let _ = set_pdeathsig(Signal::SIGKILL);
            exit(say(furnish().and_then(|()| lesson())))
        }
        ForkResult::Parent { child } => match waitpid(child, None) {
            Ok(WaitStatus::Exited(_, status)) => Ok(status),
            end => Err(wrong("a judge that lives", format!("{end:?}"), "it was killed")),
        },
    }
}

/// Whether only the caller's own uid is mapped into its user namespace.
fn alone() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.lines().count() == 1 && map.split_whitespace().next_back() == Some("1")
}

/// Gives the sandbox a `/proc` that knows its PIDs, and an empty `/tmp`.
fn furnish() -> Result<(), Finding> {
    let refused = |call: &str, errno: Errno| cannot(call, errno, advice());
    // As systemd has it on a real machine: what is mounted shows up in copies.
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_SHARED, None::<&str>)
        .map_err(|errno| refused("mount(/, MS_SHARED)", errno))?;
    mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>)
        .map_err(|errno| refused("mount(proc)", errno))?;
    mount(Some("tmpfs"), "/tmp", Some("tmpfs"), MsFlags::empty(), Some("size=16m"))
        .map_err(|errno| refused("mount(tmpfs)", errno))
}

/// Has the kernel kill the caller when `parent` dies, and dies if that is too late.
fn die_with(parent: Pid) {
    if set_pdeathsig(Signal::SIGKILL).is_err() || getppid() != parent {
        exit(1);
    }
}

/// How many processes and threads a user has: before Linux 5.14 RLIMIT_NPROC
/// counts them too.
fn processes_of(uid: Uid) -> rlim_t {
    let own = format!("Uid:\t{uid}\t");
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let threads = all.filter_map(|process| {
        let status = fs::read_to_string(process.path().join("status")).ok()?;
        let threads = status.lines().find_map(|line| line.strip_prefix("Threads:"))?;
        status.contains(&own).then(|| threads.trim().parse::<rlim_t>().unwrap_or(1))
    });
    threads.sum()
}

/// What opens the way to user namespaces on this machine.
fn advice() -> String {
    let walls = [
        ("user.max_user_namespaces", "0", "15000"),
        ("kernel.unprivileged_userns_clone", "0", "1"),
        ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ];
    for (setting, bars, lets) in walls {
        let file = format!("/proc/sys/{}", setting.replace('.', "/"));
        if fs::read_to_string(file).is_ok_and(|value| value.trim() == bars) {
            return format!("{setting} is {bars} here. Run: sudo sysctl {setting}={lets}");
        }
    }
    "See what is in the way: cargo run -p step00-doctor (in Docker: run it with --privileged)"
        .to_owned()
}

/// A descriptor for a process (`pidfd_open(2)`).
pub fn pidfd_open(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: the call takes two numbers and touches no memory of ours.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) })?;
    let fd = i32::try_from(fd).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just made this descriptor, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
