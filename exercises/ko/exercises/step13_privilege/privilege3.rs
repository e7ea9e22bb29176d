//! 커널은 시스템 콜마다 그 전에 seccomp 필터를 실행합니다. 필터의 명령어들은
//! struct seccomp_data의 오프셋 0에 있는 시스템 콜 번호를 읽고, 결정을 내리며
//! 끝납니다. (오프셋 4에 있는 아키텍처도 확인해야 하고, 일반 사용자는 먼저
//! no_new_privs를 켜야 합니다. 둘 다 채점 프로그램의 샌드박스가 이미 했습니다.)
//!
//! 호출한 프로세스의 sethostname(2)가 ENOSYS로 실패하게 하세요. 다른 시스템
//! 콜은 모두 전처럼 동작해야 합니다.
//!
//! 매뉴얼: seccomp(2)

use std::io;

use libc::{BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter, sock_fprog};

fn refuse_sethostname() -> io::Result<()> {
    let call = libc::SYS_sethostname as u32;
    let refuse = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
    let mut filter = [
        // 시스템 콜의 번호를 읽습니다.
        instruction(BPF_LD | BPF_W | BPF_ABS, 0, 0, 0),
        // TODO: 같으면 몇 개, 다르면 몇 개의 명령어를 건너뜁니다. 각각 몇 개일까요?
        instruction(BPF_JMP | BPF_JEQ | BPF_K, call, 1, 1),
        instruction(BPF_RET | BPF_K, refuse, 0, 0),
        instruction(BPF_RET | BPF_K, libc::SECCOMP_RET_ALLOW, 0, 0),
    ];
    let program = sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    let mode = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: 커널이 프로그램을 복사하고, 프로그램과 필터는 호출이 끝날 때까지 살아 있습니다.
    let done = unsafe { libc::syscall(libc::SYS_seccomp, mode, 0, &raw const program) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: code as u16, jt, jf, k }
}

fn main() -> ! {
    judge::privilege3(refuse_sethostname)
}
