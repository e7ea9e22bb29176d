//! namespace는 모두 어떤 user namespace에 속합니다. 그것이 소유자(owner)입니다.
//! 여기서는 둘 다 프로세스가 모두 끝나서 /proc/PID/ns에 둘을 가리키는 링크가
//! 없습니다. 그래도 `file`이 열려 있으므로 커널에 물을 수 있습니다.
//!
//! `file`이 가리키는 namespace를 소유한 user namespace의 inode 번호를
//! 반환하세요.
//!
//! 매뉴얼: ioctl_ns(2)

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::MetadataExt;

fn owner_of(file: File) -> io::Result<u64> {
    // SAFETY: 이 요청에는 인자가 없습니다.
    let fd = unsafe { libc::ioctl(file.as_raw_fd(), libc::NS_GET_USERNS) };
    if fd == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: 새 파일 디스크립터이고, 달리 소유한 곳이 없습니다.
    let owner = unsafe { File::from_raw_fd(fd) };
    Ok(owner.metadata()?.ino())
}

fn main() -> ! {
    judge::map1(owner_of)
}
