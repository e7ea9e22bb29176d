//! What this process is and may do, as the kernel tells: its capabilities, its namespaces, its
//! root directory.

use std::fs;
use std::path::Path;

use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::Pid;

use crate::mount;
use crate::mountinfo;
use crate::namespace::link;
use crate::output::printable;

pub const CAP_DAC_OVERRIDE: u32 = 1;
pub const CAP_SYS_CHROOT: u32 = 18;
pub const CAP_SYS_PTRACE: u32 = 19;
pub const CAP_SYS_ADMIN: u32 = 21;

/// Whether a capability is effective. Assumed if `/proc` does not tell.
pub fn has_capability(number: u32) -> bool {
    let set = status("CapEff:").and_then(|set| u64::from_str_radix(&set, 16).ok());
    set.is_none_or(|set| set & (1 << number) != 0)
}

/// Whether this is the user namespace of the host (`PROC_USER_INIT_INO`). Assumed if `/proc`
/// does not tell.
pub fn in_initial_user_namespace() -> bool {
    link("self", "user").map_or(true, |link| link == "user:[4026531837]")
}

/// A field of `/proc/self/status`. The name of the process in it need not be UTF-8.
pub fn status(field: &str) -> Option<String> {
    let text = fs::read("/proc/self/status").ok()?;
    let text = String::from_utf8_lossy(&text);
    let value = text.lines().find_map(|line| line.strip_prefix(field))?;
    Some(value.trim().to_owned())
}

/// Whether the user of this process may look into it (`PR_GET_DUMPABLE`). If not, the answer is
/// 0 or 2, as the setting fs.suid_dumpable says.
pub fn is_dumpable() -> bool {
    // SAFETY: the call takes a number and touches no memory of ours.
    unsafe { libc::prctl(libc::PR_GET_DUMPABLE) == 1 }
}

/// The scheduling policy of a process, as `SCHED_FIFO`, or of this one, whose PID may be given
/// as 0 (`sched_getscheduler(2)`; not every C library has it). -1 if there is no such process.
pub fn scheduling_policy(pid: Pid) -> i32 {
    // SAFETY: the call takes a number and touches no memory of ours.
    unsafe { libc::syscall(libc::SYS_sched_getscheduler, pid.as_raw()) as i32 }
}

pub fn is_read_only(path: &str) -> bool {
    statvfs(path).is_ok_and(|it| it.flags().contains(FsFlags::ST_RDONLY))
}

/// Whether nothing on that file system may be run.
pub fn is_no_exec(path: &Path) -> bool {
    statvfs(path).is_ok_and(|it| it.flags().contains(FsFlags::ST_NOEXEC))
}

/// A mount point below `/proc`.
pub fn covered_in_proc() -> Option<String> {
    let mounts = fs::read("/proc/self/mountinfo").ok()?;
    let mut points = mountinfo::lines(&mounts).map(|mount| mount.mount_point);
    let proc = Path::new("/proc");
    points.find(|point| point != proc && point.starts_with(proc)).map(|point| printable(&point))
}

/// Whether this process is in a chroot: `/` is not the root of a mount, or is another mount
/// than that of PID 1 in the same mount namespace. (Only root may look at PID 1. For others
/// a chroot whose `/` is a mount point is not detected.)
pub fn is_chroot() -> bool {
    let Some(root) = mount::at(Path::new("/")) else { return false };
    if root.is_root == Some(false) {
        return true;
    }
    let same_mounts = link("self", "mnt").is_ok_and(|own| link(1, "mnt").is_ok_and(|it| it == own));
    let of_pid_1 = if same_mounts { mount::at(Path::new("/proc/1/root")) } else { None };
    of_pid_1.is_some_and(|it| it.id != root.id)
}

/// The label that AppArmor or SELinux has given to this process.
pub fn security_label() -> Option<String> {
    let label = fs::read_to_string("/proc/self/attr/current").ok()?;
    let label = label.trim_end_matches(['\0', '\n']);
    (!label.is_empty() && !label.starts_with("unconfined")).then(|| label.to_owned())
}

/// Whether a map of this user namespace, `uid_map` or `gid_map`, has the ID that this process
/// sees. One that is not mapped shows as the overflow ID. Assumed if `/proc` does not tell.
pub fn is_mapped(file: &str, id: u32) -> bool {
    let Ok(map) = fs::read_to_string(format!("/proc/self/{file}")) else { return true };
    map.lines().any(|line| {
        let numbers: Vec<u32> = line.split_whitespace().flat_map(str::parse).collect();
        let &[first, _, count] = &numbers[..] else { return false };
        id >= first && id - first < count
    })
}
