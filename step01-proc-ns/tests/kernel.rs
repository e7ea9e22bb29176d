//! Runs step01-proc-ns and holds what it shows against the kernel's own links.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::geteuid;
use testkit::{Host, Output, Step, User, installed, link, namespace, skip, wait_until};

fn step(user: User) -> Step {
    Step::new(env!("CARGO_BIN_EXE_step01-proc-ns"), user)
}

/// A process to look at: it waits for its stdin to end, and is ended on drop.
struct Target(Child);

impl Target {
    fn new(prepare: fn() -> std::io::Result<()>) -> Target {
        let mut command = Command::new("cat");
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        // SAFETY: only system calls in a child that has one thread.
        unsafe { command.pre_exec(prepare) };
        Target(command.spawn().unwrap())
    }

    /// A target in a user and a UTS namespace of its own.
    fn isolated() -> Target {
        Target::new(|| Ok(unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS)?))
    }

    fn pid(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The links of a process, sorted by name.
fn links(pid: &str) -> Vec<String> {
    let names = fs::read_dir(format!("/proc/{pid}/ns")).unwrap();
    let mut names: Vec<_> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names.iter().map(|name| format!("{name} -> {}", namespace(pid, name))).collect()
}

fn assert_error(output: &Output, code: i32, lines: &[&str]) {
    assert_eq!(output.code(), Some(code), "{output:?}");
    assert_eq!(output.stderr.lines().collect::<Vec<_>>(), lines);
    assert_eq!(output.stdout, "");
}

#[test]
fn every_link_of_a_process_is_shown_with_what_it_isolates() {
    let target = Target::isolated();
    let output =
        Step::new(env!("CARGO_BIN_EXE_step01-proc-ns"), User::all()[0]).args([target.pid()]).run();
    assert_eq!(output.code(), Some(0), "{output:?}");
    let mut lines = output.stdout.lines();
    assert_eq!(lines.next().unwrap(), format!("/proc/{}/ns", target.pid()));
    let links = links(&target.pid());
    assert!(links.len() >= 7, "{links:?}");
    for link in links {
        let line = lines.next().unwrap();
        let words = line.strip_prefix(&link).unwrap_or_else(|| panic!("{line} is not {link}"));
        assert!(words.trim().len() > 5, "{line}");
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn without_a_pid_it_shows_itself() {
    for &user in User::all() {
        let output = Host::unchanged(|| step(user).run());
        assert_eq!(output.code(), Some(0), "{output:?}");
        assert!(output.stdout.contains(&format!("uts -> {}", link("/proc/self/ns/uts"))));
    }
}

#[test]
fn two_processes_are_told_apart_by_what_the_kernel_says() {
    let target = Target::isolated();
    let (own, other) = (std::process::id().to_string(), target.pid());
    let output = step(User::all()[0]).args([&own, &other]).run();
    assert_eq!(output.code(), Some(0), "{output:?}");
    for line in output.stdout.lines().skip(1) {
        let cells: Vec<_> = line.split_whitespace().collect();
        let (ours, theirs) = (namespace(&own, cells[0]), namespace(&other, cells[0]));
        assert_eq!(cells[1..3], [&ours, &theirs]);
        let verdict = cells[3..].join(" ");
        assert_eq!(verdict, if ours == theirs { "shared" } else { "each its own" });
    }
    assert!(output.stdout.contains("each its own"));
    assert!(output.stdout.contains("shared"));
}

#[test]
fn a_pid_namespace_in_which_nobody_is_born_yet_is_said_to_be_none() {
    let target = Target::new(|| Ok(unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID)?));
    let output = step(User::all()[0]).args([target.pid()]).run();
    assert_eq!(output.code(), Some(0), "{output:?}");
    // Linux 7.3 has the link before the first child is born.
    let link = fs::read_link(format!("/proc/{}/ns/pid_for_children", target.pid()));
    let link = link.map_or("(none yet)".to_owned(), |it| it.display().to_string());
    assert!(output.stdout.contains(&format!("pid_for_children -> {link}")), "{output:?}");
    let own = std::process::id().to_string();
    let output = step(User::all()[0]).args([own, target.pid()]).run();
    assert_eq!(output.code(), Some(0), "{output:?}");
}

#[test]
fn of_three_processes_two_may_share() {
    let target = Target::isolated();
    let own = std::process::id().to_string();
    let output = step(User::all()[0]).args([&own, &own, &target.pid()]).run();
    let uts = output.stdout.lines().find(|line| line.starts_with("uts ")).unwrap();
    assert!(uts.ends_with("2 different ones"), "{uts}");
}

#[test]
fn all_lists_every_namespace_that_lsns_lists() {
    if !installed("lsns") {
        skip!("lsns, the second witness, is not installed");
    }
    let _targets: Vec<_> = (0..3).map(|_| Target::isolated()).collect();
    // Processes come and go between the two looks: they must agree in one of some rounds.
    wait_until("lsns and step01-proc-ns --all agree", || {
        let lsns = Command::new("lsns").args(["-n", "-r", "-o", "TYPE,NS,PID"]).output().unwrap();
        let lsns = String::from_utf8(lsns.stdout).unwrap();
        let mut theirs: BTreeMap<_, _> = lsns.lines().filter_map(row).collect();
        // On Linux 5.10 lsns takes folders in /proc for namespaces, whose inodes are all higher.
        theirs.retain(|(_, inode), _| *inode >= 0xefff_fff8);
        let ours = step(User::all()[0]).args(["--all"]).run().stdout;
        let ours: BTreeMap<_, _> = ours
            .lines()
            .filter_map(|line| {
                let cells: Vec<_> = line.split_whitespace().collect();
                row(&[*cells.first()?, *cells.get(1)?, *cells.get(3)?].join(" "))
            })
            .collect();
        // PIDs of lsns's own run and of ours differ; what lives on is equal.
        ours.len() >= theirs.len() && theirs.iter().all(|(key, pid)| ours.get(key) == Some(pid))
    });
}

/// Kind and inode, and the lowest PID, of a line of three words.
fn row(line: &str) -> Option<((String, u64), u64)> {
    let cells: Vec<_> = line.split_whitespace().collect();
    let [kind, inode, pid] = cells[..] else { return None };
    Some(((kind.to_owned(), inode.parse().ok()?), pid.parse().ok()?))
}

#[test]
fn all_counts_the_processes_of_a_namespace() {
    let target = Target::isolated();
    let inode = namespace(target.pid(), "uts").replace("uts:[", "").replace(']', "");
    let output = step(User::all()[0]).args(["--all"]).run();
    let line = output.stdout.lines().find(|line| line.contains(&inode)).unwrap();
    let cells: Vec<_> = line.split_whitespace().collect();
    assert_eq!(cells, ["uts", &inode, "1", &target.pid(), "cat"]);
    let own = namespace("self", "uts").replace("uts:[", "").replace(']', "");
    let line = output.stdout.lines().find(|line| line.contains(&own)).unwrap();
    let count: u32 = line.split_whitespace().nth(2).unwrap().parse().unwrap();
    assert!(count > 1, "{line}");
    let last = output.stdout.lines().last().unwrap();
    assert!(last.contains("could not be read"), "{last}");
}

#[test]
fn an_ordinary_user_is_told_how_many_processes_are_closed_and_why() {
    if !geteuid().is_root() {
        skip!("only root can be sure that others have processes");
    }
    let output = step(User::Ordinary).args(["--all"]).run();
    let last = output.stdout.lines().last().unwrap();
    let reason =
        "could not be read: EACCES: Permission denied; they belong to other users; use sudo";
    assert!(last.ends_with(reason), "{last}");
    assert!(last.split_whitespace().next().unwrap().parse::<u32>().unwrap() > 0);
}

#[test]
fn a_control_character_in_a_name_is_escaped() {
    let dir = std::env::temp_dir().join(format!("step01-{}", std::process::id()));
    fs::create_dir(&dir).unwrap();
    let evil = dir.join(OsStr::from_bytes(b"\x1b[31m\nred"));
    symlink("/bin/cat", &evil).unwrap(); // the name is that of the link
    let mut command = Command::new(&evil);
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    // SAFETY: only a system call in a child that has one thread.
    unsafe { command.pre_exec(|| Ok(unshare(CloneFlags::CLONE_NEWUSER)?)) };
    let target = Target(command.spawn().unwrap());
    let output = step(User::all()[0]).args(["--all"]).run();
    fs::remove_dir_all(&dir).unwrap();
    assert!(!output.stdout.contains('\x1b'));
    assert!(output.stdout.contains(r"\u{1b}[31m\nred"), "{} {}", target.pid(), output.stdout);
}

#[test]
fn what_is_no_pid_is_wrong_use() {
    let max: i64 = fs::read_to_string("/proc/sys/kernel/pid_max").unwrap().trim().parse().unwrap();
    let beyond = "99999999999999999999";
    for (arg, error) in [
        ("abc", "\"abc\" is not a PID: not a number".to_owned()),
        ("1x", "\"1x\" is not a PID: not a number".to_owned()),
        ("", "\"\" is not a PID: not a number".to_owned()),
        ("0", "0 is not a PID: the first process is 1".to_owned()),
        ("-5", "a PID is never negative".to_owned()),
        (beyond, format!("{beyond} is larger than any PID here: kernel.pid_max is {max}")),
        (&max.to_string(), format!("{max} is larger than any PID here: kernel.pid_max is {max}")),
        ("--nope", "invalid option '--nope'".to_owned()),
        ("\u{1b}", r#""\u{1b}" is not a PID: not a number"#.replace('\\', r"\\")),
    ] {
        let output = step(User::Ordinary).args([arg]).run();
        assert_error(&output, 2, &[&format!("step01-proc-ns: {error} (try --help)")]);
    }
    let output = step(User::Ordinary).args([OsStr::from_bytes(b"\xff")]).run();
    assert_eq!(output.code(), Some(2), "{output:?}");
    let output = step(User::Ordinary).args(["--all", "1"]).run();
    assert_error(&output, 2, &["step01-proc-ns: --all takes no PID (try --help)"]);
}

#[test]
fn a_process_that_is_no_more_is_no_such_process() {
    let target = Target::new(|| Ok(()));
    let pid = target.pid();
    drop(target);
    let output = step(User::Ordinary).args([&pid]).run();
    let error = format!("step01-proc-ns: process {pid}: ESRCH: No such process");
    assert_error(&output, 1, &[&error]);
}

#[test]
fn a_zombie_has_left_its_namespaces() {
    let mut target = Target::new(|| Ok(()));
    let pid = target.pid();
    drop(target.0.stdin.take());
    let stat = format!("/proc/{pid}/stat");
    wait_until("the target is a zombie", || fs::read_to_string(&stat).unwrap().contains(") Z "));
    let output = step(User::all()[0]).args([&pid]).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains(&format!("process {pid} is a zombie")), "{output:?}");
    assert!(step(User::all()[0]).args(["--all"]).run().code() == Some(0));
}

#[test]
fn another_users_process_is_closed_and_the_hint_says_sudo() {
    if !geteuid().is_root() {
        skip!("it takes root to start a process of another user");
    }
    let target = Target::new(|| Ok(()));
    let output = step(User::Ordinary).args([target.pid()]).run();
    assert_eq!(output.code(), Some(1));
    let lines: Vec<_> = output.stderr.lines().collect();
    assert!(
        lines[0].starts_with(&format!("step01-proc-ns: open(/proc/{}/ns", target.pid()))
            || lines[0].starts_with(&format!("step01-proc-ns: readlink(/proc/{}/ns", target.pid())),
        "{lines:?}"
    );
    assert!(lines[0].ends_with(": EACCES: Permission denied"), "{lines:?}");
    assert_eq!(lines[1], "hint: another user's process: sudo target/debug/step01-proc-ns PID");
}

/// Runs the step in a mount namespace of its own, after `change` has been made there.
fn with_mounts(args: &[&str], change: fn() -> nix::Result<()>) -> Output {
    let private = move || {
        if !geteuid().is_root() {
            unshare(CloneFlags::CLONE_NEWUSER)?;
        }
        unshare(CloneFlags::CLONE_NEWNS)?;
        let flags = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(None::<&str>, "/", None::<&str>, flags, None::<&str>)?;
        Ok(change()?)
    };
    let step = Step::new(env!("CARGO_BIN_EXE_step01-proc-ns"), User::all()[0]).args(args);
    // SAFETY: only system calls in a child that has one thread.
    step.with(|it| unsafe {
        it.pre_exec(private);
    })
    .run()
}

#[test]
fn without_proc_it_says_so() {
    for args in [&["1"][..], &[], &["--all"]] {
        let output = Host::unchanged(|| {
            with_mounts(args, || {
                mount(Some("none"), "/proc", Some("tmpfs"), MsFlags::empty(), None::<&str>)
            })
        });
        assert_eq!(output.code(), Some(1), "{output:?}");
        let hint = "\nhint: /proc is not mounted: mount -t proc proc /proc\n";
        assert!(output.stderr.ends_with(hint), "{output:?}");
    }
}

#[test]
fn a_hidden_process_is_told_from_one_that_is_not_there() {
    if !geteuid().is_root() {
        skip!("it takes root to mount /proc with hidepid and become somebody else");
    }
    let hidden = || {
        umount2("/proc", MntFlags::MNT_DETACH)?;
        mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), Some("hidepid=2"))?;
        nix::unistd::setgroups(&[])?;
        nix::unistd::setgid(nix::unistd::Gid::from_raw(65534))?;
        nix::unistd::setuid(nix::unistd::Uid::from_raw(65534))
    };
    let output = with_mounts(&["2"], hidden);
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("process 2 exists, but /proc hides it"), "{output:?}");
}

#[test]
fn a_reader_that_leaves_early_is_no_error_and_a_full_device_is_one() {
    for args in [&["--all"][..], &[]] {
        let (reader, writer) = nix::unistd::pipe().unwrap();
        drop(reader);
        let output = step(User::Ordinary)
            .args(args)
            .with(|it| {
                it.stdout(writer);
            })
            .run();
        assert_error(&output, 0, &[]);
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = step(User::Ordinary)
            .args(args)
            .with(|it| {
                it.stdout(full);
            })
            .run();
        assert_error(
            &output,
            1,
            &["step01-proc-ns: write(stdout): ENOSPC: No space left on device"],
        );
    }
}

#[test]
fn help_names_the_manual_and_an_example() {
    let output = step(User::Ordinary).args(["--help"]).run();
    assert_eq!(output.code(), Some(0));
    for part in ["Usage: step01-proc-ns", "cargo run -p step01-proc-ns -- $$", "namespaces(7)"] {
        assert!(output.stdout.contains(part), "{part}");
    }
}
