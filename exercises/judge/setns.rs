//! Step 04: joining a namespace, and keeping one alive.

use std::fs::{self, File};
use std::io;
use std::os::fd::IntoRawFd;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Pid, sethostname};

use crate::process::{differing_kinds, helper_process, link, processes_in, run_answer, uts_names};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, wrong};

/// Checks that the answer joins the UTS namespace of another process through a file.
pub fn setns1(answer: fn(Pid) -> io::Result<()>) -> ! {
    judge(|| {
        let target = helper_process(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC, || {
            sethostname("den")
        })?;
        let process = run_answer(|| answer(target.pid).map(|()| ""))?;
        check_joined(process.pid, target.pid, &["uts"])
    })
}

/// Checks that the answer joins two namespaces of another process through a pidfd: no
/// `/proc` is mounted where the answer runs.
pub fn setns2(answer: fn(Pid) -> io::Result<()>) -> ! {
    judge(|| {
        let flags = CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWNET;
        let target = helper_process(flags, || Ok(()))?;
        let process = run_answer(|| {
            unshare(CloneFlags::CLONE_NEWNS)?;
            let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
            mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
            mount(Some("tmpfs"), "/proc", Some("tmpfs"), MsFlags::empty(), None::<&str>)?;
            answer(target.pid).map(|()| "")
        })?;
        check_joined(process.pid, target.pid, &["ipc", "uts"])
    })
}

/// Checks that a bind mount keeps a UTS namespace alive after its last process has ended.
pub fn setns3(answer: fn(Pid, &Path) -> io::Result<()>) -> ! {
    judge(|| {
        let file = Path::new("/tmp/kept");
        let target = helper_process(CloneFlags::CLONE_NEWUTS, || sethostname("kept-alive"))?;
        run_answer(|| answer(target.pid, file).map(|()| ""))?;
        target.end();
        let (name, _) = uts_names(file)?;
        ensure(name == "kept-alive", || {
            wrong(
                "the UTS namespace of the process that has ended",
                format!("{} is a UTS namespace with hostname {name:?}", file.display()),
                "a namespace is kept alive, but a different one",
            )
        })?;
        Ok(format!(
            "no process is left in the namespace, and {} still refers to it",
            file.display()
        ))
    })
}

/// Checks that the answer, without capabilities, joins a UTS namespace that is owned by
/// another user namespace.
pub fn setns4(answer: fn(Pid) -> io::Result<()>) -> ! {
    judge(|| {
        let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS;
        let target = helper_process(flags, || Ok(()))?;
        let process = run_answer(|| {
            drop_capabilities()?;
            answer(target.pid).map(|()| "")
        })?;
        check_joined(process.pid, target.pid, &["user", "uts"])
    })
}

/// Checks that nothing but an open file keeps a UTS namespace alive after its last
/// process has ended.
pub fn setns5(answer: fn(Pid) -> io::Result<File>) -> ! {
    judge(|| {
        let target = helper_process(CloneFlags::CLONE_NEWUTS, || sethostname("held-open"))?;
        let process = run_answer(|| answer(target.pid).map(IntoRawFd::into_raw_fd))?;
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

/// Checks that `process` has joined the namespaces of these kinds of `target`, and no others.
fn check_joined(process: Pid, target: Pid, kinds: &[&str]) -> Result<String, Finding> {
    for kind in kinds {
        let (expected, found) = (link(target, kind), link(process, kind));
        ensure(expected == found, || {
            wrong(
                format!("your process in {expected}, the {kind} namespace of process {target}"),
                format!("it is in {found}"),
                "the process has not joined that namespace",
            )
        })?;
    }
    // setns2 runs in its own mount namespace, without /proc.
    let changed = differing_kinds(Pid::this(), process);
    let more: Vec<_> =
        changed.iter().filter(|it| *it != "mnt" && !kinds.contains(&it.as_str())).collect();
    ensure(more.is_empty(), || {
        wrong(
            format!("only {} changed", kinds.join(" and ")),
            format!("{more:?} changed too"),
            "the flags of setns(2) name more kinds than the exercise asks for",
        )
    })?;
    let links: Vec<_> = kinds.iter().map(|kind| link(process, kind)).collect();
    Ok(format!("your process is in {}", links.join(" and ")))
}

/// Drops all capabilities of the caller (`capset(2)`): an ordinary user has none.
pub fn drop_capabilities() -> nix::Result<()> {
    let mut header = [0x2008_0522_u32, 0]; // _LINUX_CAPABILITY_VERSION_3, pid 0: the caller
    let sets = [0_u32; 6];
    // SAFETY: header and sets have the layout and size of version 3, and outlive the call.
    let result = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) };
    Errno::result(result).map(drop)?;
    let caps = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if caps.contains("CapEff:\t0000000000000000") { Ok(()) } else { Err(Errno::EPERM) }
}
