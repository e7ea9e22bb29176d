//! What the filter says, without a kernel.

use super::*;

/// What the filter says about a call, found as the kernel does it.
fn verdict(arch: u32, call: u32, args: [u64; 6]) -> u32 {
    let program = program();
    let (mut at, mut loaded) = (0, 0);
    loop {
        let it = &program[at];
        at += 1;
        let skip = |condition: bool| usize::from(if condition { it.jt } else { it.jf });
        match u32::from(it.code) {
            LOAD if it.k == offset_of!(seccomp_data, nr) as u32 => loaded = call,
            LOAD if it.k == offset_of!(seccomp_data, arch) as u32 => loaded = arch,
            LOAD => {
                let argument = (0..6).find(|number| low_half(*number) == it.k);
                loaded = args[argument.unwrap_or_else(|| panic!("offset {}", it.k))] as u32;
            }
            code if code == BPF_JMP | BPF_JEQ | BPF_K => at += skip(loaded == it.k),
            code if code == BPF_JMP | BPF_JGE | BPF_K => at += skip(loaded >= it.k),
            code if code == BPF_JMP | BPF_JSET | BPF_K => at += skip(loaded & it.k != 0),
            code if code == BPF_RET | BPF_K => return it.k,
            code => panic!("an instruction with the code {code}"),
        }
    }
}

fn of(call: libc::c_long, args: [u64; 6]) -> u32 {
    verdict(AUDIT_ARCH, call as u32, args)
}

const REFUSE: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
const NO_SUCH_CALL: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;

#[test]
fn listed_calls_are_refused_and_ordinary_ones_are_not() {
    for call in REFUSED {
        assert_eq!(of(*call, [0; 6]), REFUSE, "{call}");
    }
    for call in [libc::SYS_read, libc::SYS_execve, libc::SYS_clone, libc::SYS_ioctl, libc::SYS_kill]
    {
        assert_eq!(of(call, [0; 6]), ALLOW, "{call}");
    }
    assert_eq!(of(libc::SYS_clone3, [0; 6]), NO_SUCH_CALL);
}

#[test]
fn calls_of_another_architecture_are_not_served() {
    let other = if AUDIT_ARCH == 0xc000_003e { 0x4000_0003 } else { 0xc000_003e };
    assert_eq!(verdict(other, libc::SYS_read as u32, [0; 6]), NO_SUCH_CALL);
    if cfg!(target_arch = "x86_64") {
        assert_eq!(verdict(AUDIT_ARCH, X32 | libc::SYS_read as u32, [0; 6]), NO_SUCH_CALL);
    }
}

#[test]
fn an_argument_decides_by_its_lower_half_alone() {
    let high = 1 << 40;
    for request in [libc::TIOCSTI as u32, libc::TIOCLINUX as u32].map(u64::from) {
        assert_eq!(of(libc::SYS_ioctl, [0, request, 0, 0, 0, 0]), REFUSE);
        assert_eq!(of(libc::SYS_ioctl, [0, request | high, 0, 0, 0, 0]), REFUSE);
    }
    assert_eq!(of(libc::SYS_ioctl, [(libc::TIOCSTI as u32).into(), 1, 0, 0, 0, 0]), ALLOW);
    let fork = libc::SIGCHLD as u64;
    assert_eq!(of(libc::SYS_clone, [fork, 0, 0, 0, 0, 0]), ALLOW);
    for kind in [libc::CLONE_NEWUSER, libc::CLONE_NEWNS, libc::CLONE_NEWCGROUP] {
        assert_eq!(of(libc::SYS_clone, [fork | kind as u64, 0, 0, 0, 0, 0]), REFUSE);
    }
    assert_eq!(of(libc::SYS_socket, [libc::AF_VSOCK as u64, 0, 0, 0, 0, 0]), REFUSE);
    assert_eq!(of(libc::SYS_socket, [libc::AF_INET as u64, 0, 0, 0, 0, 0]), ALLOW);
}
