//! The system calls that the container does not get. Step 13 explains how a filter works.
//!
//! These are the ones that runtimes refuse by default: they change the whole machine, or reach
//! much of the kernel's code that ordinary programs never use, where the next bug may be.

use std::mem::offset_of;

use anyhow::{Context, Result};
use libc::{
    BPF_ABS, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_RET, BPF_W, seccomp_data,
    sock_filter, sock_fprog,
};
use nix::errno::Errno;
use nix::sched::CloneFlags;
use step_support::{Hint, refusal};

use crate::options::Options;
use crate::protection::Protection;

mod calls;
#[cfg(test)]
mod tests;
use calls::{AUDIT_ARCH, REFUSED, X32};

/// Refused for some values of an argument only: call, argument, how it is compared, with what.
const WITH_ARGUMENT: [(libc::c_long, usize, u32, u32); 4] = [
    // Types into a terminal, as if the reader did.
    (libc::SYS_ioctl, 1, BPF_JEQ, libc::TIOCSTI as u32),
    (libc::SYS_ioctl, 1, BPF_JEQ, libc::TIOCLINUX as u32),
    // A new user namespace gives all capabilities in it.
    (libc::SYS_clone, 0, BPF_JSET, ALL_NAMESPACES),
    // Sockets that lead to the host of a virtual machine. (32-bit programs may have
    // `socketcall(2)` as well, whose arguments a filter cannot read.)
    (libc::SYS_socket, 0, BPF_JEQ, libc::AF_VSOCK as u32),
];

const ALL_NAMESPACES: u32 = CloneFlags::CLONE_NEWCGROUP
    .union(CloneFlags::CLONE_NEWIPC)
    .union(CloneFlags::CLONE_NEWNET)
    .union(CloneFlags::CLONE_NEWNS)
    .union(CloneFlags::CLONE_NEWPID)
    .union(CloneFlags::CLONE_NEWUSER)
    .union(CloneFlags::CLONE_NEWUTS)
    .bits() as u32;

const LOAD: u32 = BPF_LD | BPF_W | BPF_ABS;

/// Installs the filter for this process and all its descendants, for good (`seccomp(2)`).
pub fn install(options: &Options) -> Result<()> {
    if !options.has(Protection::Seccomp) {
        return Ok(());
    }
    let mut filter = program();
    let program = sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    let (mode, no_flags) = (libc::SECCOMP_SET_MODE_FILTER, 0);
    // SAFETY: the kernel reads the program and the filter in it; both live until it is done.
    let set = unsafe { libc::syscall(libc::SYS_seccomp, mode, no_flags, &raw const program) };
    Errno::result(set).map(drop).hint(hints).context("seccomp(SECCOMP_SET_MODE_FILTER)")
}

/// The filter, which the kernel runs before each call of the container.
fn program() -> Vec<sock_filter> {
    let [refuse, no_such_call] = [Errno::EPERM, Errno::ENOSYS].map(fail);
    let mut all = vec![
        // The numbers below are those of one architecture. Others are not served here.
        instruction(LOAD, offset_of!(seccomp_data, arch) as u32, 0, 0),
        instruction(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH, 1, 0),
        no_such_call,
        instruction(LOAD, offset_of!(seccomp_data, nr) as u32, 0, 0),
    ];
    // Programs of x86-64 have a second set of numbers, beginning here.
    all.extend([instruction(BPF_JMP | BPF_JGE | BPF_K, X32, 0, 1), no_such_call]);
    for call in REFUSED {
        all.extend([if_equal(*call, 1), refuse]);
    }
    // Its flags are in memory, which a filter cannot read. Programs use clone(2) instead.
    all.extend([if_equal(libc::SYS_clone3, 1), no_such_call]);
    for (call, argument, comparison, value) in WITH_ARGUMENT {
        all.extend([
            if_equal(call, 4),
            instruction(LOAD, low_half(argument), 0, 0),
            instruction(BPF_JMP | comparison | BPF_K, value, 0, 1),
            refuse,
            instruction(LOAD, offset_of!(seccomp_data, nr) as u32, 0, 0),
        ]);
    }
    all.push(instruction(BPF_RET | BPF_K, libc::SECCOMP_RET_ALLOW, 0, 0));
    all
}

/// Goes on if this is the call, or skips so many instructions.
fn if_equal(call: libc::c_long, skip: u8) -> sock_filter {
    instruction(BPF_JMP | BPF_JEQ | BPF_K, call as u32, 0, skip)
}

fn fail(errno: Errno) -> sock_filter {
    instruction(BPF_RET | BPF_K, libc::SECCOMP_RET_ERRNO | errno as u32, 0, 0)
}

/// Where the lower half of an argument is. The kernel ignores the upper half of these, and a
/// filter that compares it is passed by setting a bit there (CVE-2019-10063).
fn low_half(argument: usize) -> u32 {
    let whole = offset_of!(seccomp_data, args) + 8 * argument;
    (whole + if cfg!(target_endian = "little") { 0 } else { 4 }) as u32
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: code as u16, jt, jf, k }
}

fn hints(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EINVAL => {
            vec!["this kernel has no seccomp filters (CONFIG_SECCOMP_FILTER)".to_owned()]
        }
        Errno::EACCES => vec!["a filter requires no_new_privs, or CAP_SYS_ADMIN".to_owned()],
        _ => refusal::any_call(errno),
    }
}
