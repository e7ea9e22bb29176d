//! 호출하는 프로세스는 새 user namespace의 사용자 1000입니다. 거기서 모든
//! capability를 가졌지만, 시작하는 프로그램은 하나도 갖지 못합니다. 일반
//! 사용자가 시작하는 프로그램은 그 파일에 capability가 없으면 execve(2)에서
//! ambient 집합에 있는 것만 남깁니다. prctl(PR_CAP_AMBIENT,
//! PR_CAP_AMBIENT_RAISE, …)로 거기에 capability를 더합니다.
//!
//! 호출한 프로세스가 그 뒤에 시작하는 프로그램이 CAP_NET_BIND_SERVICE만 갖고
//! 다른 capability는 갖지 않게 하세요.
//!
//! 매뉴얼: capabilities(7), capset(2), prctl(2)

use std::io;

const CAP_NET_BIND_SERVICE: libc::c_ulong = 10;

fn keep_one() -> io::Result<()> {
    let one = 1 << CAP_NET_BIND_SERVICE;
    // TODO: 일반 사용자가 프로그램을 시작할 때 execve(2)는 어느 집합을 그대로 둘까요?
    capset(one, one, 0)
}

/// 호출한 프로세스의 유효, 허용, 상속 가능 집합을 바꿉니다(capset(2)).
fn capset(effective: u64, permitted: u64, inheritable: u64) -> io::Result<()> {
    let mut header = [0x2008_0522_u32, 0]; // 버전 3, 호출한 프로세스
    let three = [effective, permitted, inheritable];
    let (low, high) = (three.map(|set| set as u32), three.map(|set| (set >> 32) as u32));
    let sets = [low, high];
    // SAFETY: 헤더와 집합은 버전 3의 크기이고, 호출이 끝날 때까지 살아 있습니다.
    let done = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn main() -> ! {
    judge::privilege2(keep_one)
}
