//! A filter that lists what it refuses must know every way to ask for it, and the
//! judge tries them all. Each architecture has other numbers, and a program of
//! x86-64 can make calls of i386, too (`judge::AUDIT_ARCH` is that of this
//! program). x86-64 has a second set of numbers, x32, from 0x40000000 on, so one
//! call can have two numbers. Of the request of ioctl(2) and the flags of clone(2)
//! the kernel reads only the lower 32 bits (CVE-2019-10063: a filter compared all
//! 64). The flags of clone3(2) are in memory, where no filter can look; programs
//! call clone(2) instead if it fails with ENOSYS.
//!
//! Let these fail with EPERM for the caller: mount(2), unshare(2), ptrace(2),
//! keyctl(2), every call of another architecture or with a number from 0x40000000
//! on, ioctl(2) with TIOCSTI, and clone(2) with CLONE_NEWUSER, whatever other flags
//! it has. clone3(2) fails with ENOSYS. All other calls work as before.
//!
//! Manual: seccomp(2), clone(2), ioctl_tty(2)

use std::io;

use libc::{BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter, sock_fprog};

const REFUSED: [libc::c_long; 4] =
    [libc::SYS_mount, libc::SYS_unshare, libc::SYS_ptrace, libc::SYS_keyctl];

fn install() -> io::Result<()> {
    let mut filter = vec![load(0)]; // the number of the call
    for call in REFUSED {
        filter.extend([unless(BPF_JEQ, call as u32, 1), fail(libc::EPERM)]);
    }
    // TODO: Other architectures, numbers above those, clone3(2), and calls with an argument.
    filter.push(op(BPF_RET | BPF_K, libc::SECCOMP_RET_ALLOW, 0));
    let program = sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    let mode = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: the kernel copies the program; it and its filter live until the call is over.
    let done = unsafe { libc::syscall(libc::SYS_seccomp, mode, 0, &raw const program) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Loads 32 bits of struct seccomp_data. Argument 0 begins at 16, argument 1 at 24.
fn load(offset: u32) -> sock_filter {
    op(BPF_LD | BPF_W | BPF_ABS, offset, 0)
}

/// Skips so many instructions unless the comparison (BPF_JEQ, BPF_JGE, BPF_JSET …) holds.
fn unless(comparison: u32, k: u32, skip: u8) -> sock_filter {
    op(BPF_JMP | comparison | BPF_K, k, skip)
}

fn fail(errno: i32) -> sock_filter {
    op(BPF_RET | BPF_K, libc::SECCOMP_RET_ERRNO | errno as u32, 0)
}

fn op(code: u32, k: u32, jf: u8) -> sock_filter {
    sock_filter { code: code as u16, jt: 0, jf, k }
}

fn main() -> ! {
    judge::container8(install)
}
