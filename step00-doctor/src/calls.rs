//! What the checks of steps 01 to 06 and of the exercises try: the calls of the steps.

use std::path::Path;
use std::process::exit;

use anyhow::{Context, Result};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, clone, setns, unshare};
use nix::sys::signal::Signal;
use nix::unistd::{ForkResult, Pid, fork, getegid, geteuid, getpid, getppid, sethostname};
use step_support::cgroup::{self, Parent, Version};
use step_support::error::failure;
use step_support::handshake::{self, Side};
use step_support::namespace::{OwnLinks, check_proc, flag_names, links};
use step_support::process::pidfd_open;
use step_support::user_namespace::map_to_root;
use step_support::{Hint, refusal};
use step06_cgroup::hints;
use step06_cgroup::limits::Limits;
use step06_cgroup::place::Place;

use crate::check::{Check, RunAs, Sender, become_user, wait_for};

/// Reading the namespaces of a process.
pub const LINKS: Check = Check { call: "readlink(/proc/PID/ns/...)", attempt: read_links };
/// Reading those of the caller, in any `/proc`.
pub const OWN_LINKS: Check =
    Check { call: "open(/proc/self/ns)", attempt: |_| OwnLinks::open().map(drop) };
/// A child in a new UTS namespace.
pub const CLONE: Check = Check { call: "clone(CLONE_NEWUTS)", attempt: try_clone };
/// A child that sets the hostname there.
pub const HOSTNAME: Check = Check { call: "sethostname()", attempt: try_sethostname };
/// Joining the namespaces of such a child.
pub const SETNS: Check = Check { call: "setns(CLONE_NEWUTS)", attempt: try_setns };
/// A descriptor for a process.
pub const PIDFD: Check = Check { call: "pidfd_open()", attempt: |_| open_pidfd(getpid()) };
/// New namespaces of all kinds that are older than 2020.
pub const UNSHARE: Check = Check { call: "unshare(all kinds)", attempt: try_unshare };
/// A new /proc for a new PID namespace, as in the example of step 05.
pub const PROC: Check = Check { call: "mount(proc) in new namespaces", attempt: try_mount_proc };
/// A cgroup where step 06 would create one.
pub const CGROUP: Check = Check {
    call: "a cgroup with limits",
    attempt: |_| look_for_cgroup(CGROUP.call, &[Version::V1, Version::V2], Some(9)),
};
/// A cgroup of v2, with controllers or without, where step 14 would create one.
pub const CGROUP_V2: Check = Check {
    call: "a cgroup of v2",
    attempt: |_| look_for_cgroup(CGROUP_V2.call, &[Version::V2], None),
};
/// Cgroups for the exercises of step 06, as their judge looks for them.
pub const EXERCISE_CGROUPS: Check =
    Check { call: "cgroups for exercises", attempt: look_for_exercise_cgroups };
/// Becoming an ordinary user: in a user namespace with one uid there is no other user.
pub const OTHER_USER: Check = Check { call: "setresuid()", attempt: |_| Ok(()) };
/// What the judge of the exercises needs.
pub const SANDBOX: Check = Check { call: "mount(proc) in new namespaces", attempt: try_sandbox };

/// Without root, a new user namespace is needed as well.
pub fn with_user(flags: CloneFlags) -> CloneFlags {
    if geteuid().is_root() { flags } else { flags | CloneFlags::CLONE_NEWUSER }
}

fn read_links(_: &Sender) -> Result<()> {
    check_proc()?;
    links("self").map(drop)
}

/// Creates a child in new namespaces. It runs `work`, and then waits for its parent.
pub fn clone_child(
    sender: &Sender,
    flags: CloneFlags,
    work: impl Fn() -> Result<()>,
) -> Result<(Pid, Side)> {
    let (parent_side, child_side) = handshake::pair()?;
    let child_main = Box::new(|| {
        sender.send(child_side.die_with_parent().and_then(|()| work()));
        child_side.wait();
        0
    });
    let mut stack = vec![0; 64 * 1024];
    // SAFETY: the child has a copy of this memory, and there is one thread.
    let child = unsafe { clone(child_main, &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
        .hint(|errno| refusal::creation(errno, flags))
        .with_context(|| format!("clone({})", flag_names(flags)))?;
    Ok((child, parent_side))
}

fn try_clone(sender: &Sender) -> Result<()> {
    let flags = with_user(CloneFlags::CLONE_NEWUTS);
    let (child, parent_side) = clone_child(sender, flags, || Ok(()))?;
    parent_side.notify();
    wait_for(child)
}

fn try_sethostname(sender: &Sender) -> Result<()> {
    let set = || sethostname("doctor").hint(refusal::in_new_namespace).context("sethostname()");
    let flags = with_user(CloneFlags::CLONE_NEWUTS);
    let (child, parent_side) = clone_child(sender, flags, set)?;
    parent_side.notify();
    wait_for(child)
}

fn try_setns(sender: &Sender) -> Result<()> {
    let flags = with_user(CloneFlags::CLONE_NEWUTS);
    let (child, _parent_side) = clone_child(sender, flags, || Ok(()))?;
    let pidfd = pidfd_open(child).hint(refusal::any_call).context("pidfd_open()")?;
    setns(&pidfd, flags)
        .hint(|errno| refusal::joining(errno, flags))
        .with_context(|| format!("setns({})", flag_names(flags)))
}

fn open_pidfd(pid: Pid) -> Result<()> {
    pidfd_open(pid).hint(refusal::any_call).context("pidfd_open()").map(drop)
}

fn try_unshare(_: &Sender) -> Result<()> {
    let flags = with_user(
        CloneFlags::CLONE_NEWCGROUP
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWUTS,
    );
    unshare(flags).hint(|errno| refusal::creation(errno, flags)).context("unshare(all kinds)")?;
    make_mounts_private()
}

/// Like `step05-unshare -Urpf --mount-proc`. The kernel refuses it where something is
/// mounted over a part of /proc, as in many containers.
fn try_mount_proc(sender: &Sender) -> Result<()> {
    handshake::pair()?;
    let (uid, gid) = (geteuid(), getegid());
    let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID;
    unshare(flags)
        .hint(|errno| refusal::creation(errno, flags))
        .with_context(|| format!("unshare({})", flag_names(flags)))?;
    map_to_root(uid, gid)?;
    // SAFETY: this process has one thread, so the child may allocate.
    match unsafe { fork() }.hint(refusal::forking).context("fork()")? {
        ForkResult::Parent { child } => wait_for(child),
        ForkResult::Child => {
            sender.send(mount_proc());
            exit(0)
        }
    }
}

/// Nobody outside of this mount namespace sees what is mounted from now on.
pub fn make_mounts_private() -> Result<()> {
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)
        .hint(refusal::propagation)
        .context("mount(/, MS_REC | MS_PRIVATE)")
}

fn mount_proc() -> Result<()> {
    make_mounts_private()?;
    mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>)
        .hint(refusal::new_proc)
        .context("mount(proc, /proc)")
}

fn try_sandbox(sender: &Sender) -> Result<()> {
    // Where there is no other user, the judge stays the same user.
    let _ = become_user(RunAs::Ordinary);
    try_mount_proc(sender)
}

/// Chooses the place as the steps do, and looks whether a cgroup could be created there.
fn look_for_cgroup(call: &'static str, versions: &[Version], pids: Option<u64>) -> Result<()> {
    // This process and the doctor; in the steps there are two as well.
    let ours = [getpid(), getppid()];
    let limits = Limits { pids, ..Limits::default() };
    let place = cgroup::all().and_then(|mut all| {
        all.retain(|it| versions.contains(&it.version));
        Place::choose(&all, &limits, &ours)
    });
    place.and_then(|place| place.check(&ours).context(call)).map_err(hints::explain)
}

/// Whether an exercise can be done below a cgroup.
type IsEnough = fn(&Parent) -> bool;

/// Which exercises need what of a cgroup.
const EXERCISES: [(&str, IsEnough); 5] = [
    ("cgroup1", |parent| has(parent, "pids")),
    ("cgroup2, cgroup3", |parent| has(parent, "memory")),
    ("cgroup4, resources1", |parent| has(parent, "cpu")),
    ("cgroup5", |parent| parent.domain_controller().is_some()),
    ("cgroup6, cgroup7, resources2", |parent| parent.version == Version::V2),
];

fn has(parent: &Parent, controller: &str) -> bool {
    parent.controllers.iter().any(|it| it == controller)
}

fn look_for_exercise_cgroups(_: &Sender) -> Result<()> {
    let parents = cgroup::parents(&cgroup::all()?)?;
    let missing = EXERCISES.iter().filter(|(_, is_enough)| !parents.iter().any(is_enough));
    let missing: Vec<_> = missing.map(|(names, _)| *names).collect();
    match missing[..] {
        [] => Ok(()),
        ["cgroup5"] => Err(failure(
            "cgroup5: no cgroup of v2 enables a controller such as memory",
            format!("add cgroup_no_v1=all to the kernel's command line{OR_WITHOUT}"),
        )),
        _ => Err(failure(
            format!("{}: no cgroup in which this user may create others", missing.join(", ")),
            format!("{}{OR_WITHOUT}", delegation()),
        )),
    }
}

/// How this user gets a cgroup for the exercises.
fn delegation() -> &'static str {
    let has_systemd = Path::new("/run/systemd/system").exists();
    match has_systemd && Path::new("/sys/fs/cgroup/cgroup.controllers").exists() {
        true => "systemd delegates one: systemd-run --user --scope -p Delegate=yes rustlings",
        false => "in exercises, type: sudo ./delegate $$",
    }
}

const OR_WITHOUT: &str = "; or do without these: SKIP_CGROUP=1 rustlings";
