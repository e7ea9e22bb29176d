//! The processes of a judgement: the one that runs the answer, and bystanders.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::exit;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::signal::{Signal, kill};
use nix::sys::utsname::uname;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, getpid, pipe2};

use crate::verdict::{Finding, cannot, wrong};

/// A process that stays where it is until the judge lets go of it.
pub struct Process {
    /// Its PID, as the sandbox numbers it.
    pub pid: Pid,
    /// What it said when it was ready.
    pub said: String,
    hold: Option<File>,
}

impl Process {
    /// Starts a process (`fork(2)`) that does its `work`, says what came of it,
    /// and stays.
    fn start(work: impl FnOnce() -> Result<String, String>) -> Result<Process, Finding> {
        let failed = |errno| cannot("fork()", errno, "Too many processes: ulimit -u");
        let (hears, says) = pipe2(OFlag::O_CLOEXEC).map_err(failed)?;
        let (held, hold) = pipe2(OFlag::O_CLOEXEC).map_err(failed)?;
        // SAFETY: this process has one thread, so the child may allocate and print.
        let pid = match unsafe { fork() }.map_err(failed)? {
            ForkResult::Parent { child } => child,
            ForkResult::Child => {
                drop((hears, hold));
                let me = getpid();
                let said = catch_unwind(AssertUnwindSafe(work));
                // A child of the answer that came back from it, too.
                if getpid() != me {
                    exit(0);
                }
                let text = match said {
                    Ok(Ok(text)) => format!("+{text}\0"),
                    Ok(Err(text)) => format!("-{text}\0"),
                    Err(_) => exit(101),
                };
                let _ = File::from(says).write_all(text.as_bytes());
                let _ = File::from(held).read(&mut [0]);
                exit(0);
            }
        };
        drop((says, held));
        let mut said = Vec::new();
        let _ = BufReader::new(File::from(hears)).read_until(0, &mut said);
        if said.pop() == Some(0) {
            let said = String::from_utf8_lossy(&said).into_owned();
            return match said.strip_prefix('+') {
                Some(text) => Ok(Process { pid, said: text.to_owned(), hold: Some(hold.into()) }),
                None => Err(refused(said.trim_start_matches('-'))),
            };
        }
        let end = waitpid(pid, None).map_or_else(|errno| errno.to_string(), |it| format!("{it:?}"));
        Err(wrong(
            "an answer that returns to its caller",
            end,
            "the process in which your function ran has ended before the judge could look",
        ))
    }

    /// Lets go of the process and waits for its end.
    pub fn end(mut self) {
        self.hold = None;
        let _ = kill(self.pid, Signal::SIGKILL);
        let _ = waitpid(self.pid, None);
    }
}

/// Something for a process to do.
pub type Task = fn();

/// Runs the answer in a process of its own, which then stays to be looked at.
pub fn learner<T: Display, E: Into<io::Error>>(
    answer: impl FnOnce() -> Result<T, E>,
) -> Result<Process, Finding> {
    Process::start(|| match answer() {
        Ok(said) => Ok(said.to_string()),
        Err(error) => {
            let error = error.into();
            Err(error
                .raw_os_error()
                .map_or(error.to_string(), |it| Errno::from_raw(it).to_string()))
        }
    })
}

/// What an error that the answer returned says about it.
fn refused(error: &str) -> Finding {
    let meaning = match error.split(':').next().unwrap_or_default() {
        "EPERM" => {
            "at that moment the process lacks a capability in the user namespace that counts"
        }
        "EINVAL" => "the arguments do not fit each other: a flag, or a descriptor of another kind",
        "ENOENT" => "what the call names is not there",
        "ENOMEM" => "in a PID namespace whose PID 1 has died, fork(2) says this",
        _ => "a call in your function failed",
    };
    wrong("an answer that succeeds", format!("your function says: {error}"), meaning)
}

/// Starts a process in new namespaces, which prepares something there and stays.
pub fn bystander(
    flags: CloneFlags,
    prepare: impl FnOnce() -> nix::Result<()>,
) -> Result<Process, Finding> {
    let started = Process::start(|| {
        unshare(flags).and_then(|()| prepare()).map_err(|errno| errno.to_string())?;
        Ok(String::new())
    });
    started.map_err(|finding| match finding {
        Finding::Wrong { kernel, .. } => cannot(
            "the judge's own unshare()",
            kernel,
            "See what is in the way: cargo run -p step00-doctor",
        ),
        cannot => cannot,
    })
}

/// A namespace of a process, as `/proc/PID/ns` shows it, or why it does not.
pub fn link(pid: Pid, kind: &str) -> String {
    let path = format!("/proc/{pid}/ns/{kind}");
    match fs::read_link(&path) {
        Ok(target) => target.to_string_lossy().into_owned(),
        Err(error) => format!("{path}: {error}"),
    }
}

/// The kinds of namespace that this kernel has, `pid_for_children` and its like left out.
pub fn kinds() -> Vec<String> {
    let entries = fs::read_dir("/proc/self/ns").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut kinds: Vec<_> = names.filter(|name| !name.contains("_for_")).collect();
    kinds.sort();
    kinds
}

/// The kinds in which two processes differ.
pub fn differing(a: Pid, b: Pid) -> Vec<String> {
    kinds().into_iter().filter(|kind| link(a, kind) != link(b, kind)).collect()
}

/// Nodename and domain name that a process in this UTS namespace sees: the judge
/// enters it with a child (`setns(2)`) and asks there.
pub fn names_in(namespace: impl AsRef<Path>) -> Result<(String, String), Finding> {
    let path = namespace.as_ref();
    let visitor = Process::start(|| {
        let file = File::open(path).map_err(|error| error.to_string())?;
        setns(file, CloneFlags::CLONE_NEWUTS).map_err(|errno| errno.to_string())?;
        let names = uname().map_err(|errno| errno.to_string())?;
        let domain = names.domainname().to_string_lossy();
        Ok(format!("{}\n{domain}", names.nodename().to_string_lossy()))
    })
    .map_err(|finding| match finding {
        Finding::Wrong { kernel, .. } => wrong(
            format!("a UTS namespace behind {}", path.display()),
            format!("open() and setns() there: {kernel}"),
            "what is there is no namespace, or none that lives",
        ),
        cannot => cannot,
    })?;
    let (node, domain) = visitor.said.split_once('\n').unwrap_or_default();
    let names = (node.to_owned(), domain.to_owned());
    visitor.end();
    Ok(names)
}

/// A field of `/proc/PID/status`.
pub fn status(pid: Pid, field: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or("(no such process)").split_whitespace().collect::<Vec<_>>().join(" ")
}
