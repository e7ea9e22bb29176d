//! A namespace kept alive by an open file.

use std::fs::{self, File};
use std::io;
use std::os::fd::IntoRawFd;
use std::path::Path;

use nix::sched::CloneFlags;
use nix::unistd::{Pid, sethostname};

use crate::exercise::{Exercise, Wrong};
use crate::observe::leftovers::{check_empty, check_no_process_left, descriptors};
use crate::observe::mounts::mounts_of;
use crate::observe::namespaces::changed_links;
use crate::process::{helper_process, link, run_answer, uts_names};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A namespace disappears with its last process, unless something else refers to
it. An open file is enough, and needs no privilege.",
    task: "
Return an open file that keeps the UTS namespace of the process with this PID
alive. When the judge looks, that process will have ended. Leave nothing else
behind: no process, no mount, no other descriptor of the namespace.",
    manual: r#"namespaces(7), under "Namespace lifetime""#,
    starter: r#"
use std::fs::File;
use std::io;

use nix::unistd::Pid;

fn keep_alive(pid: Pid) -> io::Result<File> {
    // TODO: This directory disappears with the process. What does not?
    File::open(format!("/proc/{pid}/ns"))
}

fn main() -> ! {
    judge::setns3(keep_alive)
}
"#,
    solutions: &[
        (
            "std",
            r#"
use std::fs::File;
use std::io;

use nix::unistd::Pid;

fn keep_alive(pid: Pid) -> io::Result<File> {
    File::open(format!("/proc/{pid}/ns/uts"))
}

fn main() -> ! {
    judge::setns3(keep_alive)
}
"#,
        ),
        (
            "from inside, and back again",
            r#"
use std::fs::File;
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn keep_alive(pid: Pid) -> io::Result<File> {
    let own = File::open("/proc/self/ns/uts")?;
    setns(judge::pidfd_open(pid)?, CloneFlags::CLONE_NEWUTS)?;
    let file = File::open("/proc/self/ns/uts")?;
    setns(own, CloneFlags::CLONE_NEWUTS)?;
    Ok(file)
}

fn main() -> ! {
    judge::setns3(keep_alive)
}
"#,
        ),
        (
            "libc, O_PATH",
            r#"
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::FromRawFd;

use nix::unistd::Pid;

fn keep_alive(pid: Pid) -> io::Result<File> {
    let path = CString::new(format!("/proc/{pid}/ns/uts"))?;
    // SAFETY: the string ends with NUL and outlives the call.
    match unsafe { libc::open(path.as_ptr(), libc::O_PATH | libc::O_CLOEXEC) } {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: the descriptor is new, and nothing else owns it.
        fd => Ok(unsafe { File::from_raw_fd(fd) }),
    }
}

fn main() -> ! {
    judge::setns3(keep_alive)
}
"#,
        ),
    ],
    hints: [
        "Which file can you open that refers to the namespace itself, and not to the process?",
        "Each link in /proc/PID/ns. Opening it follows the link, and the descriptor refers to the namespace as long as it is open.",
        r#"File::open(format!("/proc/{pid}/ns/uts"))"#,
    ],
    errors: &[
        (
            "ENOENT",
            "no such path: the process is alive while your function runs, so compare your path \
             with ls /proc/self/ns",
        ),
        ("EPERM", "a namespace can be opened for reading only, and a mount takes CAP_SYS_ADMIN"),
    ],
    wrong: &[
        Wrong {
            clause: "Return an open file",
            change: "File::open(",
            to: "File::create(",
            says: "a namespace can be opened for reading only",
        },
        Wrong {
            clause: "Return an open file that keeps the UTS namespace",
            change: r#"/ns/uts"))"#,
            to: r#"/ns/pid"))"#,
            says: "which file in /proc/PID/ns belongs to the UTS namespace",
        },
        Wrong {
            clause: "of the process with this PID",
            change: r#"File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"File::open("/proc/self/ns/uts")"#,
            says: "of which process did you open the file?",
        },
        Wrong {
            clause: "When the judge looks, that process will have ended.",
            change: r#"File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: "Ok(File::from(judge::pidfd_open(pid)?))",
            says: "whatever refers to a process only",
        },
        Wrong {
            clause: "no process",
            change: r#"File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"{
        let file = File::open(format!("/proc/{pid}/ns/uts"))?;
        nix::sched::setns(&file, nix::sched::CloneFlags::CLONE_NEWUTS)?;
        Ok(file)
    }"#,
            says: "the caller is one process more in the namespace",
        },
        Wrong {
            clause: "no mount",
            change: r#"File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"{
        use nix::mount::{MsFlags, mount};
        File::create("/tmp/kept")?;
        let (none, from) = (None::<&str>, format!("/proc/{pid}/ns/uts"));
        mount(Some(from.as_str()), "/tmp/kept", none, MsFlags::MS_BIND, none)?;
        File::open("/tmp/kept")
    }"#,
            says: "but with a bind mount",
        },
        Wrong {
            clause: "no process",
            change: r#"    File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"    let file = File::open(format!("/proc/{pid}/ns/uts"))?;
    let (reader, writer) = nix::unistd::pipe()?;
    judge::fork_child(|| {
        nix::sched::setns(&file, nix::sched::CloneFlags::CLONE_NEWUTS)?;
        nix::unistd::write(&writer, b".")?;
        loop {
            nix::unistd::pause();
        }
    })?;
    nix::unistd::read(&reader, &mut [0])?;
    Ok(file)"#,
            says: "what could refer to the namespace without running?",
        },
        Wrong {
            clause: "no process",
            change: r#"    File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"    judge::fork_child(|| loop {
        nix::unistd::pause();
    })?;
    File::open(format!("/proc/{pid}/ns/uts"))"#,
            says: "what could refer to the namespace without running?",
        },
        Wrong {
            clause: "no process",
            change: r#"    File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"    let file = File::open(format!("/proc/{pid}/ns/uts"))?;
    let same = file.try_clone()?;
    std::thread::spawn(move || loop {
        let _ = nix::sched::setns(&file, nix::sched::CloneFlags::CLONE_NEWUTS);
        std::thread::park();
    });
    Ok(same)"#,
            says: "no thread that your function has left behind",
        },
        Wrong {
            clause: "no process",
            change: r#"    File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"    judge::fork_task(|| ())?;
    File::open(format!("/proc/{pid}/ns/uts"))"#,
            says: "is a zombie until its parent does what?",
        },
        Wrong {
            clause: "no other descriptor of the namespace",
            change: r#"    File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"    let file = File::open(format!("/proc/{pid}/ns/uts"))?;
    std::mem::forget(file.try_clone()?);
    Ok(file)"#,
            says: "one descriptor, which your function returns, refers to",
        },
    ],
    ..Exercise::NEW
};

/// Checks that nothing but an open file keeps a UTS namespace alive after its last
/// process has ended.
pub fn setns3(answer: fn(Pid) -> io::Result<File>) -> ! {
    judge(|| {
        let target = helper_process(CloneFlags::CLONE_NEWUTS, || sethostname("held-open"))?;
        let process = run_answer(&EXERCISE, || answer(target.pid).map(IntoRawFd::into_raw_fd))?;
        let (namespace, target_pid) = (link(target.pid, "uts"), target.pid);
        let moved = changed_links(Pid::this(), process.pid);
        ensure(moved.is_empty(), || {
            wrong(
                "a caller that is still in its own namespaces",
                format!("other namespaces: {}", moved.join(", ")),
                "the caller is one process more in the namespace; do you need to join it?",
            )
        })?;
        ensure(!mounts_of(process.pid).iter().any(|mount| mount.kind == "nsfs"), || {
            wrong(
                "no mounted namespace",
                "a mount of file system type nsfs in /proc/PID/mountinfo",
                "that keeps the namespace alive, too, but with a bind mount",
            )
        })?;
        check_no_process_left(&[process.pid, target.pid])?;
        target.end();
        check_empty(&namespace)?;
        let fd = &process.output;
        let path = format!("/proc/{}/fd/{fd}", process.pid);
        let found = fs::read_link(&path).unwrap_or_default().display().to_string();
        ensure(found == namespace, || {
            let reason = match found.split_once(":[") {
                Some(("uts", _)) => "of which process did you open the file?",
                Some((kind, _)) if Path::new("/proc/self/ns").join(kind).exists() => {
                    "which file in /proc/PID/ns belongs to the UTS namespace?"
                }
                _ => {
                    "whatever refers to a process only does not keep its namespaces; what is \
                     there in /proc/PID/ns?"
                }
            };
            let wanted = format!("a descriptor of {namespace}, in which process {target_pid} was");
            wrong(wanted, format!("descriptor {fd} refers to {found:?}"), reason)
        })?;
        let open = descriptors(process.pid, &namespace);
        ensure(open.len() == 1, || {
            wrong(
                format!("one descriptor, which your function returns, refers to {namespace}"),
                format!("descriptors {}", open.join(", ")),
                "which of them is still open when your function returns, and why?",
            )
        })?;
        let (name, _) = uts_names(path)?;
        Ok(format!(
            "no process is left in {namespace}, descriptor {fd} still refers to it, and its \
             hostname is still {name:?}"
        ))
    })
}
