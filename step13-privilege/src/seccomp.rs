//! A filter for system calls, by hand (`seccomp(2)`).

use std::mem::offset_of;

use anyhow::{Context, Result};
use libc::{
    BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, seccomp_data, sock_filter, sock_fprog,
};
use nix::errno::Errno;
use step_support::Hint;

use crate::cli;

/// Makes `sethostname(2)` fail with ENOSYS for this process and all its descendants, for good.
///
/// The kernel runs the filter before each system call, on a `struct seccomp_data`. The number
/// of a call depends on the architecture: on the same kernel, a 32-bit program uses other
/// numbers. So the filter refuses all calls of other architectures.
pub fn refuse_sethostname() -> Result<()> {
    // ANCHOR: filter
    let load = BPF_LD | BPF_W | BPF_ABS;
    let if_equal = BPF_JMP | BPF_JEQ | BPF_K; // skips: the first number if equal, or the second
    let end = BPF_RET | BPF_K;
    let mut filter = [
        instruction(load, offset_of!(seccomp_data, arch) as u32, 0, 0),
        instruction(if_equal, AUDIT_ARCH, 0, 2),
        instruction(load, offset_of!(seccomp_data, nr) as u32, 0, 0),
        instruction(if_equal, libc::SYS_sethostname as u32, 0, 1),
        instruction(end, libc::SECCOMP_RET_ERRNO | Errno::ENOSYS as u32, 0, 0),
        instruction(end, libc::SECCOMP_RET_ALLOW, 0, 0),
    ];
    // ANCHOR_END: filter
    install(&mut filter)
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: code as u16, jt, jf, k }
}

fn install(filter: &mut [sock_filter]) -> Result<()> {
    let program = sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    let (mode, no_flags) = (libc::SECCOMP_SET_MODE_FILTER, 0);
    // SAFETY: the kernel reads the program and the filter in it; both live until it is done.
    let set = unsafe { libc::syscall(libc::SYS_seccomp, mode, no_flags, &raw const program) };
    Errno::result(set)
        .map(drop)
        .hint(cli::seccomp_hints)
        .context("seccomp(SECCOMP_SET_MODE_FILTER)")
}

/// The architecture of this program's system calls, as `<linux/audit.h>` composes it: the
/// machine of an ELF file, a bit for 64 bits, a bit for little-endian.
const AUDIT_ARCH: u32 = MACHINE as u32
    | if cfg!(target_pointer_width = "64") { 0x8000_0000 } else { 0 }
    | if cfg!(target_endian = "little") { 0x4000_0000 } else { 0 };

const MACHINE: u16 = if cfg!(target_arch = "x86_64") {
    libc::EM_X86_64
} else if cfg!(target_arch = "x86") {
    libc::EM_386
} else if cfg!(target_arch = "aarch64") {
    libc::EM_AARCH64
} else if cfg!(target_arch = "arm") {
    libc::EM_ARM
} else if cfg!(target_arch = "riscv64") {
    libc::EM_RISCV
} else if cfg!(target_arch = "powerpc64") {
    libc::EM_PPC64
} else if cfg!(target_arch = "s390x") {
    libc::EM_S390
} else {
    panic!("add the EM_... of this processor")
};
