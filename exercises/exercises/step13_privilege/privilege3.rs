//! The kernel runs a seccomp filter before each system call. Its instructions read
//! the number of the call, at offset 0 of a struct seccomp_data, and end with a
//! decision. (They should also check the architecture, at offset 4, and an ordinary
//! user has to set no_new_privs first. The judge's sandbox has done both.)
//!
//! Make sethostname(2) fail with ENOSYS for the caller. All other system calls work
//! as before.
//!
//! Manual: seccomp(2)

use std::io;

use libc::{BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter, sock_fprog};

fn refuse_sethostname() -> io::Result<()> {
    let call = libc::SYS_sethostname as u32;
    let refuse = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
    let mut filter = [
        // Reads the number of the call.
        instruction(BPF_LD | BPF_W | BPF_ABS, 0, 0, 0),
        // TODO: If it is equal, skip so many instructions; if not, so many. How many?
        instruction(BPF_JMP | BPF_JEQ | BPF_K, call, 1, 1),
        instruction(BPF_RET | BPF_K, refuse, 0, 0),
        instruction(BPF_RET | BPF_K, libc::SECCOMP_RET_ALLOW, 0, 0),
    ];
    let program = sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    let mode = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: the kernel copies the program; it and its filter live until the call is over.
    let done = unsafe { libc::syscall(libc::SYS_seccomp, mode, 0, &raw const program) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: code as u16, jt, jf, k }
}

fn main() -> ! {
    judge::privilege3(refuse_sethostname)
}
