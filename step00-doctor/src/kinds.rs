//! What the checks of steps 07 to 16 try: one kind of namespace each, or all, and what is done
//! there.

use std::env;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::process::exit;

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::mqueue::{MQ_OFlag, MqAttr, mq_open};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::stat::Mode;
use nix::unistd::{ForkResult, Pid, fork, getegid, geteuid, getpid, sethostname};
use step_support::namespace::flag_names;
use step_support::user_namespace::map_to_root;
use step_support::{Hint, refusal};
use step11_net::ip::ip;

use crate::calls::{clone_child, make_mounts_private, with_user};
use crate::check::{Check, Sender, wait_for};

/// A child that is root of a new user namespace, and creates another namespace there.
pub const USER: Check = Check { call: "clone(CLONE_NEWUSER)", attempt: try_user };
/// The owner of a namespace.
pub const OWNER: Check = Check { call: "ioctl(NS_GET_USERNS)", attempt: |_| ask_for_owner() };
/// A process with the PID 1.
pub const PID: Check = Check { call: "unshare(CLONE_NEWPID)", attempt: try_pid };
/// A new file system over `/tmp`, which no other process sees.
pub const MOUNT: Check = Check { call: "mount(tmpfs)", attempt: |_| try_mount() };
/// Two directories as one, and a directory of the lower one replaced.
pub const OVERLAY: Check = Check { call: "mount(overlay)", attempt: |_| try_overlay() };
/// A pair of veth devices.
pub const NET: Check = Check { call: "veth devices", attempt: |_| try_net() };
/// A message queue, shifted clocks, and a cgroup namespace.
pub const IPC_TIME_CGROUP: Check =
    Check { call: "ipc, time and cgroup", attempt: |_| try_ipc_time_cgroup() };
/// Giving up a capability for good.
pub const PRIVILEGE: Check =
    Check { call: "prctl(PR_CAPBSET_DROP)", attempt: |_| drop_from_bounding() };
/// A child in a new namespace of each kind.
pub const CONTAINER: Check = Check { call: "clone(all kinds)", attempt: try_container };

const CLONE_NEWTIME: CloneFlags = CloneFlags::from_bits_retain(libc::CLONE_NEWTIME);

/// Moves this process into new namespaces, as root of them.
fn enter(flags: CloneFlags) -> Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    let flags = with_user(flags);
    unshare(flags)
        .hint(|errno| refusal::creation(errno, flags))
        .with_context(|| format!("unshare({})", flag_names(flags)))?;
    if uid.is_root() { Ok(()) } else { map_to_root(uid, gid) }
}

fn try_user(sender: &Sender) -> Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    let be_root = || {
        map_to_root(uid, gid)?;
        unshare(CloneFlags::CLONE_NEWUTS)
            .hint(|errno| refusal::creation_in_new_namespace(errno, CloneFlags::CLONE_NEWUTS))
            .context("unshare(CLONE_NEWUTS)")
    };
    let (child, parent_side) = clone_child(sender, CloneFlags::CLONE_NEWUSER, be_root)?;
    parent_side.notify();
    wait_for(child)
}

fn ask_for_owner() -> Result<()> {
    let file = File::open("/proc/self/ns/uts").hint(refusal::own_proc_files);
    let file = file.context("open(/proc/self/ns/uts)")?;
    // SAFETY: the request takes no argument and touches no memory of ours.
    match Errno::result(unsafe { libc::ioctl(file.as_raw_fd(), libc::NS_GET_USERNS) }) {
        Ok(_) | Err(Errno::EPERM) => Ok(()), // EPERM: it is outside of our user namespace
        Err(errno) => Err(errno).hint(refusal::any_call).context(OWNER.call),
    }
}

fn try_pid(sender: &Sender) -> Result<()> {
    let flags = with_user(CloneFlags::CLONE_NEWPID);
    unshare(flags)
        .hint(|errno| refusal::creation(errno, flags))
        .with_context(|| format!("unshare({})", flag_names(flags)))?;
    // SAFETY: this process has one thread, so the child may allocate.
    match unsafe { fork() }.hint(refusal::forking).context("fork()")? {
        ForkResult::Parent { child } => wait_for(child),
        ForkResult::Child => {
            sender.send(check_pid_1());
            exit(0)
        }
    }
}

fn check_pid_1() -> Result<()> {
    ensure!(getpid() == Pid::from_raw(1), "unshare(CLONE_NEWPID) had no effect");
    Ok(())
}

fn try_mount() -> Result<()> {
    enter(CloneFlags::CLONE_NEWNS)?;
    make_mounts_private()?;
    mount(Some("tmpfs"), "/tmp", Some("tmpfs"), MsFlags::empty(), None::<&str>)
        .hint(refusal::in_new_namespace)
        .context("mount(tmpfs, /tmp)")
}

fn try_overlay() -> Result<()> {
    try_mount()?;
    env::set_current_dir("/tmp").context("chdir(/tmp)")?;
    for dir in ["lower/dir", "upper", "work", "merged"] {
        fs::create_dir_all(dir).with_context(|| format!("mkdir({dir})"))?;
    }
    let of_user = if refusal::in_initial_user_namespace() { "" } else { ",userxattr" };
    let options = format!("lowerdir=lower,upperdir=upper,workdir=work{of_user}");
    mount(Some("overlay"), "merged", Some("overlay"), MsFlags::empty(), Some(options.as_str()))
        .hint(refusal::overlay)
        .with_context(|| format!("mount(overlay, merged, {options})"))?;
    fs::remove_dir("merged/dir").hint(refusal::opaque_dir).context("rmdir(merged/dir)")?;
    fs::create_dir("merged/dir").hint(refusal::opaque_dir).context("mkdir(merged/dir)")
}

fn try_net() -> Result<()> {
    enter(CloneFlags::CLONE_NEWNET)?;
    ip("link add name doctor0 type veth peer name doctor1")
}

fn try_ipc_time_cgroup() -> Result<()> {
    enter(CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWCGROUP | CLONE_NEWTIME)?;
    let one_byte = MqAttr::new(0, 1, 1, 0);
    mq_open("/doctor", MQ_OFlag::O_CREAT, Mode::S_IRUSR, Some(&one_byte))
        .hint(refusal::in_new_namespace)
        .context("mq_open(/doctor, O_CREAT)")?;
    enter_new_clocks()
}

/// Enters the time namespace that was created for the children of this process.
fn enter_new_clocks() -> Result<()> {
    fs::write("/proc/self/timens_offsets", "monotonic 86400 0\n")
        .hint(refusal::clock_offsets)
        .context("write(/proc/self/timens_offsets)")?;
    let link = "/proc/self/ns/time_for_children";
    let namespace = File::open(link).with_context(|| format!("open({link})"))?;
    setns(namespace, CLONE_NEWTIME)
        .hint(refusal::in_new_namespace)
        .with_context(|| format!("setns({link}, CLONE_NEWTIME)"))
}

fn try_container(sender: &Sender) -> Result<()> {
    let flags = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET;
    let (child, parent_side) = clone_child(sender, flags, || {
        let later = CloneFlags::CLONE_NEWCGROUP | CLONE_NEWTIME;
        unshare(later)
            .hint(|errno| refusal::creation_in_new_namespace(errno, later))
            .with_context(|| format!("unshare({})", flag_names(later)))?;
        enter_new_clocks()?;
        sethostname("doctor").hint(refusal::in_new_namespace).context("sethostname()")
    })?;
    parent_side.notify();
    wait_for(child)
}

fn drop_from_bounding() -> Result<()> {
    const CAP_SYS_ADMIN: libc::c_ulong = 21;
    enter(CloneFlags::CLONE_NEWUTS)?;
    // SAFETY: the option takes a number and touches no memory of ours.
    Errno::result(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, CAP_SYS_ADMIN) })
        .hint(refusal::bounding_set)
        .context("prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN)")
        .map(drop)
}
