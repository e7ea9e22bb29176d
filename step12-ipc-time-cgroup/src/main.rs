//! Step 12: what do the three small kinds of namespace hide?
//!
//! An IPC namespace has message queues of its own, a time namespace shifts two clocks, and a
//! cgroup namespace shortens the names of cgroups. A child enters a new namespace of each
//! kind. Then parent and child answer the same questions by the same system calls, and get
//! different answers.
//!
//! ```text
//! cargo run -p step12-ipc-time-cgroup
//! ```
//!
//! Privilege: creating these namespaces requires CAP_SYS_ADMIN, and setting the offset of a
//! clock CAP_SYS_TIME. An unprivileged user has both in a new user namespace.
//!
//! Simplified: an IPC namespace also has System V semaphores and shared memory of its own. No
//! cgroup is created: the child stays in the one in which the step was started.
//!
//! Manual: ipc_namespaces(7), time_namespaces(7), cgroup_namespaces(7), msgget(2), mq_open(3),
//! clock_gettime(2)

use std::fmt::Display;
use std::fs::{self, File};
use std::io;
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_open};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::stat::Mode;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, getegid, geteuid};
use step_support::cgroup::memberships;
use step_support::namespace::{check_proc, flag_names};
use step_support::user_namespace::map_to_root;
use step_support::{Hint, exit_code, note, printable, refusal};

mod cli;
mod compare;
use compare::{Question, answer};

/// The three kinds of namespace. nix has no name for the last.
const CLONE_NEWIPC: CloneFlags = CloneFlags::CLONE_NEWIPC;
const CLONE_NEWCGROUP: CloneFlags = CloneFlags::CLONE_NEWCGROUP;
const CLONE_NEWTIME: CloneFlags = CloneFlags::from_bits_retain(libc::CLONE_NEWTIME);

/// The key of the System V queue: the letters `helo`.
const KEY: libc::key_t = 0x6865_6c6f;

// ANCHOR: questions
/// What child and parent are asked, and the kind of namespace that decides the answer. (The
/// PID is the child's, whoever answers.)
const QUESTIONS: [Question; 8] = [
    (CLONE_NEWIPC, "msgget(0x68656c6f)", |_| answer(msgget(0).map(|_| "found"))),
    (CLONE_NEWIPC, "mq_open(/helo)", |_| answer(open_helo(MQ_OFlag::O_RDONLY).map(|_| "found"))),
    (CLONE_NEWTIME, "CLOCK_MONOTONIC", |_| seconds(ClockId::CLOCK_MONOTONIC)),
    (CLONE_NEWTIME, "CLOCK_BOOTTIME", |_| seconds(ClockId::CLOCK_BOOTTIME)),
    (CLONE_NEWTIME, "CLOCK_REALTIME", |_| seconds(ClockId::CLOCK_REALTIME)),
    (CLONE_NEWTIME, "write(timens_offsets)", |child| answer(set_offsets(child).map(|()| "done"))),
    (CLONE_NEWCGROUP, "cgroup of child", cgroup_of),
    (CLONE_NEWCGROUP, "cgroup of PID 1", |_| cgroup_of(Pid::from_raw(1))),
];
// ANCHOR_END: questions

fn main() -> ExitCode {
    exit_code(run())
}

/// Asks a child in new namespaces, and this process, what is there.
fn run() -> Result<u8> {
    let mut flags = cli::parse_args()?;
    check_proc()?;
    cli::warn_in_root_cgroup(flags);
    if !geteuid().is_root() {
        flags |= CloneFlags::CLONE_NEWUSER;
        note(cli::USER_NAMESPACE_NOTE);
    }
    let of_these = |(kind, ..): &Question| flags.contains(*kind);
    let questions: Vec<_> = QUESTIONS.into_iter().filter(of_these).collect();
    let commands = |child| cli::commands_to_look(flags, child);
    compare::child_with_parent(|| enter_namespaces(flags), &questions, commands)
}

// ANCHOR: enter_namespaces
/// Moves the caller into new namespaces, and puts into them what the questions ask for.
fn enter_namespaces(flags: CloneFlags) -> Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(flags)
        .hint(|errno| cli::unshare_hints(errno, flags))
        .with_context(|| format!("unshare({})", flag_names(flags)))?;
    if flags.contains(CloneFlags::CLONE_NEWUSER) {
        map_to_root(uid, gid)?;
    }
    if flags.contains(CLONE_NEWIPC) {
        create_queues()?;
    }
    if flags.contains(CLONE_NEWTIME) {
        enter_time_namespace()?;
    }
    // A new cgroup namespace needs nothing more: its root is the caller's cgroup.
    Ok(())
}
// ANCHOR_END: enter_namespaces

/// Creates a System V queue and a POSIX queue in the caller's IPC namespace. A queue outlives
/// the process that created it, but not the namespace, which ends with its last process.
fn create_queues() -> Result<()> {
    msgget(libc::IPC_CREAT | libc::IPC_EXCL | 0o600)
        .hint(refusal::in_new_namespace)
        .context("msgget(0x68656c6f, IPC_CREAT | IPC_EXCL)")?;
    open_helo(MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL)
        .hint(cli::mq_open_hints)
        .context("mq_open(/helo, O_CREAT | O_EXCL)")?;
    Ok(())
}

/// Finds or creates the System V queue with this key (`msgget(2)`).
fn msgget(flags: libc::c_int) -> nix::Result<libc::c_int> {
    // SAFETY: the call takes two numbers and touches no memory of ours.
    Errno::result(unsafe { libc::msgget(KEY, flags) })
}

/// Finds or creates the POSIX queue with this name (`mq_open(3)`).
fn open_helo(flags: MQ_OFlag) -> nix::Result<MqdT> {
    let one_byte = MqAttr::new(0, 1, 1, 0); // all users' queues together have a limit
    mq_open("/helo", flags, Mode::S_IRUSR | Mode::S_IWUSR, Some(&one_byte))
}

// ANCHOR: time
/// Moves the caller into the new time namespace, whose clocks are a day ahead.
///
/// `unshare(2)` has created it for the caller's children, and so it has no process yet. The
/// first one fixes the offsets: a process may rely on a monotonic clock that never jumps.
fn enter_time_namespace() -> Result<()> {
    set_offsets("self").hint(refusal::clock_offsets).context("write(/proc/self/timens_offsets)")?;
    let link = "/proc/self/ns/time_for_children";
    let namespace = File::open(link).with_context(|| format!("open({link})"))?;
    setns(namespace, CLONE_NEWTIME)
        .hint(refusal::in_new_namespace)
        .with_context(|| format!("setns({link}, CLONE_NEWTIME)"))
}

/// Sets how far two clocks are ahead, in seconds and nanoseconds, in the time namespace for
/// the children of a process.
fn set_offsets(process: impl Display) -> io::Result<()> {
    fs::write(format!("/proc/{process}/timens_offsets"), "monotonic 86400 0\nboottime 86400 0\n")
}
// ANCHOR_END: time

/// The time on a clock (`clock_gettime(2)`).
fn seconds(clock: ClockId) -> String {
    answer(clock_gettime(clock).map(|time| format!("{} s", time.tv_sec())))
}

/// The cgroup of a process, by its path from the root of the caller's cgroup namespace. On v1
/// there is one in each hierarchy; the longest path tells most.
fn cgroup_of(pid: Pid) -> String {
    answer(fs::read(format!("/proc/{pid}/cgroup")).map(|text| {
        let paths = memberships(&text).into_iter().map(|it| printable(it.path));
        paths.max_by_key(String::len).unwrap_or_default()
    }))
}
