//! Step 02: how does a process come into being, and into which namespaces?
//!
//! `clone(2)` creates a child that begins in a callback, on a stack that its
//! caller provides. Its flags say what the child gets anew: each `CLONE_NEW…`
//! is a new namespace of one kind, and without them the child shares all the
//! namespaces of its parent.
//!
//! ```text
//! cargo run -p step02-clone -- uts pid
//! ```
//!
//! Privilege: every kind but `user` takes CAP_SYS_ADMIN. An ordinary user has
//! it in a new user namespace, which the same `clone(2)` creates.
//!
//! Simplified: the child does nothing with what it got. Step 03 gives its UTS
//! namespace a name, step 05 its user namespace a root.
//!
//! Manual: clone(2), namespaces(7), pid_namespaces(7), waitpid(2), pipe(2)

use std::fs;
use std::io;
use std::num::NonZero;
use std::process::ExitCode;
use std::slice;

use anyhow::{Context, Result, ensure};
use colored::Colorize;
use nix::errno::Errno;
use nix::fcntl::readlink;
use nix::sched::{CloneFlags, clone};
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, geteuid, getpid, getppid};

#[path = "../../report.rs"]
mod report;
#[path = "../../turn.rs"]
mod turn;
use report::{note, print, printable, report};
use turn::Turn;

const HELP: &str = "\
Creates a child by clone(2), in new namespaces or in those of its parent.

Usage: step02-clone [KIND...]

  KIND  cgroup, ipc, mnt, net, pid, user or uts: the child gets a new one

Example: cargo run -p step02-clone -- uts pid
Manual:  clone(2), namespaces(7), pid_namespaces(7), waitpid(2)";

/// The kinds of namespace that `clone(2)` can create, and the flags that ask for them.
const KINDS: [(&str, CloneFlags); 7] = [
    ("cgroup", CloneFlags::CLONE_NEWCGROUP),
    ("ipc", CloneFlags::CLONE_NEWIPC),
    ("mnt", CloneFlags::CLONE_NEWNS), // "a new namespace": in 2002 there was no other kind
    ("net", CloneFlags::CLONE_NEWNET),
    ("pid", CloneFlags::CLONE_NEWPID),
    ("user", CloneFlags::CLONE_NEWUSER),
    ("uts", CloneFlags::CLONE_NEWUTS),
];

/// Why `time` is not among them.
const NO_TIME: &str = "clone() cannot create a time namespace: the bit of CLONE_NEWTIME \
    belongs to the exit signal there; unshare(2) and clone3(2) can";

/// Bytes of stack for the child: `clone(2)` leaves it to its caller to provide one.
const STACK_SIZE: NonZero<usize> = NonZero::new(1024 * 1024).unwrap();

fn main() -> ExitCode {
    ExitCode::from(report(run(), hint))
}

fn run() -> Result<u8> {
    match flags()? {
        Some(flags) => check_proc().and_then(|()| clone_child(flags)),
        None => print(HELP).map(|()| 0),
    }
}

/// Reads the kinds from the command line, as flags; `None` is a call for help.
fn flags() -> Result<Option<CloneFlags>, lexopt::Error> {
    use lexopt::prelude::*;

    let mut flags = CloneFlags::empty();
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(None),
            Value(kind) => match KINDS.iter().find(|(name, _)| kind == *name) {
                Some((_, flag)) => flags |= *flag,
                None if kind == "time" => return Err(NO_TIME.into()),
                None => return Err(format!("{kind:?} is no kind of namespace").into()),
            },
            _ => return Err(arg.unexpected()),
        }
    }
    Ok(Some(flags))
}

// ANCHOR: clone_child
/// Creates a child (`clone(2)`), compares its namespaces with the parent's
/// while it lives, and waits for its end; returns the exit status.
fn clone_child(mut flags: CloneFlags) -> Result<u8> {
    if !geteuid().is_root() && !(flags - CloneFlags::CLONE_NEWUSER).is_empty() {
        flags |= CloneFlags::CLONE_NEWUSER;
        note(
            "note: not root: clone() also gets CLONE_NEWUSER, a new user namespace \
             in which the child may do what root does",
        );
    }

    let (parents_turn, childs_turn) = Turn::pair().context("pipe2(O_CLOEXEC)")?;
    // The stack grows downwards: nix gives the kernel the end of this memory.
    let stack = stack()?;
    let callback = Box::new(|| {
        parents_turn.close_copies();
        isize::from(report(child(&childs_turn), hint))
    });
    // SAFETY: without CLONE_VM the child runs on its own copy of this memory,
    // stack included; this process has no second thread, so that copy holds
    // no lock and no half-made allocation.
    let child = unsafe { clone(callback, stack, flags, Some(Signal::SIGCHLD as i32)) }
        .with_context(|| format!("clone({})", written(flags)))?;
    drop(childs_turn);

    let said = parent(child, &parents_turn);
    // End of file in its pipe tells the child that it may end.
    drop(parents_turn);
    let end = waitpid(child, None).with_context(|| format!("waitpid({child})"))?;
    // A child that was killed has left its parent nothing to read in /proc.
    if !matches!(end, WaitStatus::Signaled(..)) {
        said?;
    }
    let (end, status) = match end {
        WaitStatus::Exited(_, status) => (format!("exited with status {status}"), status),
        WaitStatus::Signaled(_, signal, _) => (format!("was killed by {signal}"), 1),
        other => (format!("{other:?}"), 1),
    };
    print(&format!("child {child} {end}"))?;
    Ok(u8::try_from(status)?)
}
// ANCHOR_END: clone_child

// ANCHOR: child
/// The child: says what PIDs it sees, and stays until its parent lets go.
fn child(turn: &Turn) -> Result<u8> {
    // Whatever ends the parent, SIGKILL included, ends the child.
    set_pdeathsig(Signal::SIGKILL).context("prctl(PR_SET_PDEATHSIG, SIGKILL)")?;
    if turn.wait() {
        print(&format!("PID in child:  {}, its parent's: {}", getpid(), getppid()))?;
        turn.pass();
        turn.wait();
    }
    Ok(0)
}
// ANCHOR_END: child

// ANCHOR: parent
/// The parent: lets the child speak, and then the kernel, of both processes'
/// namespaces. Comes back early when the child has died.
fn parent(child: Pid, turn: &Turn) -> Result<()> {
    print(&format!("PID of child created by clone() is {child}"))?;
    turn.pass();
    if !turn.wait() {
        return Ok(());
    }
    print(&format!("PID in parent: {}, its child's:  {child}", getpid()))?;
    let parents = namespaces(getpid())?;
    let childs = namespaces(child)?;
    for ((kind, parents), (_, childs)) in parents.iter().zip(&childs) {
        let (verdict, seen) = match parents == childs {
            true => ("same".normal(), childs.normal()),
            false => ("new".green(), childs.green()),
        };
        print(&format!("{kind:<18}{parents:<20}{seen:<20}{verdict}"))?;
    }
    Ok(())
}
// ANCHOR_END: parent

/// Memory for the child's stack, from where the example of `clone(2)` has it.
fn stack() -> Result<&'static mut [u8]> {
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    let flags = MapFlags::MAP_PRIVATE | MapFlags::MAP_STACK;
    // SAFETY: the kernel chooses the place, so nothing else is there.
    let stack = unsafe { mmap_anonymous(None, STACK_SIZE, access, flags) }
        .with_context(|| format!("mmap({STACK_SIZE})"))?;
    // SAFETY: it is there until the program ends, full of zeros, and nobody else has it.
    Ok(unsafe { slice::from_raw_parts_mut(stack.as_ptr().cast(), STACK_SIZE.get()) })
}

/// Makes sure that `/proc` knows processes by the PIDs that we know: one of
/// another PID namespace has strangers under the same numbers.
fn check_proc() -> Result<()> {
    let there = readlink("/proc/self").context("readlink(/proc/self)")?;
    let (there, here) = (printable(there), getpid().to_string());
    let strangers = format!("/proc is of another PID namespace: PID {here} is {there} there");
    ensure!(there == here, "{strangers}\nhint: unshare --mount-proc mounts a fitting /proc");
    Ok(())
}

/// The namespaces of a process, as the links in `/proc/PID/ns` tell them
/// (`readlink(2)`): kind, and the kind with its inode number.
fn namespaces(pid: Pid) -> Result<Vec<(String, String)>> {
    let dir = format!("/proc/{pid}/ns");
    let mut namespaces = Vec::new();
    for entry in fs::read_dir(&dir).map_err(errno).with_context(|| format!("open({dir})"))? {
        let link = entry.map_err(errno).with_context(|| format!("getdents({dir})"))?.path();
        let target = readlink(&link).with_context(|| format!("readlink({})", link.display()))?;
        let kind = link.file_name().unwrap_or_default();
        namespaces.push((printable(kind), printable(target)));
    }
    namespaces.sort();
    Ok(namespaces)
}

/// The kernel's own name for an error of the standard library.
fn errno(error: io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or_default())
}

/// The flags as the manual writes them.
fn written(flags: CloneFlags) -> String {
    let names: Vec<_> = flags.iter_names().map(|(name, _)| name).collect();
    names.join(" | ")
}

/// What to do about a refused `clone(2)` or a missing `/proc`.
fn hint(errno: Errno) -> Option<&'static str> {
    match errno {
        Errno::EINVAL => Some("this kernel may lack the kind: ls /proc/self/ns"),
        Errno::ENOENT => {
            Some("/proc is of another PID namespace: unshare --mount-proc mounts a fitting one")
        }
        Errno::EPERM if fs::read("/proc/self/uid_map").is_ok_and(|map| map.is_empty()) => {
            Some("nobody is mapped into the user namespace that we are in: it can have none below")
        }
        Errno::EPERM if geteuid().is_root() => {
            Some("root lacks CAP_SYS_ADMIN: grep CapEff /proc/self/status")
        }
        Errno::EPERM => Some("root needs no user namespace: sudo target/debug/step02-clone …"),
        _ => None,
    }
}
