//! Step 04: keeping a namespace alive, and entering it.

use std::fs::{self, File};
use std::io;
use std::os::fd::IntoRawFd;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Pid, sethostname};

use crate::process::{bystander, differing, learner, link, names_in};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, wrong};

/// Wants the caller in the UTS namespace of another process, by a file.
pub fn setns1(answer: fn(Pid) -> io::Result<()>) -> ! {
    judge(|| {
        let host =
            bystander(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC, || sethostname("den"))?;
        let it = learner(|| answer(host.pid).map(|()| ""))?;
        entered(it.pid, host.pid, &["uts"])
    })
}

/// Wants the caller in two namespaces of another process at once, by a pidfd:
/// there is no `/proc` where the answer runs.
pub fn setns2(answer: fn(Pid) -> io::Result<()>) -> ! {
    judge(|| {
        let flags = CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWNET;
        let host = bystander(flags, || Ok(()))?;
        let it = learner(|| {
            unshare(CloneFlags::CLONE_NEWNS)?;
            let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
            mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
            mount(Some("tmpfs"), "/proc", Some("tmpfs"), MsFlags::empty(), None::<&str>)?;
            answer(host.pid).map(|()| "")
        })?;
        entered(it.pid, host.pid, &["ipc", "uts"])
    })
}

/// Wants a UTS namespace that outlives its last process, held by a bind mount.
pub fn setns3(answer: fn(Pid, &Path) -> io::Result<()>) -> ! {
    judge(|| {
        let file = Path::new("/tmp/kept");
        let host = bystander(CloneFlags::CLONE_NEWUTS, || sethostname("kept-alive"))?;
        learner(|| answer(host.pid, file).map(|()| ""))?;
        host.end();
        let (name, _) = names_in(file)?;
        ensure(name == "kept-alive", || {
            wrong(
                "the UTS namespace of the process that has ended",
                format!("behind {} is one named {name:?}", file.display()),
                "something is kept, but not that namespace",
            )
        })?;
        Ok(format!("nobody lives in it any more, and {} still leads there", file.display()))
    })
}

/// Wants an ordinary user in a UTS namespace that belongs to a user namespace.
pub fn setns4(answer: fn(Pid) -> io::Result<()>) -> ! {
    judge(|| {
        let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS;
        let host = bystander(flags, || Ok(()))?;
        let it = learner(|| {
            drop_capabilities()?;
            answer(host.pid).map(|()| "")
        })?;
        entered(it.pid, host.pid, &["user", "uts"])
    })
}

/// Wants a UTS namespace that outlives its last process, held by an open file alone.
pub fn setns5(answer: fn(Pid) -> io::Result<File>) -> ! {
    judge(|| {
        let host = bystander(CloneFlags::CLONE_NEWUTS, || sethostname("held-open"))?;
        let it = learner(|| answer(host.pid).map(IntoRawFd::into_raw_fd))?;
        let moved = differing(Pid::this(), it.pid);
        ensure(moved.is_empty(), || {
            wrong(
                "a process that has stayed in its namespaces",
                format!("it left those of {}", moved.join(", ")),
                "that keeps a namespace, too, but by a process",
            )
        })?;
        let mounts = fs::read_to_string(format!("/proc/{}/mountinfo", it.pid)).unwrap_or_default();
        ensure(!mounts.contains(" - nsfs "), || {
            wrong(
                "no mount of a namespace",
                "one of the file system nsfs in its mountinfo",
                "that keeps a namespace, too, but by a bind mount",
            )
        })?;
        host.end();
        let (name, _) = names_in(format!("/proc/{}/fd/{}", it.pid, it.said))?;
        ensure(name == "held-open", || {
            wrong(
                "the UTS namespace of the process that has ended",
                format!("descriptor {} leads to one named {name:?}", it.said),
                "something is kept, but not that namespace",
            )
        })?;
        Ok(format!("nobody lives in it any more, and descriptor {} still leads there", it.said))
    })
}

/// Whether `it` is in the namespaces of these kinds of `host` and left no other.
fn entered(it: Pid, host: Pid, kinds: &[&str]) -> Result<String, Finding> {
    for kind in kinds {
        let (there, here) = (link(host, kind), link(it, kind));
        ensure(there == here, || {
            wrong(
                format!("{there}, the {kind} namespace of process {host}"),
                format!("the process of your function is in {here}"),
                "it has not entered that namespace",
            )
        })?;
    }
    // setns2 runs in a mount namespace of its own, without /proc.
    let left = differing(Pid::this(), it);
    let more: Vec<_> =
        left.iter().filter(|it| *it != "mnt" && !kinds.contains(&it.as_str())).collect();
    ensure(more.is_empty(), || {
        wrong(
            format!("only {} changed", kinds.join(" and ")),
            format!("{more:?} changed too"),
            "setns(2) was asked for more kinds than that",
        )
    })?;
    let links: Vec<_> = kinds.iter().map(|kind| link(it, kind)).collect();
    Ok(format!("your process is in {}", links.join(" and ")))
}

/// Takes all capabilities from the caller, as an ordinary user has none (`capset(2)`).
pub fn drop_capabilities() -> nix::Result<()> {
    let mut header = [0x2008_0522_u32, 0]; // _LINUX_CAPABILITY_VERSION_3, the caller
    let sets = [0_u32; 6];
    // SAFETY: header and sets have the layout and size of version 3, and live on.
    let result = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) };
    Errno::result(result).map(drop)?;
    let caps = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if caps.contains("CapEff:\t0000000000000000") { Ok(()) } else { Err(Errno::EPERM) }
}
