//! A namespace kept alive by an open file.

use std::fs::{self, File};
use std::io;
use std::os::fd::IntoRawFd;

use nix::sched::CloneFlags;
use nix::unistd::{Pid, sethostname};

use crate::exercise::{Exercise, Wrong};
use crate::process::{differing_kinds, helper_process, link, processes_in, run_answer, uts_names};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A namespace disappears with its last process, unless something else refers to
it. A bind mount is one way. An open file is another, and needs no privilege.",
    task: "
Return an open file that keeps the UTS namespace of this process alive. The
process will have ended when the judge looks. Leave nothing else behind: no
mount, no process.",
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
    judge::setns5(keep_alive)
}
"#,
    solutions: &[(
        "nix",
        r#"
use std::fs::File;
use std::io;

use nix::unistd::Pid;

fn keep_alive(pid: Pid) -> io::Result<File> {
    File::open(format!("/proc/{pid}/ns/uts"))
}

fn main() -> ! {
    judge::setns5(keep_alive)
}
"#,
    )],
    hints: [
        "Which file can you open that refers to the namespace and not to the process?",
        "/proc/PID/ns/uts. The namespace exists as long as the descriptor is open, and /proc/PID/fd/N of the process that has it open refers to the namespace.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: r#"File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"File::open("/proc/self/ns/uts")"#,
            says: "but a different one",
        },
        Wrong {
            clause: "TODO",
            change: r#"File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"{
        let file = File::open(format!("/proc/{pid}/ns/uts"))?;
        nix::sched::setns(&file, nix::sched::CloneFlags::CLONE_NEWUTS)?;
        Ok(file)
    }"#,
            says: "but with a process",
        },
        Wrong {
            clause: "TODO",
            change: r#"File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"{
        use nix::mount::{MsFlags, mount};
        let file = File::create("/tmp/kept")?;
        let (none, from) = (None::<&str>, format!("/proc/{pid}/ns/uts"));
        mount(Some(from.as_str()), "/tmp/kept", none, MsFlags::MS_BIND, none)?;
        Ok(file)
    }"#,
            says: "but with a bind mount",
        },
        Wrong {
            clause: "TODO",
            change: r#"File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: "{
        use std::os::fd::FromRawFd;
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
        Ok(unsafe { File::from_raw_fd(fd as i32) })
    }",
            says: "the namespace no longer exists",
        },
        Wrong {
            clause: "TODO",
            change: r#"    File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"    let file = File::open(format!("/proc/{pid}/ns/uts"))?;
    let (reader, writer) = nix::unistd::pipe()?;
    if let nix::unistd::ForkResult::Child = unsafe { nix::unistd::fork() }? {
        nix::sched::setns(&file, nix::sched::CloneFlags::CLONE_NEWUTS)?;
        nix::unistd::write(&writer, b".")?;
        loop {
            nix::unistd::pause();
        }
    }
    nix::unistd::read(&reader, &mut [0])?;
    Ok(file)"#,
            says: "keeps the namespace alive too, but with a process",
        },
    ],
    ..Exercise::NEW
};

/// Checks that nothing but an open file keeps a UTS namespace alive after its last
/// process has ended.
pub fn setns5(answer: fn(Pid) -> io::Result<File>) -> ! {
    judge(|| {
        let target = helper_process(CloneFlags::CLONE_NEWUTS, || sethostname("held-open"))?;
        let process = run_answer(&EXERCISE, || answer(target.pid).map(IntoRawFd::into_raw_fd))?;
        let moved = differing_kinds(Pid::this(), process.pid);
        ensure(moved.is_empty(), || {
            wrong(
                "a process that is still in its own namespaces",
                format!("it has joined others: {}", moved.join(", ")),
                "that keeps the namespace alive too, but with a process",
            )
        })?;
        let mounts =
            fs::read_to_string(format!("/proc/{}/mountinfo", process.pid)).unwrap_or_default();
        ensure(!mounts.contains(" - nsfs "), || {
            wrong(
                "no mounted namespace",
                "a mount of file system type nsfs in its mountinfo",
                "that keeps the namespace alive too, but with a bind mount",
            )
        })?;
        let namespace = link(target.pid, "uts");
        target.end();
        let inside = processes_in("uts", &namespace);
        ensure(inside.is_empty(), || {
            let pids: Vec<_> = inside.iter().map(Pid::to_string).collect();
            wrong(
                "no process in the namespace",
                format!("process {} is in it", pids.join(", ")),
                "that keeps the namespace alive too, but with a process",
            )
        })?;
        let (name, _) = uts_names(format!("/proc/{}/fd/{}", process.pid, process.output))?;
        ensure(name == "held-open", || {
            wrong(
                "the UTS namespace of the process that has ended",
                format!("descriptor {} is a UTS namespace with hostname {name:?}", process.output),
                "a namespace is kept alive, but a different one",
            )
        })?;
        Ok(format!(
            "no process is left in the namespace, and descriptor {} still refers to it",
            process.output
        ))
    })
}
