//! Places in the new root directory where something is mounted.
//!
//! Whoever made that directory may have put a link there, such as `dev -> /etc`: a runtime that
//! follows it mounts over another place than it means, even outside (CVE-2019-19921,
//! CVE-2021-30465). So each place is opened by `openat2(2)`, which stays inside, and the mount
//! goes to what is open, not to a path.

use std::ffi::OsStr;
use std::fmt::Display;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat, openat2};
use nix::sys::stat::{Mode, mkdirat};
use step_support::{Hint, printable, refusal};

/// A place that is open.
pub struct Target(OwnedFd);

impl AsRawFd for Target {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// What is made where there is nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum What {
    Directory,
    File,
}

/// Opens a place of ours, such as `/proc`, which must not be a link, or makes it.
pub fn own(root: &OwnedFd, path: &str, what: What) -> Result<Target> {
    make(root, Path::new(path), what, ResolveFlag::RESOLVE_NO_SYMLINKS)
}

/// Opens a place that the user has named, or makes it. Links lead to where they would lead
/// inside of the container.
pub fn named(root: &OwnedFd, path: &Path, what: What) -> Result<Target> {
    if !path.components().any(|it| it != Component::RootDir) {
        bail!("{}: nothing can be shown there, for it is what --rootfs is for", printable(path));
    }
    make(root, path, what, ResolveFlag::empty())
}

fn make(root: &OwnedFd, path: &Path, what: What, links: ResolveFlag) -> Result<Target> {
    // ANCHOR: open
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_CLOEXEC)
        .resolve(links | ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    let open = |path: &Path| openat2(root, path, how);
    // ANCHOR_END: open
    let mut names = path.components().filter(|it| *it != Component::RootDir).peekable();
    let mut so_far = PathBuf::from(".");
    let mut place = open(&so_far).hint(hints).context("openat2(new root)")?;
    while let Some(name) = names.next() {
        let Component::Normal(name) = name else {
            bail!("{}: .. is not possible here", printable(path))
        };
        so_far.push(name);
        if open(&so_far).err() == Some(Errno::ENOENT) {
            let is_file = what == What::File && names.peek().is_none();
            create(&place, name, is_file)
                .hint(hints)
                .with_context(|| format!("mkdir({})", printable(&so_far)))?;
        }
        let opened = open(&so_far).hint(hints);
        place = opened.with_context(|| format!("openat2({})", printable(&so_far)))?;
    }
    Ok(Target(place))
}

/// Creates a directory or an empty file.
fn create(place: &OwnedFd, name: &OsStr, is_file: bool) -> nix::Result<()> {
    if !is_file {
        return mkdirat(place, name, Mode::from_bits_retain(0o755));
    }
    let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
    openat(place, name, flags, Mode::from_bits_retain(0o644)).map(drop)
}

fn hints(errno: Errno) -> Vec<String> {
    match errno {
        Errno::ELOOP => vec![
            "it is a link in that root directory, and this has to be mounted in its place: \
             another root file system is needed"
                .to_owned(),
        ],
        Errno::EEXIST => vec!["it is a link that leads nowhere in that root directory".to_owned()],
        Errno::EACCES => vec![
            "that root directory is not this user's to change; --layer takes it as it is"
                .to_owned(),
        ],
        _ => refusal::any_call(errno),
    }
}

impl Target {
    /// A path to it, or below it, for `mount(2)`, which takes no descriptor.
    pub fn path(&self, below: impl Display) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}/{below}", self.0.as_raw_fd()))
    }

    /// The same for a file.
    pub fn file(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.0.as_raw_fd()))
    }
}
