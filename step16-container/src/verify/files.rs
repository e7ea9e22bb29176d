//! Attacks through files, directories and descriptors.

use std::fs::{self, File};
use std::os::fd::{BorrowedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::stat::{fstat, stat};
use nix::unistd::{chdir, chroot, close};
use step_support::error::errno;

use super::processes::in_child;
use super::witness::{Identity, Witness};
use super::{Outcome, by_call, by_finding};
use crate::options::{Options, Root};

/// A directory in which anybody may write, in every container.
const WRITABLE: &str = "/dev/shm/step16-attack";

/// The numbers of all open descriptors.
pub fn descriptors() -> Vec<RawFd> {
    let names = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let numbers: Vec<_> = names.filter_map(|it| it.file_name().to_str()?.parse().ok()).collect();
    // The one by which they were read is closed by now.
    numbers.into_iter().filter(|number| flags(*number).is_ok()).collect()
}

fn flags(number: RawFd) -> nix::Result<FdFlag> {
    // SAFETY: it is only asked whether it is open.
    let fd = unsafe { BorrowedFd::borrow_raw(number) };
    fcntl(fd, FcntlArg::F_GETFD).map(FdFlag::from_bits_retain)
}

/// Closes what `execve(2)` would close: the attacks are those of a command.
pub fn close_on_exec() {
    for number in descriptors() {
        if flags(number).is_ok_and(|it| it.contains(FdFlag::FD_CLOEXEC)) {
            let _ = close(number);
        }
    }
}

/// A descriptor of the host's root directory leads to all files of the host.
pub fn use_leaked(witness: &Witness) -> Outcome {
    let found = descriptors().into_iter().find(|number| {
        // SAFETY: it is open, and only asked what it is.
        let fd = unsafe { BorrowedFd::borrow_raw(*number) };
        fstat(fd).is_ok_and(|it| (it.st_dev, it.st_ino) == witness.root)
    });
    let gained = found.map(|number| format!("/proc/self/fd/{number} is the host's /"));
    by_finding(found.is_some(), gained.unwrap_or_default(), "there is none")
}

/// What others leave in `/tmp` would be seen.
pub fn find_tmp(witness: &Witness) -> Outcome {
    let same = stat("/tmp").is_ok_and(|it| (it.st_dev, it.st_ino) == witness.tmp);
    by_finding(same, "it is there", "another directory")
}

/// Changing the root directory changes neither the current directory nor the mounts: whoever
/// may call `chroot(2)` goes up from outside of the new root, until there is no more.
pub fn escape_chroot(witness: &Witness) -> Outcome {
    by_call(in_child(|| escape(witness.root)), "at the host's /")
}

fn escape(root: Identity) -> nix::Result<()> {
    let _ = fs::create_dir(WRITABLE);
    let chrooted = chroot(WRITABLE);
    let _ = fs::remove_dir(WRITABLE);
    chrooted?;
    while stat(".")?.st_ino != stat("..")?.st_ino || stat(".")?.st_dev != stat("..")?.st_dev {
        chdir("..")?;
    }
    let it = stat(".")?;
    if (it.st_dev, it.st_ino) == root { Ok(()) } else { Err(Errno::ENOENT) }
}

/// A changed program would run elsewhere, too.
pub fn write_to_root(options: &Options) -> Outcome {
    if !matches!(options.root, Root::Host) {
        return Outcome::NotTried("this root may be written to");
    }
    let create = |path: &str| match File::create_new(path) {
        Ok(_) => fs::remove_file(path).map_err(|error| errno(&error)),
        Err(error) => Err(errno(&error)),
    };
    by_call(create("/usr/step16-attack").or_else(|_| create("/step16-attack")), "a file was made")
}

/// Root of a network namespace owns its settings.
pub fn write_setting() -> Outcome {
    let file = File::options().write(true).open("/proc/sys/net/ipv4/ip_forward");
    by_call(file.map_err(|error| errno(&error)), "ip_forward is open for writing")
}
