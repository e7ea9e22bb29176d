//! 거부할 것을 나열하는 필터는 그것을 요청하는 모든 방법을 알아야 합니다. 채점
//! 프로그램이 그 방법들을 시도합니다. 시스템 콜 번호는 아키텍처마다 다르고, x86-64
//! 프로그램은 i386의 시스템 콜도 할 수 있습니다(`judge::AUDIT_ARCH`는 이 프로그램의
//! 아키텍처입니다). 또 x86-64에는 0x40000000부터 시작하는 두 번째 번호 체계(x32)가
//! 있어서, 시스템 콜 하나에 번호가 둘일 수 있습니다. ioctl(2)의 요청과 clone(2)의
//! 플래그는 커널이 아래 32비트만 읽습니다(CVE-2019-10063: 필터가 64비트를 모두
//! 비교했습니다). clone3(2)의 플래그는 메모리에 있어서 필터가 볼 수 없습니다. 이
//! 호출이 ENOSYS로 실패하면 프로그램은 clone(2)를 대신 씁니다.
//!
//! 호출한 프로세스에서 다음이 EPERM으로 실패하게 하세요. mount(2), unshare(2),
//! ptrace(2), keyctl(2), 다른 아키텍처의 시스템 콜과 번호가 0x40000000 이상인
//! 시스템 콜 모두, TIOCSTI를 준 ioctl(2), 그리고 다른 플래그가 무엇이든
//! CLONE_NEWUSER를 준 clone(2)입니다. clone3(2)는 ENOSYS로 실패합니다. 다른 시스템
//! 콜은 모두 전처럼 동작해야 합니다.
//!
//! 매뉴얼: seccomp(2), clone(2), ioctl_tty(2)

use std::io;

use libc::{BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter, sock_fprog};

const REFUSED: [libc::c_long; 4] =
    [libc::SYS_mount, libc::SYS_unshare, libc::SYS_ptrace, libc::SYS_keyctl];

fn install() -> io::Result<()> {
    let mut filter = vec![load(0)]; // 시스템 콜 번호
    for call in REFUSED {
        filter.extend([unless(BPF_JEQ, call as u32, 1), fail(libc::EPERM)]);
    }
    // TODO: 다른 아키텍처, 더 큰 번호, clone3(2), 그리고 인자를 보아야 하는 시스템 콜이 남았습니다.
    filter.push(op(BPF_RET | BPF_K, libc::SECCOMP_RET_ALLOW, 0));
    let program = sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    let mode = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: 커널이 프로그램을 복사하고, 프로그램과 필터는 호출이 끝날 때까지 살아 있습니다.
    let done = unsafe { libc::syscall(libc::SYS_seccomp, mode, 0, &raw const program) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// struct seccomp_data의 32비트를 읽습니다. 인자 0은 16에서, 인자 1은 24에서 시작합니다.
fn load(offset: u32) -> sock_filter {
    op(BPF_LD | BPF_W | BPF_ABS, offset, 0)
}

/// 비교(BPF_JEQ, BPF_JGE, BPF_JSET …)가 참이 아니면 명령어를 그만큼 건너뜁니다.
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
