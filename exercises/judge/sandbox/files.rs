//! The files that an answer sees: an empty `/tmp`, its own `/proc`, its own cgroup, and the
//! programs and libraries of this machine, read-only. Nothing else of the machine is there:
//! no home directory, no `/run` with its sockets, no terminal.

use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::unistd::{chdir, chroot};

/// What an answer may read and run. On a merged-`/usr` system some of them are links.
const READABLE: [&str; 10] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc",
    "/nix/store",
    "/gnu/store",
];

/// The devices that an answer may use: none of them leads to anyone.
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// Builds a new root directory out of these and `cgroup`, and makes it `/` of the caller,
/// who has a mount namespace and a PID namespace of its own.
///
/// What is read-only is locked (`mount_namespaces(7)`) in every mount namespace that is
/// copied from this one and belongs to a different user namespace: root there can neither
/// make it writable nor unmount it.
pub fn enter_root(cgroup: Option<&Path>) -> io::Result<()> {
    change("/", MsFlags::MS_REC | MsFlags::MS_PRIVATE)?;
    let root = Path::new("/tmp");
    mount_new("tmpfs", root, "size=1m,mode=755")?;
    for path in READABLE.into_iter().chain(DEVICES).map(Path::new).chain(cgroup) {
        show(path, root)?;
    }
    for dir in ["proc", "tmp"] {
        fs::create_dir(root.join(dir))?;
    }
    mount_new("proc", &root.join("proc"), "")?;
    mount_new("tmpfs", &root.join("tmp"), "size=16m,nr_inodes=4096,mode=1777")?;
    // pivot_root(2) would refuse to replace an initramfs.
    chdir(root)?;
    mount(Some("."), "/", None::<&str>, MsFlags::MS_MOVE, None::<&str>)?;
    chroot(".")?;
    chdir("/")?;
    make_read_only(&[Some(Path::new("/proc")), Some(Path::new("/tmp")), cgroup])
}

/// As systemd sets it up on a real machine: new mounts propagate to other mount namespaces.
pub fn share_mounts() -> io::Result<()> {
    change("/", MsFlags::MS_REC | MsFlags::MS_SHARED)
}

fn mount_new(kind: &str, dir: &Path, options: &str) -> io::Result<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some(kind), dir, Some(kind), flags, Some(options))
        .map_err(|errno| named(&format!("mount({kind}, {})", dir.display()), errno.into()))
}

fn change(dir: &str, flags: MsFlags) -> io::Result<()> {
    mount(None::<&str>, dir, None::<&str>, flags, None::<&str>)
        .map_err(|errno| named(&format!("mount({dir}, {flags:?})"), errno.into()))
}

/// Makes a file or directory appear at the same path below `root`. What does not exist on
/// this machine is left out.
fn show(path: &Path, root: &Path) -> io::Result<()> {
    let Ok(file) = path.symlink_metadata() else { return Ok(()) };
    let target = root.join(path.strip_prefix("/").unwrap_or(path));
    fs::create_dir_all(target.parent().unwrap_or(root))?;
    if file.is_symlink() {
        return symlink(fs::read_link(path)?, target);
    }
    match file.is_dir() {
        true => fs::create_dir(&target)?,
        false => drop(File::create(&target)?),
    }
    // Without MS_REC the kernel refuses to show what is below the mounts of the host.
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(path), &target, None::<&str>, flags, None::<&str>)
        .map_err(|errno| named(&format!("mount({}, MS_BIND)", path.display()), errno.into()))
}

/// Makes every mount but these read-only. (`mount_setattr(2)` with AT_RECURSIVE would do it
/// in one call, from Linux 5.12 on.)
fn make_read_only(writable: &[Option<&Path>]) -> io::Result<()> {
    for (point, options) in mounts()? {
        if writable.contains(&Some(&point)) {
            continue;
        }
        let mut flags =
            MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID;
        // These are locked already where the host has set them. A remount that names no
        // atime flag keeps that of the mount.
        for (option, flag) in [("nodev", MsFlags::MS_NODEV), ("noexec", MsFlags::MS_NOEXEC)] {
            flags.set(flag, options.split(',').any(|it| it == option));
        }
        match mount(None::<&str>, &point, None::<&str>, flags, None::<&str>) {
            // A mount that another one covers cannot be reached, neither by us nor by an answer.
            Ok(()) | Err(nix::Error::ENOENT) => {}
            Err(errno) => {
                let call = format!("mount({}, MS_REMOUNT | MS_RDONLY)", point.display());
                return Err(named(&call, errno.into()));
            }
        }
    }
    Ok(())
}

/// The mount points below `/` of the caller and their options (`proc_pid_mountinfo(5)`).
fn mounts() -> io::Result<Vec<(PathBuf, String)>> {
    let text = fs::read("/proc/self/mountinfo")?;
    let fields = text.split(|&byte| byte == b'\n').filter_map(|line| {
        let mut words = line.split(|&byte| byte == b' ');
        let (point, options) = (words.nth(4)?, words.next()?);
        Some((unescape(point), String::from_utf8_lossy(options).into_owned()))
    });
    Ok(fields.collect())
}

/// A path as mountinfo writes it: `\040` is a space.
fn unescape(text: &[u8]) -> PathBuf {
    let mut path = Vec::new();
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|_| byte == b'\\');
        let code = digits.and_then(|it| u8::from_str_radix(std::str::from_utf8(it).ok()?, 8).ok());
        path.push(code.unwrap_or(byte));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    std::ffi::OsString::from_vec(path).into()
}

/// An error with the call that failed. It keeps the errno's name.
fn named(call: &str, error: io::Error) -> io::Error {
    let errno = error.raw_os_error().map(nix::Error::from_raw);
    io::Error::other(errno.map_or(format!("{call}: {error}"), |errno| format!("{call}: {errno}")))
}

#[test]
fn a_mount_point_may_have_a_space_or_a_backslash_in_its_name() {
    assert_eq!(unescape(br"/a\040b\134c"), Path::new(r"/a b\c"));
    assert_eq!(unescape(br"/a\04"), Path::new(r"/a\04"));
}
