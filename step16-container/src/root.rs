//! The root directory. Steps 09 and 10 explain it.

use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{chdir, chroot, fchdir, pivot_root};
use step_support::{Hint, printable, refusal};

use crate::options::{Bind, Options, Root};
use crate::protection::Protection;
use crate::tree::Tree;
use crate::{binds, layers, restrict, system};

/// Where it is built: a directory that every system has, so that none is left behind. In this
/// mount namespace it is covered from now on.
pub const NEW: &str = "/tmp";

/// Nothing in a container may give privileges or lead to a device, whatever is in its files.
pub const NO_PRIVILEGES: MsFlags = MsFlags::MS_NOSUID.union(MsFlags::MS_NODEV);

/// Something of the host, open.
pub struct Source(OwnedFd);

impl Source {
    /// Opens a file or directory without reading it.
    pub fn open(path: &Path) -> Result<Source> {
        let opened = open(path, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty());
        opened.map(Source).with_context(|| format!("open({})", printable(path)))
    }

    /// A path to it.
    pub fn path(&self) -> String {
        format!("/proc/self/fd/{}", self.0.as_raw_fd())
    }

    /// Shows it, with all mounts below it, at another place, too (`mount(2)`).
    pub fn bind(&self, place: &Path) -> Result<()> {
        bind(self.path(), place)
    }
}

/// The same for a path of the host.
pub fn bind(source: impl AsRef<Path>, place: &Path) -> Result<()> {
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(source.as_ref()), place, None::<&str>, flags, None::<&str>)
        .hint(refusal::in_new_namespace)
        .with_context(|| format!("mount({}, MS_BIND | MS_REC)", printable(source.as_ref())))
}

/// The new root directory, and what is going to be shown in it.
pub struct NewRoot<'a> {
    pub dir: OwnedFd,
    pub binds: Vec<(Tree, &'a Bind)>,
}

/// Builds the root directory of the container, and opens it.
pub fn build(options: &Options) -> Result<NewRoot<'_>> {
    make_mounts_private()?;
    // All users of the container may read what is made here, whatever the caller's umask says.
    umask(Mode::from_bits_retain(0o022));
    let binds = binds::copy(options)?;
    let dir = match &options.root {
        Root::Host => system::build(options)?,
        Root::Directory(dir) => {
            Source::open(dir)?.bind(Path::new(NEW))?;
            restrict::tree(Path::new(NEW), NO_PRIVILEGES)?;
            NEW
        }
        Root::Layers(layers) => layers::stack(layers)?,
    };
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let dir = open(dir, flags, Mode::empty()).context("open(new root)")?;
    Ok(NewRoot { dir, binds })
}

/// Ends the propagation of mounts: what is mounted from now on stays in here.
fn make_mounts_private() -> Result<()> {
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)
        .hint(refusal::propagation)
        .context("mount(/, MS_REC | MS_PRIVATE)")
}

/// Mounts a new, empty file system in memory.
pub fn mount_tmpfs(place: &Path, mode: &str) -> Result<()> {
    mount(Some("tmpfs"), place, Some("tmpfs"), NO_PRIVILEGES, Some(mode))
        .hint(refusal::in_new_namespace)
        .with_context(|| format!("mount(tmpfs, {})", printable(place)))
}

/// Makes it the root directory of this process and of all that it starts; nothing leads to
/// the old one any more.
pub fn enter(root: NewRoot, options: &Options) -> Result<()> {
    fchdir(&root.dir).context("fchdir(new root)")?;
    if !options.has(Protection::Root) {
        return chroot(".").context("chroot(.)").and_then(|()| chdir("/").context("chdir(/)"));
    }
    pivot_root(".", ".").hint(pivot_hints).context("pivot_root(., .)")?;
    umount2(".", MntFlags::MNT_DETACH).context("umount(., MNT_DETACH)")?;
    chdir("/").context("chdir(/)")?;
    match options.root {
        Root::Host if options.has(Protection::ReadOnly) => {
            restrict::remount(Path::new("/"), NO_PRIVILEGES | MsFlags::MS_RDONLY)
        }
        _ => Ok(()),
    }
}

fn pivot_hints(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EINVAL => vec![
            "the root directory of this process is no mount, as in a chroot or an initramfs, and \
             pivot_root(2) needs one"
                .to_owned(),
        ],
        _ => refusal::in_new_namespace(errno),
    }
}
