//! A namespace kept alive by a bind mount.

use std::fs;
use std::io;
use std::path::Path;

use nix::sched::CloneFlags;
use nix::unistd::{Pid, sethostname};

use crate::exercise::{Exercise, Wrong};
use crate::observe::leftovers::{check_empty, check_no_process_left};
use crate::observe::mounts::mounts_of;
use crate::process::{helper_process, link, run_answer, uts_names};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
An open file keeps a namespace alive as long as a process has it open. A bind
mount needs no process at all: `ip netns add` keeps network namespaces so. Here
you have CAP_SYS_ADMIN, and `file` does not exist yet.",
    task: "
Keep the UTS namespace of the process with this PID alive with a bind mount at
`file`. When the judge looks, that process and the caller have ended. Leave no
other process behind.",
    manual: "namespaces(7), mount(2)",
    starter: r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::unistd::Pid;

fn keep_alive(pid: Pid, file: &Path) -> io::Result<()> {
    let namespace = format!("/proc/{pid}/ns/uts");
    fs::write(file, "")?;
    // TODO: What makes the namespace appear at `file`?
    mount(Some(namespace.as_str()), file, None::<&str>, MsFlags::empty(), None::<&str>)?;
    Ok(())
}

fn main() -> ! {
    judge::setns4(keep_alive)
}
"#,
    solutions: &[
        (
            "nix",
            r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::unistd::Pid;

fn keep_alive(pid: Pid, file: &Path) -> io::Result<()> {
    let namespace = format!("/proc/{pid}/ns/uts");
    fs::write(file, "")?;
    mount(Some(namespace.as_str()), file, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;
    Ok(())
}

fn main() -> ! {
    judge::setns4(keep_alive)
}
"#,
        ),
        (
            "open_tree and move_mount, from an open file",
            r#"
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::unistd::Pid;

const OPEN_TREE_CLONE: i32 = 1;
const MOVE_MOUNT_F_EMPTY_PATH: i32 = 4;

fn keep_alive(pid: Pid, file: &Path) -> io::Result<()> {
    File::create(file)?;
    let namespace = File::open(format!("/proc/{pid}/ns/uts"))?;
    let target = CString::new(file.as_os_str().as_bytes())?;
    let (open_tree, clone) = (libc::SYS_open_tree, OPEN_TREE_CLONE | libc::AT_EMPTY_PATH);
    // SAFETY: the descriptor is open, and the string ends with NUL.
    let tree = unsafe { libc::syscall(open_tree, namespace.as_raw_fd(), c"".as_ptr(), clone) };
    let (cwd, target) = (libc::AT_FDCWD, target.as_ptr());
    let (move_mount, from) = (libc::SYS_move_mount, c"".as_ptr());
    // SAFETY: both strings end with NUL and outlive the call.
    match unsafe { libc::syscall(move_mount, tree, from, cwd, target, MOVE_MOUNT_F_EMPTY_PATH) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn main() -> ! {
    judge::setns4(keep_alive)
}
"#,
        ),
        (
            "in a child that has joined the namespace",
            r#"
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

fn keep_alive(pid: Pid, file: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(file)?;
    let namespace = File::open(format!("/proc/{pid}/ns/uts"))?;
    let child = judge::fork_child(|| {
        setns(namespace, CloneFlags::CLONE_NEWUTS)?;
        mount(Some("/proc/self/ns/uts"), file, None::<&str>, MsFlags::MS_BIND, None::<&str>)
    })?;
    waitpid(child, None)?;
    Ok(())
}

fn main() -> ! {
    judge::setns4(keep_alive)
}
"#,
        ),
    ],
    hints: [
        "With MS_BIND, mount(2) makes a file appear at a second path as well. Which file do you need there, and what must already exist at the second path?",
        "The source is the namespace's file in /proc/PID/ns. The target of a mount must exist, so create `file` first. The type of the file system does not matter.",
        "mount(Some(namespace.as_str()), file, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;",
    ],
    errors: &[
        (
            "ENOENT",
            "either the source is no path of a namespace, or `file` has not been created before \
             the mount: mount(2) needs both",
        ),
        (
            "ENOTDIR",
            "a file system of its own, such as tmpfs, is mounted on a directory, and `file` is none: \
             with which flag does mount(2) make an existing file appear there?",
        ),
        (
            "EINVAL",
            "a namespace has no contents to copy, and can be mounted only with MS_BIND, which makes an \
             existing file appear at a second path: which flags and which source do you pass?",
        ),
        (
            "ENODEV",
            "without MS_BIND mount(2) takes its third argument as the type of a file system: which \
             flag makes an existing file appear at a second path?",
        ),
        (
            "EFAULT",
            "without MS_BIND mount(2) needs the type of a file system: which flag makes an existing \
             file appear at a second path?",
        ),
        ("EEXIST", "`file` exists already: have you created it before?"),
        (
            "EPERM",
            "link(2) and some mounts are not possible across file systems and namespaces: which \
             flag of mount(2) makes a file appear at a second path?",
        ),
        (
            "EXDEV",
            "a hard link cannot leave its file system: which flag of mount(2) makes a file appear \
             at a second path?",
        ),
    ],
    wrong: &[
        Wrong {
            clause: "with a bind mount at `file`",
            change: "    mount(Some(namespace.as_str()), file, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;",
            to: r#"    fs::remove_file(file)?;
    std::os::unix::fs::symlink(namespace, file)?;
    let _ = mount(None::<&str>, "/x", None::<&str>, MsFlags::MS_BIND, None::<&str>);"#,
            says: "is a symbolic link\n  reason:   a symbolic link or a copy is no mount",
        },
        Wrong {
            clause: "with a bind mount at `file`",
            change: "mount(Some(namespace.as_str()), file, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;",
            to: r#"let open = fs::File::open(namespace)?;
    fs::remove_file(file)?;
    let open = std::os::fd::IntoRawFd::into_raw_fd(open);
    std::os::unix::fs::symlink(format!("/proc/{}/fd/{open}", Pid::this()), file)?;
    let _ = mount(None::<&str>, "/x", None::<&str>, MsFlags::MS_BIND, None::<&str>);"#,
            says: "a symbolic link or a copy is no mount",
        },
        Wrong {
            clause: "with a bind mount at `file`",
            change: "MsFlags::MS_BIND",
            to: "MsFlags::empty()",
            says: "which flags and which source do you pass?",
        },
        Wrong {
            clause: "of the process with this PID",
            change: "/proc/{pid}/ns/uts",
            to: "/proc/self/ns/uts",
            says: "of which process is your source?",
        },
        Wrong {
            clause: "the UTS namespace",
            change: "/proc/{pid}/ns/uts",
            to: "/proc/{pid}/ns/ipc",
            says: "of which process is your source?",
        },
        Wrong {
            clause: "at `file`",
            change: r#"fs::write(file, "")?;"#,
            to: "let _ = fs::metadata(file);",
            says: "has not been created before the mount",
        },
        Wrong {
            clause: "When the judge looks, that process and the caller have ended.",
            change: r#"    fs::write(file, "")?;"#,
            to: r#"    fs::write(file, "")?;
    nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS)?;
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?;"#,
            says: "in which mount namespace did you mount?",
        },
        Wrong {
            clause: "Leave no other process behind.",
            change: r#"    fs::write(file, "")?;"#,
            to: r#"    fs::write(file, "")?;
    judge::fork_child(|| loop {
        nix::unistd::pause();
    })?;"#,
            says: "what could refer to the namespace without running?",
        },
    ],
    ..Exercise::NEW
};

/// Checks that a bind mount keeps a UTS namespace alive after its last process has ended.
pub fn setns4(answer: fn(Pid, &Path) -> io::Result<()>) -> ! {
    judge(|| {
        let file = Path::new("/tmp/kept");
        let target = helper_process(CloneFlags::CLONE_NEWUTS, || sethostname("kept-alive"))?;
        let process = run_answer(&EXERCISE, || answer(target.pid, file).map(|()| ""))?;
        let (namespace, target_pid) = (link(target.pid, "uts"), target.pid);
        let moved = link(process.pid, "mnt") != link(Pid::this(), "mnt");
        check_no_process_left(&[process.pid, target.pid])?;
        target.end();
        process.end();
        check_empty(&namespace)?;
        let mounts = mounts_of(Pid::this());
        let mount = mounts.iter().rfind(|mount| Path::new(&mount.target) == file);
        let found = mount.map_or_else(|| "none".to_owned(), |it| it.root.clone());
        ensure(found == namespace, || {
            let is = fs::symlink_metadata(file).map_or_else(
                |error| format!("{}: {error}", file.display()),
                |it| {
                    let kind = match it.file_type() {
                        kind if kind.is_symlink() => "a symbolic link",
                        kind if kind.is_dir() => "a directory",
                        _ => "a file",
                    };
                    format!("{} is {kind}", file.display())
                },
            );
            let reason = match mount {
                Some(_) => {
                    "something is mounted there, but not that namespace: of which process is your \
                     source?"
                }
                None if moved => {
                    "a mount namespace ends with its last process, and its mounts with it: in \
                     which mount namespace did you mount?"
                }
                None => "a symbolic link or a copy is no mount: which call makes one?",
            };
            wrong(
                format!(
                    "a mount of {namespace}, in which process {target_pid} was, at {}",
                    file.display()
                ),
                format!("mounted there: {found}; {is}"),
                reason,
            )
        })?;
        let (name, _) = uts_names(file)?;
        Ok(format!(
            "no process is left in {namespace}, {} still refers to it, and its hostname is still \
             {name:?}",
            file.display()
        ))
    })
}
