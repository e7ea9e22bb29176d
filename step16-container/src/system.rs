//! A root directory made of the host's own programs, read-only, and little else.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};
use nix::mount::MsFlags;

use crate::options::{Network, Options};
use crate::protection::Protection;
use crate::restrict;
use crate::root::{NEW, Source, mount_tmpfs};

/// The programs and their libraries, as far as a system has them. (NixOS has all in `/nix`.)
const PROGRAMS: [&str; 8] = ["bin", "lib", "lib32", "lib64", "libx32", "nix", "sbin", "usr"];

/// What programs look up, and nothing that is about this host.
const SETTINGS: [&str; 6] = [
    "etc/alternatives",
    "etc/ld.so.cache",
    "etc/ld.so.conf",
    "etc/ld.so.conf.d",
    "etc/ssl/certs",
    "etc/terminfo",
];

/// Directories that are empty at first, and the options of their file systems.
const WRITABLE: [(&str, &str); 4] =
    [("home", "mode=0755"), ("root", "mode=0700"), ("run", "mode=0755"), ("tmp", "mode=1777")];

/// Builds it at `NEW`, which is returned.
pub fn build(options: &Options) -> Result<&'static str> {
    let new = Path::new(NEW);
    mount_tmpfs(new, "mode=0755")?;
    for name in PROGRAMS.into_iter().chain(SETTINGS) {
        bring(name, options)?;
    }
    if options.network == Network::Host {
        bring("etc/resolv.conf", options)?;
    }
    for (name, mode) in WRITABLE {
        fs::create_dir_all(new.join(name)).with_context(|| format!("mkdir({name})"))?;
        mount_tmpfs(&new.join(name), mode)?;
    }
    for name in ["dev", "proc", "mnt"] {
        fs::create_dir_all(new.join(name)).with_context(|| format!("mkdir({name})"))?;
    }
    write(
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    )?;
    write("etc/group", "root:x:0:\nnogroup:x:65534:\n")?;
    write("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")?;
    Ok(NEW)
}

/// Shows a file or directory of the host, or copies a link such as `/bin -> usr/bin`.
fn bring(name: &str, options: &Options) -> Result<()> {
    let (old, new) = (Path::new("/").join(name), Path::new(NEW).join(name));
    if let Some(dir) = new.parent() {
        fs::create_dir_all(dir).with_context(|| format!("mkdir({})", dir.display()))?;
    }
    let metadata = match fs::symlink_metadata(&old) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        result => result.with_context(|| format!("stat({})", old.display()))?,
    };
    if metadata.is_symlink() && PROGRAMS.contains(&name) {
        let target = fs::read_link(&old).with_context(|| format!("readlink({})", old.display()))?;
        return symlink(target, new).with_context(|| format!("symlink({name})"));
    }
    match fs::metadata(&old) {
        Ok(it) if it.is_dir() => fs::create_dir_all(&new),
        Ok(_) => fs::write(&new, ""),
        Err(_) => return Ok(()), // a link that leads nowhere
    }
    .with_context(|| format!("mkdir({})", new.display()))?;
    Source::open(&old)?.bind(&new)?;
    let read_only = options.has(Protection::ReadOnly);
    let flags = if read_only { MsFlags::MS_RDONLY } else { MsFlags::empty() };
    restrict::tree(&new, flags | MsFlags::MS_NOSUID | MsFlags::MS_NODEV)
}

/// Writes a file of the container.
fn write(name: &str, text: &str) -> Result<()> {
    fs::write(Path::new(NEW).join(name), text).with_context(|| format!("write({name})"))
}
