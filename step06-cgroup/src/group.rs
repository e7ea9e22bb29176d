//! What a cgroup for one run is, whichever version of cgroups makes it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use nix::errno::Errno;
use nix::unistd::Pid;

use crate::cgroupfs::write;
use crate::limits::Limits;
use crate::report::{note, printable};

/// A cgroup for one run: a single directory on v2, on v1 one in each hierarchy.
pub trait Group {
    /// Makes the cgroup. `ours` are the processes that will stay outside of it
    /// and are in the parent now.
    fn create(&mut self, ours: &[Pid]) -> Result<()>;

    /// Sets the limits, before anybody is in it.
    fn limit(&self, limits: &Limits) -> Result<()>;

    /// Starts the command inside.
    fn start(&self, command: Command) -> Result<Pid>;

    /// Its directories.
    fn dirs(&self) -> &[PathBuf];

    /// What the kernel has counted.
    fn figures(&self) -> Vec<Figure>;

    /// Kills whoever is in it, removes it, and undoes what was done for it.
    fn remove(&self) -> Result<()>;
}

/// A limit as the kernel wants it: the file and what to write there.
pub struct Setting {
    /// The controller that has the file.
    pub controller: &'static str,
    /// The file.
    pub file: &'static str,
    /// What is written.
    pub value: String,
    /// Whether a kernel built without it is no reason to fail.
    pub may_lack: bool,
}

impl Setting {
    /// A setting that has to be there.
    pub fn new(controller: &'static str, file: &'static str, value: impl ToString) -> Setting {
        Setting { controller, file, value: value.to_string(), may_lack: false }
    }

    /// Writes it, and shows how the reader would have done it in a shell.
    pub fn apply(&self, dir: &Path) -> Result<()> {
        let Setting { file, value, .. } = self;
        let path = dir.join(file);
        match write(&path, value) {
            Err(error) if self.may_lack && error.downcast_ref() == Some(&Errno::ENOENT) => Ok(()),
            Err(error) => Err(error),
            Ok(()) => {
                note(&format!("echo {value} > {}", printable(&path)));
                Ok(())
            }
        }
    }
}

/// In what the kernel counts.
#[derive(Clone, Copy)]
pub enum Unit {
    /// How often.
    Times,
    /// Bytes.
    Bytes,
    /// Millionths of a second.
    Micros,
    /// Billionths of a second.
    Nanos,
}

/// Where a figure is found: its name, the file, the word before it there ("" if
/// the file has nothing else), and its unit.
pub type Source = (&'static str, &'static str, &'static str, Unit);

/// What the kernel has counted in a cgroup.
pub struct Figure {
    /// What was counted, where, in what unit.
    pub source: Source,
    /// How much; none if this kernel, or this cgroup, does not count it.
    pub value: Option<u64>,
}

impl Figure {
    /// Reads a figure from a directory of the cgroup.
    pub fn read(source: Source, dir: &Path) -> Figure {
        let (_, file, key, _) = source;
        let text = fs::read_to_string(dir.join(file)).unwrap_or_default();
        Figure { source, value: value(&text, key) }
    }

    /// A line of the report: what, how much, and the file that says so.
    pub fn line(&self) -> String {
        let (what, file, key, unit) = self.source;
        let value = match (self.value, unit) {
            (None, _) => "unknown".to_owned(),
            (Some(0), Unit::Times) => "none".to_owned(),
            (Some(times), Unit::Times) => times.to_string(),
            (Some(bytes), Unit::Bytes) => format!("{:.1} MiB", bytes as f64 / 1024.0 / 1024.0),
            (Some(micros), Unit::Micros) => format!("{:.3} s", micros as f64 / 1e6),
            (Some(nanos), Unit::Nanos) => format!("{:.3} s", nanos as f64 / 1e9),
        };
        format!("  {what:<14} {value:>12}   {file} {key}").trim_end().to_owned()
    }
}

/// The number after `key` in a file of a cgroup, a key in each line ("flat keyed");
/// without a key, the only one there.
pub fn value(text: &str, key: &str) -> Option<u64> {
    let value = match key {
        "" => Some(text.trim_end()),
        key => text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')),
    };
    value?.parse().ok()
}

/// Those of the `wanted` that a list of controllers does not have.
pub fn missing<'a>(list: &[u8], wanted: &[&'a str]) -> Vec<&'a str> {
    let there = list.split(u8::is_ascii_whitespace);
    let is_missing = |it: &&&str| !there.clone().any(|name| name == it.as_bytes());
    wanted.iter().filter(is_missing).copied().collect()
}

/// Whether a list of processes has nobody but `ours`. Who is outside of our PID
/// namespace is there as 0, and is not ours.
pub fn nobody_but(list: &[u8], ours: &[Pid]) -> bool {
    let is_ours = |pid: &[u8]| ours.iter().any(|it| it.to_string().as_bytes() == pid);
    list.split(u8::is_ascii_whitespace).filter(|pid| !pid.is_empty()).all(is_ours)
}
