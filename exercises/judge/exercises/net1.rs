//! A port that is reserved for root.

use std::io;
use std::net::TcpListener;
use std::os::fd::IntoRawFd;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::observe::id_maps::User;
use crate::observe::sockets::{check_sockets, descriptor, port};
use crate::process::{link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
Ports below 1024 require CAP_NET_BIND_SERVICE. As always, the kernel asks for it
in a user namespace: the one that owns the network namespace of the socket. The
caller is an ordinary user without capabilities.",
        "
1024보다 작은 포트를 쓰려면 CAP_NET_BIND_SERVICE가 필요합니다. 커널은 늘
그렇듯이 어떤 user namespace에서 이 capability가 있는지 봅니다. 여기서는
소켓의 네트워크 namespace를 소유한 user namespace입니다. 호출하는 프로세스는
capability가 없는 일반 사용자의 것입니다.",
    ),
    task: Both(
        "
Return a socket that listens on TCP port 80 in the network namespace of the
caller.",
        "
호출한 프로세스의 네트워크 namespace에서 TCP 80번 포트로 연결을 기다리는
소켓을 반환하세요.",
    ),
    manual: "network_namespaces(7), user_namespaces(7)",
    starter: r#"
use std::io;
use std::net::TcpListener;

use nix::sched::{CloneFlags, unshare};

fn listen() -> io::Result<TcpListener> {
    unshare(CloneFlags::CLONE_NEWUSER)?;
    // TODO: Which user namespace owns the network namespace of this socket?
    TcpListener::bind("0.0.0.0:80")
}

fn main() -> ! {
    judge::net1(listen)
}
"#,
    solutions: &[
        (
            "one call for both namespaces",
            r#"
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
"#,
        ),
        (
            "a call for each, first the owner",
            r#"
use std::io;
use std::net::TcpListener;

use nix::sched::{CloneFlags, unshare};

fn listen() -> io::Result<TcpListener> {
    unshare(CloneFlags::CLONE_NEWUSER)?;
    unshare(CloneFlags::CLONE_NEWNET)?;
    TcpListener::bind("0.0.0.0:80")
}

fn main() -> ! {
    judge::net1(listen)
}
"#,
        ),
        (
            "libc: no address, but a port",
            r#"
use std::io;
use std::net::TcpListener;
use std::os::fd::FromRawFd;

use nix::errno::Errno;

fn listen() -> io::Result<TcpListener> {
    // SAFETY: the call takes a number.
    Errno::result(unsafe { libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET) })?;
    // SAFETY: the call takes numbers.
    let fd = Errno::result(unsafe { libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0) })?;
    // SAFETY: nobody else has this descriptor.
    let socket = unsafe { TcpListener::from_raw_fd(fd) };
    // SAFETY: the structure consists of numbers, for which 0 is a value.
    let mut address: libc::sockaddr_in = unsafe { std::mem::zeroed() };
    address.sin_family = libc::AF_INET as u16;
    address.sin_port = 80_u16.to_be();
    let length = size_of_val(&address) as u32;
    // SAFETY: the address has this length and outlives the call.
    Errno::result(unsafe { libc::bind(fd, (&raw const address).cast(), length) })?;
    // SAFETY: the call takes numbers.
    Errno::result(unsafe { libc::listen(fd, 1) })?;
    Ok(socket)
}

fn main() -> ! {
    judge::net1(listen)
}
"#,
        ),
    ],
    hints: [
        Both(
            "After the starter's unshare(2), what does `readlink /proc/PID/ns/net` show of the \
             caller: the old network namespace, or a new one?",
            "처음에 주어진 프로그램이 unshare(2)를 호출한 뒤 `readlink /proc/PID/ns/net`은 원래의 \
             네트워크 namespace와 새 네트워크 namespace 가운데 어느 것을 보여 주나요?",
        ),
        Both(
            "The old one, whose owner is the old user namespace. A network namespace that you \
             create belongs to the user namespace that you are in at that moment.",
            "원래의 것이고, 그 소유자는 원래의 user namespace입니다. 새 네트워크 namespace의 \
             소유자는 만든 프로세스가 그때 있는 user namespace입니다.",
        ),
        Both::same("unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)?;"),
    ],
    errors: &[
        (
            "EACCES",
            Both(
                "CAP_NET_BIND_SERVICE is missing in the user namespace that owns the network \
                 namespace in which the socket was created: which one is that?",
                "소켓이 만들어진 네트워크 namespace를 소유한 user namespace에서 \
                 CAP_NET_BIND_SERVICE가 없습니다. 그 user namespace는 어느 것인가요?",
            ),
        ),
        (
            "EPERM",
            Both(
                "a new network namespace requires CAP_SYS_ADMIN in the caller's user namespace: of \
                 which kind is the only namespace that an ordinary user may create?",
                "새 네트워크 namespace를 만들려면 자기 user namespace에서 CAP_SYS_ADMIN이 있어야 \
                 합니다. 일반 사용자가 만들 수 있는 단 한 종류의 namespace는 무엇인가요?",
            ),
        ),
        (
            "EADDRINUSE",
            Both(
                "another socket in this network namespace has the port: which one is it?",
                "이 네트워크 namespace의 다른 소켓이 그 포트를 쓰고 있습니다. 어느 소켓인가요?",
            ),
        ),
        (
            "EADDRNOTAVAIL",
            Both(
                "no device in the network namespace of the socket has this address: which one \
                 stands for all of them?",
                "소켓의 네트워크 namespace에는 이 주소를 가진 장치가 없습니다. 모든 주소를 \
                 나타내는 주소는 무엇인가요?",
            ),
        ),
        (
            "ENOSPC",
            Both(
                "there are too many nested namespaces: is unshare(2) in a loop?",
                "namespace가 너무 많이 겹쳐 있습니다. unshare(2)가 반복문 안에 있나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "listens on TCP port 80",
            change: "CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET",
            to: "CloneFlags::CLONE_NEWUSER",
            says: "in which the socket was created: which one is that?",
        },
        Wrong {
            clause: "listens on TCP port 80",
            change: "CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET",
            to: "CloneFlags::CLONE_NEWNET",
            says: "the only namespace that an ordinary user may create",
        },
        Wrong {
            clause: "listens on TCP port 80",
            change: r#"    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)?;
    TcpListener::bind("0.0.0.0:80")"#,
            to: "    use std::os::fd::FromRawFd;
    // SAFETY: the call takes numbers.
    let fd = unsafe { libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0) };
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)?;
    // SAFETY: the structure consists of numbers, for which 0 is a value.
    let mut address: libc::sockaddr_in = unsafe { std::mem::zeroed() };
    address.sin_family = libc::AF_INET as u16;
    address.sin_port = 80_u16.to_be();
    let length = size_of_val(&address) as u32;
    // SAFETY: the address has this length and outlives the call.
    let bound = unsafe { libc::bind(fd, (&raw const address).cast(), length) };
    nix::errno::Errno::result(bound)?;
    // SAFETY: nobody else has this descriptor.
    Ok(unsafe { TcpListener::from_raw_fd(fd) })",
            says: "in which the socket was created: which one is that?",
        },
        Wrong {
            clause: "port 80",
            change: "0.0.0.0:80",
            to: "0.0.0.0:8080",
            says: "listens on port 8080",
        },
        Wrong {
            clause: "in the network namespace of the caller",
            change: r#"    TcpListener::bind("0.0.0.0:80")"#,
            to: r#"    let listener = TcpListener::bind("0.0.0.0:80")?;
    unshare(CloneFlags::CLONE_NEWNET)?;
    Ok(listener)"#,
            says: "does not listen there",
        },
        Wrong {
            clause: "listens",
            change: r#"    TcpListener::bind("0.0.0.0:80")"#,
            to: r#"    let listener = TcpListener::bind("0.0.0.0:80")?;
    // SAFETY: the call takes numbers.
    unsafe { libc::shutdown(std::os::fd::AsRawFd::as_raw_fd(&listener), libc::SHUT_RDWR) };
    Ok(listener)"#,
            says: "does not listen there",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer, without capabilities, listens on port 80.
pub fn net1(answer: fn() -> io::Result<TcpListener>) -> ! {
    judge(|| {
        check_sockets()?;
        let user = User::new()?;
        let process = run_answer(&EXERCISE, || {
            user.enter()?;
            // Without an owner the socket stays open as long as the process lives.
            answer().map(IntoRawFd::into_raw_fd)
        })?;
        let socket = descriptor(process.pid, &process.output);
        let namespace = link(process.pid, "net");
        let port = port(&socket, process.pid);
        ensure(port == Some(80), || {
            let (found, reason) = match port {
                Some(port) => (
                    text!(
                        "{socket} listens on port {port}",
                        "{socket}은(는) {port}번 포트에서 기다립니다",
                    ),
                    text!(
                        "which number did your function give to bind(2)?",
                        "함수가 bind(2)에 준 번호는 몇 번인가요?",
                    ),
                ),
                None => (
                    text!(
                        "{socket} does not listen there",
                        "{socket}은(는) 거기서 연결을 기다리지 않습니다",
                    ),
                    text!(
                        "a socket stays in the network namespace in which it was created, and \
                         listens until it is shut down: what does your function do after \
                         listen(2)?",
                        "소켓은 만들어진 네트워크 namespace에 계속 속하고, 닫힐 때까지 연결을 \
                         기다립니다. listen(2) 다음에 함수가 무엇을 하나요?",
                    ),
                ),
            };
            wrong(
                text!(
                    "a socket that listens on port 80 in {namespace}",
                    "{namespace}에서 80번 포트로 연결을 기다리는 소켓",
                ),
                found,
                reason,
            )
        })?;
        let owner = link(process.pid, "user");
        Ok(text!(
            "{socket} listens on port 80 in {namespace}, and the caller is in {owner}",
            "{socket}이(가) {namespace}에서 80번 포트로 연결을 기다리고, 호출한 프로세스는 \
             {owner}에 있습니다",
        ))
    })
}
