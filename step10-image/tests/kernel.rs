//! Runs step10-image and asks the kernel what the layers hold.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{self, SYS_mount, SYS_unshare};
use nix::sched::CloneFlags;
use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, umask};
use nix::unistd::pipe;
use testkit::obstacle::{no_more_namespaces, own_shared_mounts, own_user_namespace, refuse};
use testkit::{Host, Output, Running, SignalAt, Step, User, namespace, status};
use testkit::{require_programs, require_root, sample, sample_by_user, skip, wait_until};

const EXE: &str = env!("CARGO_BIN_EXE_step10-image");

const TWO_LAYERS: &str = "lowerdir=app:base,upperdir=upper,workdir=work";
const THREE_LAYERS: &str = "lowerdir=upper:app:base";

fn step(user: User) -> Step {
    Step::new(EXE, user)
}

/// Whether the user is root of the host, and not of a container's user namespace.
fn is_host_root(user: User) -> bool {
    user == User::Root && namespace("self", "user") == "user:[4026531837]"
}

fn kernel_is_before(version: (u32, u32)) -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split(['.', '-']).map_while(|it| it.parse::<u32>().ok());
    (numbers.next().unwrap(), numbers.next().unwrap()) < version
}

/// The users for whom this kernel does more than it did before a version. Root of the host
/// never had to wait.
fn users_since(version: (u32, u32)) -> Vec<User> {
    let may = |user: &&User| is_host_root(**user) || !kernel_is_before(version);
    User::all().iter().filter(may).copied().collect()
}

/// The users for whom this kernel mounts overlayfs.
fn who_may_mount() -> Vec<User> {
    users_since((5, 11))
}

/// The users for whom a directory on a tmpfs of this kernel can be opaque.
fn who_may_do_all() -> Vec<User> {
    users_since((6, 6))
}

/// Skips the test where this kernel does it for nobody.
macro_rules! users {
    ($who:expr) => {{
        let users = $who;
        if users.is_empty() {
            skip!("before Linux 5.11 or 6.6, only root of the host may do this");
        }
        users
    }};
}

/// The option that the mount gets, and the class of the attribute.
fn userxattr(user: User) -> (&'static str, &'static str) {
    if is_host_root(user) { ("", "trusted") } else { (",userxattr", "user") }
}

fn story((option, class): (&str, &str)) -> String {
    let opaque = format!("dir {class}.overlay.opaque=y");
    format!(
        "\
merged is mounted with {TWO_LAYERS}{option}
           base       app      upper                         merged
etc/motd   \"welcome\"  \"hello\"  -                             \"hello\"
etc/issue  \"Linux\"    -        -                             \"Linux\"
cache      dir        -        -                             dir
cache/old  \"data\"     -        -                             \"data\"
merged/etc/motd: appended to
etc/motd   \"welcome\"  \"hello\"  \"hello again\"                 \"hello again\"
merged/etc/issue: removed
etc/issue  \"Linux\"    -        device 0:0                    -
merged/cache: removed and made again
cache      dir        -        {opaque:<30}dir
cache/old  \"data\"     -        -                             -
an image of three layers: {{\"layers\": [\"base\", \"app\", \"upper\"]}}
merged is mounted with {THREE_LAYERS}{option}
merged shows the same: what was upper is a layer like the others
"
    )
}

fn only_the_user_note_is_on_stderr(output: &Output, user: User) -> bool {
    let lines: Vec<_> = output.stderr.lines().collect();
    match user {
        User::Root => lines.is_empty(),
        User::Ordinary => lines.len() == 1 && lines[0].contains("CLONE_NEWUSER"),
    }
}

/// The directories that the step makes in its own `/tmp`: whether they are in that of the host.
fn leftovers() -> [bool; 5] {
    ["app", "base", "merged", "upper", "work"].map(|dir| Path::new("/tmp").join(dir).exists())
}

/// A step that is held in the write of its last line: the pipe has no room for it.
struct Held {
    step: Running,
    pipe: File,
}

impl Held {
    fn new(user: User) -> Held {
        let story = story(userxattr(user));
        let room = story.trim_end().rfind('\n').unwrap() + 1;
        let (reader, writer) = pipe().unwrap();
        let size = fcntl(&writer, FcntlArg::F_SETPIPE_SZ(4096)).unwrap();
        let mut writer = File::from(writer);
        writer.write_all(&vec![b'.'; usize::try_from(size).unwrap() - room]).unwrap();
        let step = step(user).with(|it| _ = it.stdout(writer)).start();
        let file = format!("/proc/{}/syscall", step.pid());
        let write = format!("{} 0x1 ", libc::SYS_write); // to stdout
        wait_until("the step waits in write(2)", || {
            let state = status(step.pid(), "State");
            assert!(!state.starts_with('Z'), "the step has ended before its last line");
            let writes = fs::read_to_string(&file).is_ok_and(|call| call.starts_with(&write));
            writes && state.starts_with('S')
        });
        Held { step, pipe: reader.into() }
    }

    /// A path in the step's `/tmp`.
    fn path(&self, path: &str) -> PathBuf {
        format!("/proc/{}/root/tmp/{path}", self.step.pid()).into()
    }

    fn mountinfo(&self) -> String {
        fs::read_to_string(format!("/proc/{}/mountinfo", self.step.pid())).unwrap()
    }

    /// Lets the step continue to its end.
    fn release(mut self) -> String {
        let mut text = String::new();
        self.pipe.read_to_string(&mut text).unwrap();
        self.step.wait().assert_ok();
        text.trim_start_matches('.').to_owned()
    }
}

/// The value of an extended attribute (`lgetxattr(2)`).
fn attribute(path: &Path, name: &str) -> Result<Vec<u8>, Errno> {
    let path = CString::new(path.as_os_str().as_bytes()).unwrap();
    let name = CString::new(name).unwrap();
    let mut value = vec![0; 64];
    let (buffer, room) = (value.as_mut_ptr().cast(), value.len());
    // SAFETY: both names end with a NUL, and the kernel writes at most `room` bytes to `value`.
    let size = unsafe { libc::lgetxattr(path.as_ptr(), name.as_ptr(), buffer, room) };
    value.truncate(usize::try_from(Errno::result(size)?).unwrap());
    Ok(value)
}

#[test]
fn the_table_is_the_same_every_time_and_nothing_is_left_behind() {
    for user in sample((0..20).map(|round| User::all()[round % User::all().len()])) {
        let before = leftovers();
        let output = Host::unchanged(|| step(user).run());
        assert_eq!(leftovers(), before);
        if !who_may_mount().contains(&user) {
            let error = format!("mount(overlay, merged, {TWO_LAYERS},userxattr): {}", Errno::EPERM);
            output.assert_error(&error, "before Linux 5.11, only root of the host may mount");
        } else if !who_may_do_all().contains(&user) {
            let error = "rmdir(merged/cache): EIO: I/O error";
            output.assert_error(error, "which tmpfs keeps from Linux 6.6 on");
            assert!(story(userxattr(user)).starts_with(&output.stdout), "{output:?}");
            assert_eq!(output.stdout.lines().count(), 10, "{output:?}");
        } else {
            output.assert_ok();
            assert_eq!(output.stdout, story(userxattr(user)));
            assert!(only_the_user_note_is_on_stderr(&output, user), "{output:?}");
        }
    }
}

#[test]
fn the_upper_directory_holds_a_copy_a_whiteout_and_an_opaque_directory() {
    for user in users!(who_may_do_all()) {
        let held = Held::new(user);
        let read = |path: &str| fs::read_to_string(held.path(path)).unwrap();
        let inode = |path: &str| fs::metadata(held.path(path)).unwrap().ino();

        assert_eq!(read("upper/etc/motd"), "hello again");
        assert_ne!(inode("upper/etc/motd"), inode("app/etc/motd"));

        let whiteout = fs::symlink_metadata(held.path("upper/etc/issue")).unwrap();
        assert!(whiteout.file_type().is_char_device());
        assert_eq!(whiteout.rdev(), 0);

        let (_, class) = userxattr(user);
        let opaque =
            |path: &str, class| attribute(&held.path(path), &format!("{class}.overlay.opaque"));
        assert_eq!(opaque("upper/cache", class), Ok(b"y".to_vec()));
        assert_eq!(opaque("upper/etc", class), Err(Errno::ENODATA), "it hides nothing");
        assert_eq!(fs::read_dir(held.path("upper/cache")).unwrap().count(), 0);
        assert_eq!(held.release(), story(userxattr(user)));
    }
}

#[test]
fn the_layers_below_have_not_changed() {
    for user in users!(who_may_do_all()) {
        let held = Held::new(user);
        for (file, content) in [
            ("base/etc/motd", "welcome"),
            ("base/etc/issue", "Linux"),
            ("base/cache/old", "data"),
            ("app/etc/motd", "hello"),
        ] {
            assert_eq!(fs::read_to_string(held.path(file)).unwrap(), content, "{file}");
        }
        let names = |dir: &str| {
            let entries = fs::read_dir(held.path(dir)).unwrap();
            let mut names: Vec<_> = entries.map(|it| it.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!(names("base"), ["cache", "etc"]);
        assert_eq!(names("app"), ["etc"]);
        held.release();
    }
}

#[test]
fn three_layers_without_an_upper_one_show_the_same_and_cannot_be_written() {
    for user in users!(who_may_do_all()) {
        let held = Held::new(user);
        let mountinfo = held.mountinfo();
        let mounts: Vec<_> = mountinfo.lines().filter(|it| it.contains(" /tmp/merged ")).collect();
        let [mount] = mounts[..] else { panic!("{mountinfo}") };
        let (_, file_system) = mount.split_once(" - ").unwrap();
        let options = format!("overlay overlay ro,{THREE_LAYERS}");
        assert!(file_system.starts_with(&options), "{mount}");
        assert_eq!(file_system.contains(",userxattr"), !is_host_root(user), "{mount}");

        assert_eq!(fs::read_to_string(held.path("merged/etc/motd")).unwrap(), "hello again");
        for gone in ["merged/etc/issue", "merged/cache/old"] {
            assert!(!held.path(gone).exists(), "{gone}");
        }
        assert!(held.path("merged/cache").is_dir());
        let error = fs::write(held.path("merged/new"), "").unwrap_err();
        // A user whom the directory does not belong to is refused before.
        assert!(matches!(error.raw_os_error(), Some(libc::EROFS | libc::EACCES)), "{error}");
        held.release();
    }
}

#[test]
fn the_step_has_its_own_mounts_and_only_an_ordinary_user_a_user_namespace() {
    for user in users!(who_may_mount()) {
        let mut step = step(user).args(["sh", "-c", "echo ready; exec cat"]).start();
        assert_eq!(step.line(), "ready");
        let is_new = |kind| namespace(step.pid(), kind) != namespace("self", kind);
        assert!(is_new("mnt"));
        assert_eq!(is_new("user"), user == User::Ordinary);
        for kind in ["cgroup", "ipc", "net", "pid", "uts"] {
            assert!(!is_new(kind), "{kind}");
        }
        let mountinfo = fs::read_to_string(format!("/proc/{}/mountinfo", step.pid())).unwrap();
        assert!(!mountinfo.contains(" shared:"), "{mountinfo}");
        assert!(mountinfo.lines().any(|it| it.contains(" /tmp ") && it.contains(" - tmpfs ")));
        assert_eq!(step.processes().len(), 1);
        step.wait().assert_ok();
    }
}

#[test]
fn a_command_is_among_the_directories_and_its_changes_go_to_the_upper_one() {
    for user in users!(who_may_mount()) {
        let script = "pwd; ls; echo new >merged/etc/issue; cat upper/etc/issue base/etc/issue";
        let output = Host::unchanged(|| step(user).args(["sh", "-c", script]).run());
        let expected = "/tmp\napp\nbase\nmerged\nupper\nwork\nnew\nLinux";
        assert_eq!(output.assert_ok().stdout, expected);
        assert!(only_the_user_note_is_on_stderr(&output, user), "{output:?}");
    }
}

#[test]
fn the_status_of_the_command_is_passed_on() {
    for user in users!(who_may_mount()) {
        let output = step(user).args(["sh", "-c", "exit 7"]).run();
        assert_eq!(output.code(), Some(7), "{output:?}");
        let output = step(user).args(["sh", "-c", "kill -TERM $$"]).run();
        assert_eq!(output.signal(), Some(Signal::SIGTERM as i32), "{output:?}");
        for (command, code, errno) in
            [("no/such/command", 127, Errno::ENOENT), ("merged", 126, Errno::EACCES)]
        {
            let output = step(user).args([&format!("./{command}")]).run();
            assert_eq!(output.code(), Some(code), "{output:?}");
            let last = format!("step10-image: execve(./{command}): {errno}");
            assert_eq!(output.errors(), [last]);
        }
    }
}

#[test]
fn options_of_the_command_are_not_the_steps() {
    for user in users!(who_may_mount()) {
        let output = step(user).args(["echo", "--help", "-x", "\x1b"]).run();
        assert_eq!(output.assert_ok().stdout, "--help -x \x1b\n");
    }
}

#[test]
fn root_of_a_user_namespace_needs_the_attributes_of_users() {
    let args = ["grep", "-c", "overlay.*,userxattr", "/proc/self/mountinfo"];
    for &user in User::all() {
        let inside = || own_user_namespace(CloneFlags::empty());
        let output = step(user).args(args).with_obstacle(inside).run();
        if kernel_is_before((5, 11)) {
            let error = format!("mount(overlay, merged, {TWO_LAYERS},userxattr): {}", Errno::EPERM);
            output.assert_error(&error, "before Linux 5.11, only root of the host may mount");
        } else {
            assert_eq!(output.assert_ok().stdout, "1\n");
        }
    }
}

#[test]
fn a_umask_that_takes_all_permissions_changes_nothing() {
    for user in users!(who_may_do_all()) {
        let nothing = || {
            umask(Mode::all());
            Ok(())
        };
        let output = step(user).with_obstacle(nothing).run();
        assert_eq!(output.assert_ok().stdout, story(userxattr(user)));
    }
}

#[test]
fn the_mounts_are_not_seen_outside_even_where_mounts_are_shared() {
    require_root!("to make the mounts around the step shared");
    let count = "grep -c /tmp/merged /proc/self/mountinfo";
    let script = format!("{EXE} {count}; {count}");
    let shell = || Step::new("/bin/sh", User::Root).args(["-c", &script]);
    let output = Host::unchanged(|| shell().with_obstacle(own_shared_mounts).run());
    assert_eq!(output.stdout, "1\n0\n", "{output:?}");
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_behind() {
    require_programs!("strace");
    let mounts = [("mount", 1), ("mount", 2), ("mount", 3), ("?umount,umount2", 1), ("mount", 4)];
    let others = [("unshare", 1), ("chdir", 1), ("lgetxattr", 1), ("write", 1), ("write", 16)];
    for user in users!(who_may_do_all()) {
        for (call, when) in sample(mounts.into_iter().chain(others)) {
            for signal in [Signal::SIGKILL, Signal::SIGINT] {
                let before = leftovers();
                let moment = SignalAt { when, ..SignalAt::new(call, signal) };
                let output = moment.run(EXE, &[], user);
                assert!(output.stderr.contains(signal.as_str()), "{call} {when}: {output:?}");
                assert_eq!(leftovers(), before);
            }
        }
    }
}

#[test]
fn a_signal_that_ends_the_command_ends_all() {
    for user in users!(who_may_mount()) {
        for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT] {
            let output = Host::unchanged(|| {
                let mut step = step(user).args(["sh", "-c", "echo ready; exec cat"]).start();
                assert_eq!(step.line(), "ready");
                step.signal(signal);
                step.wait()
            });
            assert_eq!(output.signal(), Some(signal as i32));
        }
    }
}

#[test]
fn wrong_use_is_one_line_and_status_2() {
    for (arg, error) in [
        ("-x", "invalid option '-x'"),
        ("--color", "invalid option '--color'"),
        ("--\x1b[31m", r"invalid option '--\u{1b}[31m'"),
    ] {
        step(User::Ordinary).args([arg]).run().assert_usage_error(error);
    }
}

#[test]
fn help_names_the_manual_and_an_example() {
    let example = "cargo run -p step10-image\n";
    step(User::Ordinary).assert_help(&["Usage: step10-image [CMD", example, "mount(2)"]);
}

#[test]
fn a_reader_that_leaves_early_is_no_error_and_a_full_device_is_one() {
    for user in users!(who_may_mount()) {
        Step::assert_stdout_errors(|| step(user));
    }
}

#[test]
fn a_full_stderr_is_no_error() {
    for user in users!(who_may_do_all()) {
        step(user).stderr_full().run().assert_ok();
    }
}

#[test]
fn color_appears_only_on_request() {
    for user in users!(who_may_do_all()) {
        Step::assert_color_on_request(|| step(user));
    }
}

// Why the kernel refuses: the state of the machine decides.

/// The step under strace, which lets a call fail.
fn with_failing(call: &str, user: User) -> Step {
    Step::new("/usr/bin/strace", user).args([
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        &format!("inject={call}"),
        EXE,
    ])
}

/// The third mount, after those of the propagation and the tmpfs.
fn with_failing_overlay(errno: Errno, user: User) -> Step {
    with_failing(&format!("mount:error={errno:?}:when=3"), user)
}

#[test]
fn a_kernel_that_lets_only_root_of_the_host_mount_overlayfs_is_named() {
    require_programs!("strace");
    let old = || {
        // uname(2) then says 2.6.
        // SAFETY: the call takes a number and touches no memory of ours.
        Errno::result(unsafe { libc::personality(libc::UNAME26 as _) })?;
        Ok(())
    };
    let hint =
        "hint: before Linux 5.11, only root of the host may mount overlayfs; on the host: sudo ";
    for &user in User::all() {
        let output = with_failing_overlay(Errno::EPERM, user).with_obstacle(old).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let option = userxattr(user).0;
        let error = format!("mount(overlay, merged, {TWO_LAYERS}{option}): {}\n", Errno::EPERM);
        assert!(output.stderr.contains(&error), "{output:?}");
        assert_eq!(output.stderr.contains(hint), !is_host_root(user), "{output:?}");
        assert_eq!(output.stdout, "");
    }
}

#[test]
fn a_new_kernel_is_not_called_old() {
    require_programs!("strace");
    for &user in User::all() {
        let output = with_failing_overlay(Errno::EPERM, user).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let is_old = kernel_is_before((5, 11)) && !is_host_root(user);
        assert_eq!(output.stderr.contains("5.11"), is_old, "{output:?}");
        assert_eq!(output.stderr.contains("\nhint: unknown: "), !is_old, "{output:?}");
    }
}

#[test]
fn a_kernel_without_overlayfs_is_named() {
    require_programs!("strace");
    for &user in User::all() {
        let output = with_failing_overlay(Errno::ENODEV, user).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let error = "ENODEV: No such device\nhint: this kernel has no overlayfs, or has not loaded";
        assert!(output.stderr.contains(error), "{output:?}");
        assert!(output.stderr.contains("modprobe overlay"), "{output:?}");
    }
}

#[test]
fn a_tmpfs_without_attributes_is_named_and_the_first_two_changes_are_shown() {
    require_programs!("strace");
    // Some processors have only the second: two files are removed before the directory.
    let rmdir = match cfg!(any(target_arch = "x86", target_arch = "x86_64")) {
        true => "rmdir:error=EIO",
        false => "unlinkat:error=EIO:when=3",
    };
    for user in users!(who_may_mount()) {
        let output = with_failing(rmdir, user).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let error = "step10-image: rmdir(merged/cache): EIO: I/O error\nhint: overlayfs could not";
        assert!(output.stderr.contains(error), "{output:?}");
        let [host, users] =
            ["CONFIG_TMPFS_XATTR", "Linux 6.6"].map(|it| output.stderr.contains(it));
        assert_eq!((host, users), (is_host_root(user), !is_host_root(user)), "{output:?}");
        let story = story(userxattr(user));
        assert!(story.starts_with(&output.stdout), "{output:?}");
        assert!(output.stdout.ends_with(" device 0:0                    -\n"), "{output:?}");
    }
}

#[test]
fn at_the_limit_the_hint_names_the_setting() {
    let at_limit = || no_more_namespaces(&["mnt", "user"]);
    let output = step(User::Ordinary).with_obstacle(at_limit).run();
    let error = format!("unshare(CLONE_NEWNS | CLONE_NEWUSER): {}", Errno::ENOSPC);
    output.assert_error(&error, "user.max_mnt_namespaces=0 allows none");
    output.assert_error(&error, "user.max_user_namespaces=0 blocks this");
}

#[test]
fn a_filter_is_named_whatever_call_it_refuses() {
    let calls = [(SYS_unshare, "unshare(CLONE_NEWNS"), (SYS_mount, "mount(/, MS_REC")];
    for errno in [Errno::EPERM, Errno::EACCES, Errno::ENOSYS] {
        for (user, (call, name)) in sample_by_user(calls) {
            let refuse = move || refuse(&[(call, CloneFlags::empty(), errno)]);
            let output = step(user).with_obstacle(refuse).run();
            assert_eq!(output.code(), Some(1), "{output:?}");
            assert!(output.stderr.contains(&format!("step10-image: {name}")), "{output:?}");
            let error = format!("): {errno}\nhint: ");
            assert!(output.stderr.contains(&error), "{output:?}");
            assert!(output.stderr.contains("a seccomp filter may be blocking"), "{output:?}");
        }
    }
}

#[test]
fn root_without_cap_sys_admin_is_told_so() {
    require_root!("to drop a capability");
    require_programs!("setpriv");
    let argv = ["--bounding-set", "-sys_admin", EXE];
    let output = Step::new("/usr/bin/setpriv", User::Root).args(argv).run();
    let error = "step10-image: unshare(CLONE_NEWNS): EPERM: Operation not permitted\nhint: ";
    assert!(output.stderr.starts_with(error), "{output:?}");
    assert!(output.stderr.contains("you are root but lack CAP_SYS_ADMIN"), "{output:?}");
}
