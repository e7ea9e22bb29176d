//! Why the kernel refused a call here: the same errno has several causes, so this asks for
//! the state that decides. Where that does not tell, the hint says so.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sched::CloneFlags;
use nix::unistd::{AccessFlags, Pid, Uid, eaccess, getegid, geteuid, getpid};

use crate::namespace::{KINDS, children_change_pid_namespace, link};
use crate::output::printable;

mod overlay;
mod settings;
mod state;

pub use overlay::{opaque_dir, overlay};
pub use settings::restrictions;
pub use state::{has_capability, in_initial_user_namespace, scheduling_policy};

use settings::{apparmor, full_cgroup, limits};
use state::*;

/// Why `clone(2)` or `unshare(2)` did not create the namespaces of these flags, and what to
/// do about it.
pub fn creation(errno: Errno, flags: CloneFlags) -> Vec<String> {
    let with_user = flags.contains(CloneFlags::CLONE_NEWUSER);
    match errno {
        Errno::EPERM if with_user => user_namespace_refused(),
        Errno::EACCES if with_user => known_or_unknown(restrictions()),
        Errno::EPERM if !has_capability(CAP_SYS_ADMIN) => {
            // The caller knows what an ordinary user can do about it.
            let lacking = geteuid().is_root().then(|| lacks("CAP_SYS_ADMIN"));
            lacking.into_iter().chain(seccomp_filter()).collect()
        }
        Errno::EINVAL => invalid(flags),
        Errno::ENOSPC => limits(flags),
        Errno::EAGAIN | Errno::ENOMEM => forking(errno).into_iter().collect(),
        _ => any_call(errno),
    }
}

/// The same for a step that asks for a user namespace only where the caller is not root.
/// `command` is what root types to run the step.
pub fn creation_without_root(errno: Errno, flags: CloneFlags, command: &str) -> Vec<String> {
    let mut hints = creation(errno, flags);
    if errno == Errno::EPERM && !geteuid().is_root() {
        hints.push(format!("root needs no user namespace: {}", as_root(command)));
    }
    hints
}

/// The same where the caller has entered a new user namespace before.
pub fn creation_in_new_namespace(errno: Errno, flags: CloneFlags) -> Vec<String> {
    match errno {
        Errno::EPERM | Errno::EACCES => in_new_namespace(errno),
        _ => creation(errno, flags),
    }
}

/// Why a call was refused that needs no privilege, or one that the caller has.
pub fn any_call(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EPERM | Errno::EACCES => known_or_unknown(seccomp_filter().into_iter().collect()),
        Errno::ENOSYS => vec![seccomp_filter().unwrap_or_else(|| {
            "this kernel has no such call; gVisor, WSL 1 and other emulations of Linux lack some; \
             check: uname -a"
                .to_owned()
        })],
        _ => Vec::new(),
    }
}

/// Why `mount(2)` with the flags MS_PRIVATE was refused on `/`.
pub fn propagation(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EINVAL if is_chroot() => vec![
            "/ is not a mount point in this chroot, so its propagation cannot be changed; bind-mount \
             the directory onto itself before chroot"
                .to_owned(),
        ],
        _ => in_new_namespace(errno),
    }
}

/// Why the files of a new user namespace, such as `uid_map`, could not be written. `uid` is
/// the user outside.
pub fn map(errno: Errno, uid: Uid) -> Vec<String> {
    match errno {
        // Otherwise root without it could write file capabilities that count outside.
        Errno::EPERM if uid.is_root() => vec![
            "mapping root requires CAP_SETFCAP (Linux 5.12); check: grep CapEff /proc/self/status"
                .to_owned(),
        ],
        Errno::EROFS => vec![
            "/proc is mounted read-only, so no IDs can be mapped; as root: mount -o remount,rw /proc"
                .to_owned(),
        ],
        Errno::EACCES => protected().map_or_else(|| in_new_namespace(errno), |hint| vec![hint]),
        _ => in_new_namespace(errno),
    }
}

/// Why this process may not open its own files in `/proc`, or those of its children, which
/// run the same program.
pub fn own_proc_files(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EACCES => protected().into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Why the files of this process in `/proc` belong to root, if they do.
fn protected() -> Option<String> {
    let effect = "so the kernel protects its processes: their files in /proc belong to root";
    match (is_dumpable(), eaccess("/proc/self/exe", AccessFlags::R_OK)) {
        (true, _) => None,
        (false, Err(_)) => Some(format!(
            "the program may be run but not read, {effect}; make it readable: chmod a+r"
        )),
        (false, Ok(())) => Some(format!(
            "the program has privileges of its own (set-user-ID, or capabilities: getcap), {effect}; \
             run a copy of it, which has none"
        )),
    }
}

/// Why a new `/proc` could not be mounted.
pub fn new_proc(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EPERM if getpid().as_raw() != 1 => vec![
            "this requires a new PID namespace (-p -f) and an old /proc of which nothing is covered"
                .to_owned(),
        ],
        Errno::EPERM if is_read_only("/proc") => {
            vec!["the old /proc is mounted read-only, and a new one would not be".to_owned()]
        }
        // A new one would show what a container engine covers in the old one.
        Errno::EPERM => match covered_in_proc() {
            Some(place) => vec![format!(
                "{place} is covered in the old /proc, and would not be in a new one; to uncover all, \
                 start the container with --security-opt systempaths=unconfined (Docker) or \
                 --security-opt unmask=ALL (Podman)"
            )],
            None => in_new_namespace(errno),
        },
        _ => in_new_namespace(errno),
    }
}

/// Why `PR_CAPBSET_DROP` failed.
pub fn bounding_set(errno: Errno) -> Vec<String> {
    let rule = "dropping from the bounding set requires CAP_SETPCAP, which an ordinary user lacks: \
        otherwise a set-user-ID program could not rely on root's capabilities";
    match errno {
        Errno::EPERM => [rule.to_owned()].into_iter().chain(seccomp_filter()).collect(),
        _ => any_call(errno),
    }
}

/// Why the offsets of a new time namespace could not be set.
pub fn clock_offsets(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EPERM if in_initial_user_namespace() => vec![
            "setting the offset of a clock requires CAP_SYS_TIME, which root in a container often \
             lacks; check: grep CapEff /proc/self/status"
                .to_owned(),
        ],
        Errno::EROFS => vec![
            "/proc is mounted read-only, so no offset can be set; as root: \
             mount -o remount,rw /proc"
                .to_owned(),
        ],
        _ => in_new_namespace(errno),
    }
}

/// Why a call was refused to a process that should have all capabilities, as the first in a
/// new user namespace has: AppArmor takes them away.
pub fn in_new_namespace(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EPERM | Errno::EACCES => {
            known_or_unknown(apparmor().into_iter().chain(seccomp_filter()).collect())
        }
        _ => any_call(errno),
    }
}

/// Why root may not look into processes, of which `they_are` says as much: "process 5 is".
pub fn root_may_not_look_into(they_are: &str) -> String {
    if !in_initial_user_namespace() {
        format!("you are root only in this user namespace, and {they_are} not below it")
    } else if !has_capability(CAP_SYS_PTRACE) {
        lacks("CAP_SYS_PTRACE")
    } else {
        unknown()
    }
}

/// Why root may not write to a file or directory whose mode forbids it, if a capability is
/// missing.
pub fn root_may_not_write() -> Option<String> {
    (!has_capability(CAP_DAC_OVERRIDE)).then(|| lacks("CAP_DAC_OVERRIDE"))
}

/// Why `setns(2)` did not join namespaces of these kinds. None where privileges in another
/// user namespace decide: the caller knows which.
pub fn joining(errno: Errno, flags: CloneFlags) -> Vec<String> {
    if errno != Errno::EPERM {
        any_call(errno)
    } else if !is_host_root() {
        seccomp_filter().into_iter().collect()
    } else if !has_capability(CAP_SYS_ADMIN) {
        vec![lacks("CAP_SYS_ADMIN")]
    } else if flags.contains(CloneFlags::CLONE_NEWNS) && !has_capability(CAP_SYS_CHROOT) {
        vec![lacks("CAP_SYS_CHROOT")]
    } else {
        any_call(errno)
    }
}

/// Why `execve(2)` did not run a program that is there.
pub fn execution(errno: Errno, program: &OsStr) -> Option<String> {
    let file = find_program(program)?;
    match errno {
        Errno::ENOENT => Some(format!(
            "{} is there, but the interpreter that it names is not: the program after #! in its \
             first line, or the loader that `readelf -l` shows",
            printable(&file)
        )),
        Errno::EACCES if is_no_exec(&file) => Some(format!(
            "{} is on a file system that is mounted with noexec; check: findmnt -T {0}",
            printable(&file)
        )),
        Errno::EAGAIN => forking(errno),
        _ => None,
    }
}

/// Why `fork(2)` or `clone(2)` could not create a process.
pub fn forking(errno: Errno) -> Option<String> {
    match errno {
        Errno::EAGAIN if scheduling_policy(Pid::from_raw(0)) == libc::SCHED_DEADLINE => Some(
            "a process with the policy SCHED_DEADLINE cannot create others (sched(7)); give it an \
             ordinary policy: chrt -o 0 COMMAND"
                .to_owned(),
        ),
        Errno::EAGAIN => full_cgroup().or_else(|| {
            Some("process limit reached; check: ulimit -u, and pids.max of the cgroup".to_owned())
        }),
        Errno::ENOMEM if children_change_pid_namespace() && had_pid_1() => Some(
            "PID 1 of that PID namespace has ended, so no process can be created in it".to_owned(),
        ),
        _ => None,
    }
}

/// Whether the PID namespace for children has or had a PID 1. (Linux 6.18 has no link before
/// the first; newer kernels may have one.)
fn had_pid_1() -> bool {
    link("self", "pid_for_children").is_ok()
}

fn user_namespace_refused() -> Vec<String> {
    if let Some(hint) = no_user_namespace() {
        return vec![hint];
    }
    let mut hints = restrictions();
    if hints.is_empty() {
        hints.push(format!("{} (or / is a mount that was entered by chroot)", unknown()));
    }
    hints
}

/// Why this process may not create a user namespace, whoever runs it.
pub fn no_user_namespace() -> Option<String> {
    if fs::read("/proc/self/uid_map").is_ok_and(|map| map.is_empty()) {
        return Some(
            "no user is mapped into this user namespace, so it cannot have a user namespace below it"
                .to_owned(),
        );
    }
    let ids = [("user", "uid_map", geteuid().as_raw()), ("group", "gid_map", getegid().as_raw())];
    if let Some((whose, file, _)) = ids.into_iter().find(|(_, file, id)| !is_mapped(file, *id)) {
        return Some(format!(
            "the caller's {whose} is not mapped into this user namespace, so it cannot have a user \
             namespace below it; check: cat /proc/self/{file}"
        ));
    }
    is_chroot().then(|| {
        "a process in a chroot may not create a user namespace; leave the chroot, or be root and do \
         without a user namespace"
            .to_owned()
    })
}

fn known_or_unknown(mut hints: Vec<String>) -> Vec<String> {
    if hints.is_empty() {
        hints.push(unknown());
    }
    hints
}

/// The file that `execvp(3)` finds, unless it is a directory.
fn find_program(program: &OsStr) -> Option<PathBuf> {
    let name = Path::new(program);
    if name.components().count() > 1 {
        return Some(name.to_owned()).filter(|file| file.is_file());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// The kernel itself would have allowed it.
fn unknown() -> String {
    match security_label() {
        Some(label) => format!(
            "unknown: this process is confined by a security module (LSM) as {label:?}, which may \
             forbid it; check: dmesg"
        ),
        None => "unknown: a security module (LSM) may forbid it; check: dmesg".to_owned(),
    }
}

fn lacks(capability: &str) -> String {
    format!("you are root but lack {capability}; check: grep CapEff /proc/self/status")
}

fn invalid(flags: CloneFlags) -> Vec<String> {
    let exists = |name: &str| Path::new("/proc/self/ns").join(name).exists();
    let missing = KINDS.iter().filter(|kind| flags.contains(kind.flag) && !exists(kind.name));
    let missing: Vec<_> = missing.map(|kind| kind.name).collect();
    let hint = if !missing.is_empty() {
        format!(
            "this kernel has no namespaces of the kind {}; check: ls /proc/self/ns",
            missing.join(", ")
        )
    } else if flags.contains(CloneFlags::CLONE_NEWPID) && children_change_pid_namespace() {
        "the caller has a new PID namespace for its children already".to_owned()
    } else if flags.contains(CloneFlags::CLONE_NEWPID) {
        "unknown: the caller may be in a PID namespace that belongs to another user namespace than \
         the caller's; join that first"
            .to_owned()
    } else {
        "unknown: this kernel does not accept these flags together".to_owned()
    };
    vec![hint]
}

/// Whether a seccomp filter is installed, as container engines do it, and what removes it.
pub fn seccomp_filter() -> Option<String> {
    // 2: SECCOMP_MODE_FILTER
    (status("Seccomp:")? == "2").then(|| {
        "a seccomp filter may be blocking this; in Docker, --privileged removes it (and with \
         it most of what protects the host from the container)"
            .to_owned()
    })
}

/// Whether the caller has CAP_SYS_ADMIN in its user namespace.
pub fn has_sys_admin() -> bool {
    has_capability(CAP_SYS_ADMIN)
}

/// Whether the caller's user is mapped into its user namespace.
pub fn is_user_mapped() -> bool {
    is_mapped("uid_map", geteuid().as_raw())
}

/// Whether the caller is root outside of all other user namespaces.
pub fn is_host_root() -> bool {
    geteuid().is_root() && in_initial_user_namespace()
}

/// What to type in order to run a command as root. Where no_new_privs is set, as some
/// containers and editors do it, sudo fails. In a user namespace it can only make the caller
/// what root is there.
pub fn as_root(command: &str) -> String {
    let elsewhere = if is_host_root() {
        return command.to_owned();
    } else if geteuid().is_root() {
        "outside of this user namespace"
    } else if !is_mapped("uid_map", 0) {
        "outside of this user namespace, which has no root"
    } else if status("NoNewPrivs:").is_some_and(|value| value == "1") {
        "elsewhere: no_new_privs is set here, so sudo fails"
    } else {
        return format!("sudo {command}");
    };
    format!("{command} (as root {elsewhere})")
}
