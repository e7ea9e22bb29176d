//! Step 03: can a process have a hostname of its own?
//!
//! `clone(2)` creates a child and, in the same call, a UTS namespace for it.
//! The child changes its hostname; the parent looks at its own and finds it as
//! it was. Then both stay alive, so that their `/proc/PID/ns/uts` can be
//! compared from another terminal.
//!
//! ```text
//! cargo run -p step03-uts -- helo
//! ```
//!
//! Privilege: creating a UTS namespace takes CAP_SYS_ADMIN. An ordinary user
//! has it in a new user namespace, which the same `clone(2)` creates.
//!
//! Simplified: no user is mapped into that user namespace (step 05 does it),
//! so the child's uid is shown there as the overflow uid, 65534.
//!
//! Manual: clone(2), uts_namespaces(7), sethostname(2), uname(2), pipe(2)

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::iter;
use std::num::NonZero;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;
use std::slice;

use anyhow::{Context, Result, bail};
use colored::Colorize;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, clone};
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::sys::utsname::{UtsName, uname};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, geteuid, getpid, sethostname};

#[path = "../../report.rs"]
mod report;
#[path = "../../turn.rs"]
mod turn;
use report::{note, print, printable, report};
use turn::Turn;

const HELP: &str = "\
Gives a child created by clone(2) a hostname of its own.

Usage: step03-uts HOSTNAME [DOMAINNAME]

  HOSTNAME    the child's nodename, at most 64 bytes
  DOMAINNAME  the child's NIS domain name, at most 64 bytes

Parent and child stay alive until Enter, end of input or Ctrl-C.

Example: cargo run -p step03-uts -- helo
Manual:  clone(2), uts_namespaces(7), sethostname(2), setdomainname(2), uname(2)";

/// Bytes of stack for the child: `clone(2)` leaves it to its caller to provide one.
const STACK_SIZE: NonZero<usize> = NonZero::new(1024 * 1024).unwrap();

fn main() -> ExitCode {
    ExitCode::from(report(run(), hint))
}

fn run() -> Result<u8> {
    match names()? {
        Some(names) => clone_uts(&names),
        None => print(HELP).map(|()| 0),
    }
}

/// What the child calls itself in its UTS namespace.
struct Names {
    hostname: OsString,
    domainname: Option<OsString>,
}

/// Reads the command line; `None` is a call for help.
fn names() -> Result<Option<Names>, lexopt::Error> {
    use lexopt::prelude::*;

    let mut values = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(None),
            Value(value) if values.len() < 2 => values.push(value),
            _ => return Err(arg.unexpected()),
        }
    }
    let mut values = values.into_iter();
    let hostname = values.next().ok_or("missing HOSTNAME")?;
    Ok(Some(Names { hostname, domainname: values.next() }))
}

// ANCHOR: clone_uts
/// Creates a child in a UTS namespace of its own (`clone(2)`), lets it and its
/// parent say what they are called, and returns the child's exit status.
fn clone_uts(names: &Names) -> Result<u8> {
    let mut flags = CloneFlags::CLONE_NEWUTS;
    if !geteuid().is_root() {
        flags |= CloneFlags::CLONE_NEWUSER;
        note(
            "note: not root: clone() also gets CLONE_NEWUSER, a new user namespace \
             in which the child may do what root does",
        );
    }

    let (parents_turn, childs_turn) = Turn::pair().context("pipe2(O_CLOEXEC)")?;
    let stack = stack()?;
    let callback = Box::new(|| {
        parents_turn.close_copies();
        isize::from(report(child(names, &childs_turn), hint))
    });
    // SAFETY: without CLONE_VM the child runs on its own copy of this memory,
    // stack included; this process has no second thread, so that copy holds
    // no lock and no half-made allocation.
    let child = unsafe { clone(callback, stack, flags, Some(Signal::SIGCHLD as i32)) }
        .with_context(|| format!("clone({})", written(flags)))?;
    drop(childs_turn);

    let said = parent(names, child, &parents_turn);
    // End of file in its pipe tells the child that it may end.
    drop(parents_turn);
    let end = waitpid(child, None).with_context(|| format!("waitpid({child})"))?;
    said?;
    match end {
        WaitStatus::Exited(_, status) => Ok(u8::try_from(status)?),
        WaitStatus::Signaled(_, signal, _) => bail!("child {child} was killed by {signal}"),
        other => bail!("waitpid({child}): {other:?}"),
    }
}
// ANCHOR_END: clone_uts

// ANCHOR: child
/// The child: renames its UTS namespace, says what `uname(2)` finds there, and
/// stays until its parent lets go.
fn child(names: &Names, turn: &Turn) -> Result<u8> {
    // Whatever ends the parent, SIGKILL included, ends the child.
    set_pdeathsig(Signal::SIGKILL).context("prctl(PR_SET_PDEATHSIG, SIGKILL)")?;
    if !turn.wait() {
        return Ok(0);
    }

    sethostname(&names.hostname).with_context(|| format!("sethostname({:?})", names.hostname))?;
    if let Some(domainname) = &names.domainname {
        setdomainname(domainname).with_context(|| format!("setdomainname({domainname:?})"))?;
    }

    let uts = uname().context("uname()")?;
    for (identifier, value) in identifiers(&uts, names) {
        print(&format!("uts.{identifier} in child:  {}", value.green()))?;
        turn.pass();
        if !turn.wait() {
            break;
        }
    }
    Ok(0)
}
// ANCHOR_END: child

// ANCHOR: parent
/// The parent: says what the child's PID is and what `uname(2)` finds in its
/// own UTS namespace. Comes back early when the child has died.
fn parent(names: &Names, child: Pid, turn: &Turn) -> Result<()> {
    print(&format!("PID of child created by clone() is {child}"))?;
    let uts = uname().context("uname()")?;
    for (identifier, value) in identifiers(&uts, names) {
        turn.pass();
        if !turn.wait() {
            return Ok(());
        }
        print(&format!("uts.{identifier} in parent: {}", value.yellow()))?;
    }
    stay(child, turn)
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

/// The identifiers to be compared, and their values.
fn identifiers(uts: &UtsName, names: &Names) -> Vec<(&'static str, String)> {
    let nodename = ("nodename", printable(uts.nodename()));
    let domainname = ("domainname", printable(uts.domainname()));
    iter::once(nodename).chain(names.domainname.is_some().then_some(domainname)).collect()
}

/// Keeps both processes until a line or end of file arrives on stdin, or the
/// child ends, which closes its end of the pipe (`poll(2)`).
fn stay(child: Pid, turn: &Turn) -> Result<()> {
    let mut stdin = io::stdin();
    let mut ends = [
        PollFd::new(stdin.as_fd(), PollFlags::POLLIN),
        PollFd::new(turn.comes.as_fd(), PollFlags::POLLIN),
    ];
    if poll(&mut ends, PollTimeout::ZERO).context("poll()")? == 0 {
        let parent = getpid();
        note(&format!(
            "Both stay alive now. Compare them from another terminal, or press Ctrl-Z first:\n\
             \x20   readlink /proc/{parent}/ns/uts\n\
             \x20   readlink /proc/{child}/ns/uts\n\
             Enter ends both."
        ));
        poll(&mut ends, PollTimeout::NONE).context("poll()")?;
    }
    if ends[0].any() == Some(true) {
        // Or the shell would take the reader's Enter for its own.
        let _ = stdin.read(&mut [0; 1024]);
    }
    Ok(())
}

/// Sets the NIS domain name of the caller's UTS namespace (`setdomainname(2)`).
fn setdomainname(name: &OsStr) -> nix::Result<()> {
    // SAFETY: the pointer and the length are those of one live byte slice,
    // which the kernel only reads.
    let result = unsafe { libc::setdomainname(name.as_bytes().as_ptr().cast(), name.len()) };
    Errno::result(result).map(drop)
}

/// The flags as the manual writes them.
fn written(flags: CloneFlags) -> String {
    let names: Vec<_> = flags.iter_names().map(|(name, _)| name).collect();
    names.join(" | ")
}

/// What to do about a refused `clone(2)`, `sethostname(2)` or `setdomainname(2)`.
fn hint(errno: Errno) -> Option<&'static str> {
    match errno {
        Errno::EINVAL => Some("nodename and domainname have at most 64 bytes each"),
        Errno::EPERM if geteuid().is_root() => {
            Some("root lacks CAP_SYS_ADMIN: grep CapEff /proc/self/status")
        }
        Errno::EPERM => Some("root needs no user namespace: sudo target/debug/step03-uts helo"),
        _ => None,
    }
}
