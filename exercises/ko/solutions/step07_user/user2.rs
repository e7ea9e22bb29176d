//! ioctl(2)에 namespace 파일의 디스크립터와 NS_GET_USERNS를 주면, 그
//! namespace를 소유한 user namespace의 새 파일 디스크립터를 반환합니다. 안에
//! 있는 프로세스는 그 뒤에 다른 user namespace로 옮겨 갔을 수도 있습니다.
//!
//! 이 PID를 가진 프로세스의 UTS namespace를 소유한 user namespace의 inode
//! 번호를 반환하세요.
//!
//! 매뉴얼: ioctl_ns(2), user_namespaces(7)

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::MetadataExt;

use nix::errno::Errno;
use nix::unistd::Pid;

/// <linux/nsfs.h>의 `_IO(NSIO, 1)`입니다.
const NS_GET_USERNS: libc::Ioctl = libc::_IO(0xb7, 1);

fn owner(pid: Pid) -> io::Result<u64> {
    let uts = File::open(format!("/proc/{pid}/ns/uts"))?;
    // SAFETY: 이 호출은 파일 디스크립터를 받고, 우리 메모리를 건드리지 않습니다.
    let user = Errno::result(unsafe { libc::ioctl(uts.as_raw_fd(), NS_GET_USERNS) })?;
    // SAFETY: 커널이 방금 만든 파일 디스크립터이고, 달리 소유한 곳이 없습니다.
    let user = unsafe { File::from_raw_fd(user) };
    Ok(user.metadata()?.ino())
}

fn main() -> ! {
    judge::user2(owner)
}
