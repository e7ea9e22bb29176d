//! A name and a network for a container.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use nix::errno::Errno;
use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::observe::calls::random;
use crate::observe::child::hostname;
use crate::observe::container::{enter_and_run, run_in_namespaces};
use crate::observe::namespaces::owner;
use crate::observe::sockets::check_sockets;
use crate::process::{Process, link, uts_names};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
PID 1 of a container calls `set_up`. It is root of a new user, PID and mount
namespace, and still has the hostname and the network outside, over which it has
no power. In a new network namespace there is one device, lo, and it is down:
even 127.0.0.1 cannot be reached. Its flags are changed by an ioctl(2) on a
socket, in the network namespace in which the socket was created.",
        "
컨테이너의 PID 1이 `set_up`을 호출합니다. 새 user, PID, 마운트 namespace의
root이고, 호스트 이름과 네트워크는 아직 바깥의 것입니다. 그것을 바꿀 권한은
없습니다. 새 네트워크 namespace에는 장치가 lo 하나뿐이고, 꺼져 있어서
127.0.0.1에도 연결할 수 없습니다. 장치의 플래그는 소켓에 ioctl(2)를 해서
바꿉니다. 그 소켓이 만들어진 네트워크 namespace의 장치가 바뀝니다.",
    ),
    task: Both(
        "
Move the caller into a UTS and a network namespace that belong to its user
namespace. The hostname there is `name`. A server on 127.0.0.1 can be reached
there.",
        "
호출한 프로세스를 그 user namespace가 소유하는 UTS namespace와 네트워크
namespace로 옮기세요. 거기서 호스트 이름은 `name`입니다. 거기서 127.0.0.1의
서버에 연결할 수 있어야 합니다.",
    ),
    manual: "uts_namespaces(7), network_namespaces(7), netdevice(7)",
    starter: r#"
use std::io;

use nix::unistd::sethostname;

fn set_up(name: &str) -> io::Result<()> {
    // TODO: Whose hostname is this? And then, who brings lo up?
    sethostname(name)?;
    Ok(())
}

fn main() -> ! {
    judge::container5(set_up)
}
"#,
    solutions: &[
        (
            "an ioctl(2)",
            r#"
use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn set_up(name: &str) -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWNET)?;
    sethostname(name)?;
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    // SAFETY: all zeros is a valid value of this structure.
    let mut request = unsafe { std::mem::zeroed::<libc::ifreq>() };
    for (to, from) in request.ifr_name.iter_mut().zip(*b"lo") {
        *to = from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
    let call = libc::SIOCSIFFLAGS as _;
    // SAFETY: the structure has a name that ends with NUL, and outlives the call.
    Errno::result(unsafe { libc::ioctl(socket.as_raw_fd(), call, &raw const request) })?;
    Ok(())
}

fn main() -> ! {
    judge::container5(set_up)
}
"#,
        ),
        (
            "libc, and a message by rtnetlink(7)",
            r#"
use std::io;

use nix::errno::Errno;

fn set_up(name: &str) -> io::Result<()> {
    // SAFETY: the call takes a number.
    Errno::result(unsafe { libc::unshare(libc::CLONE_NEWNET) })?;
    bring_up(1)?;
    // SAFETY: the call takes a number.
    Errno::result(unsafe { libc::unshare(libc::CLONE_NEWUTS) })?;
    // SAFETY: the kernel reads the bytes of the name.
    Errno::result(unsafe { libc::sethostname(name.as_ptr().cast(), name.len()) })?;
    Ok(())
}

fn bring_up(index: u32) -> io::Result<()> {
    // SAFETY: the call takes numbers.
    let socket = unsafe { libc::socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE) };
    Errno::result(socket)?;
    // A struct nlmsghdr, and a struct ifinfomsg: flags and which of them to change.
    let (kind, flags) = (libc::RTM_NEWLINK as u32, (libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u32);
    let both = if cfg!(target_endian = "little") { kind | flags << 16 } else { kind << 16 | flags };
    let message = [32, both, 1, 0, 0, index, libc::IFF_UP as u32, libc::IFF_UP as u32];
    // SAFETY: the message has 32 bytes.
    Errno::result(unsafe { libc::send(socket, message.as_ptr().cast(), 32, 0) })?;
    let mut answer = [0_i32; 64];
    // SAFETY: there is room for so many bytes.
    Errno::result(unsafe { libc::recv(socket, answer.as_mut_ptr().cast(), 256, 0) })?;
    // SAFETY: nothing else owns the descriptor.
    unsafe { libc::close(socket) };
    match -answer[4] {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}

fn main() -> ! {
    judge::container5(set_up)
}
"#,
        ),
    ],
    hints: [
        Both(
            "In which user namespace do you need CAP_SYS_ADMIN for a hostname, and CAP_NET_ADMIN \
             for a device?",
            "호스트 이름을 바꾸려면 어느 user namespace의 CAP_SYS_ADMIN이, 장치를 바꾸려면 어느 \
             user namespace의 CAP_NET_ADMIN이 필요한가요?",
        ),
        Both(
            "In the one that owns the namespace. unshare(2) creates both, owned by your own. After \
             it, make a socket of any kind, and set IFF_UP for \"lo\" with SIOCSIFFLAGS.",
            "그 namespace를 소유하는 user namespace입니다. unshare(2)로 만들면 둘 다 지금의 user \
             namespace의 것이 됩니다. 그다음 아무 소켓이나 만들고, SIOCSIFFLAGS로 \"lo\"에 \
             IFF_UP을 켜세요.",
        ),
        Both::same(
            r#"// SAFETY: all zeros is a valid value of this structure.
let mut request = unsafe { std::mem::zeroed::<libc::ifreq>() };
request.ifr_name[0] = b'l' as libc::c_char;
request.ifr_name[1] = b'o' as libc::c_char;
request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
// SAFETY: the structure has a name that ends with NUL, and outlives the call.
unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, &raw const request) }"#,
        ),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "the namespace outside belongs to another user namespace: which call comes first, \
                 and in which network namespace was the socket created?",
                "바깥의 namespace는 다른 user namespace의 것입니다. 어떤 호출이 먼저여야 하고, \
                 소켓은 어느 네트워크 namespace에서 만들어졌나요?",
            ),
        ),
        (
            "ENODEV",
            Both(
                "no device has this name or number: which ones has a new network namespace?",
                "그런 이름이나 번호의 장치가 없습니다. 새 네트워크 namespace에는 어떤 장치가 \
                 있나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "unshare(2) or sethostname(2) got an argument that it does not know: which one?",
                "unshare(2)나 sethostname(2)에 쓸 수 없는 인자를 주었습니다. 어느 것인가요?",
            ),
        ),
        (
            "ENOTTY",
            Both(
                "a request of ioctl(2) is for one kind of descriptor: is yours a socket?",
                "ioctl(2)의 요청은 정해진 종류의 파일 디스크립터에만 통합니다. 소켓에 했나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Move the caller into a UTS",
            change: "    unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWNET)?;",
            to: "    unshare(CloneFlags::CLONE_NEWNET)?;",
            says: "which call comes first",
        },
        Wrong {
            clause: "and a network namespace",
            change: "    unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWNET)?;
    sethostname(name)?;
    let socket",
            to: "    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname(name)?;
    if name.len() > 1 {
        return Ok(());
    }
    let socket",
            says: "the caller in a new net namespace",
        },
        Wrong {
            clause: "that belong to its user namespace",
            change: "    Errno::result(unsafe { libc::ioctl(socket.as_raw_fd(), call, &raw const request) })?;",
            to: "    Errno::result(unsafe { libc::ioctl(socket.as_raw_fd(), call, &raw const request) })?;
    unshare(CloneFlags::CLONE_NEWUSER)?;",
            says: "a process that enters another user namespace leaves behind",
        },
        Wrong {
            clause: "The hostname there is `name`.",
            change: "    sethostname(name)?;",
            to: "    sethostname(&name[1..])?;",
            says: "what do you give to sethostname(2)?",
        },
        Wrong {
            clause: "The hostname there is `name`.",
            change: "    unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWNET)?;
    sethostname(name)?;",
            to: "    unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWNET)?;
    sethostname(name)?;
    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname(\"container\")?;",
            says: "what do you give to sethostname(2)?",
        },
        Wrong {
            clause: "A server on 127.0.0.1 can be reached there.",
            change: "libc::IFF_UP as libc::c_short",
            to: "libc::IFF_RUNNING as libc::c_short",
            says: "connect(127.0.0.1): ENETUNREACH",
        },
        Wrong {
            clause: "A server on 127.0.0.1 can be reached there.",
            change: "    unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWNET)?;
    sethostname(name)?;
    let socket = UdpSocket::bind(\"0.0.0.0:0\")?;",
            to: "    let socket = UdpSocket::bind(\"0.0.0.0:0\")?;
    unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWNET)?;
    sethostname(name)?;",
            says: "in which network namespace was the socket created?",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer, as PID 1, has a hostname and a loopback device of its own.
pub fn container5(answer: fn(&str) -> io::Result<()>) -> ! {
    judge(|| {
        check_sockets()?;
        let name = format!("container{}", random(100..1000));
        let process = run_in_namespaces(&EXERCISE, CloneFlags::CLONE_NEWNS, || answer(&name))?;
        check_own(&process)?;
        let (found, _) = uts_names(format!("/proc/{}/ns/uts", process.pid))?;
        ensure(found == name, || {
            wrong(
                text!("the hostname {name:?}", "호스트 이름은 {name:?}"),
                text!("{found:?}, and outside {:?}", "{found:?}, 바깥에서는 {:?}", hostname()),
                text!("what do you give to sethostname(2)?", "sethostname(2)에 무엇을 주었나요?",),
            )
        })?;
        let reached = enter_and_run(&process, &["net"], reach)?;
        ensure(reached == "Ok", || {
            wrong(
                text!(
                    "a server on 127.0.0.1 can be reached in the network namespace",
                    "네트워크 namespace에서 127.0.0.1의 서버에 연결할 수 있음",
                ),
                shown!("{reached}"),
                text!(
                    "the kernel has no way to 127.0.0.1 while lo is down: which flag is that?",
                    "lo가 꺼져 있으면 127.0.0.1로 가는 길이 없습니다. 어느 플래그인가요?",
                ),
            )
        })?;
        Ok(text!(
            "{} has the hostname {name}, and in {} a server on 127.0.0.1 can be reached",
            "{}의 호스트 이름은 {name}이고, {}에서 127.0.0.1의 서버에 연결할 수 있습니다",
            link(process.pid, "uts"),
            link(process.pid, "net"),
        ))
    })
}

/// Checks that a process is in new namespaces, and that its user namespace owns them.
fn check_own(process: &Process) -> Result<(), Finding> {
    let user = link(process.pid, "user");
    for kind in ["uts", "net"] {
        let found = link(process.pid, kind);
        ensure(found != link(Pid::this(), kind), || {
            wrong(
                text!(
                    "the caller in a new {kind} namespace",
                    "호출한 프로세스는 새 {kind} namespace에 있음",
                ),
                text!("it is in {found}, outside", "바깥의 {found}에 있습니다"),
                text!(
                    "which flag of unshare(2) stands for this kind?",
                    "이 종류를 나타내는 unshare(2)의 플래그는 무엇인가요?",
                ),
            )
        })?;
        let owned_by = owner(format!("/proc/{}/ns/{kind}", process.pid))?;
        ensure(owned_by == user, || {
            wrong(
                text!(
                    "{found} owned by {user}, the caller's user namespace",
                    "{found}의 소유자는 호출한 프로세스의 user namespace인 {user}",
                ),
                text!("owned by {owned_by}", "소유자는 {owned_by}"),
                text!(
                    "a process that enters another user namespace leaves behind what it has \
                     created",
                    "user namespace에 또 들어가면 그 전에 만든 것은 두고 가게 됩니다",
                ),
            )
        })?;
    }
    Ok(())
}

/// Connects to a server on 127.0.0.1 in the network namespace of the caller.
fn reach() -> String {
    let fails = |call: &str, error: io::Error| {
        format!("{call}: {}", Errno::from_raw(error.raw_os_error().unwrap_or(0)))
    };
    let server = match TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)) {
        Ok(server) => server,
        Err(error) => return fails("bind(0.0.0.0)", error),
    };
    let port = server.local_addr().map(|it| it.port());
    match port.and_then(|it| TcpStream::connect((Ipv4Addr::LOCALHOST, it))) {
        Ok(_) => "Ok".to_owned(),
        Err(error) => fails("connect(127.0.0.1)", error),
    }
}
