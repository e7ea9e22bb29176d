//! The owner of a namespace of which there is only a descriptor.

use std::fs::File;
use std::io;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::process::{helper_process, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
Every namespace belongs to a user namespace, its owner. Here all processes of
both have ended, so no link in /proc/PID/ns leads to them. The kernel can still
be asked, because `file` is open.",
    task: "
Return the inode number of the user namespace that owns the namespace behind
`file`.",
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
        "No process is left that you could ask. Which call asks the file itself?",
        "ioctl(2) with the request NS_GET_USERNS returns a descriptor of the owner. Its inode number is in its metadata (fstat(2)).",
        "let fd = unsafe { libc::ioctl(file.as_raw_fd(), libc::NS_GET_USERNS) };
let owner = unsafe { File::from_raw_fd(fd) };
Ok(owner.metadata()?.ino())",
    ],
    errors: &[
        (
            "EINVAL",
            "the request does not fit this kind of namespace: only PID and user namespaces have a \
             parent, but every namespace has an owner; which request asks for that?",
        ),
        (
            "ENOTTY",
            "this is no request for a namespace file: which file, and which request did you pass?",
        ),
        (
            "EPERM",
            "the kernel shows no namespace above the caller's own: of which namespace did you ask \
             for the owner?",
        ),
        ("ENOENT", "no process is left in the namespace: which call needs only `file`?"),
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
            unavailable(format!("open({path})"), error, "To see what is mounted there: mount")
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
                "that is the namespace behind `file` itself: which request opens the one above?"
            } else if is(&own) {
                "that is the caller's user namespace: of which namespace did you ask for the owner, \
                 or did you ask for none?"
            } else {
                "that is the number of neither; a descriptor is a number, too: where is the inode \
                 number of what it refers to?"
            };
            wrong(format!("the number of {owner}, which owns {namespace}"), number, reason)
        })?;
        Ok(format!("{owner} owns {namespace}, and no process is in either"))
    })
}
