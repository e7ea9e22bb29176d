//! 소켓은 자기가 만들어진 네트워크 namespace에 속합니다. 소켓을 만든 프로세스가
//! 다른 namespace로 옮겨 가도 그대로입니다. 호출하는 프로세스에는 모든
//! capability가 있습니다.
//!
//! TCP 8080번 포트에서 연결을 기다리는 소켓 둘을 반환하세요. 하나는 호출한
//! 프로세스의 원래 네트워크 namespace에, 하나는 새 네트워크 namespace에 있어야
//! 합니다. 호출한 프로세스는 새 네트워크 namespace에 남습니다.
//!
//! 매뉴얼: network_namespaces(7), unshare(2)

use std::io;
use std::net::TcpListener;

fn listen_twice() -> io::Result<[TcpListener; 2]> {
    let first = TcpListener::bind("0.0.0.0:8080")?;
    // TODO: 아직 이 포트를 쓰지 않는 것은 어느 네트워크 namespace일까요?
    let second = TcpListener::bind("0.0.0.0:8080")?;
    Ok([first, second])
}

fn main() -> ! {
    judge::net2(listen_twice)
}
