//! The user namespace that owns a namespace.

use std::{fs, io};

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::observe::namespaces::owner;
use crate::process::{helper_process, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
ioctl(2) with NS_GET_USERNS takes the descriptor of a namespace file and returns
a new one: that of the user namespace which owns the namespace. The process in
it may have moved to another user namespace since.",
        "
ioctl(2)에 namespace 파일의 디스크립터와 NS_GET_USERNS를 주면, 그
namespace를 소유한 user namespace의 새 파일 디스크립터를 반환합니다. 안에
있는 프로세스는 그 뒤에 다른 user namespace로 옮겨 갔을 수도 있습니다.",
    ),
    task: Both(
        "
Return the inode number of the user namespace that owns the UTS namespace of the
process with this PID.",
        "
이 PID를 가진 프로세스의 UTS namespace를 소유한 user namespace의 inode
번호를 반환하세요.",
    ),
    manual: "ioctl_ns(2), user_namespaces(7)",
    starter: r#"
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;

use nix::unistd::Pid;

// TODO: `_IO(NSIO, 1)` in <linux/nsfs.h>. Which call takes it, and what does it return?
#[allow(dead_code)]
const NS_GET_USERNS: libc::Ioctl = libc::_IO(0xb7, 1);

fn owner(pid: Pid) -> io::Result<u64> {
    let uts = File::open(format!("/proc/{pid}/ns/uts"))?;
    Ok(uts.metadata()?.ino())
}

fn main() -> ! {
    judge::user2(owner)
}
"#,
    solutions: &[
        (
            "the inode number of the new descriptor",
            r#"
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::MetadataExt;

use nix::errno::Errno;
use nix::unistd::Pid;

/// `_IO(NSIO, 1)` in <linux/nsfs.h>.
const NS_GET_USERNS: libc::Ioctl = libc::_IO(0xb7, 1);

fn owner(pid: Pid) -> io::Result<u64> {
    let uts = File::open(format!("/proc/{pid}/ns/uts"))?;
    // SAFETY: the call takes a descriptor and touches no memory of ours.
    let user = Errno::result(unsafe { libc::ioctl(uts.as_raw_fd(), NS_GET_USERNS) })?;
    // SAFETY: the kernel has just created this descriptor, and nobody else owns it.
    let user = unsafe { File::from_raw_fd(user) };
    Ok(user.metadata()?.ino())
}

fn main() -> ! {
    judge::user2(owner)
}
"#,
        ),
        (
            "the number in the link of the descriptor",
            r#"
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::unistd::Pid;

fn owner(pid: Pid) -> io::Result<u64> {
    let uts = File::open(format!("/proc/{pid}/ns/uts"))?;
    // SAFETY: the call takes a descriptor and touches no memory of ours.
    let user = Errno::result(unsafe { libc::ioctl(uts.as_raw_fd(), 0xb701) })?; // NS_GET_USERNS
    let link = fs::read_link(format!("/proc/self/fd/{user}"))?;
    let digits = link.to_string_lossy().replace(|it: char| !it.is_ascii_digit(), "");
    digits.parse().map_err(io::Error::other)
}

fn main() -> ! {
    judge::user2(owner)
}
"#,
        ),
    ],
    hints: [
        Both(
            "What does NS_GET_USERNS return, and how do you get an inode number from that?",
            "NS_GET_USERNS는 무엇을 반환하고, 거기서 inode 번호를 어떻게 얻나요?",
        ),
        Both(
            "It returns the descriptor of the owner. fstat(2) tells its inode number, which is the \
             one in the link /proc/PID/ns/user of a process in there. In Rust, File::from_raw_fd \
             makes a file of it.",
            "소유자의 파일 디스크립터를 반환합니다. fstat(2)로 알 수 있는 inode 번호는, 그 안에 \
             있는 프로세스의 링크 /proc/PID/ns/user에 있는 번호와 같습니다. Rust에서는 \
             File::from_raw_fd로 파일을 만듭니다.",
        ),
        Both::same(
            "let user = Errno::result(unsafe { libc::ioctl(uts.as_raw_fd(), NS_GET_USERNS) })?;
let user = unsafe { File::from_raw_fd(user) };
Ok(user.metadata()?.ino())",
        ),
    ],
    errors: &[
        (
            "EINVAL",
            Both(
                "NS_GET_PARENT, `_IO(NSIO, 2)`, is for user and PID namespaces, which lie inside \
                 each other: a UTS namespace has an owner, but no parent",
                "NS_GET_PARENT인 `_IO(NSIO, 2)`는 겹쳐 만들 수 있는 user namespace와 PID \
                 namespace에만 씁니다. UTS namespace에는 소유자가 있지만 부모는 없습니다",
            ),
        ),
        (
            "ENOTTY",
            Both(
                "only the descriptor of a namespace file takes NS_GET_USERNS, and only with the \
                 right number: what is open, and which number did you pass?",
                "NS_GET_USERNS는 namespace 파일의 파일 디스크립터에만, 그것도 맞는 번호로만 쓸 수 \
                 있습니다. 무엇을 열었고, 어떤 번호를 넘겼나요?",
            ),
        ),
        (
            "EPERM",
            Both(
                "the owner is outside of the caller's user namespace: whose file did you open?",
                "소유자가 호출한 프로세스의 user namespace 바깥에 있습니다. 누구의 파일을 \
                 열었나요?",
            ),
        ),
        (
            "ENOENT",
            Both(
                "the links of a process are in /proc/PID/ns, each with the name of its kind",
                "프로세스의 링크는 /proc/PID/ns에 종류의 이름으로 하나씩 있습니다",
            ),
        ),
        (
            "EBADF",
            Both(
                "the descriptor is closed: is the file that it belongs to still there?",
                "닫힌 파일 디스크립터입니다. 그것을 가진 파일이 아직 있나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "user namespace that owns the UTS namespace of the process",
            change: "    Ok(user.metadata()?.ino())",
            to: r#"    drop(user);
    Ok(std::fs::metadata(format!("/proc/{pid}/ns/user"))?.ino())"#,
            says: "when it created its UTS namespace?",
        },
        Wrong {
            clause: "of the process with this PID",
            change: r#"    let uts = File::open(format!("/proc/{pid}/ns/uts"))?;"#,
            to: r#"    let _ = pid;
    let uts = File::open("/proc/self/ns/uts")?;"#,
            says: "whose file did you open?",
        },
        Wrong {
            clause: "the user namespace that owns",
            change: "    Ok(user.metadata()?.ino())",
            to: r#"    let _ = user;
    Ok(std::fs::metadata("/proc/self/ns/user")?.ino())"#,
            says: "the process that asks is in that one itself",
        },
        Wrong {
            clause: "the user namespace",
            change: "Ok(user.metadata()?.ino())",
            to: "drop(user);
    Ok(uts.metadata()?.ino())",
            says: "that is the UTS namespace itself",
        },
        Wrong {
            clause: "that owns",
            change: "libc::_IO(0xb7, 1)",
            to: "libc::_IO(0xb7, 2)",
            says: "has an owner, but no parent",
        },
        Wrong {
            clause: "the UTS namespace",
            change: "/ns/uts",
            to: "/ns/ipc",
            says: "for the process",
        },
        Wrong {
            clause: "Return the inode number",
            change: "Ok(user.metadata()?.ino())",
            to: "Ok(user.metadata()?.dev())",
            says: "the number in the brackets of its link",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer knows who owns the UTS namespaces of three processes: one that is
/// in the owner, one that has left it for a user namespace below, and one of the judge's user
/// namespace.
pub fn user2(answer: fn(Pid) -> io::Result<u64>) -> ! {
    judge(|| {
        let (user, uts) = (CloneFlags::CLONE_NEWUSER, CloneFlags::CLONE_NEWUTS);
        let inside = helper_process(user | uts, || Ok(()))?;
        let moved_on = helper_process(user | uts, || {
            let files = [("setgroups", "deny"), ("uid_map", "0 0 1"), ("gid_map", "0 0 1")];
            for (file, text) in files {
                fs::write(format!("/proc/self/{file}"), text).map_err(|_| Errno::EPERM)?;
            }
            unshare(user)
        })?;
        let of_the_judge = helper_process(uts, || Ok(()))?;
        let processes = [&moved_on, &inside, &of_the_judge].map(|it| it.pid);
        let answers = run_answer(&EXERCISE, || {
            let answers = processes.iter().map(|pid| Ok(answer(*pid)?.to_string()));
            answers.collect::<io::Result<Vec<_>>>().map(|it| it.join(" "))
        })?;
        for (pid, found) in processes.into_iter().zip(answers.output.split(' ')) {
            let expected = owner(format!("/proc/{pid}/ns/uts"))?;
            let of = |pid, kind| link(pid, kind).contains(&format!("[{found}]"));
            ensure(expected == format!("user:[{found}]"), || {
                let reason = if of(pid, "uts") {
                    text!(
                        "that is the UTS namespace itself: what is open after the call of \
                         ioctl(2)?",
                        "그것은 UTS namespace 자신입니다. ioctl(2)를 호출한 다음 열려 있는 것은 \
                         무엇인가요?",
                    )
                } else if of(Pid::this(), "user") {
                    text!(
                        "the process that asks is in that one itself: whose file did you open?",
                        "묻는 프로세스 자신이 있는 user namespace입니다. 누구의 파일을 열었나요?",
                    )
                } else if of(pid, "user") {
                    text!(
                        "the process is in that one now: in which one was it when it created its \
                         UTS namespace?",
                        "그 프로세스가 지금 있는 곳입니다. UTS namespace를 만들 때는 어디에 \
                         있었나요?",
                    )
                } else {
                    text!(
                        "a user namespace has one inode number, the number in the brackets of its \
                         link",
                        "user namespace의 inode 번호는 하나이고, 링크의 대괄호 안에 있는 \
                         번호입니다",
                    )
                };
                wrong(
                    text!(
                        "the number in {expected} for the process {pid} in {}",
                        "{}에 있는 {pid}번 프로세스에 대해 {expected}의 번호",
                        link(pid, "uts"),
                    ),
                    text!("your function returned {found}", "함수가 반환한 값은 {found}"),
                    reason,
                )
            })?;
        }
        Ok(text!(
            "you know who owns three UTS namespaces, even after a process has moved on",
            "UTS namespace 세 개의 소유자를 모두 맞혔습니다. 프로세스가 옮겨 간 다음에도 \
             맞혔습니다",
        ))
    })
}
