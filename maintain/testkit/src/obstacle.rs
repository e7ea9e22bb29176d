//! Obstacles that a test puts in the way of a step, in the process that becomes the step
//! ([`Step::with_obstacle`](crate::Step::with_obstacle)): limits, filters and missing
//! mounts that a reader's machine can have. They change nothing on the machine itself.

use std::fs;
use std::io;

use nix::errno::Errno;
use nix::libc::*;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::{set_dumpable, set_no_new_privs};
use nix::unistd::{Gid, Uid, getegid, geteuid, setgid, setgroups, setuid};

use crate::User;

/// Enters a new user namespace that keeps our uid, and new namespaces of the kinds `more`.
pub fn own_user_namespace(more: CloneFlags) -> io::Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    // After setuid(2) the files of a process in /proc belong to root until it is dumpable.
    set_dumpable(true)?;
    unshare(CloneFlags::CLONE_NEWUSER | more)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))
}

/// Enters a new user namespace whose limits allow no new namespaces of these kinds.
pub fn no_more_namespaces(kinds: &[&str]) -> io::Result<()> {
    own_user_namespace(CloneFlags::empty())?;
    kinds
        .iter()
        .try_for_each(|kind| fs::write(format!("/proc/sys/user/max_{kind}_namespaces"), "0"))
}

/// Enters a new mount namespace whose mounts no other process sees. Root keeps its capabilities.
pub fn own_mounts() -> io::Result<()> {
    match geteuid().is_root() {
        true => unshare(CloneFlags::CLONE_NEWNS)?,
        false => own_user_namespace(CloneFlags::CLONE_NEWNS)?,
    }
    propagation(MsFlags::MS_PRIVATE)
}

/// Enters a new mount namespace in which all mounts are shared, as systemd makes `/`: a
/// mount that a step does not keep to itself appears here too.
pub fn own_shared_mounts() -> io::Result<()> {
    own_mounts()?;
    share_mounts()
}

pub(crate) fn share_mounts() -> io::Result<()> {
    propagation(MsFlags::MS_SHARED)
}

fn propagation(kind: MsFlags) -> io::Result<()> {
    Ok(mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | kind, None::<&str>)?)
}

/// Covers a directory with an empty one.
pub fn cover(dir: &str) -> io::Result<()> {
    Ok(mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)?)
}

/// Mounts a `/proc` that hides the processes of others, and becomes the ordinary user for
/// good. Needs root.
pub fn hidden_processes() -> io::Result<()> {
    restricted_proc("hidepid=2")
}

/// The same, but the directories of those processes are there and cannot be entered.
pub fn closed_processes() -> io::Result<()> {
    restricted_proc("hidepid=1")
}

fn restricted_proc(option: &str) -> io::Result<()> {
    own_mounts()?;
    umount2("/proc", MntFlags::MNT_DETACH)?;
    mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), Some(option))?;
    setgroups(&[])?;
    let id = User::Ordinary.uid().as_raw();
    setgid(Gid::from_raw(id))?;
    Ok(setuid(Uid::from_raw(id))?)
}

/// A system call to refuse, the bits of its first argument that matter (none: refuse it
/// always), and the error.
pub type Refused = (c_long, CloneFlags, Errno);

/// Refuses the system calls of this project that Docker's default filter refuses.
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

/// The architecture of this program's system calls (`<linux/audit.h>`).
const AUDIT_ARCH: u32 = if cfg!(target_arch = "x86_64") {
    0xc000_003e
} else if cfg!(target_arch = "x86") {
    0x4000_0003
} else if cfg!(target_arch = "aarch64") {
    0xc000_00b7
} else if cfg!(target_arch = "riscv64") {
    0xc000_00f3
} else {
    panic!("add the AUDIT_ARCH_… of this processor")
};

/// Makes system calls fail, by a filter that stays for good (`seccomp(2)`).
pub fn refuse(calls: &[Refused]) -> io::Result<()> {
    // Offsets in struct seccomp_data.
    const NUMBER: u32 = 0;
    const ARCH: u32 = 4;
    const FIRST_ARGUMENT: u32 = 16;
    let op = |code: u32, k, jt, jf| sock_filter { code: code as u16, jt, jf, k };
    let load = |offset| op(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
    let ret = |value| op(BPF_RET | BPF_K, value, 0, 0);
    // A program for another architecture has other numbers for its calls: nothing is refused.
    let mut filter =
        vec![load(ARCH), op(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH, 1, 0), ret(SECCOMP_RET_ALLOW)];
    for &(call, flags, errno) in calls {
        filter.push(load(NUMBER));
        if flags.is_empty() {
            filter.push(op(BPF_JMP | BPF_JEQ | BPF_K, call as u32, 0, 1));
        } else {
            filter.push(op(BPF_JMP | BPF_JEQ | BPF_K, call as u32, 0, 3));
            filter.push(load(FIRST_ARGUMENT));
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
