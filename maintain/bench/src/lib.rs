//! What the chapter on costs measures: births, moves and ends, each as few system
//! calls as it takes.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;
use std::time::{Duration, Instant};

use libc::c_long;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, getegid, geteuid, pipe2};

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

/// Becomes root in a user namespace, so that anybody can measure, and enters UTS and
/// network namespaces that belong to it, so that it can come back to them.
pub fn become_root() -> io::Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))?;
    unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWNET)?;
    Ok(())
}

/// A child by `clone3(2)`, in new namespaces, that ends at once.
pub fn by_clone3(flags: u64) -> io::Result<()> {
    clone3(flags, 0).and_then(end_or_wait)
}

/// A child by `clone3(2)` that moves itself to a cgroup, and ends.
pub fn then_moved(procs: &Path) -> io::Result<()> {
    match clone3(0, 0)? {
        0 => exit(i32::from(fs::write(procs, "0").is_err())),
        pid => wait(Pid::from_raw(pid as i32)),
    }
}

/// A child by `clone3(2)` that is born in a cgroup of version 2, and ends at once.
pub fn into_cgroup(cgroup: &File) -> io::Result<()> {
    const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000; // <linux/sched.h>
    clone3(CLONE_INTO_CGROUP, cgroup.as_raw_fd()).and_then(end_or_wait)
}

/// A child by `clone(2)` on a copy of its parent's stack, as `fork(2)` has it.
pub fn by_clone(flags: u64) -> io::Result<()> {
    let flags = flags | libc::SIGCHLD as u64;
    // SAFETY: without CLONE_VM nothing is shared with the child, which only ends.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    end_or_wait(Errno::result(pid)?)
}

/// A child by `fork(2)` that does one thing, and ends.
pub fn by_fork(work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    // SAFETY: the caller has one thread.
    match unsafe { fork() }? {
        ForkResult::Child => exit(i32::from(work().is_err())),
        ForkResult::Parent { child } => wait(child),
    }
}

/// Leaves namespaces (`unshare(2)`).
pub fn leave(flags: u64) -> io::Result<()> {
    // SAFETY: the call takes a number.
    Errno::result(unsafe { libc::syscall(libc::SYS_unshare, flags) })?;
    Ok(())
}

/// A new namespace that nobody is in, kept by the descriptor.
pub fn held(kind: &str, flag: u64) -> io::Result<File> {
    let link = match kind {
        "pid" | "time" => format!("{kind}_for_children"),
        _ => kind.to_owned(),
    };
    let (mut told, tells) = pipe()?;
    let (waits, lets) = pipe()?;
    // SAFETY: the caller has one thread.
    match unsafe { fork() }? {
        ForkResult::Child => exit(stay_in(flag, told, tells, waits, lets)),
        ForkResult::Parent { child } => {
            drop((tells, waits));
            let mut word = [0];
            let born = told.read_exact(&mut word);
            // A PID namespace has a link only when PID 1 has been born: it is that child's own.
            let file = born.and_then(|()| File::open(format!("/proc/{child}/ns/{link}")));
            drop(lets);
            wait(child)?;
            file
        }
    }
}

fn stay_in(flag: u64, told: File, mut tells: File, mut waits: File, lets: File) -> i32 {
    drop((told, lets));
    let done = leave(flag)
        .and_then(|()| if flag == libc::CLONE_NEWPID as u64 { by_fork(|| Ok(())) } else { Ok(()) })
        .and_then(|()| tells.write_all(b"."));
    // Whoever has nothing to say must not be waited for.
    drop(tells);
    let _ = waits.read(&mut [0]);
    i32::from(done.is_err())
}

/// How long a child in new namespaces takes for its work; the birth is not in it.
pub fn inside(flags: u64, work: impl FnOnce()) -> io::Result<Duration> {
    let (mut told, mut tells) = pipe()?;
    let pid = clone3(flags, 0)?;
    if pid == 0 {
        let start = Instant::now();
        work();
        let nanos = start.elapsed().as_nanos() as u64;
        exit(i32::from(tells.write_all(&nanos.to_ne_bytes()).is_err()));
    }
    drop(tells);
    let mut nanos = [0; 8];
    told.read_exact(&mut nanos)?;
    wait(Pid::from_raw(pid as i32))?;
    Ok(Duration::from_nanos(u64::from_ne_bytes(nanos)))
}

/// Enters a namespace by its descriptor (`setns(2)`).
pub fn enter(namespace: &File) -> io::Result<()> {
    nix::sched::setns(namespace, CloneFlags::empty())?;
    Ok(())
}

/// What the kernel has taken for its own objects, in bytes, if it cannot take it back.
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

/// After how long the kernel lets in the first, and the last, of `count` new network
/// namespaces, when as many have just been given up and no more are allowed: whoever
/// is not torn down yet still counts.
pub fn torn_down(count: u64) -> io::Result<(Duration, Duration)> {
    let limit = "/proc/sys/user/max_net_namespaces";
    let before = fs::read_to_string(limit)?;
    let flag = libc::CLONE_NEWNET as u64;
    let make = || (0..count).map(|_| held("net", flag)).collect::<io::Result<Vec<_>>>();
    let mut all = make()?;
    // One more is the caller's own.
    fs::write(limit, (count + 1).to_string())?;
    all.clear();
    let start = Instant::now();
    let mut room = || {
        loop {
            match held("net", flag) {
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

fn pipe() -> io::Result<(File, File)> {
    let (reads, writes) = pipe2(OFlag::O_CLOEXEC)?;
    Ok((reads.into(), writes.into()))
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
    // SAFETY: the structure has the size that is given; without CLONE_VM nothing is
    // shared with the child.
    let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of_val(&args)) };
    Ok(Errno::result(pid)?)
}

/// The child ends, the parent waits for it.
fn end_or_wait(pid: c_long) -> io::Result<()> {
    if pid == 0 { exit(0) } else { wait(Pid::from_raw(pid as i32)) }
}

fn wait(child: Pid) -> io::Result<()> {
    match waitpid(child, None)? {
        nix::sys::wait::WaitStatus::Exited(_, 0) => Ok(()),
        end => Err(io::Error::other(format!("the child: {end:?}"))),
    }
}

/// Ends a child without running what its parent has planned for its own end.
fn exit(status: i32) -> ! {
    // SAFETY: nothing of this process is used any more.
    unsafe { libc::_exit(status) }
}
