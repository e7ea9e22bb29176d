//! Attacks by a system call.

use std::fs;
use std::os::unix::net::UnixStream;
use std::ptr::null;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::utsname::uname;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Uid, sethostname, setresuid};
use step_support::cgroup::memberships;
use step_support::error::errno;

use super::processes::in_child;
use super::witness::{Witness, address, session_keyring};
use super::{Outcome, by_call, by_finding};

/// Root may become anybody, as far as the user namespace has that user.
pub fn become_another_user() -> Outcome {
    let uid = Uid::from_raw(4_000_000_000);
    by_call(in_child(|| setresuid(uid, uid, uid)), "any user of the host")
}

/// A name without a file belongs to the network namespace.
pub fn connect(witness: &Witness) -> Outcome {
    let Some(Ok(address)) = witness.pid.map(address) else { return Outcome::NotTried("no socket") };
    by_call(UnixStream::connect_addr(&address).map_err(|error| errno(&error)), "connected")
}

/// Memory has a number in the IPC namespace.
pub fn attach(witness: &Witness) -> Outcome {
    // SAFETY: the kernel chooses an address where nothing is.
    let address = unsafe { libc::shmat(witness.memory, null(), libc::SHM_RDONLY) };
    by_call(Errno::result(address as isize), "attached")
}

pub fn learn_hostname(witness: &Witness) -> Outcome {
    let name = uname().map(|uts| uts.nodename().to_string_lossy().into_owned()).unwrap_or_default();
    let otherwise = format!("it says {name}");
    by_finding(name == witness.hostname, name, &otherwise)
}

pub fn learn_uptime(witness: &Witness) -> Outcome {
    let seconds = clock_gettime(ClockId::CLOCK_BOOTTIME).map(|it| it.tv_sec()).unwrap_or_default();
    by_finding(seconds >= witness.uptime, format!("{seconds} s"), &format!("it says {seconds} s"))
}

pub fn learn_cgroup() -> Outcome {
    let text = fs::read("/proc/self/cgroup").unwrap_or_default();
    let paths = memberships(&text).into_iter().map(|it| it.path);
    let longest = paths.max_by_key(|path| path.as_os_str().len()).unwrap_or_default();
    let path = longest.display().to_string();
    by_finding(path != "/", path, "it says /")
}

/// With keys of the user, the container could log in where the user may.
pub fn find_keyring(witness: &Witness) -> Outcome {
    match session_keyring() {
        Ok(id) if id != witness.keyring => Outcome::Stopped("another keyring".to_owned()),
        result => by_call(result, "it is there"),
    }
}

/// The same name again, so that it changes nothing.
pub fn set_hostname() -> Outcome {
    let name = uname().map(|uts| uts.nodename().to_owned());
    by_call(name.and_then(sethostname), "it may")
}

/// In a new user namespace it would have all capabilities again, and with them reach code of
/// the kernel that is not for everybody.
pub fn unshare_user() -> Outcome {
    by_call(in_child(|| unshare(CloneFlags::CLONE_NEWUSER)), "a new user namespace")
}
