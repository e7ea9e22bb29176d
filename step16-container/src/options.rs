//! What a container is to be like.

use std::ffi::OsString;
use std::path::PathBuf;

use nix::unistd::Pid;
use step06_cgroup::limits::Limits;

use crate::protection::Protection;

/// What the command line says.
pub struct Options {
    pub root: Root,
    pub binds: Vec<Bind>,
    pub hostname: OsString,
    pub env: Vec<(OsString, OsString)>,
    pub workdir: Option<PathBuf>,
    pub network: Network,
    pub limits: Limits,
    pub without: Vec<Protection>,
    pub task: Task,
}

/// What the root directory is made of.
pub enum Root {
    /// The programs of the host, read-only.
    Host,
    /// This directory.
    Directory(PathBuf),
    /// These directories, the lowest first.
    Layers(Vec<PathBuf>),
}

/// A file or directory of the host, and where it is shown.
pub struct Bind {
    pub source: PathBuf,
    pub target: PathBuf,
    pub is_read_only: bool,
}

/// Whom the container can talk to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Network {
    None,
    Host,
    Peer(Pid),
}

/// What PID 1 starts.
pub enum Task {
    Command(Vec<OsString>),
    Verify,
    /// This program's own: tell whether it has capabilities.
    HasCapabilities,
}

impl Options {
    /// Whether this protection is wanted.
    pub fn has(&self, protection: Protection) -> bool {
        !self.without.contains(&protection)
    }
}
