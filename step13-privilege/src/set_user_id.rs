//! A program whose file makes its process root: the set-user-ID bit (`execve(2)`).

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use step_support::error::failure;
use step_support::process::DefaultSigchld;
use step_support::target;
use step_support::{Hint, print, printable, refusal};

use crate::row::row;

/// Programs of root that most systems have. All of them know `--help`.
const PROGRAMS: [&str; 3] = ["su", "passwd", "mount"];

/// Runs a set-user-ID program, and prints what the kernel had made of its process. It has
/// ended by then: a zombie keeps its credentials until its parent has waited for it.
pub fn run() -> Result<u8> {
    let program = find()?;
    let _sigchld = DefaultSigchld::set();
    let mut command = Command::new(&program);
    command.arg("--help").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command
        .spawn()
        .hint(|errno| refusal::execution(errno, program.as_os_str()))
        .with_context(|| format!("execve({})", printable(&program)))?;

    let pid = Pid::from_raw(child.id() as i32);
    waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT).context("waitid(WNOWAIT)")?;
    let label = format!("  {}", printable(program.file_name().unwrap_or_default()));
    let shown = row(&label, pid, "-")
        .map_err(|error| target::explain(pid, error, "step13-privilege su"))
        .and_then(|row| print(&row));
    child.wait().context("waitpid()")?;
    shown.map(|()| 0)
}

/// The first of the programs that is there and has the bit.
fn find() -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let files =
        PROGRAMS.iter().flat_map(|name| env::split_paths(&path).map(move |dir| dir.join(name)));
    files.into_iter().find(|file| makes_root(file)).ok_or_else(|| {
        failure(
            format!("none of {} makes its process root here", PROGRAMS.join(", ")),
            "it has to be in PATH, belong to root of this user namespace, and have the \
             set-user-ID bit, on a file system without nosuid; check: ls -l $(which su)",
        )
    })
}

/// Whether everyone may run the file, as root. The kernel ignores the bit on a mount with nosuid.
fn makes_root(file: &Path) -> bool {
    const SET_USER_ID_AND_EXECUTABLE: u32 = 0o4001;
    let bits = SET_USER_ID_AND_EXECUTABLE;
    fs::metadata(file).is_ok_and(|it| it.is_file() && it.uid() == 0 && it.mode() & bits == bits)
        && statvfs(file).is_ok_and(|it| !it.flags().contains(FsFlags::ST_NOSUID))
}
