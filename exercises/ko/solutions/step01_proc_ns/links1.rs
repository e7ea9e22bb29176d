//! 커널은 프로세스의 namespace를 심볼릭 링크로 보여 줍니다. /proc/PID/ns/uts가
//! 그 하나이고, 다른 종류마다 하나씩 더 있습니다. 이런 링크는 파일 이름을
//! 가리키지 않습니다. 링크의 내용은 종류와 번호로 된 글자입니다.
//!
//! `pid`번 프로세스의 UTS namespace에 대해 그 글자를 반환하세요.
//!
//! 매뉴얼: namespaces(7), readlink(2)

use std::fs;
use std::io;

use nix::unistd::Pid;

fn read_uts_link(pid: Pid) -> io::Result<String> {
    let target = fs::read_link(format!("/proc/{pid}/ns/uts"))?;
    Ok(target.to_string_lossy().into_owned())
}

fn main() -> ! {
    judge::links1(read_uts_link)
}
