//! Walls that a test puts up in the process that becomes the step
//! ([`Step::behind`](crate::Step::behind)): what a machine can have in a
//! learner's way, without a change to the machine.

use std::fs;
use std::io;

use nix::errno::Errno;
use nix::libc::*;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::{set_dumpable, set_no_new_privs};
use nix::unistd::{getegid, geteuid};

/// A user namespace of our own, in which our uid is still ours, and `more`.
pub fn own_user_namespace(more: CloneFlags) -> io::Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    // Who has left root a moment ago does not own its files in /proc yet.
    set_dumpable(true)?;
    unshare(CloneFlags::CLONE_NEWUSER | more)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))
}

/// Mounts of our own, which nobody else sees; root remains the real root.
pub fn own_mounts() -> io::Result<()> {
    match geteuid().is_root() {
        true => unshare(CloneFlags::CLONE_NEWNS)?,
        false => own_user_namespace(CloneFlags::CLONE_NEWNS)?,
    }
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    Ok(mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?)
}

/// Covers a directory with an empty one.
pub fn cover(dir: &str) -> io::Result<()> {
    Ok(mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)?)
}

/// A system call that is refused, with which bits of its first argument (0:
/// whatever that is), and the error.
pub type Refused = (c_long, CloneFlags, Errno);

/// The system calls of this project that Docker's default filter refuses.
pub fn docker() -> io::Result<()> {
    let any = CloneFlags::empty();
    let kinds = CloneFlags::from_bits_retain(0x7e02_0000); // every CLONE_NEW… but time
    refuse(&[
        (SYS_clone, kinds, Errno::EPERM),
        (SYS_clone3, any, Errno::ENOSYS),
        (SYS_unshare, any, Errno::EPERM),
        (SYS_setns, any, Errno::EPERM),
        (SYS_mount, any, Errno::EPERM),
    ])
}

/// Lets system calls fail, by a filter that stays for good (`seccomp(2)`).
pub fn refuse(calls: &[Refused]) -> io::Result<()> {
    let op = |code: u32, k, jt, jf| sock_filter { code: code as u16, jt, jf, k };
    let load = |offset| op(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
    let ret = |value| op(BPF_RET | BPF_K, value, 0, 0);
    let mut filter = Vec::new();
    for &(call, flags, errno) in calls {
        // The number of the call comes first in what is loaded from, its first argument at 16.
        filter.push(load(0));
        if flags.is_empty() {
            filter.push(op(BPF_JMP | BPF_JEQ | BPF_K, call as u32, 0, 1));
        } else {
            filter.push(op(BPF_JMP | BPF_JEQ | BPF_K, call as u32, 0, 3));
            filter.push(load(16));
            filter.push(op(BPF_JMP | BPF_JSET | BPF_K, flags.bits() as u32, 0, 1));
        }
        filter.push(ret(SECCOMP_RET_ERRNO | errno as u32));
    }
    filter.push(ret(SECCOMP_RET_ALLOW));
    let program = sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    set_no_new_privs()?;
    // SAFETY: the program and its filter live until the call is over.
    let set = unsafe { prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &raw const program) };
    Ok(Errno::result(set).map(drop)?)
}
