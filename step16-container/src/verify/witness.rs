//! What a process outside has and knows, for the attacks to look for.

use std::fs;
use std::os::fd::IntoRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::ptr::null;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::stat::stat;
use nix::sys::utsname::uname;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, getpid};
use step_support::namespace::links;

use crate::limits::Group;
use crate::options::{Options, Task};

/// A file or directory: its device and its inode.
pub type Identity = (libc::dev_t, libc::ino_t);

/// It stays alive as long as the container.
#[derive(Default)]
pub struct Witness {
    pub namespaces: Vec<(String, String)>,
    pub pid: Option<Pid>,
    pub root: Identity,
    pub tmp: Identity,
    pub hostname: String,
    pub uptime: libc::time_t,
    pub keyring: libc::c_long,
    pub memory: i32,
    pub pids_max: Option<String>,
    /// Only open: what matters is that it can be connected to.
    _socket: Option<UnixListener>,
}

impl Witness {
    /// Knows nothing unless the container is to be tried.
    pub fn of(options: &Options, group: Option<&Group>) -> Result<Witness> {
        if !matches!(options.task, Task::Verify) {
            return Ok(Witness::default());
        }
        let uptime = clock_gettime(ClockId::CLOCK_BOOTTIME).context("clock_gettime()")?;
        Ok(Witness {
            namespaces: links("self")?,
            pid: Some(getpid()),
            root: identity("/")?,
            tmp: identity("/tmp")?,
            hostname: uname().context("uname()")?.nodename().to_string_lossy().into_owned(),
            uptime: uptime.tv_sec(),
            keyring: session_keyring().unwrap_or_default(),
            memory: share_memory()?,
            pids_max: group.and_then(Group::pids_max),
            _socket: Some(UnixListener::bind_addr(&address(getpid())?).context("bind(@)")?),
        })
    }
}

/// The abstract name of its socket, which belongs to its network namespace.
pub fn address(pid: Pid) -> Result<SocketAddr> {
    SocketAddr::from_abstract_name(format!("step16-container-{pid}")).context("abstract name")
}

/// Opens the host's root directory, as a runtime with a bug does: it is not closed by
/// `execve(2)`.
pub fn leak(options: &Options) -> Result<()> {
    if matches!(options.task, Task::Verify) {
        let root = fs::File::open("/").context("open(/)")?;
        let leaked = nix::unistd::dup(&root).context("dup()")?;
        let _ = leaked.into_raw_fd();
    }
    Ok(())
}

pub fn identity(path: &str) -> Result<Identity> {
    let it = stat(path).with_context(|| format!("stat({path})"))?;
    Ok((it.st_dev, it.st_ino))
}

/// The number of the session keyring of this process.
pub fn session_keyring() -> nix::Result<libc::c_long> {
    let (operation, keyring, create) =
        (libc::KEYCTL_GET_KEYRING_ID, libc::KEY_SPEC_SESSION_KEYRING, 0);
    // SAFETY: the call takes numbers and touches no memory of ours.
    let id = unsafe { libc::syscall(libc::SYS_keyctl, operation, keyring, create) };
    Errno::result(id)
}

/// Memory that other processes can attach by its number (`shmget(2)`). It is removed at once,
/// and so is gone when this process is, but until then Linux lets others attach it.
fn share_memory() -> Result<i32> {
    // SAFETY: the call takes numbers and touches no memory of ours.
    let id = unsafe { libc::shmget(libc::IPC_PRIVATE, 4096, 0o600) };
    let id = Errno::result(id).context("shmget(IPC_PRIVATE)")?;
    // SAFETY: the kernel chooses an address where nothing is.
    let address = unsafe { libc::shmat(id, null(), 0) };
    // SAFETY: the operation reads no memory.
    let removed = unsafe { libc::shmctl(id, libc::IPC_RMID, std::ptr::null_mut()) };
    Errno::result(removed).context("shmctl(IPC_RMID)")?;
    if address as isize == -1 {
        return Err(Errno::last()).context("shmat()");
    }
    Ok(id)
}
