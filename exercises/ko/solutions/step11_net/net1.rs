//! 1024보다 작은 포트를 쓰려면 CAP_NET_BIND_SERVICE가 필요합니다. 커널은 늘
//! 그렇듯이 어떤 user namespace에서 이 capability가 있는지 봅니다. 여기서는
//! 소켓의 네트워크 namespace를 소유한 user namespace입니다. 호출하는 프로세스는
//! capability가 없는 일반 사용자의 것입니다.
//!
//! 호출한 프로세스의 네트워크 namespace에서 TCP 80번 포트로 연결을 기다리는
//! 소켓을 반환하세요.
//!
//! 매뉴얼: network_namespaces(7), user_namespaces(7)

use std::io;
use std::net::TcpListener;

use nix::sched::{CloneFlags, unshare};

fn listen() -> io::Result<TcpListener> {
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)?;
    TcpListener::bind("0.0.0.0:80")
}

fn main() -> ! {
    judge::net1(listen)
}
