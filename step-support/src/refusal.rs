//! Why the kernel refused a call here: the same errno has several causes, so this asks for
//! the state that decides. Where that does not tell, the hint says so.

use std::fs;
use std::mem::MaybeUninit;
use std::path::Path;

use nix::errno::Errno;
use nix::sched::CloneFlags;
use nix::unistd::geteuid;

use crate::namespace::{KINDS, link};

/// Why `clone(2)` or `unshare(2)` did not create the namespaces of these flags, and what to
/// do about it.
pub fn creation(errno: Errno, flags: CloneFlags) -> Vec<String> {
    match errno {
        Errno::EPERM if flags.contains(CloneFlags::CLONE_NEWUSER) => user_namespace_refused(),
        Errno::EPERM if has_capability(CAP_SYS_ADMIN) => filter_or_security_module(),
        Errno::EPERM if geteuid().is_root() => vec![
            "you are root but lack CAP_SYS_ADMIN; check: grep CapEff /proc/self/status".to_owned(),
        ],
        // The caller knows what its user can do about it.
        Errno::EPERM => seccomp_filter().into_iter().collect(),
        Errno::EACCES | Errno::ENOSYS => filter_or_security_module(),
        Errno::EINVAL => invalid(flags),
        Errno::ENOSPC => limits(flags),
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
        Errno::EPERM | Errno::EACCES => filter_or_security_module(),
        _ => Vec::new(),
    }
}

fn user_namespace_refused() -> Vec<String> {
    if fs::read("/proc/self/uid_map").is_ok_and(|map| map.is_empty()) {
        return vec![
            "no user is mapped into this user namespace, so it cannot have a user namespace below it"
                .to_owned(),
        ];
    }
    if is_chroot() {
        return vec![
            "a process in a chroot may not create a user namespace; leave the chroot, or be root \
             and do without a user namespace"
                .to_owned(),
        ];
    }
    let mut hints = restrictions();
    if hints.is_empty() {
        hints.push(
            "unknown: a security module (LSM) may forbid it, or / is a mount that was entered by \
             chroot; check: dmesg"
                .to_owned(),
        );
    }
    hints
}

/// The kernel itself would have allowed it.
fn filter_or_security_module() -> Vec<String> {
    let unknown = || "unknown: a security module (LSM) may forbid it; check: dmesg".to_owned();
    vec![seccomp_filter().unwrap_or_else(unknown)]
}

fn invalid(flags: CloneFlags) -> Vec<String> {
    let exists = |name: &str| Path::new("/proc/self/ns").join(name).exists();
    let missing = KINDS.iter().filter(|kind| flags.contains(kind.flag) && !exists(kind.name));
    let missing: Vec<_> = missing.map(|kind| kind.name).collect();
    let moved = || link("self", "pid").ok() != link("self", "pid_for_children").ok();
    let hint = if !missing.is_empty() {
        format!(
            "this kernel has no namespaces of the kind {}; check: ls /proc/self/ns",
            missing.join(", ")
        )
    } else if flags.contains(CloneFlags::CLONE_NEWPID) && moved() {
        "the caller has a new PID namespace for its children already".to_owned()
    } else {
        "unknown: this kernel does not accept these flags together".to_owned()
    };
    vec![hint]
}

fn limits(flags: CloneFlags) -> Vec<String> {
    let mut hints = Vec::new();
    for kind in KINDS.iter().filter(|kind| flags.contains(kind.flag)) {
        let setting = format!("user.max_{}_namespaces", kind.name);
        if is_set(&setting, "0") && kind.flag == CloneFlags::CLONE_NEWUSER {
            hints.push(blocking(&setting, "0", "15000"));
        } else if is_set(&setting, "0") {
            hints.push(format!("{setting}=0 allows none; raise it: sudo sysctl {setting}=15000"));
        }
    }
    if hints.is_empty() {
        hints.push(
            "limit of namespaces reached (or 32 levels of nesting); check: \
             grep . /proc/sys/user/max_*_namespaces"
                .to_owned(),
        );
    }
    hints
}

/// Settings that keep users out of user namespaces: name, value that blocks, value that allows.
const USERNS_SYSCTLS: [(&str, &str, &str); 3] = [
    ("user.max_user_namespaces", "0", "15000"),
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
];

/// What on this machine keeps users from creating namespaces, each with a way around it.
pub fn restrictions() -> Vec<String> {
    let settings = USERNS_SYSCTLS.iter().filter(|(setting, value, _)| is_set(setting, value));
    let settings = settings.map(|(setting, value, allowing)| blocking(setting, value, allowing));
    settings.chain(seccomp_filter()).collect()
}

fn is_set(setting: &str, value: &str) -> bool {
    let file = format!("/proc/sys/{}", setting.replace('.', "/"));
    fs::read_to_string(file).is_ok_and(|text| text.trim() == value)
}

fn blocking(setting: &str, value: &str, allowing: &str) -> String {
    format!(
        "{setting}={value} blocks this; to allow it system-wide (lowers security): \
         sudo sysctl {setting}={allowing}"
    )
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

/// The capability that creating and joining namespaces requires (capabilities(7)).
pub const CAP_SYS_ADMIN: u32 = 21;

/// Whether a capability is effective. Assumed if `/proc` does not tell.
pub fn has_capability(number: u32) -> bool {
    let set = status("CapEff:").and_then(|set| u64::from_str_radix(&set, 16).ok());
    set.is_none_or(|set| set & (1 << number) != 0)
}

/// A field of `/proc/self/status`. The name of the process in it need not be UTF-8.
fn status(field: &str) -> Option<String> {
    let text = fs::read("/proc/self/status").ok()?;
    let text = String::from_utf8_lossy(&text);
    let value = text.lines().find_map(|line| line.strip_prefix(field))?;
    Some(value.trim().to_owned())
}

/// Whether `/` is not the root of a mount, which it always is outside of a chroot
/// (`statx(2)`). A chroot whose `/` is a mount point is not detected.
fn is_chroot() -> bool {
    let mut statx = MaybeUninit::<libc::statx>::zeroed();
    // SAFETY: the path ends with a NUL, and the buffer is as large as the kernel expects.
    let result = unsafe { libc::statx(libc::AT_FDCWD, c"/".as_ptr(), 0, 0, statx.as_mut_ptr()) };
    // SAFETY: all bytes are initialised, and every value is valid in this structure.
    let statx = unsafe { statx.assume_init() };
    let mount_root = libc::STATX_ATTR_MOUNT_ROOT as u64;
    result == 0
        && statx.stx_attributes_mask & mount_root != 0
        && statx.stx_attributes & mount_root == 0
}
