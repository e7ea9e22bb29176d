//! Processes in unusual states, and what step01-proc-ns says about them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::symlink;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sched::CloneFlags;
use nix::unistd::pipe2;
use testkit::{Step, User, WaitingProcess, WithoutFirstThread, inode, status, temp_dir};
use testkit::{require_programs, skip, wait_until};

const STEP: &str = env!("CARGO_BIN_EXE_step01-proc-ns");

fn step(user: User) -> Step {
    Step::new(STEP, user)
}

#[test]
fn a_process_above_a_lowered_pid_max_is_shown() {
    require_programs!("unshare");
    // As nobody outside, the root of a user namespace may not write a kernel.pid_max that is
    // the whole machine's. 301 is the lowest; PID 1 replaces itself by the step, so that no
    // more PIDs are needed.
    let script = r#"
        i=0; while [ $i -lt 310 ]; do : & i=$((i + 1)); done; wait
        sleep 1000 & pid=$!
        (echo 301 > /proc/sys/kernel/pid_max) 2> /dev/null || exec echo shared
        exec "$0" $pid"#;
    let unshare = Step::new("/usr/bin/unshare", User::Ordinary);
    let output = unshare.args(["-Urpf", "--mount-proc", "sh", "-c", script, STEP]).run();
    let stdout = &output.assert_ok().stdout;
    if stdout == "shared\n" {
        skip!("a PID namespace has a kernel.pid_max of its own from Linux 6.14 on");
    }
    let title = stdout.lines().next().unwrap();
    let pid = title.strip_prefix("/proc/").and_then(|it| it.strip_suffix("/ns")).expect(title);
    assert!(pid.parse::<u32>().unwrap() > 301, "{output:?}");
    assert!(stdout.contains("uts -> uts:["), "{output:?}");
}

#[test]
fn a_zombie_whose_name_is_cut_in_the_middle_of_a_character_is_a_zombie() {
    let dir = temp_dir(User::all()[0]);
    let program = dir.path().join("x골디락스와곰");
    symlink("/bin/cat", &program).unwrap(); // the process is named after the link
    let mut target = WaitingProcess::new(&program, || Ok(()));
    let pid = target.pid().to_string();
    target.close_stdin();
    wait_until("the target is a zombie", || status(&pid, "State").starts_with('Z'));
    let comm = fs::read(format!("/proc/{pid}/comm")).unwrap();
    assert!(String::from_utf8(comm).is_err(), "the kernel cuts a name after 15 bytes");
    let output = step(User::all()[0]).args([&pid]).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    let hint = format!("hint: process {pid} is a zombie: it has ended and has left its namespaces");
    assert_eq!(output.errors()[1..], [&hint], "{output:?}");
}

#[test]
fn a_process_whose_first_thread_has_ended_is_no_zombie_and_its_threads_can_be_asked_for() {
    for &user in User::all() {
        let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS;
        let target = WithoutFirstThread::new(user, flags);
        let (pid, thread) = (target.pid(), target.thread().to_string());
        let output = step(user).args([pid.to_string()]).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let [_, hint] = output.errors()[..] else { panic!("{output:?}") };
        let beginning = format!("hint: the first thread of process {pid} has ended");
        assert!(hint.starts_with(&beginning) && hint.contains(&thread), "{output:?}");
        assert!(!hint.contains("zombie"), "{output:?}");
        let output = step(user).args([&thread]).run();
        let row = format!("uts -> uts:[{}]", inode(format!("{pid}/task/{thread}"), "uts"));
        assert!(output.assert_ok().stdout.contains(&row), "{output:?}");
        assert_ne!(inode("self", "uts"), inode(&thread, "uts"));
    }
}

#[test]
fn a_process_of_the_same_user_that_is_not_dumpable_is_not_called_another_users() {
    let target = WaitingProcess::not_dumpable(User::Ordinary);
    let output = step(User::Ordinary).args([target.pid().to_string()]).run();
    let error = format!("/proc/{}/ns", target.pid());
    assert!(output.stderr.contains(&error), "{output:?}");
    let [_, hint] = output.errors()[..] else { panic!("{output:?}") };
    assert!(hint.contains("your") && !hint.contains("another user"), "{output:?}");
    assert!(hint.ends_with("sudo target/debug/step01-proc-ns PID"), "{output:?}");
}

#[test]
fn at_the_limit_of_open_files_the_hint_names_the_limit() {
    require_programs!("strace");
    let target = WaitingProcess::new("cat", || Ok(()));
    let pid = target.pid().to_string();
    // A limit that the step itself meets would stop the dynamic loader before.
    let strace = ["-qq", "-o", "/dev/null", "-P", &format!("/proc/{pid}/ns")];
    for arg in [&pid, "--all"] {
        let output = Step::new("/usr/bin/strace", User::all()[0])
            .args(strace)
            .args(["-e", "trace=?open,openat", "-e", "inject=?open,openat:error=EMFILE", STEP, arg])
            .run();
        assert_eq!((output.code(), output.stdout.as_str()), (Some(1), ""), "{output:?}");
        let error = format!("step01-proc-ns: open(/proc/{pid}/ns): EMFILE: Too many open files");
        let hint = "hint: limit of open files reached; check: ulimit -n";
        assert_eq!(output.errors(), [error.as_str(), hint], "{output:?}");
    }
}

#[test]
fn a_full_pipe_that_does_not_block_is_not_called_a_limit_of_processes() {
    let (_reader, writer) = pipe2(OFlag::O_NONBLOCK).unwrap();
    let mut writer = fs::File::from(writer);
    let full = loop {
        if let Err(error) = writer.write(&[b'x'; 4096]) {
            break error;
        }
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    let output = step(User::Ordinary).with(|it| _ = it.stdout(writer)).run();
    output.assert_error(&format!("write(stdout): {}", Errno::EAGAIN), "");
}
