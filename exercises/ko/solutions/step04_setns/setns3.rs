//! namespace는 다른 무언가가 가리키고 있지 않으면 마지막 프로세스와 함께
//! 사라집니다. 열린 파일 하나면 충분하고, 권한도 필요 없습니다.
//!
//! 이 PID를 가진 프로세스의 UTS namespace를 살려 두는 열린 파일을 반환하세요.
//! 채점 프로그램이 볼 때는 그 프로세스가 이미 끝나 있습니다. 다른 것은 남기지
//! 마세요. 프로세스도, 마운트도, 이 namespace의 다른 파일 디스크립터도 안
//! 됩니다.
//!
//! 매뉴얼: namespaces(7): Namespace lifetime

use std::fs::File;
use std::io;

use nix::unistd::Pid;

fn keep_alive(pid: Pid) -> io::Result<File> {
    File::open(format!("/proc/{pid}/ns/uts"))
}

fn main() -> ! {
    judge::setns3(keep_alive)
}
