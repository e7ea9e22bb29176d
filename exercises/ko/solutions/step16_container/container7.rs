//! 호출하는 프로세스는 user namespace의 root이고, 곧 컨테이너의 프로그램이 됩니다.
//! 이 프로세스를 시작한 쪽이 파일들을 열어 두었는데, 호스트의 디렉터리도
//! 있습니다(runc의 CVE-2024-21626). capability도 상속 가능 집합과 ambient 집합에
//! 넣어 두었습니다. `keep`에는 컨테이너에 필요한 capability의 번호가 있고, 31보다
//! 큰 것도 있습니다. 집합은 64비트이고, capset(2)는 그것을 반으로 나누어 받습니다.
//!
//! 호출한 프로세스의 유효 집합, 허용 집합, 한계 집합에 `keep`의 capability만
//! 남기세요. 상속 가능 집합과 ambient 집합은 비웁니다. 파일 디스크립터는 0, 1, 2만
//! 열려 있어야 합니다.
//!
//! 매뉴얼: capabilities(7), capset(2), prctl(2), close_range(2)

use std::io;

fn give_up(keep: &[u32]) -> io::Result<()> {
    let (first, last, flags) = (3_u32, u32::MAX, 0_u32);
    // SAFETY: 이 프로세스가 앞으로 쓰는 것 가운데 이 파일 디스크립터를 소유한 것은 없습니다.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) };
    if closed != 0 {
        return Err(io::Error::last_os_error());
    }
    for number in (0..64).filter(|it| !keep.contains(it)) {
        match drop_from_bounding_set(number) {
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => break,
            result => result?,
        }
    }
    let kept = keep.iter().fold(0, |set, number| set | 1 << number);
    capset(kept, kept, 0)
}

/// 커널이 그 capability를 모르면 EINVAL로 실패합니다(prctl(2)).
fn drop_from_bounding_set(number: u32) -> io::Result<()> {
    let [number, unused] = [number, 0].map(libc::c_ulong::from);
    // SAFETY: 이 호출의 인자는 모두 수입니다.
    match unsafe { libc::prctl(libc::PR_CAPBSET_DROP, number, unused, unused, unused) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
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
    judge::container7(give_up)
}
