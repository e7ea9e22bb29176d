//! The container's network. Step 11 explains it.

use std::fs::{self, File};
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::unistd::{ForkResult, Pid, fork};
use step_support::process::ParentPidfd;
use step_support::status::wait_for_child;
use step_support::{Hint, exit_status, note, refusal};
use step11_net::ip::ip;

use crate::options::{Network, Options};
use crate::protection::Protection;

/// Enters the user namespace of another container, if one is to be reached: it owns that
/// container's network, and the user namespace of the new one will be below it, so that this
/// process may connect both (step 04).
pub fn enter_owner(network: Network) -> Result<()> {
    match network {
        Network::Peer(peer) => enter(inside(peer), "user", CloneFlags::CLONE_NEWUSER),
        _ => Ok(()),
    }
}

/// A process of that container whose namespaces may be entered: PID 1 hides itself
/// (`descriptors.rs`), and its first child is in the same ones.
fn inside(peer: Pid) -> Pid {
    if File::open(format!("/proc/{peer}/ns/user")).is_ok() {
        return peer;
    }
    let children = fs::read_to_string(format!("/proc/{peer}/task/{peer}/children"));
    let first = children.ok().and_then(|it| it.split(' ').next()?.parse().ok());
    first.map_or(peer, Pid::from_raw)
}

/// Connects the container to the other one by a pair of veth devices.
pub fn connect(network: Network, init: Pid) -> Result<()> {
    let Network::Peer(peer) = network else { return Ok(()) };
    let cable = Cable::new(peer, init)?;
    in_network_of(inside(peer), || cable.lay(init))?;
    in_network_of(init, || cable.set_up("eth0", cable.inside))?;
    note(&format!(
        "note: address {} here, {} in the container of {peer}",
        cable.inside, cable.outside
    ));
    Ok(())
}

/// One of many cables that a container can have.
struct Cable {
    name: String,
    outside: Ipv4Addr,
    inside: Ipv4Addr,
}

impl Cable {
    /// A name and addresses that are still free.
    fn new(peer: Pid, init: Pid) -> Result<Cable> {
        let file = format!("/proc/{peer}/net/dev");
        let devices = fs::read_to_string(&file).with_context(|| format!("open({file})"))?;
        let used = devices.lines().filter(|line| line.trim_start().starts_with("to")).count();
        let Ok(number) = u8::try_from(used + 1) else {
            anyhow::bail!("{used} cables lead to that container already");
        };
        let address = |last| Ipv4Addr::new(10, 16, number, last);
        Ok(Cable { name: format!("to{init}"), outside: address(1), inside: address(2) })
    }

    fn lay(&self, init: Pid) -> Result<u8> {
        ip(&format!("link add name {} type veth peer name eth0 netns {init}", self.name))?;
        self.set_up(&self.name, self.outside)
    }

    fn set_up(&self, device: &str, address: Ipv4Addr) -> Result<u8> {
        ip(&format!("address add {address}/24 dev {device}"))?;
        ip(&format!("link set {device} up"))?;
        Ok(0)
    }
}

/// Does something in a child that is in the network namespace of a process.
fn in_network_of(pid: Pid, main: impl FnOnce() -> Result<u8>) -> Result<()> {
    let parent = ParentPidfd::of_this_process()?;
    // SAFETY: this process has one thread, so the child may allocate and print.
    let child = match unsafe { fork() }.hint(refusal::forking).context("fork()")? {
        ForkResult::Child => {
            let tied = parent.die_with_it();
            let result = tied.and_then(|()| enter(pid, "net", CloneFlags::CLONE_NEWNET));
            std::process::exit(exit_status(result.and_then(|()| main())).into())
        }
        ForkResult::Parent { child } => child,
    };
    match wait_for_child(child)? {
        0 => Ok(()),
        status => std::process::exit(status.into()), // the child has said why
    }
}

/// Enters a namespace of a process (`setns(2)`).
fn enter(pid: Pid, kind: &str, flag: CloneFlags) -> Result<()> {
    let path = format!("/proc/{pid}/ns/{kind}");
    let namespace = File::open(&path).hint(peer_hints).with_context(|| format!("open({path})"))?;
    setns(namespace, flag).hint(peer_hints).with_context(|| format!("setns({path})"))
}

fn peer_hints(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EACCES | Errno::EPERM | Errno::EINVAL => vec![
            "PID is that of a container's init, as ps shows it here, and the container must be \
             this user's: pgrep -x init"
                .to_owned(),
        ],
        Errno::ENOENT => vec!["no process has this PID".to_owned()],
        _ => refusal::any_call(errno),
    }
}

/// Brings the loopback device up, the only one in a new network namespace (`netdevice(7)`).
pub fn bring_up_loopback(options: &Options) -> Result<()> {
    if options.network == Network::Host || !options.has(Protection::Net) {
        return Ok(());
    }
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).context("socket(AF_INET)")?;
    // SAFETY: all zeros is a valid value of this structure.
    let mut request = unsafe { std::mem::zeroed::<libc::ifreq>() };
    request.ifr_name[0] = b'l' as libc::c_char;
    request.ifr_name[1] = b'o' as libc::c_char;
    request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
    // SAFETY: the structure has a name that ends with a NUL, and outlives the call.
    let set =
        unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, &raw const request) };
    Errno::result(set).map(drop).hint(refusal::in_new_namespace).context("ioctl(SIOCSIFFLAGS, lo)")
}
