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
use std::os::unix::fs::MetadataExt;

use nix::unistd::Pid;

// TODO: <linux/nsfs.h>의 `_IO(NSIO, 1)`입니다. 어느 시스템 콜에 주고, 무엇을 반환할까요?
#[allow(dead_code)]
const NS_GET_USERNS: libc::Ioctl = libc::_IO(0xb7, 1);

fn owner(pid: Pid) -> io::Result<u64> {
    let uts = File::open(format!("/proc/{pid}/ns/uts"))?;
    Ok(uts.metadata()?.ino())
}

fn main() -> ! {
    judge::user2(owner)
}
