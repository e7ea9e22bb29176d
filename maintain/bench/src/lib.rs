//! What the chapter on costs measures: creating, joining and ending namespaces and
//! cgroups, each with as few system calls as possible.

pub mod plot;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use libc::c_long;
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, getegid, geteuid};

/// The kinds of namespace, as `/proc/PID/ns` names them, and their flags.
pub const KINDS: [(&str, u64); 8] = [
    ("cgroup", libc::CLONE_NEWCGROUP as u64),
    ("ipc", libc::CLONE_NEWIPC as u64),
    ("mnt", libc::CLONE_NEWNS as u64),
    ("net", libc::CLONE_NEWNET as u64),
    ("pid", libc::CLONE_NEWPID as u64),
    ("time", libc::CLONE_NEWTIME as u64),
    ("user", libc::CLONE_NEWUSER as u64),
    ("uts", libc::CLONE_NEWUTS as u64),
];

/// All kinds at once.
pub fn all() -> u64 {
    KINDS.iter().fold(0, |all, (_, flag)| all | flag)
}

/// Becomes root in a new user namespace, so that an unprivileged user can measure, and
/// enters new UTS and network namespaces that belong to it, so that it may return to them.
pub fn become_root() -> io::Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))?;
    unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWNET)?;
    Ok(())
}

/// Creates a child in new namespaces (`clone3(2)`) that exits at once.
pub fn by_clone3(flags: u64) -> io::Result<()> {
    clone3(flags, 0).and_then(exit_or_wait)
}

/// Creates a child (`clone3(2)`) that moves itself to a cgroup and exits.
pub fn then_moved(procs: &Path) -> io::Result<()> {
    match clone3(0, 0)? {
        0 => exit(i32::from(fs::write(procs, "0").is_err())),
        pid => wait(Pid::from_raw(pid as i32)),
    }
}

/// Creates a child in a cgroup of version 2 (`CLONE_INTO_CGROUP`) that exits at once.
pub fn into_cgroup(cgroup: &File) -> io::Result<()> {
    const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000; // <linux/sched.h>
    clone3(CLONE_INTO_CGROUP, cgroup.as_raw_fd()).and_then(exit_or_wait)
}

/// Creates a child by `clone(2)` on a copy of its parent's stack, as `fork(2)` does.
pub fn by_clone(flags: u64) -> io::Result<()> {
    let flags = flags | libc::SIGCHLD as u64;
    // SAFETY: without CLONE_VM the child shares no memory with us, and it only exits.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    exit_or_wait(Errno::result(pid)?)
}

/// Creates a child by `fork(2)` that does `work` and exits.
pub fn by_fork(work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    // SAFETY: the caller has one thread.
    match unsafe { fork() }? {
        ForkResult::Child => exit(i32::from(work().is_err())),
        ForkResult::Parent { child } => wait(child),
    }
}

/// Moves the caller to new namespaces (`unshare(2)`).
pub fn unshare_flags(flags: u64) -> io::Result<()> {
    // SAFETY: the call takes a number.
    Errno::result(unsafe { libc::syscall(libc::SYS_unshare, flags) })?;
    Ok(())
}

/// A new namespace without processes, which the descriptor keeps alive.
pub fn pinned_namespace(kind: &str, flag: u64) -> io::Result<File> {
    let link = match kind {
        "pid" | "time" => format!("{kind}_for_children"),
        _ => kind.to_owned(),
    };
    let (mut parent, mut childs) = UnixStream::pair()?;
    // SAFETY: the caller has one thread.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(parent);
            exit(i32::from(stay_in(flag, &mut childs).is_err()))
        }
        ForkResult::Parent { child } => {
            drop(childs);
            let file = parent
                .read_exact(&mut [0])
                .and_then(|()| File::open(format!("/proc/{child}/ns/{link}")));
            drop(parent);
            wait(child)?;
            file
        }
    }
}

/// In the child: enters a new namespace, tells the parent, and stays until it has opened
/// the link. On an error the child exits, and the parent reads the end of the stream.
fn stay_in(flag: u64, parent: &mut UnixStream) -> io::Result<()> {
    unshare_flags(flag)?;
    if flag == libc::CLONE_NEWPID as u64 {
        // A PID namespace has a link only after its PID 1 was created.
        by_fork(|| Ok(()))?;
    }
    parent.write_all(b".")?;
    parent.read(&mut [0]).map(drop)
}

/// How long `work` takes in a child in new namespaces, without the creation of the child.
pub fn inside(flags: u64, work: impl FnOnce()) -> io::Result<Duration> {
    let (mut parent, mut childs) = UnixStream::pair()?;
    let pid = clone3(flags, 0)?;
    if pid == 0 {
        let start = Instant::now();
        work();
        let nanos = start.elapsed().as_nanos() as u64;
        exit(i32::from(childs.write_all(&nanos.to_ne_bytes()).is_err()));
    }
    drop(childs);
    let mut nanos = [0; 8];
    parent.read_exact(&mut nanos)?;
    wait(Pid::from_raw(pid as i32))?;
    Ok(Duration::from_nanos(u64::from_ne_bytes(nanos)))
}

/// Joins a namespace through its descriptor (`setns(2)`).
pub fn enter(namespace: &File) -> io::Result<()> {
    nix::sched::setns(namespace, CloneFlags::empty())?;
    Ok(())
}

/// The memory of the kernel's own objects that it cannot reclaim, in bytes.
pub fn kernel_memory() -> io::Result<u64> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let counted = ["SUnreclaim:", "Percpu:"];
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let kib = lines.filter_map(|words| match words[..] {
        [name, kib, "kB"] if counted.contains(&name) => kib.parse::<u64>().ok(),
        _ => None,
    });
    Ok(kib.sum::<u64>() << 10)
}

/// How long the teardown of `count` network namespaces takes, for the first and for the
/// last of them. A limit allows no more than `count`, and a namespace counts until the
/// kernel has torn it down: so creating a new one succeeds when an old one is gone.
pub fn teardown(count: u64) -> io::Result<(Duration, Duration)> {
    let limit = "/proc/sys/user/max_net_namespaces";
    let before = fs::read_to_string(limit)?;
    let flag = libc::CLONE_NEWNET as u64;
    let make = || (0..count).map(|_| pinned_namespace("net", flag)).collect::<io::Result<Vec<_>>>();
    let mut all = make()?;
    // One more is the caller's.
    fs::write(limit, (count + 1).to_string())?;
    all.clear();
    let start = Instant::now();
    let mut room = || {
        loop {
            match pinned_namespace("net", flag) {
                Ok(file) => break all.push(file),
                Err(_) => std::thread::yield_now(),
            }
        }
    };
    room();
    let first = start.elapsed();
    (1..count).for_each(|_| room());
    let last = start.elapsed();
    fs::write(limit, before.trim())?;
    Ok((first, last))
}

fn clone3(flags: u64, cgroup: RawFd) -> io::Result<c_long> {
    let args = libc::clone_args {
        flags,
        pidfd: 0,
        child_tid: 0,
        parent_tid: 0,
        exit_signal: libc::SIGCHLD as u64,
        stack: 0,
        stack_size: 0,
        tls: 0,
        set_tid: 0,
        set_tid_size: 0,
        cgroup: cgroup as u64,
    };
    // SAFETY: the structure has the given size; without CLONE_VM the child shares no memory
    // with us.
    let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of_val(&args)) };
    Ok(Errno::result(pid)?)
}

/// In the child exits, in the parent waits for it.
fn exit_or_wait(pid: c_long) -> io::Result<()> {
    if pid == 0 { exit(0) } else { wait(Pid::from_raw(pid as i32)) }
}

fn wait(child: Pid) -> io::Result<()> {
    match waitpid(child, None)? {
        nix::sys::wait::WaitStatus::Exited(_, 0) => Ok(()),
        end => Err(io::Error::other(format!("the child: {end:?}"))),
    }
}

/// Exits a child without the exit handlers of its parent.
fn exit(status: i32) -> ! {
    // SAFETY: the process ends here, so nothing can use its state afterwards.
    unsafe { libc::_exit(status) }
}
