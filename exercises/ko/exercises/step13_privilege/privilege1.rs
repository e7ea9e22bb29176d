//! 80번 포트를 쓰려고 root로 실행되는 서버에 필요한 capability는 하나입니다.
//! root가 시작하는 프로그램의 허용 집합과 유효 집합은 execve(2)가 계산하는데,
//! 한계 집합과 상속 가능 집합을 합한 것입니다. (채점 프로그램의 샌드박스에는
//! no_new_privs가 켜져 있어서 조건이 하나 더 붙습니다. 채점은 집합을 보고
//! 합니다.)
//!
//! 호출한 프로세스는 root입니다. 이 프로세스에 CAP_NET_BIND_SERVICE만 남기고,
//! 나중에 어떤 프로그램을 시작하든 다른 capability는 없게 하세요.
//!
//! 매뉴얼: capabilities(7), capset(2), prctl(2)

use std::io;

const CAP_NET_BIND_SERVICE: libc::c_ulong = 10;

fn keep_one() -> io::Result<()> {
    // TODO: execve(2)는 어느 집합에서 root에게 모두 되돌려 줄까요?
    capset(1 << CAP_NET_BIND_SERVICE)
}

/// 유효 집합과 허용 집합을 바꾸고 상속 가능 집합을 비웁니다(capset(2)).
fn capset(set: u64) -> io::Result<()> {
    let mut header = [0x2008_0522_u32, 0]; // 버전 3, 호출한 프로세스
    let (low, high) = (set as u32, (set >> 32) as u32);
    let sets = [low, low, 0, high, high, 0];
    // SAFETY: 헤더와 집합은 버전 3의 크기이고, 호출이 끝날 때까지 살아 있습니다.
    let done = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn main() -> ! {
    judge::privilege1(keep_one)
}
