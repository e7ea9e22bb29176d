//! The sandbox in which answers run, without root's privileges outside of it.
//!
//! There are three processes. The first starts the second and enforces the timeout. The
//! second, the supervisor, drops root and creates the namespaces. The third is the judge,
//! PID 1 of the sandbox: when it ends, the kernel kills all that an answer has started.
//!
//! The sandbox has its own hostname, mounts, PIDs, IPC and network. RLIMIT_NPROC limits
//! processes, a timeout limits time.

use std::fs;
use std::os::fd::AsFd;
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
use step_support::process::{DefaultSigchld, pidfd_open};
use step_support::refusal::restrictions;

use crate::verdict::{Finding, Verdict, print_verdict, unavailable, wrong};

/// An answer is killed after this many milliseconds.
const TIMEOUT: u16 = 10_000;

/// How many processes an answer may have, in addition to those that its user has already.
const MAX_PROCESSES: rlim_t = 100;

/// The uid and gid outside of the sandbox, if root runs the exercises.
pub const NOBODY: u32 = 65534;

/// Runs `check` in a sandbox, prints the verdict and ends the program.
pub fn judge(check: impl FnOnce() -> Verdict) -> ! {
    exit(run_in_sandbox(None, check))
}

/// Runs `check` in a sandbox that starts in `cgroup`, and prints the verdict. Returns
/// the exit status.
pub fn run_in_sandbox(cgroup: Option<&Path>, check: impl FnOnce() -> Verdict) -> i32 {
    match start(cgroup, check) {
        Ok(status) => status,
        Err(finding) => print_verdict(Err(finding)),
    }
}

fn start(cgroup: Option<&Path>, check: impl FnOnce() -> Verdict) -> Result<i32, Finding> {
    let failed =
        |errno| unavailable("the judge could not start", errno, "To see limits: ulimit -a");
    DefaultSigchld::set();
    // Orphans in the sandbox become our children, so we can wait until all have ended.
    set_child_subreaper(true).map_err(failed)?;
    let parent = getpid();
    // SAFETY: this process has one thread, so the child may allocate and print.
    let supervisor = match unsafe { fork() }.map_err(failed)? {
        ForkResult::Child => {
            let status = join_cgroup(cgroup).and_then(|()| supervise(parent, check));
            exit(status.unwrap_or_else(|finding| print_verdict(Err(finding))))
        }
        ForkResult::Parent { child } => child,
    };
    let pidfd = pidfd_open(supervisor).map_err(failed)?;
    let mut polled = [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)];
    let in_time = loop {
        match poll(&mut polled, PollTimeout::from(TIMEOUT)) {
            Err(Errno::EINTR) => continue,
            events => break events.is_ok_and(|events| events > 0),
        }
    };
    if !in_time {
        let _ = kill(supervisor, Signal::SIGKILL);
    }
    let mut status = 1;
    loop {
        match waitpid(None, None) {
            Ok(WaitStatus::Exited(pid, code)) if pid == supervisor => status = code,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => break,
        }
    }
    match in_time {
        true => Ok(status),
        false => Err(wrong(
            "a function that returns",
            format!("it was still running after {} s", TIMEOUT / 1000),
            "your function waits for something that never happens, or it never stops forking; \
             the judge has killed it",
        )),
    }
}

/// Moves the caller, and so everything that it will start, into a cgroup. Also lets
/// Ctrl-C end the sandbox, even if its parent ignores Ctrl-C to clean up afterwards.
fn join_cgroup(cgroup: Option<&Path>) -> Result<(), Finding> {
    for key in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: SIG_DFL installs no handler that could run.
        let _ = unsafe { signal(key, SigHandler::SigDfl) };
    }
    let Some(cgroup) = cgroup else { return Ok(()) };
    let file = cgroup.join("cgroup.procs");
    fs::write(&file, getpid().to_string())
        .map_err(|error| unavailable(format!("write({})", file.display()), error, advice()))
}

/// The supervisor drops root, creates the namespaces of the sandbox, starts the judge
/// in them and waits for it.
fn supervise(parent: Pid, check: impl FnOnce() -> Verdict) -> Result<i32, Finding> {
    let failed = |call: &str, errno: Errno| unavailable(call, errno, advice());
    if geteuid().is_root() {
        let (uid, gid) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
        // If only one uid is mapped, as in a user namespace of an ordinary user, we cannot
        // change it, and it has no privileges outside.
        match setgroups(&[]).and_then(|()| setresgid(gid, gid, gid)) {
            Ok(()) => {
                setresuid(uid, uid, uid).map_err(|errno| failed("setresuid(nobody)", errno))?
            }
            Err(_) if has_single_uid() => {}
            Err(errno) => return Err(failed("setgroups(), setresgid(nobody)", errno)),
        }
        // Otherwise our own files in /proc would still belong to root.
        set_dumpable(true).map_err(|errno| failed("prctl(PR_SET_DUMPABLE)", errno))?;
    }
    die_with_parent(parent);

    let existing = count_processes(geteuid());
    let (uid, gid) = (geteuid(), getegid());
    unshare(
        CloneFlags::CLONE_NEWUSER
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWNET,
    )
    .map_err(|errno| failed("unshare(CLONE_NEWUSER | …)", errno))?;
    for (file, text) in [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("0 {uid} 1")),
        ("gid_map", format!("0 {gid} 1")),
    ] {
        fs::write(format!("/proc/self/{file}"), text)
            .map_err(|error| unavailable(format!("write(/proc/self/{file})"), error, advice()))?;
    }
    let limits = [
        (Resource::RLIMIT_NPROC, existing + MAX_PROCESSES),
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_FSIZE, 16 << 20),
    ];
    for (resource, limit) in limits {
        setrlimit(resource, limit, limit).map_err(|errno| failed("setrlimit()", errno))?;
    }

    // SAFETY: this process has one thread, so the child may allocate and print.
    match unsafe { fork() }.map_err(|errno| failed("fork()", errno))? {
        ForkResult::Child => {
            // If the first process dies, so does the supervisor; then PID 1, then all others.
            let _ = set_pdeathsig(Signal::SIGKILL);
            exit(print_verdict(mount_filesystems().and_then(|()| check())))
        }
        ForkResult::Parent { child } => match waitpid(child, None) {
            Ok(WaitStatus::Exited(_, status)) => Ok(status),
            end => Err(wrong(
                "the judge still running",
                format!("{end:?}"),
                "something killed the judge",
            )),
        },
    }
}

/// Whether the caller's user namespace maps its own uid and no other.
fn has_single_uid() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.lines().count() == 1 && map.split_whitespace().next_back() == Some("1")
}

/// Mounts a `/proc` for the sandbox's PID namespace, and an empty `/tmp`.
fn mount_filesystems() -> Result<(), Finding> {
    let failed = |call: &str, errno: Errno| unavailable(call, errno, advice());
    // As systemd sets it up on a real machine: new mounts propagate to other mount namespaces.
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_SHARED, None::<&str>)
        .map_err(|errno| failed("mount(/, MS_SHARED)", errno))?;
    mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>)
        .map_err(|errno| failed("mount(proc)", errno))?;
    mount(Some("tmpfs"), "/tmp", Some("tmpfs"), MsFlags::empty(), Some("size=16m"))
        .map_err(|errno| failed("mount(tmpfs)", errno))
}

/// Makes the kernel kill the caller when `parent` dies. Exits if it has died already.
fn die_with_parent(parent: Pid) {
    if set_pdeathsig(Signal::SIGKILL).is_err() || getppid() != parent {
        exit(1);
    }
}

/// How many processes and threads a user has. Before Linux 5.14 RLIMIT_NPROC counts
/// them in all user namespaces together.
fn count_processes(uid: Uid) -> rlim_t {
    let own = format!("Uid:\t{uid}\t");
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let threads = all.filter_map(|process| {
        let status = fs::read_to_string(process.path().join("status")).ok()?;
        let threads = status.lines().find_map(|line| line.strip_prefix("Threads:"))?;
        status.contains(&own).then(|| threads.trim().parse::<rlim_t>().unwrap_or(1))
    });
    threads.sum()
}

/// What keeps users from creating namespaces on this machine, and what to type.
fn advice() -> String {
    let mut lines = restrictions();
    lines.push("To check this machine, run: (cd .. && cargo run -p step00-doctor)".to_owned());
    lines.join("\n  ")
}
