//! A process that is born in a cgroup.

use std::io;
use std::path::Path;
use std::thread::yield_now;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use crate::cgroup::{Need, judge};
use crate::clone_args::is_known;
use crate::exercise::{Exercise, Wrong};
use crate::observe::watch::Watch;
use crate::process::{run_answer, status};
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A process that is moved into a cgroup has used memory and time before, outside of
the limits. Since Linux 5.7 clone3(2) can create a child in a cgroup of version 2:
it is inside from its first instruction. (On v1 there is no such way.)",
    task: "
Create a child process in the cgroup `dir` that is born there: nobody writes to
cgroup.procs. It stays alive. Return its PID.",
    manual: "clone(2), under \"The clone3() system call\"",
    starter: r#"
use std::io;
use std::path::Path;

use judge::CloneArgs;
use nix::unistd::{ForkResult, Pid, pause};

fn born_in(dir: &Path) -> io::Result<Pid> {
    // TODO: Which flag, and a descriptor of what?
    let args = CloneArgs { exit_signal: libc::SIGCHLD as u64, ..CloneArgs::default() };
    let _ = dir;
    // SAFETY: one thread; without CLONE_VM the child has a copy of this memory.
    match unsafe { args.clone3() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => loop {
            pause();
        },
    }
}

fn main() -> ! {
    judge::cgroup6(born_in)
}
"#,
    solutions: &[
        (
            "File",
            r#"
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use judge::CloneArgs;
use nix::unistd::{ForkResult, Pid, pause};

/// As in `<linux/sched.h>`; libc has it as an int, which is too small for it.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

fn born_in(dir: &Path) -> io::Result<Pid> {
    let dir = File::open(dir)?;
    let args = CloneArgs {
        flags: CLONE_INTO_CGROUP,
        exit_signal: libc::SIGCHLD as u64,
        cgroup: dir.as_raw_fd() as u64,
        ..CloneArgs::default()
    };
    // SAFETY: one thread; without CLONE_VM the child has a copy of this memory.
    match unsafe { args.clone3() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => loop {
            pause();
        },
    }
}

fn main() -> ! {
    judge::cgroup6(born_in)
}
"#,
        ),
        (
            "libc, O_PATH, and a program in the child",
            r#"
use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::Pid;

fn born_in(dir: &Path) -> io::Result<Pid> {
    let path = CString::new(dir.as_os_str().as_bytes())?;
    let fd = unsafe { libc::open(path.as_ptr(), libc::O_PATH | libc::O_DIRECTORY) };
    let mut args = [0_u64; 11];
    args[0] = 1 << 33;
    args[4] = libc::SIGCHLD as u64;
    args[10] = fd as u64;
    match unsafe { libc::syscall(libc::SYS_clone3, args.as_ptr(), size_of_val(&args)) } {
        -1 => Err(io::Error::last_os_error()),
        0 => Err(Command::new("sleep").arg("1000").exec()),
        pid => Ok(Pid::from_raw(pid as i32)),
    }
}

fn main() -> ! {
    judge::cgroup6(born_in)
}
"#,
        ),
    ],
    hints: [
        "A cgroup is a directory. How does a program hold a directory that it does not have to look up again?",
        "Open the directory of the cgroup. Its descriptor goes into the field cgroup, and the flag CLONE_INTO_CGROUP says that the field counts. The flag is 0x200000000, more than an int can hold.",
        "let dir = File::open(dir)?; CloneArgs { flags: 0x2_0000_0000, cgroup: dir.as_raw_fd() as u64, … }",
    ],
    errors: &[
        (
            "EOPNOTSUPP",
            "cgroup.threads moves a thread within a threaded cgroup; a child is to be born inside",
        ),
        (
            "EBADF",
            "the field cgroup is not a descriptor of a cgroup's directory: it may be closed already, when its File has been dropped, or be one of its files",
        ),
        (
            "EINVAL",
            "a flag that does not exist here, or the exit signal among the flags as in clone(2)",
        ),
        (
            "ENOSPC",
            "the sandbox allows no cgroup namespace: CLONE_NEWCGROUP creates a cgroup namespace, and does not say in which cgroup",
        ),
        ("EACCES", "no file can be created in a cgroup: is the file's name right?"),
    ],
    wrong: &[
        Wrong {
            clause: "in the cgroup `dir`",
            change: "flags: CLONE_INTO_CGROUP",
            to: "flags: 0",
            says: "the field cgroup counts only with the flag CLONE_INTO_CGROUP",
        },
        Wrong {
            clause: "in the cgroup `dir`",
            change: "flags: CLONE_INTO_CGROUP",
            to: "flags: CLONE_INTO_CGROUP as libc::c_int as u64",
            says: "the constant in libc is an int",
        },
        Wrong {
            clause: "in the cgroup `dir`",
            change: "flags: CLONE_INTO_CGROUP",
            to: "flags: libc::CLONE_NEWCGROUP as u64",
            says: "CLONE_NEWCGROUP creates a cgroup namespace",
        },
        Wrong {
            clause: "nobody writes to
cgroup.procs",
            change: "        ForkResult::Parent { child } => Ok(child),",
            to: r#"        ForkResult::Parent { child } => {
            let procs = format!("/proc/self/fd/{}/cgroup.procs", dir.as_raw_fd());
            std::fs::write(procs, child.to_string())?;
            Ok(child)
        }"#,
            says: "moved there",
        },
        Wrong {
            clause: "born there",
            change: "        flags: CLONE_INTO_CGROUP,",
            to: r#"        flags: {
            let procs = format!("/proc/self/fd/{}/cgroup.procs", dir.as_raw_fd());
            std::fs::write(procs, "0")?;
            0
        },"#,
            says: "moved there",
        },
        Wrong {
            clause: "It stays alive",
            change: "        ForkResult::Child => loop {
            pause();
        },",
            to: "        ForkResult::Child => {
            let _ = pause;
            std::process::exit(0)
        }",
            says: "has ended",
        },
        Wrong {
            clause: "Return its PID",
            change: "ForkResult::Parent { child } => Ok(child),",
            to: "ForkResult::Parent { .. } => Ok(Pid::this()),",
            says: "it is no child of the process that ran your function",
        },
        Wrong {
            clause: "Create a child process",
            change: "        ForkResult::Parent { child } => Ok(child),",
            to: "        ForkResult::Parent { child } => {
            let _ = child;
            Ok(Pid::from_raw(1))
        }",
            says: "it is no child of the process that ran your function",
        },
    ],
    ..Exercise::NEW
};

/// Checks that a child is in the cgroup, and that nobody has moved a process there.
pub fn cgroup6(answer: fn(&Path) -> io::Result<Pid>) -> ! {
    judge(Need::V2, move |group| {
        is_known().map_err(|errno| {
            let advice = "A filter blocks this call, as in some containers: with Docker, use \
                          --security-opt seccomp=unconfined";
            unavailable("clone3()", errno, advice)
        })?;
        let files = ["cgroup.procs", "cgroup.threads"].map(|file| group.dir.join(file));
        let watched = |errno| unavailable("inotify", errno, "To see limits: sysctl fs.inotify");
        let watch = Watch::on(&files.each_ref().map(|it| it.as_path())).map_err(watched)?;
        let answering = run_answer(&EXERCISE, || answer(&group.dir))?;
        let child = Pid::from_raw(answering.output.parse().unwrap_or_default());
        let returned = format!("your function returned {}", answering.output);
        let parent = status(child, "PPid");
        ensure(parent == answering.pid.to_string(), || {
            wrong(
                format!("the PID of a child of process {}", answering.pid),
                format!("{returned}; PPid of that process: {parent}"),
                "it is no child of the process that ran your function",
            )
        })?;
        let state = settled_state(child);
        ensure(!state.starts_with(['Z', 'X', '(']), || {
            let found = format!("{returned}; State of that process: {state}");
            wrong("a living child", found, "it has ended: let the child wait, with pause(2)")
        })?;
        let inside = group.words("cgroup.procs")?;
        ensure(inside.contains(&child.to_string()), || {
            wrong(
                format!("{:?} in cgroup.procs", [child.to_string()]),
                format!("{inside:?}"),
                "a child is born in its parent's cgroup; the field cgroup counts only with the \
                 flag CLONE_INTO_CGROUP, which is 0x200000000 (the constant in libc is an int: too \
                 small for this flag, it is 0)",
            )
        })?;
        ensure(!watch.was_written().map_err(watched)?, || {
            wrong(
                "no write to cgroup.procs",
                "there was one",
                "a process was moved there, which was outside of the limits until then",
            )
        })?;
        Ok(format!("process {child} was born in the cgroup"))
    })
}

/// The state of a process that no longer runs: it waits, or has ended. That of a busy one after
/// a second.
fn settled_state(pid: Pid) -> String {
    let start = Instant::now();
    loop {
        let state = status(pid, "State");
        if !state.starts_with(['R', 'D']) || start.elapsed() > Duration::from_secs(1) {
            return state;
        }
        yield_now();
    }
}
