//! A row of the table: what the kernel says about a process.

use std::fmt::Display;
use std::fs;

use anyhow::{Context, Result};
use colored::{ColoredString, Colorize};

use crate::CAP_SYS_ADMIN;

/// The names of the columns: fields of `/proc/PID/status`, the effective user ID, and a call.
pub const HEADING: &str =
    "CAP_SYS_ADMIN:  CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp  euid sethostname";

/// Reads `/proc/PID/status` of a process (a PID or `self`). Of each set of capabilities, the
/// row has only the bit of CAP_SYS_ADMIN.
pub fn row(label: &str, process: impl Display, sethostname: &str) -> Result<String> {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("open({path})"))?;
    let field = |name: &str| {
        let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.unwrap_or("-").trim() // a kernel without seccomp has no such field
    };
    let bit = |set: &str| match u64::from_str_radix(field(set), 16) {
        Ok(bits) => (bits >> CAP_SYS_ADMIN & 1).to_string(),
        Err(_) => "-".to_owned(),
    };
    let [prm, eff, bnd, amb] = ["CapPrm", "CapEff", "CapBnd", "CapAmb"].map(bit);
    let (no_new_privs, seccomp) = (field("NoNewPrivs"), field("Seccomp"));
    // The real, the effective, the saved one, and that for files.
    let euid = field("Uid").split_whitespace().nth(1).unwrap_or("-");
    let sethostname = colored(sethostname);
    Ok(format!(
        "{label:<15}{prm:>7}{eff:>7}{bnd:>7}{amb:>7}{no_new_privs:>11}{seccomp:>8}{euid:>6} \
         {sethostname}"
    ))
}

fn colored(result: &str) -> ColoredString {
    match result {
        "ok" => result.green(),
        "-" => result.normal(),
        _ => result.red(),
    }
}
