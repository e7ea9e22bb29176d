//! An answer cannot leave the judge's sandbox, nor use more than its share, nor leave anything
//! behind: `attempts/answer.rs` tries to, as root and as an ordinary user.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use nix::errno::Errno;
use testkit::tempfile::{self, TempDir};
use testkit::{Host, Output, Step, User};

use crate::attempts::{answer, attempt};

mod attempts;

/// Every line that the attempt has printed says that the kernel refused.
fn assert_refused(output: &Output) {
    assert!(!output.stdout.is_empty(), "nothing was tried: {output:?}");
    for line in output.stdout.lines() {
        assert!(!line.ends_with(": done"), "{line}: {}", output.stdout);
    }
}

/// A directory into which every user may write.
fn public_dir(parent: &str) -> Option<TempDir> {
    let dir = tempfile::tempdir_in(parent).ok()?;
    fs::set_permissions(&dir, Permissions::from_mode(0o777)).expect("chmod");
    Some(dir)
}

#[test]
fn no_directory_of_the_machine_can_be_written() {
    let mut parents = vec!["/tmp", "/var/tmp", "/dev/shm", env!("CARGO_TARGET_TMPDIR")];
    parents.retain(|it| Path::new(it).is_dir());
    let dirs: Vec<_> = parents.into_iter().filter_map(public_dir).collect();
    let files: Vec<PathBuf> = dirs.iter().map(|dir| dir.path().join("breakout")).collect();
    let mut places: Vec<_> = files.iter().map(|it| it.to_str().expect("a path")).collect();
    places.extend([
        "/breakout",
        "/dev/breakout",
        "/etc/breakout",
        "/usr/breakout",
        "/run/breakout",
    ]);
    attempt("write", &places.join(" "), |_, output| {
        assert_refused(output);
        assert!(files.iter().all(|file| !file.exists()), "{files:?}");
    });
}

#[test]
fn a_temporary_directory_can_be_written_and_is_not_that_of_the_machine() {
    attempt("tmp", "", |_, output| {
        assert!(output.stdout.contains("write(/tmp): done"), "{output:?}");
        assert!(!Path::new("/tmp/breakout").exists());
    });
}

#[test]
fn root_of_the_sandbox_can_neither_make_mounts_writable_nor_uncover_what_is_below() {
    attempt("remount", "", |_, output| {
        let tried = |what: &str| output.stdout.lines().filter(|it| it.starts_with(what)).count();
        assert_eq!((tried("unshare: done"), tried("write: EROFS")), (2, 3), "{output:?}");
        // The attempt has unshared, and its own copies of mounts are its own.
        for what in ["remount", "move", "umount"] {
            assert!(tried(what) > 3, "{what}: {output:?}");
        }
        for line in output.stdout.lines().filter(|line| !line.starts_with("unshare")) {
            assert!(!line.ends_with(": done"), "{line}: {}", output.stdout);
        }
    });
}

#[test]
fn the_root_directory_of_the_machine_cannot_be_reached() {
    let dir = tempfile::tempdir_in("/var/tmp").expect("mkdir");
    fs::set_permissions(&dir, Permissions::from_mode(0o755)).expect("chmod");
    attempt("leave root", dir.path().to_str().expect("a path"), |_, output| {
        for how in ["as it is", "/proc/1/root", "chroot", "setns", "pivot_root", "umount"] {
            let line = format!("{how}: not found");
            assert!(output.stdout.lines().any(|it| it == line), "{how}: {output:?}");
        }
        assert!(!output.stdout.contains(": found"), "{output:?}");
    });
}

#[test]
fn descriptors_that_somebody_left_open_are_closed() {
    for &user in User::all() {
        let dir = fs::File::open("/var").expect("a directory");
        let step =
            Step::new(answer(), user).env("ATTEMPT", "descriptors").with_obstacle(move || {
                for number in [3, 9, 200] {
                    // SAFETY: the call takes two numbers; these belong to nobody in this child.
                    Errno::result(unsafe { nix::libc::dup2(dir.as_raw_fd(), number) })?;
                }
                Ok(())
            });
        let output = step.run();
        let targets: Vec<_> =
            output.stdout.lines().filter_map(|line| line.split_once(' ')).map(|it| it.1).collect();
        let of_the_sandbox = |it: &&str| it.starts_with("pipe:[") || it.starts_with("/proc/");
        assert!(targets.len() >= 4 && targets.iter().all(of_the_sandbox), "{output:?}");
    }
}

#[test]
fn the_terminal_cannot_be_reached() {
    let (mut main, mut terminal) = (-1, -1);
    let (name, term, size) = (std::ptr::null_mut(), std::ptr::null(), std::ptr::null());
    // SAFETY: both numbers are written, and NULL stands for defaults.
    let opened = unsafe { nix::libc::openpty(&mut main, &mut terminal, name, term, size) };
    Errno::result(opened).expect("openpty");
    // SAFETY: openpty has just created both, and nobody else owns them.
    let (_main, terminal) = unsafe { (OwnedFd::from_raw_fd(main), OwnedFd::from_raw_fd(terminal)) };
    for &user in User::all() {
        let stderr = terminal.try_clone().expect("dup");
        let step = Step::new(answer(), user).env("ATTEMPT", "terminal");
        let step = step.with(|it| _ = it.stderr(Stdio::from(stderr))).with_obstacle(|| {
            nix::unistd::setsid()?;
            // SAFETY: the call takes numbers: it makes stderr the controlling terminal.
            Errno::result(unsafe { nix::libc::ioctl(2, nix::libc::TIOCSCTTY, 0) })?;
            Ok(())
        });
        let output = step.run();
        assert_refused(&output);
        assert!(!output.stdout.contains("isatty: 1"), "{output:?}");
        assert!(output.stdout.contains("TIOCSTI: ENOTTY"), "{output:?}");
    }
}

#[test]
fn no_socket_of_the_machine_can_be_reached() {
    let dir = public_dir("/var/tmp").expect("mkdir");
    let path = dir.path().join("socket");
    let unix = UnixListener::bind(&path).expect("bind");
    fs::set_permissions(&path, Permissions::from_mode(0o777)).expect("chmod");
    let name = format!("breakout-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).expect("a name");
    let abstract_unix = UnixListener::bind_addr(&address).expect("bind");
    let tcp = TcpListener::bind("127.0.0.1:0").expect("bind");
    let port = tcp.local_addr().expect("a port").port();
    let places = format!("unix:{} abstract:{name} tcp:{port}", path.display());
    attempt("connect", &places, |_, output| {
        assert_refused(output);
        assert_eq!(output.stdout.lines().count(), 3, "{output:?}");
    });
    drop((unix, abstract_unix, tcp));
    attempt("sockets", "", |_, output| {
        for line in output.stdout.lines() {
            let refused =
                line.ends_with(": EAFNOSUPPORT: Address family not supported by protocol");
            assert!(refused || line == "socket(AF_UNIX): done", "{output:?}");
        }
    });
}

#[test]
fn no_keyring_gets_a_key() {
    attempt("keyring", "", |_, output| {
        assert_refused(output);
        assert_eq!(output.stdout.matches("add_key: ENOSYS").count(), 5, "{output:?}");
        let keys = fs::read_to_string("/proc/keys").unwrap_or_default();
        assert!(!keys.contains("breakout"), "{keys}");
    });
}

#[test]
fn no_process_outside_gets_a_signal() {
    attempt("signal", &std::process::id().to_string(), |_, output| {
        assert!(output.stdout.contains("kill: ESRCH"), "{output:?}");
    });
}

#[test]
fn the_cgroup_of_whoever_runs_the_judge_cannot_be_mounted() {
    attempt("cgroup namespace", "", |_, output| {
        assert!(output.stdout.contains("unshare: ENOSPC"), "{output:?}");
    });
}

#[test]
fn of_all_cgroups_an_answer_sees_only_its_own() {
    for &user in User::all() {
        let output = Host::unchanged(|| Step::new(answer(), user).env("ATTEMPT", "cgroup").run());
        if output.code() == Some(3) && user == User::Ordinary {
            continue; // an ordinary user may have no cgroup to write to
        }
        assert!(output.stdout.contains("pids.max: done"), "{output:?}");
        assert!(output.stdout.contains("mkdir: "), "{output:?}");
        assert!(!output.stdout.contains("mkdir: done"), "{output:?}");
        assert!(!output.stdout.contains("is visible"), "{output:?}");
    }
}

#[test]
fn a_process_has_limited_memory() {
    attempt("memory", "", |_, output| {
        assert!(output.stdout.contains("64 MiB: done"), "{output:?}");
        assert!(!output.stdout.contains("1 GiB: done"), "{output:?}");
    });
}

/// Without a cgroup that is not possible, and the judge says so.
#[test]
fn all_processes_together_have_limited_memory() {
    for (name, used) in [("memory of many", "16 processes"), ("memory of files", "1 GiB in files")]
    {
        attempt(name, "", |user, output| {
            let limited = !output.stdout.contains(used);
            let named = output.stderr.contains("note: only the memory of each process is limited");
            assert!(limited != named, "{name}: {output:?}");
            assert!(limited || user == User::Ordinary || no_memory_controller(), "{output:?}");
        });
    }
}

/// Whether root has no cgroup with this controller either.
fn no_memory_controller() -> bool {
    let cgroups = fs::read_to_string("/proc/self/cgroup").expect("cgroups");
    let v1 = cgroups.lines().any(|line| line.contains(":memory:"));
    let v2 = fs::read_to_string("/sys/fs/cgroup/cgroup.subtree_control").unwrap_or_default();
    !v1 && !v2.split_whitespace().any(|it| it == "memory")
}

/// As many as `printed` tells: "101 forks, then EAGAIN: …".
fn number_before(what: &str, output: &Output) -> u64 {
    let line = output.stdout.lines().find(|line| line.contains(what));
    let number = line.and_then(|line| line.split(' ').next()?.parse().ok());
    number.unwrap_or_else(|| panic!("no {what:?}: {output:?}"))
}

#[test]
fn processes_files_and_their_sizes_are_limited() {
    attempt("forks", "", |_, output| {
        let forks = number_before(" forks, then EAGAIN", output);
        // The user's other processes may end or begin meanwhile.
        assert!((50..1000).contains(&forks), "{forks}");
    });
    attempt("files", "", |_, output| {
        assert!((200..256).contains(&number_before(" files, then EMFILE", output)), "{output:?}");
        assert!((8..=16).contains(&number_before(" MiB, then ENOSPC", output)), "{output:?}");
    });
    attempt("large file", "", |_, output| {
        assert_refused(output);
        assert_eq!(output.stdout.matches("EFBIG").count(), 2, "{output:?}");
    });
}

#[test]
fn nothing_is_left_behind() {
    // `Step::run` waits for the end of all processes, and panics if one stays.
    attempt("daemon", "", |_, output| {
        assert!(output.stdout.contains("daemon started"), "{output:?}");
    });
    attempt("shared memory", "", |_, output| {
        assert!(output.stdout.contains("shmget: done"), "{output:?}");
        let segments = fs::read_to_string("/proc/sysvipc/shm").expect("shm");
        let key = 0x0b4e_a400.to_string();
        assert!(!segments.split_whitespace().any(|word| word == key), "{segments}");
    });
}

#[test]
fn endless_output_is_cut_and_the_verdict_is_still_there() {
    attempt("output", "", |_, output| {
        assert!(output.stdout.len() < 100_000, "{} bytes", output.stdout.len());
        let left_out = 100_000 * 100 - (64 << 10);
        let note = format!("(the judge leaves out {left_out} more bytes)");
        assert!(output.stdout.contains(&note), "{}", &output.stdout[60_000..]);
        assert_eq!(output.stdout.matches('x').count(), (64 << 10) - (64 << 10) / 100);
    });
    attempt("close all", "", |_, _| {});
}
