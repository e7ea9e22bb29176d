//! The owner of a namespace of which there is only a descriptor.

use std::fs::File;
use std::io;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::process::{helper_process, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
Every namespace belongs to a user namespace, its owner. Here all processes of
both have ended, so no link in /proc/PID/ns leads to them. The kernel can still
be asked, because `file` is open.",
        "
namespace는 모두 어떤 user namespace에 속합니다. 그것이 소유자(owner)입니다.
여기서는 둘 다 프로세스가 모두 끝나서 /proc/PID/ns에 둘을 가리키는 링크가
없습니다. 그래도 `file`이 열려 있으므로 커널에 물을 수 있습니다.",
    ),
    task: Both(
        "
Return the inode number of the user namespace that owns the namespace behind
`file`.",
        "
`file`이 가리키는 namespace를 소유한 user namespace의 inode 번호를
반환하세요.",
    ),
    manual: "ioctl_ns(2)",
    starter: r#"
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;

fn owner_of(file: File) -> io::Result<u64> {
    // TODO: This is the number of which namespace? Which request opens its owner?
    Ok(file.metadata()?.ino())
}

fn main() -> ! {
    judge::map1(owner_of)
}
"#,
    solutions: &[
        (
            "the request of libc",
            r#"
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::MetadataExt;

fn owner_of(file: File) -> io::Result<u64> {
    // SAFETY: the request takes no argument.
    let fd = unsafe { libc::ioctl(file.as_raw_fd(), libc::NS_GET_USERNS) };
    if fd == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new, and nothing else owns it.
    let owner = unsafe { File::from_raw_fd(fd) };
    Ok(owner.metadata()?.ino())
}

fn main() -> ! {
    judge::map1(owner_of)
}
"#,
        ),
        (
            "the request by its number, and the link of the descriptor",
            r#"
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;

fn owner_of(file: File) -> io::Result<u64> {
    // SAFETY: the request takes no argument.
    let fd = unsafe { libc::ioctl(file.as_raw_fd(), 0xb701) };
    let target = fs::read_link(format!("/proc/self/fd/{fd}"))?;
    let target = target.to_string_lossy();
    let number = target.trim_start_matches("user:[").trim_end_matches(']');
    number.parse().map_err(io::Error::other)
}

fn main() -> ! {
    judge::map1(owner_of)
}
"#,
        ),
    ],
    hints: [
        Both(
            "No process is left that you could ask. Which call asks the file itself?",
            "물어볼 프로세스는 남아 있지 않습니다. 파일 자체에 묻는 시스템 콜은 무엇인가요?",
        ),
        Both(
            "ioctl(2) with the request NS_GET_USERNS returns a descriptor of the owner. Its inode \
             number is in its metadata (fstat(2)).",
            "ioctl(2)에 NS_GET_USERNS를 주면 소유자의 파일 디스크립터를 반환합니다. inode 번호는 \
             그 파일의 메타데이터(fstat(2))에 있습니다.",
        ),
        Both::same(
            "let fd = unsafe { libc::ioctl(file.as_raw_fd(), libc::NS_GET_USERNS) };
let owner = unsafe { File::from_raw_fd(fd) };
Ok(owner.metadata()?.ino())",
        ),
    ],
    errors: &[
        (
            "EINVAL",
            Both(
                "the request does not fit this kind of namespace: only PID and user namespaces \
                 have a parent, but every namespace has an owner; which request asks for that?",
                "이 종류의 namespace에는 맞지 않는 요청입니다. 부모는 PID namespace와 user \
                 namespace에만 있지만, 소유자는 모든 namespace에 있습니다. 소유자를 묻는 요청은 \
                 무엇인가요?",
            ),
        ),
        (
            "ENOTTY",
            Both(
                "this is no request for a namespace file: which file, and which request did you \
                 pass?",
                "namespace 파일에 쓸 수 있는 요청이 아닙니다. 어떤 파일에 어떤 요청을 넘겼나요?",
            ),
        ),
        (
            "EPERM",
            Both(
                "the kernel shows no namespace above the caller's own: of which namespace did you \
                 ask for the owner?",
                "커널은 호출한 프로세스의 namespace보다 위에 있는 것을 보여 주지 않습니다. 어느 \
                 namespace의 소유자를 물었나요?",
            ),
        ),
        (
            "ENOENT",
            Both(
                "no process is left in the namespace: which call needs only `file`?",
                "namespace에 프로세스가 남아 있지 않습니다. `file`만 있으면 되는 시스템 콜은 \
                 무엇인가요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "the user namespace that owns",
            change: "libc::NS_GET_USERNS",
            to: "libc::NS_GET_PARENT",
            says: "but every namespace has an owner",
        },
        Wrong {
            clause: "the user namespace that owns",
            change: "Ok(owner.metadata()?.ino())",
            to: r#"drop(owner);
    Ok(std::fs::metadata("/proc/self/ns/user")?.ino())"#,
            says: "that is the caller's user namespace",
        },
        Wrong {
            clause: "the namespace behind `file`",
            change: "file.as_raw_fd()",
            to: r#"File::open("/proc/self/ns/uts")?.as_raw_fd()"#,
            says: "of which namespace did you ask for the owner",
        },
        Wrong {
            clause: "the namespace behind `file`",
            change: "file.as_raw_fd()",
            to: r#"File::open("/proc/self/ns/user")?.as_raw_fd()"#,
            says: "the kernel shows no namespace above the caller's own",
        },
        Wrong {
            clause: "the user namespace that owns the namespace",
            change: "Ok(owner.metadata()?.ino())",
            to: "drop(owner);
    Ok(file.metadata()?.ino())",
            says: "that is the namespace behind `file` itself",
        },
        Wrong {
            clause: "Return the inode number",
            change: "Ok(owner.metadata()?.ino())",
            to: "Ok(owner.as_raw_fd() as u64)",
            says: "a descriptor is a number, too",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer finds the owner of a UTS namespace whose processes have ended.
pub fn map1(answer: fn(File) -> io::Result<u64>) -> ! {
    judge(|| {
        let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS;
        let helper = helper_process(flags, || Ok(()))?;
        let path = format!("/proc/{}/ns/uts", helper.pid);
        let file = File::open(&path).map_err(|error| {
            unavailable(
                format!("open({path})"),
                error,
                text!(
                    "To see what is mounted there: mount",
                    "거기에 무엇이 마운트되어 있는지 보려면: mount",
                ),
            )
        })?;
        let (namespace, owner) = (link(helper.pid, "uts"), link(helper.pid, "user"));
        helper.end();
        let process = run_answer(&EXERCISE, || answer(file))?;
        let own = link(Pid::this(), "user");
        let number = &process.output;
        let is =
            |name: &str| name.split_once('[').is_some_and(|(_, it)| it == format!("{number}]"));
        ensure(is(&owner), || {
            let reason = if is(&namespace) {
                text!(
                    "that is the namespace behind `file` itself: which request opens the one \
                     above?",
                    "그것은 `file`이 가리키는 namespace 자신입니다. 한 단계 위의 것을 여는 요청은 \
                     무엇인가요?",
                )
            } else if is(&own) {
                text!(
                    "that is the caller's user namespace: of which namespace did you ask for the \
                     owner, or did you ask for none?",
                    "그것은 호출한 프로세스의 user namespace입니다. 어느 namespace의 소유자를 \
                     물었나요? 혹시 묻지 않았나요?",
                )
            } else {
                text!(
                    "that is the number of neither; a descriptor is a number, too: where is the \
                     inode number of what it refers to?",
                    "둘 다 아닌 번호입니다. 파일 디스크립터도 번호입니다. 그것이 가리키는 것의 \
                     inode 번호는 어디에 있나요?",
                )
            };
            wrong(
                text!(
                    "the number of {owner}, which owns {namespace}",
                    "{namespace}의 소유자인 {owner}의 번호",
                ),
                shown!("{number}"),
                reason,
            )
        })?;
        Ok(text!(
            "{owner} owns {namespace}, and no process is in either",
            "{namespace}의 소유자는 {owner}이고, 두 곳 다 프로세스가 하나도 없습니다",
        ))
    })
}
