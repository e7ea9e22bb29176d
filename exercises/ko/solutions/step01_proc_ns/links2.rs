//! /proc/PID/ns의 링크를 보면 두 프로세스가 namespace를 공유하는지 알 수
//! 있습니다.
//!
//! 프로세스 `a`와 `b`가 이 종류의 namespace를 공유하는지 반환하세요. 종류는
//! "uts", "net"과 같은 링크의 이름입니다.
//!
//! 매뉴얼: namespaces(7)

use std::fs;
use std::io;

use nix::unistd::Pid;

fn share_namespace(a: Pid, b: Pid, kind: &str) -> io::Result<bool> {
    let of_a = fs::read_link(format!("/proc/{a}/ns/{kind}"))?;
    let of_b = fs::read_link(format!("/proc/{b}/ns/{kind}"))?;
    Ok(of_a == of_b)
}

fn main() -> ! {
    judge::links2(share_namespace)
}
