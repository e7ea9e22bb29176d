//! What the kernel says about processes.

use std::fmt::Display;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;

use nix::libc;
use nix::sched::{CloneFlags, clone, unshare};
use nix::sys::prctl::set_dumpable;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pause, setgid, setuid};

use crate::{User, copy_program, wait_until};

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

    /// Starts a process of `user` that is not dumpable (`PR_SET_DUMPABLE`): who may run a
    /// program but not read it may not look into its process either.
    pub fn not_dumpable(user: User) -> WaitingProcess {
        let (_dir, program) = copy_program("/bin/cat", 0o111);
        WaitingProcess::new(&program, move || {
            setgid(user.uid().as_raw().into())?;
            Ok(setuid(user.uid())?)
        })
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

/// A process whose first thread has ended and whose second one sleeps. Dropping it kills it.
pub struct WithoutFirstThread(Pid);

impl WithoutFirstThread {
    /// Starts it as `user`. The second thread is in new namespaces of the kinds `flags`.
    pub fn new(user: User, flags: CloneFlags) -> WithoutFirstThread {
        /// What the second thread has yet to unshare, in the new process. (What its closure
        /// captured would be gone: `clone` drops it in the first thread.)
        static LEFT: AtomicI32 = AtomicI32::new(0);
        let mut stack = vec![0; 64 * 1024];
        let unshare_and_sleep = Box::new(|| {
            let left = CloneFlags::from_bits_retain(LEFT.load(Ordering::Acquire));
            if unshare(left).is_err() {
                // SAFETY: the call only ends the process.
                unsafe { libc::_exit(1) };
            }
            LEFT.store(0, Ordering::Release);
            loop {
                pause();
            }
        });
        let as_thread = CloneFlags::CLONE_VM
            | CloneFlags::CLONE_FS
            | CloneFlags::CLONE_FILES
            | CloneFlags::CLONE_SIGHAND
            | CloneFlags::CLONE_THREAD;
        let prepare = || {
            // Without execve(2) it would keep the pipes of other tests open.
            // SAFETY: the child uses no file.
            unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0) };
            setgid(user.uid().as_raw().into())?;
            setuid(user.uid())?;
            set_dumpable(true)?; // setuid(2) has taken it
            // A process with two threads may not enter a user namespace. One with a new time
            // namespace for its children could start no thread on older kernels.
            unshare(flags & CloneFlags::CLONE_NEWUSER)?;
            LEFT.store((flags - CloneFlags::CLONE_NEWUSER).bits(), Ordering::Release);
            Ok(())
        };
        // SAFETY: only system calls until _exit(2); the memory was allocated before.
        match unsafe { fork() }.expect("fork") {
            ForkResult::Child => {
                // SAFETY: the thread only makes system calls, on a stack of its own, which is in
                // use as long as the process lives.
                let started = prepare().and_then(|()| unsafe {
                    clone(unshare_and_sleep, &mut stack, as_thread, None)
                });
                while started.is_ok() && LEFT.load(Ordering::Acquire) != 0 {
                    thread::yield_now();
                }
                // SAFETY: exit(2) ends this thread only; if there is no other, the process.
                unsafe { libc::syscall(libc::SYS_exit, i32::from(started.is_err())) };
                unreachable!("exit(2) does not return");
            }
            ForkResult::Parent { child } => {
                let process = WithoutFirstThread(child);
                wait_until("the end of the first thread", || {
                    status(child, "State").starts_with('Z')
                });
                assert_eq!(process.threads().len(), 2, "the second thread lives");
                process
            }
        }
    }

    /// Its PID, which is also the number of the thread that has ended.
    pub fn pid(&self) -> Pid {
        self.0
    }

    /// The number of the thread that lives.
    pub fn thread(&self) -> i32 {
        let other = self.threads().into_iter().find(|it| *it != self.0.as_raw());
        other.expect("the second thread")
    }

    fn threads(&self) -> Vec<i32> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.0)).expect("a process");
        tasks.map(|it| it.unwrap().file_name().to_str().unwrap().parse().unwrap()).collect()
    }
}

impl Drop for WithoutFirstThread {
    fn drop(&mut self) {
        let _ = kill(self.0, Signal::SIGKILL);
        let _ = waitpid(self.0, None);
    }
}
