//! The limits of a run: parsing them, and writing them into the files of its cgroup.

use std::path::PathBuf;

use anyhow::Result;
use nix::errno::Errno;
use step_support::cgroup::write;
use step_support::error::errno_of;
use step_support::{note, printable};

use crate::hints::explain_limit;

/// The limits of one run; `None` is no limit.
#[derive(Debug, Default)]
pub struct Limits {
    /// Number of processes and threads.
    pub pids: Option<u64>,
    /// Bytes of memory.
    pub memory: Option<u64>,
    /// Percent of one CPU's time.
    pub cpu: Option<u64>,
}

impl Limits {
    /// The controllers that these limits need.
    pub fn controllers(&self) -> Vec<&'static str> {
        let limits = [("pids", self.pids), ("memory", self.memory), ("cpu", self.cpu)];
        limits.into_iter().filter_map(|(name, limit)| limit.map(|_| name)).collect()
    }
}

/// A file of a cgroup, and what to write there.
pub type Setting = (&'static str, String);

/// Writes the settings where their files are, and prints the commands that do the same in a
/// shell. On v1 each directory has the files of its controllers only.
pub fn apply(settings: &[Setting], dirs: &[PathBuf]) -> Result<()> {
    for (file, value) in settings {
        let found = dirs.iter().map(|dir| dir.join(file)).find(|path| path.exists());
        let path = found.or(dirs.first().map(|dir| dir.join(file))).unwrap_or_default();
        match write(&path, value) {
            Ok(()) => note(&format!("echo {value} > {}", printable(&path))),
            // Kernels without swap, or with swapaccount=0, do not have these files.
            Err(error) if is_for_swap(file) && errno_of(&error) == Some(Errno::ENOENT) => {
                note(&format!("note: swap is not limited: this kernel has no {file}"));
            }
            Err(error) => return Err(explain_limit(error, &path)),
        }
    }
    Ok(())
}

fn is_for_swap(file: &str) -> bool {
    file.contains("swap") || file.contains("memsw")
}

/// The kernel's PID_MAX_LIMIT on 64-bit machines.
const MAX_PIDS: u64 = 4 * 1024 * 1024;

/// The kernel counts memory in pages; less than one page is nothing.
const MIN_MEMORY: u64 = 4096;

/// Ten thousand CPUs, more than the kernel supports.
const MAX_CPU: u64 = 1_000_000;

/// Parses a number of processes.
pub fn pids(text: &str) -> Result<u64, String> {
    match number(text)? {
        0 => Err("CMD itself is one process".to_owned()),
        pids if pids > MAX_PIDS => Err(format!("Linux has at most {MAX_PIDS} processes")),
        pids => Ok(pids),
    }
}

/// Parses a size: bytes, or with K, M, G or T a multiple of a power of 1024.
pub fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let shift = match &text[digits.len()..] {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err("sizes look like 65536, 64K, 64M or 1G".to_owned()),
    };
    match number(digits)?.checked_mul(1 << shift) {
        Some(bytes) if bytes < MIN_MEMORY => Err(format!("less than a page, {MIN_MEMORY} bytes")),
        Some(bytes) if bytes <= i64::MAX as u64 => Ok(bytes),
        _ => Err("more bytes than the kernel can count".to_owned()),
    }
}

/// Parses a percentage of one CPU's time, with or without its sign.
pub fn percentage(text: &str) -> Result<u64, String> {
    match number(text.strip_suffix('%').unwrap_or(text))? {
        0 => Err("no CPU time at all".to_owned()),
        percent if percent > MAX_CPU => Err("Linux does not have that many CPUs".to_owned()),
        percent => Ok(percent),
    }
}

/// Digits and nothing else: `parse` alone would also accept `+1`.
fn number(text: &str) -> Result<u64, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("not a whole number".to_owned());
    }
    text.parse().map_err(|_| "too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_limit_of_swap_may_be_missing() {
        let dirs = [PathBuf::from("/tmp/step06-no-such-cgroup")];
        assert!(apply(&[("memory.swap.max", "0".to_owned())], &dirs).is_ok());
        assert!(apply(&[("memory.max", "4096".to_owned())], &dirs).is_err());
    }

    #[test]
    fn sizes_are_binary() {
        for (text, bytes) in [("4096", 4096), ("64K", 64 << 10), ("64M", 64 << 20), ("1G", 1 << 30)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        assert_eq!(size("8388607T"), Ok(8388607 << 40));
    }

    #[test]
    fn what_is_no_size_is_refused() {
        let sizes =
            "0 0G 4095 3K -1 +1G M 64MB 64m 1.5G 0x10 8388608T 18446744073709551616 ٤٠٩٦ 1Gé";
        for text in sizes.split(' ').chain(["", "64 M", "99999999999999999999G"]) {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_percentage_may_be_of_several_cpus_and_has_a_sign_or_not() {
        assert_eq!((percentage("50"), percentage("250%")), (Ok(50), Ok(250)));
        for text in ["", "%", "0", "0%", "50%%", "-50", "12.5", "1e2", "1000001"] {
            assert!(percentage(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_of_processes_is_one_to_four_million() {
        assert_eq!((pids("1"), pids("4194304")), (Ok(1), Ok(4_194_304)));
        for text in ["", "0", "-1", "4194305", "max", "1K", "١"] {
            assert!(pids(text).is_err(), "{text}");
        }
    }
}
