//! The sandbox in which answers run, without root's privileges outside of it.
//!
//! There are three processes. The first starts the second, passes on the output and ends the
//! sandbox when an answer hangs. The second, the supervisor, drops root, creates a user, a
//! mount and a PID namespace, and starts the third, PID 1. That one builds the file system,
//! and then moves into a second user namespace: what was mounted read-only in the first is
//! locked in the second, so that root there cannot change it. It goes on as the judge. When
//! it ends, the kernel kills all that an answer has started.
//!
//! The sandbox has its own hostname, mounts, PIDs, IPC and network. [`limits`] says how much
//! an answer may use, [`files`] what it sees, [`filter`] what no namespace isolates, and
//! [`hang`] when it is ended.

mod files;
pub mod filter;
mod hang;
mod limits;
pub mod streams;

use std::fs;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::exit;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::{set_child_subreaper, set_dumpable, set_pdeathsig};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{
    ForkResult, Gid, Pid, Uid, fork, getegid, geteuid, getpid, getppid, setgroups, setresgid,
    setresuid, setsid,
};
use step_support::process::{DefaultSigchld, pidfd_open};
use step_support::refusal::restrictions;

use self::files::{enter_root, share_mounts};
use self::filter::refuse_what_namespaces_do_not_isolate;
use self::hang::Watch;
use self::limits::{Limits, MAX_MEMORY, MemoryLimit};
use self::streams::{Inside, Outside, send_verdict};
use crate::language::{CHECK_MACHINE, Text, shown, text};
use crate::process::describe;
use crate::verdict::{Finding, Verdict, print_verdict, text_and_status, unavailable, wrong};

/// The uid and gid outside of the sandbox, if root runs the exercises.
pub const NOBODY: u32 = 65534;

/// Runs `check` in a sandbox, prints the verdict and ends the program.
pub fn judge(check: impl FnOnce() -> Verdict) -> ! {
    exit(run_in_sandbox(None, check))
}

/// Runs `check` in a sandbox that starts in `cgroup`, and prints the verdict. Of all cgroups
/// the sandbox sees only the one above `cgroup` and those below that. Returns the exit status.
pub fn run_in_sandbox(cgroup: Option<&Path>, check: impl FnOnce() -> Verdict) -> i32 {
    match start(cgroup, check) {
        Ok(status) => status,
        Err(finding) => print_verdict(Err(finding)),
    }
}

fn start(cgroup: Option<&Path>, check: impl FnOnce() -> Verdict) -> Result<i32, Finding> {
    let failed = |errno| {
        unavailable(
            text!("the judge could not start", "채점 프로그램을 시작하지 못했습니다"),
            errno,
            text!("To see limits: ulimit -a", "한도를 보려면: ulimit -a"),
        )
    };
    let user = if geteuid().is_root() { Uid::from_raw(NOBODY) } else { geteuid() };
    let limits = Limits::for_user(user)?;
    Limits::raise_open_files();
    DefaultSigchld::set();
    // If the supervisor is killed, PID 1 becomes our child, and we can wait for it.
    set_child_subreaper(true).map_err(failed)?;
    // Ctrl-C ends the sandbox first, and then us: the cgroups have to be removed.
    let signals = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP]);
    signals.thread_set_mask().map_err(failed)?;
    let signals = SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC).map_err(failed)?;
    let memory = MemoryLimit::new(cgroup.and_then(Path::parent));
    let (outside, inside) = streams::create().map_err(failed)?;
    let parent = getpid();
    // SAFETY: this process has one thread, so the child may allocate and print.
    let supervisor = match unsafe { fork() }.map_err(failed)? {
        ForkResult::Child => {
            let result = supervise(parent, cgroup, &limits, &memory, inside, check);
            exit(result.unwrap_or_else(|finding| report(Err(finding))))
        }
        ForkResult::Parent { child } => child,
    };
    drop(inside);
    let sandbox =
        Sandbox { supervisor, pidfd: pidfd_open(supervisor).map_err(failed)?, first: None };
    sandbox.watch(signals, outside)
}

/// The sandbox, as the first process sees it.
struct Sandbox {
    supervisor: Pid,
    pidfd: OwnedFd,
    /// PID 1 of the sandbox.
    first: Option<Pid>,
}

impl Sandbox {
    /// Passes on the output until the sandbox ends by itself, hangs, or somebody presses
    /// Ctrl-C. Returns the exit status.
    fn watch(mut self, signals: SignalFd, mut outside: Outside) -> Result<i32, Finding> {
        let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
        let mut watch = Watch::new();
        let end = loop {
            let polled = [
                Some(self.pidfd.as_fd()),
                Some(signals.as_fd()),
                outside.first_pid.descriptor(),
                outside.stdout.descriptor(),
                outside.stderr.descriptor(),
            ];
            let [ended, signal, pid, output, errors] = poll_until_look(polled, &watch);
            if pid {
                self.find_first(&mut outside);
            }
            if output {
                outside.stdout.pass_on(&mut stdout);
            }
            if errors {
                outside.stderr.pass_on(&mut stderr);
            }
            if signal {
                let signal = signals.read_signal().ok().flatten();
                break End::Signal(signal.map_or(0, |it| it.ssi_signo as i32));
            }
            // Ctrl-C has ended the supervisor too.
            if ended {
                break End::ByItself;
            }
            if let Some(finding) = watch.look(self.first) {
                break End::Hang(finding);
            }
        };
        let status = self.stop(&mut outside);
        outside.stdout.finish(&mut stdout);
        outside.stderr.finish(&mut stderr);
        match (end, status) {
            (End::Hang(finding), _) => Err(finding),
            (End::Signal(signal), _) => Ok(128 + signal),
            (End::ByItself, Ok(WaitStatus::Exited(_, status))) => {
                let _ = stderr.write_all(outside.verdict.text().as_bytes());
                Ok(status)
            }
            (End::ByItself, end) => Err(unavailable(
                text!("the judge's supervisor", "채점 프로그램의 supervisor"),
                end.map_or_else(|errno| shown!("{errno}"), describe),
                text!(
                    "Something outside of the sandbox has ended it",
                    "샌드박스 바깥의 무언가가 끝냈습니다",
                ),
            )),
        }
    }

    /// Learns the PID of the sandbox's first process.
    fn find_first(&mut self, outside: &mut Outside) {
        self.first = outside.first_pid.pid();
    }

    /// Kills what is still there of the sandbox, and waits until all of it has ended.
    /// Returns how the supervisor ended.
    fn stop(&mut self, outside: &mut Outside) -> nix::Result<WaitStatus> {
        let _ = kill(self.supervisor, Signal::SIGKILL);
        let end = wait(self.supervisor);
        if self.first.is_none() {
            self.find_first(outside);
        }
        // If the supervisor has not waited for PID 1, that is our child now.
        if let Some(first) = self.first {
            if waitpid(first, Some(WaitPidFlag::WNOHANG)) == Ok(WaitStatus::StillAlive) {
                let _ = kill(first, Signal::SIGKILL);
                let _ = wait(first);
            }
        }
        end
    }
}

/// Why the first process ends the sandbox.
enum End {
    /// It has ended.
    ByItself,
    /// The answer hangs.
    Hang(Finding),
    /// A signal from the terminal, or from whoever started the judge.
    Signal(i32),
}

/// Waits for an event until the next look at the processes. Returns which have one.
fn poll_until_look<const N: usize>(polled: [Option<BorrowedFd>; N], watch: &Watch) -> [bool; N] {
    let mut open: Vec<_> =
        polled.iter().flatten().map(|&fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
    let timeout = PollTimeout::try_from(watch.remaining()).unwrap_or(PollTimeout::ZERO);
    let polled_in_time = poll(&mut open, timeout).is_ok();
    let mut events = open.iter().map(|it| polled_in_time && it.any() == Some(true));
    polled.map(|fd| fd.is_some() && events.next() == Some(true))
}

/// Waits until a child has ended.
fn wait(pid: Pid) -> nix::Result<WaitStatus> {
    loop {
        match waitpid(pid, None) {
            Err(Errno::EINTR) => {}
            end => return end,
        }
    }
}

/// The supervisor drops root, creates the first namespaces, starts the judge in them and
/// waits for it.
fn supervise(
    parent: Pid,
    cgroup: Option<&Path>,
    limits: &Limits,
    memory: &MemoryLimit,
    inside: Inside,
    check: impl FnOnce() -> Verdict,
) -> Result<i32, Finding> {
    let failed = |call: &str, errno: Errno| unavailable(call, errno, advice());
    inside.replace_descriptors().map_err(|errno| failed("dup2() and close_range()", errno))?;
    default_signals();
    umask(Mode::from_bits_truncate(0o022));
    if let Some(cgroup) = cgroup {
        join_cgroup(cgroup)?;
    }
    if !memory.join() {
        let note = text!(
            "note: only the memory of each process is limited, not that of all together: no cgroup \
             with controller memory that you may write to",
            "note: 메모리는 프로세스마다 따로 제한되고, 모두 합해서는 제한되지 않습니다. memory \
             컨트롤러가 있고 여러분이 쓸 수 있는 cgroup이 없습니다",
        );
        eprintln!("{note}");
    }
    // If memory runs out all the same, the kernel kills these processes first.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
    drop_root()?;
    die_with_parent(parent);

    enter_user_namespace(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID)?;
    // In a cgroup namespace of its own an answer could mount the cgroup of whoever runs it.
    let _ = fs::write("/proc/sys/user/max_cgroup_namespaces", "0");
    // As of Linux 5.14 this counts only the processes in the new user namespace.
    limits.set()?;

    // SAFETY: this process has one thread, so the child may allocate and print.
    match unsafe { fork() }.map_err(|errno| failed("fork()", errno))? {
        ForkResult::Child => {
            streams::close_pid();
            // If the first process dies, so does the supervisor; then PID 1, then all others.
            let _ = set_pdeathsig(Signal::SIGKILL);
            exit(report(confine(cgroup).and_then(|()| check())))
        }
        ForkResult::Parent { child } => {
            streams::send_pid(child);
            match wait(child) {
                Ok(WaitStatus::Exited(_, status)) => Ok(status),
                Ok(end) => Err(wrong(
                    text!("the judge still running", "계속 실행되는 채점 프로그램"),
                    describe(end),
                    text!(
                        "something killed the judge; all processes of an answer together have {} \
                         MiB of memory",
                        "무언가가 채점 프로그램을 강제 종료했습니다. 답의 모든 프로세스를 합해서 \
                         쓸 수 있는 메모리는 {} MiB입니다",
                        MAX_MEMORY >> 20,
                    ),
                )),
                Err(errno) => Err(failed("waitpid()", errno)),
            }
        }
    }
}

/// Takes from the caller, PID 1 of the sandbox, all that an answer must not have.
fn confine(cgroup: Option<&Path>) -> Result<(), Finding> {
    let failed = |call: &str, errno: Errno| unavailable(call, errno, advice());
    let filesystems = |error: io::Error| {
        unavailable(text!("the files of the sandbox", "샌드박스의 파일"), error, advice())
    };
    // Without a controlling terminal it cannot type into one (TIOCSTI).
    setsid().map_err(|errno| failed("setsid()", errno))?;
    enter_root(cgroup.and_then(Path::parent)).map_err(filesystems)?;
    enter_user_namespace(
        CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWNET,
    )?;
    share_mounts().map_err(filesystems)?;
    match refuse_what_namespaces_do_not_isolate() {
        Ok(true) => {}
        Ok(false) => note_no_filter(text!("an unknown processor", "알 수 없는 프로세서")),
        Err(error) => note_no_filter(shown!("prctl(PR_SET_SECCOMP): {error}")),
    }
    Ok(())
}

/// Says what an answer may use because there is no filter.
fn note_no_filter(reason: Text) {
    let note = text!(
        "note: keyrings and vsock are not refused: {reason}",
        "note: keyring과 vsock을 막지 못합니다: {reason}",
    );
    eprintln!("{note}");
}

/// Moves the caller into a new user namespace, in which it is root and nobody else is
/// mapped, and into new namespaces of these kinds, which belong to that.
fn enter_user_namespace(kinds: CloneFlags) -> Result<(), Finding> {
    let (uid, gid) = (geteuid(), getegid());
    let flags = CloneFlags::CLONE_NEWUSER | kinds;
    unshare(flags).map_err(|errno| unavailable("unshare(CLONE_NEWUSER | …)", errno, advice()))?;
    for (file, text) in [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("0 {uid} 1")),
        ("gid_map", format!("0 {gid} 1")),
    ] {
        fs::write(format!("/proc/self/{file}"), text)
            .map_err(|error| unavailable(format!("write(/proc/self/{file})"), error, advice()))?;
    }
    Ok(())
}

/// Gives all signals their default action and blocks none, whatever the parent of this
/// program had set. SIGPIPE stays ignored, as in every Rust program.
fn default_signals() {
    let _ = SigSet::empty().thread_set_mask();
    for number in (1..=64).filter(|&number| number != libc::SIGPIPE) {
        // SAFETY: SIG_DFL and SIG_IGN install no handler that could run.
        let before = unsafe { libc::signal(number, libc::SIG_DFL) };
        if ![libc::SIG_DFL, libc::SIG_IGN, libc::SIG_ERR].contains(&before) {
            // Rust's own handler, which reports an overflow of the stack.
            // SAFETY: this handler was installed before.
            unsafe { libc::signal(number, before) };
        }
    }
}

/// Moves the caller, and so everything that it will start, into a cgroup.
fn join_cgroup(cgroup: &Path) -> Result<(), Finding> {
    let file = cgroup.join("cgroup.procs");
    fs::write(&file, getpid().to_string())
        .map_err(|error| unavailable(format!("write({})", file.display()), error, advice()))
}

/// Root becomes nobody, for good.
fn drop_root() -> Result<(), Finding> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let failed = |call: &str, errno: Errno| unavailable(call, errno, advice());
    let (uid, gid) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    // If only one uid is mapped, as in a user namespace of an ordinary user, we cannot
    // change it, and it has no privileges outside.
    match setgroups(&[]).and_then(|()| setresgid(gid, gid, gid)) {
        Ok(()) => setresuid(uid, uid, uid).map_err(|errno| failed("setresuid(nobody)", errno))?,
        Err(_) if has_single_uid() => {}
        Err(errno) => return Err(failed("setgroups(), setresgid(nobody)", errno)),
    }
    // Otherwise our own files in /proc would still belong to root.
    set_dumpable(true).map_err(|errno| failed("prctl(PR_SET_DUMPABLE)", errno))
}

/// Whether the caller's user namespace maps its own uid and no other.
fn has_single_uid() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.lines().count() == 1 && map.split_whitespace().next_back() == Some("1")
}

/// Makes the kernel kill the caller when `parent` dies. Exits if it has died already.
fn die_with_parent(parent: Pid) {
    if set_pdeathsig(Signal::SIGKILL).is_err() || getppid() != parent {
        exit(1);
    }
}

/// Sends a verdict to the judge outside, which prints it. Returns the exit status.
fn report(verdict: Verdict) -> i32 {
    let (text, status) = text_and_status(verdict);
    send_verdict(&format!("{text}\n"));
    status
}

/// What keeps users from creating namespaces on this machine, and what to type.
fn advice() -> Text {
    let mut lines = restrictions();
    lines.push(CHECK_MACHINE.here().to_owned());
    shown!("{}", lines.join("\n  "))
}
