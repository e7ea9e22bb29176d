//! To which network namespace a socket belongs.

use std::io;
use std::net::TcpListener;
use std::os::fd::IntoRawFd;

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{AND, Both, text};
use crate::observe::sockets::{check_sockets, descriptor, port};
use crate::process::{link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A socket belongs to the network namespace in which it was created, even if its
creator moves to another one. The caller has all capabilities.",
        "
소켓은 자기가 만들어진 네트워크 namespace에 속합니다. 소켓을 만든 프로세스가
다른 namespace로 옮겨 가도 그대로입니다. 호출하는 프로세스에는 모든
capability가 있습니다.",
    ),
    task: Both(
        "
Return two sockets that listen on TCP port 8080: one in the caller's old network
namespace, and one in a new network namespace. The caller stays in the new one.",
        "
TCP 8080번 포트에서 연결을 기다리는 소켓 둘을 반환하세요. 하나는 호출한
프로세스의 원래 네트워크 namespace에, 하나는 새 네트워크 namespace에 있어야
합니다. 호출한 프로세스는 새 네트워크 namespace에 남습니다.",
    ),
    manual: "network_namespaces(7), unshare(2)",
    starter: r#"
use std::io;
use std::net::TcpListener;

fn listen_twice() -> io::Result<[TcpListener; 2]> {
    let first = TcpListener::bind("0.0.0.0:8080")?;
    // TODO: In which network namespace is the port not taken?
    let second = TcpListener::bind("0.0.0.0:8080")?;
    Ok([first, second])
}

fn main() -> ! {
    judge::net2(listen_twice)
}
"#,
    solutions: &[
        (
            "the caller moves between the two calls",
            r#"
use std::io;
use std::net::TcpListener;

use nix::sched::{CloneFlags, unshare};

fn listen_twice() -> io::Result<[TcpListener; 2]> {
    let first = TcpListener::bind("0.0.0.0:8080")?;
    unshare(CloneFlags::CLONE_NEWNET)?;
    let second = TcpListener::bind("0.0.0.0:8080")?;
    Ok([first, second])
}

fn main() -> ! {
    judge::net2(listen_twice)
}
"#,
        ),
        (
            "first in the new one, then a visit to the old one",
            r#"
use std::fs::File;
use std::io;
use std::net::TcpListener;

use nix::sched::{CloneFlags, setns, unshare};

fn listen_twice() -> io::Result<[TcpListener; 2]> {
    let old = File::open("/proc/self/ns/net")?;
    unshare(CloneFlags::CLONE_NEWNET)?;
    let new = File::open("/proc/self/ns/net")?;
    let first = TcpListener::bind("0.0.0.0:8080")?;
    setns(old, CloneFlags::CLONE_NEWNET)?;
    let second = TcpListener::bind("0.0.0.0:8080")?;
    setns(new, CloneFlags::CLONE_NEWNET)?;
    Ok([first, second])
}

fn main() -> ! {
    judge::net2(listen_twice)
}
"#,
        ),
        (
            "libc, also a new user namespace",
            r#"
use std::io;
use std::net::TcpListener;

use nix::errno::Errno;

fn listen_twice() -> io::Result<[TcpListener; 2]> {
    let first = TcpListener::bind("0.0.0.0:8080")?;
    // SAFETY: the call takes a number.
    Errno::result(unsafe { libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET) })?;
    Ok([first, TcpListener::bind("0.0.0.0:8080")?])
}

fn main() -> ! {
    judge::net2(listen_twice)
}
"#,
        ),
    ],
    hints: [
        Both(
            "For which network namespace does bind(2) ask whether the port is taken?",
            "bind(2)는 어느 네트워크 namespace에서 포트를 이미 쓰고 있는지 확인하나요?",
        ),
        Both(
            "For that of the socket, which is the one in which the caller created it. So the \
             caller has to be in two network namespaces, one after the other.",
            "소켓의 네트워크 namespace, 곧 소켓을 만들 때 호출한 프로세스가 있던 곳에서 \
             확인합니다. 그러므로 호출한 프로세스가 두 네트워크 namespace에 차례로 있어야 합니다.",
        ),
        Both::same(
            r#"let first = TcpListener::bind("0.0.0.0:8080")?;
unshare(CloneFlags::CLONE_NEWNET)?;
let second = TcpListener::bind("0.0.0.0:8080")?;"#,
        ),
    ],
    errors: &[
        (
            "EADDRINUSE",
            Both(
                "the port is taken in the network namespace of the socket: in which one was the \
                 caller when it created the first socket, and in which one when it created the \
                 second?",
                "소켓의 네트워크 namespace에서 그 포트를 이미 쓰고 있습니다. 첫 소켓을 만들 때와 \
                 두 번째 소켓을 만들 때 호출한 프로세스는 각각 어디에 있었나요?",
            ),
        ),
        (
            "EPERM",
            Both(
                "a new network namespace requires CAP_SYS_ADMIN in the caller's user namespace, \
                 and setns(2) requires it also in the user namespace that owns the target: where \
                 did your function leave the user namespace that owns the old one?",
                "새 네트워크 namespace를 만들려면 자기 user namespace에서 CAP_SYS_ADMIN이 있어야 \
                 하고, setns(2)에는 대상을 소유한 user namespace에서도 있어야 합니다. 함수가 \
                 원래의 네트워크 namespace를 소유한 user namespace를 어디서 떠났나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "flags of unshare(2) and setns(2) are kinds of namespace: which one is yours?",
                "unshare(2)와 setns(2)의 플래그는 namespace의 종류입니다. 어느 것을 썼나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "one in the caller's old network namespace, and one in a new network namespace",
            change: "    unshare(CloneFlags::CLONE_NEWNET)?;",
            to: "    let _ = unshare(CloneFlags::empty());",
            says: "in which one was the caller when it created the first socket",
        },
        Wrong {
            clause: "one in the caller's old network namespace",
            change: r#"    let first = TcpListener::bind("0.0.0.0:8080")?;
    unshare(CloneFlags::CLONE_NEWNET)?;"#,
            to: r#"    unshare(CloneFlags::CLONE_NEWNET)?;
    let first = TcpListener::bind("0.0.0.0:8080")?;"#,
            says: "in which one was the caller when it created the first socket",
        },
        Wrong {
            clause: "one in the caller's old network namespace",
            change: r#"    let first = TcpListener"#,
            to: r#"    unshare(CloneFlags::CLONE_NEWNET)?;
    let first = TcpListener"#,
            says: "the old network namespace of the caller",
        },
        Wrong {
            clause: "listen on TCP port 8080",
            change: r#"    let second = TcpListener::bind("0.0.0.0:8080")?;"#,
            to: r#"    let second = TcpListener::bind("0.0.0.0:8081")?;"#,
            says: "listens on port 8081",
        },
        Wrong {
            clause: "two sockets",
            change: "    Ok([first, second])",
            to: "    drop(first);
    Ok([second.try_clone()?, second])",
            says: "neither listens there",
        },
        Wrong {
            clause: "one in a new network namespace",
            change: r#"    let first = TcpListener::bind("0.0.0.0:8080")?;
    unshare(CloneFlags::CLONE_NEWNET)?;
    let second = TcpListener::bind("0.0.0.0:8080")?;
    Ok([first, second])"#,
            to: r#"    use std::os::fd::{AsRawFd, FromRawFd};
    let sharing = || {
        // SAFETY: the call takes numbers.
        let fd = unsafe { libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0) };
        // SAFETY: nobody else has this descriptor.
        let socket = unsafe { TcpListener::from_raw_fd(fd) };
        let (on, length) = (1, size_of::<i32>() as u32);
        let (level, option) = (libc::SOL_SOCKET, libc::SO_REUSEPORT);
        // SAFETY: the value has this length and outlives the call.
        unsafe { libc::setsockopt(fd, level, option, (&raw const on).cast(), length) };
        // SAFETY: the structure consists of numbers, for which 0 is a value.
        let mut address: libc::sockaddr_in = unsafe { std::mem::zeroed() };
        address.sin_family = libc::AF_INET as u16;
        address.sin_port = 8080_u16.to_be();
        let length = size_of_val(&address) as u32;
        // SAFETY: the address has this length and outlives the call.
        unsafe { libc::bind(fd, (&raw const address).cast(), length) };
        // SAFETY: the call takes numbers.
        unsafe { libc::listen(socket.as_raw_fd(), 1) };
        socket
    };
    let sockets = [sharing(), sharing()];
    unshare(CloneFlags::CLONE_NEWNET)?;
    Ok(sockets)"#,
            says: "both listen there",
        },
        Wrong {
            clause: "The caller stays in the new one.",
            change: r#"    unshare(CloneFlags::CLONE_NEWNET)?;
    let second = TcpListener::bind("0.0.0.0:8080")?;"#,
            to: r#"    let old = std::fs::File::open("/proc/self/ns/net")?;
    unshare(CloneFlags::CLONE_NEWNET)?;
    let second = TcpListener::bind("0.0.0.0:8080")?;
    nix::sched::setns(old, CloneFlags::CLONE_NEWNET)?;"#,
            says: "in which it was before",
        },
        Wrong {
            clause: "The caller stays in the new one.",
            change: "    Ok([first, second])",
            to: "    unshare(CloneFlags::CLONE_NEWNET)?;
    Ok([first, second])",
            says: "the new network namespace of the caller",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer listens on port 8080 in two network namespaces.
pub fn net2(answer: fn() -> io::Result<[TcpListener; 2]>) -> ! {
    judge(|| {
        check_sockets()?;
        let process = run_answer(&EXERCISE, || {
            // Without an owner the sockets stay open as long as the process lives.
            answer().map(|sockets| sockets.map(|it| it.into_raw_fd().to_string()).join(" "))
        })?;
        let namespaces =
            [(Both("old", "원래").here(), Pid::this()), (Both("new", "새").here(), process.pid)];
        let [old, new] = namespaces.map(|(_, pid)| link(pid, "net"));
        ensure(old != new, || {
            wrong(
                text!(
                    "the caller in a new network namespace",
                    "호출한 프로세스는 새 네트워크 namespace에 있음",
                ),
                text!("{new}, in which it was before", "전에 있던 {new}에 그대로 있습니다"),
                text!(
                    "which call moves the caller, and is there one that moves it back?",
                    "호출한 프로세스를 옮기는 것은 어느 호출이고, 되돌려 놓는 호출도 있나요?",
                ),
            )
        })?;
        let sockets = process.output.split(' ').map(|fd| descriptor(process.pid, fd));
        let sockets: Vec<_> = sockets.collect();
        for (name, pid) in namespaces {
            let there = sockets.iter().filter_map(|socket| Some((socket, port(socket, pid)?)));
            let there: Vec<_> = there.collect();
            let (found, reason) = match *there {
                [(_, 8080)] => continue,
                [(socket, port)] => (
                    text!(
                        "{socket} listens on port {port}",
                        "{socket}은(는) {port}번 포트에서 기다립니다",
                    ),
                    text!(
                        "which number did your function give to bind(2)?",
                        "함수가 bind(2)에 준 번호는 몇 번인가요?",
                    ),
                ),
                [] => (
                    text!(
                        "of {}, neither listens there",
                        "{} 가운데 거기서 기다리는 것이 없습니다",
                        sockets.join(AND),
                    ),
                    text!(
                        "a socket belongs to the network namespace in which it was created: where \
                         was the caller when it created each of them?",
                        "소켓은 자기가 만들어진 네트워크 namespace에 속합니다. 소켓을 하나씩 만들 \
                         때 호출한 프로세스는 어디에 있었나요?",
                    ),
                ),
                _ => (
                    text!(
                        "of {}, both listen there",
                        "{} 둘 다 거기서 기다립니다",
                        sockets.join(AND),
                    ),
                    text!(
                        "a socket belongs to the network namespace in which it was created: where \
                         was the caller when it created the second one?",
                        "소켓은 자기가 만들어진 네트워크 namespace에 속합니다. 두 번째 소켓을 만들 \
                         때 호출한 프로세스는 어디에 있었나요?",
                    ),
                ),
            };
            let namespace = link(pid, "net");
            return Err(wrong(
                text!(
                    "one socket on port 8080 in {namespace}, the {name} network namespace of the \
                     caller",
                    "호출한 프로세스의 {name} 네트워크 namespace인 {namespace}에, 8080번 포트를 \
                     쓰는 소켓 하나",
                ),
                found,
                reason,
            ));
        }
        Ok(text!(
            "{} listen on port 8080, in {old} and in {new}",
            "{}이(가) {old}와 {new}에서 각각 8080번 포트로 연결을 기다립니다",
            sockets.join(AND),
        ))
    })
}
