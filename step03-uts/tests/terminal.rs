//! Runs step03-uts as a job of an interactive shell and asks who reads the terminal.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use nix::errno::Errno;
use nix::libc;
use nix::pty::openpty;
use nix::unistd::{Pid, setsid, tcgetpgrp};
use testkit::{require_programs, wait_until};

/// A shell with job control on a terminal of its own.
struct Shell {
    shell: Child,
    terminal: File,
    output: Receiver<Vec<u8>>,
    seen: String,
}

impl Shell {
    fn new() -> Shell {
        let pty = openpty(None, None).unwrap();
        let slave = |fd: &OwnedFd| fd.try_clone().unwrap();
        let mut command = Command::new("bash");
        command.args(["--norc", "-i"]).env("PS1", "$ ").env("TERM", "dumb");
        command.stdin(slave(&pty.slave)).stdout(slave(&pty.slave)).stderr(pty.slave);
        // SAFETY: only system calls in a child that has one thread.
        unsafe { command.pre_exec(take_terminal) };
        let shell = command.spawn().unwrap();
        drop(command); // and with it our copies of the terminal's other side
        let terminal = File::from(pty.master);
        let mut reader = terminal.try_clone().unwrap();
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Shell { shell, terminal, output, seen: String::new() }
    }

    fn type_in(&mut self, text: &str) {
        self.terminal.write_all(text.as_bytes()).unwrap();
    }

    /// Waits for text that was not there before, and returns what came with it.
    fn wait_for(&mut self, text: &str) -> String {
        let mut new = String::new();
        wait_until(&format!("{text:?} after {:?}", self.seen), || {
            new.extend(self.output.try_iter().map(|it| String::from_utf8_lossy(&it).into_owned()));
            new.contains(text)
        });
        self.seen.push_str(&new);
        new
    }

    /// The process group that the terminal's keys are for.
    fn foreground(&self) -> Pid {
        tcgetpgrp(self.terminal.as_fd()).unwrap()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

/// Makes stdin the controlling terminal of a new session.
fn take_terminal() -> io::Result<()> {
    setsid()?;
    // SAFETY: the request takes a number, and stdin is open.
    let taken = unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) };
    Ok(Errno::result(taken).map(drop)?)
}

#[test]
fn a_job_that_went_to_the_background_waits_for_enter_again_after_fg() {
    require_programs!("bash");
    let mut shell = Shell::new();
    let bash = Pid::from_raw(shell.shell.id() as i32);
    shell.type_in(&format!("{} helo\n", env!("CARGO_BIN_EXE_step03-uts")));
    shell.wait_for("Press Enter to end both.");
    shell.type_in("\x1a"); // Ctrl-Z
    wait_until("the shell is in the foreground", || shell.foreground() == bash);
    shell.type_in("bg\n");
    shell.type_in("echo to the $((1+1))nd\n");
    shell.wait_for("to the 2nd");
    shell.type_in("fg\n");
    wait_until("the step is in the foreground", || shell.foreground() != bash);
    shell.type_in("\n");
    wait_until("the shell is in the foreground again", || shell.foreground() == bash);
    shell.type_in("echo status $?\n");
    shell.wait_for("status 0");
}

#[test]
fn a_background_job_leaves_the_input_to_the_shell_and_after_fg_waits_for_enter() {
    require_programs!("bash");
    let mut shell = Shell::new();
    let bash = Pid::from_raw(shell.shell.id() as i32);
    shell.type_in(&format!("{} helo &\n", env!("CARGO_BIN_EXE_step03-uts")));
    let text = shell.wait_for("Press Enter to end both.");
    let pid = text.lines().find_map(|line| line.trim().strip_prefix("readlink /proc/")).unwrap();
    let step = Pid::from_raw(pid.split('/').next().unwrap().parse().unwrap());

    for _ in 0..3 {
        shell.type_in("echo to the $((1+1))nd\n");
        shell.wait_for("to the 2nd");
    }
    assert_eq!(shell.foreground(), bash);
    let stat = std::fs::read_to_string(format!("/proc/{step}/stat")).unwrap();
    assert!(stat.contains(") S "), "it neither has ended nor was stopped: {stat}");

    shell.type_in("fg\n");
    wait_until("the step is in the foreground", || shell.foreground() == step);
    shell.type_in("\n");
    wait_until("the shell is in the foreground again", || shell.foreground() == bash);
    shell.type_in("echo status $?\n");
    shell.wait_for("status 0");
}
