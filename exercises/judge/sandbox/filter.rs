//! The system calls that a sandbox does not contain: namespaces isolate neither keyrings nor
//! every kind of socket. A filter refuses them (`seccomp(2)`), as in most containers.

use std::io;

use libc::{
    AF_INET, AF_INET6, AF_NETLINK, AF_UNIX, BPF_ABS, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_K, BPF_LD,
    BPF_RET, BPF_W, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO,
    sock_filter, sock_fprog,
};
use nix::errno::Errno;
use nix::sys::prctl::set_no_new_privs;

/// The architecture of this program's system calls (`<linux/audit.h>`).
pub const AUDIT_ARCH: Option<u32> =
    if cfg!(all(target_arch = "x86_64", target_pointer_width = "64")) {
        Some(0xc000_003e)
    } else if cfg!(target_arch = "x86") {
        Some(0x4000_0003)
    } else if cfg!(target_arch = "aarch64") {
        Some(0xc000_00b7)
    } else if cfg!(target_arch = "riscv64") {
        Some(0xc000_00f3)
    } else {
        None
    };

/// Refuses, for good, keyrings and all sockets but those that a network namespace isolates.
/// False if this does not know the processor, and so refuses nothing.
pub fn refuse_what_namespaces_do_not_isolate() -> io::Result<bool> {
    // Offsets in struct seccomp_data. The arguments have 64 bits.
    const NUMBER: u32 = 0;
    const ARCH: u32 = 4;
    const FIRST_ARGUMENT: u32 = if cfg!(target_endian = "little") { 16 } else { 20 };
    // On x86-64 the calls of the x32 ABI have this bit in their numbers.
    const X32: u32 = 0x4000_0000;
    let Some(arch) = AUDIT_ARCH else { return Ok(false) };
    let op = |code: u32, k: u32, jt, jf| sock_filter { code: code as u16, jt, jf, k };
    let load = |offset| op(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
    // The next one is skipped unless the loaded number is `k`.
    let if_equal = |k: u32| op(BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1);
    let allow = op(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
    let refuse = |errno: Errno| op(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | errno as u32, 0, 0);

    let mut filter = vec![
        // Each architecture has other numbers, and a program may call with those of another.
        load(ARCH),
        op(BPF_JMP | BPF_JEQ | BPF_K, arch, 1, 0),
        refuse(Errno::ENOSYS),
        load(NUMBER),
        op(BPF_JMP | BPF_JGE | BPF_K, X32, 0, 1),
        refuse(Errno::ENOSYS),
    ];
    for call in [libc::SYS_add_key, libc::SYS_request_key, libc::SYS_keyctl] {
        filter.extend([if_equal(call as u32), refuse(Errno::ENOSYS)]);
    }
    // It has the kind of socket in memory, where a filter cannot look.
    #[cfg(target_arch = "x86")]
    filter.extend([if_equal(libc::SYS_socketcall as u32), refuse(Errno::ENOSYS)]);
    filter.extend([op(BPF_JMP | BPF_JEQ | BPF_K, libc::SYS_socket as u32, 1, 0), allow]);
    filter.push(load(FIRST_ARGUMENT));
    for family in [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK] {
        filter.extend([if_equal(family as u32), allow]);
    }
    filter.push(refuse(Errno::EAFNOSUPPORT));

    let program = sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    set_no_new_privs()?;
    // SAFETY: the program and its filter live until the call is over.
    let set = unsafe { libc::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &raw const program) };
    Errno::result(set)?;
    Ok(true)
}
