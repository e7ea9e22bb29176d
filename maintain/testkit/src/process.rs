//! What the kernel says about processes.

use std::fmt::Display;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::unistd::Pid;

/// The target of a symbolic link such as `uts:[4026531838]`; panics if it cannot be read.
pub fn link(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    match fs::read_link(path) {
        Ok(text) => text.to_string_lossy().into_owned(),
        Err(error) => panic!("readlink {}: {error}", path.display()),
    }
}

/// The namespace of `kind` that the process is in, as `uts:[4026531838]`.
pub fn namespace(pid: impl Display, kind: &str) -> String {
    link(format!("/proc/{pid}/ns/{kind}"))
}

/// The number in [`namespace`], as `4026531838`.
pub fn inode(pid: impl Display, kind: &str) -> String {
    let link = namespace(pid, kind);
    link.trim_start_matches(|it: char| !it.is_ascii_digit()).trim_end_matches(']').to_owned()
}

/// A field of `/proc/PID/status`: `status(pid, "NSpid")` is `11120 1`, with single spaces.
pub fn status(pid: impl Display, field: &str) -> String {
    let file = format!("/proc/{pid}/status");
    let text = fs::read(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    // The name of the process in it need not be UTF-8.
    let text = String::from_utf8_lossy(&text);
    let value = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let value = value.unwrap_or_else(|| panic!("{file} has no {field}"));
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The children of a process, their children and so on, as they are now.
pub fn descendants(pid: Pid) -> Vec<Pid> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    let children = children.split_whitespace().filter_map(|pid| pid.parse().ok());
    children
        .map(Pid::from_raw)
        .flat_map(|child| [vec![child], descendants(child)].concat())
        .collect()
}

/// A process to look at. It reads its stdin until that ends; dropping it kills it.
pub struct WaitingProcess(Child);

impl WaitingProcess {
    /// Starts `program` (`cat`, or a link to it), after `prepare` in the new process.
    pub fn new(
        program: impl AsRef<Path>,
        prepare: impl FnMut() -> io::Result<()> + Send + Sync + 'static,
    ) -> WaitingProcess {
        let mut command = Command::new(program.as_ref());
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        // SAFETY: what tests prepare is system calls, in a child that has one thread.
        unsafe { command.pre_exec(prepare) };
        WaitingProcess(command.spawn().expect("cat"))
    }

    /// Its PID.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.0.id() as i32)
    }

    /// Ends its stdin: the process exits and stays a zombie until it is dropped.
    pub fn close_stdin(&mut self) {
        self.0.stdin = None;
    }
}

impl Drop for WaitingProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
