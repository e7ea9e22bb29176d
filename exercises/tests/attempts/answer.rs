//! An answer that tries to get out of the judge's sandbox, or to use more than its share, or
//! that never returns. The variable ATTEMPT says how. It prints what the kernel said.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::TcpStream;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::{Path, PathBuf};
use std::process::exit;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, chdir, chroot, fork, mkdir, pause, pivot_root, setsid};

fn main() {
    match attempt().as_str() {
        "cgroup" => judge::cgroup1(use_cgroups),
        _ => judge::unshare3(|_| break_out()),
    }
}

fn attempt() -> String {
    env::var("ATTEMPT").expect("ATTEMPT")
}

fn break_out() -> nix::Result<()> {
    let places = env::var("PLACES").unwrap_or_default();
    let places: Vec<_> = places.split_whitespace().collect();
    match attempt().as_str() {
        "write" => places.iter().for_each(|it| tell(it, fs::write(it, "x"))),
        "tmp" => tell("write(/tmp)", fs::write("/tmp/breakout", "x")),
        "remount" => remount(),
        "leave root" => leave_root(),
        "descriptors" => descriptors(),
        "terminal" => terminal(),
        "connect" => connect(&places),
        "sockets" => sockets(),
        "keyring" => keyring(),
        "signal" => tell("kill", kill(Pid::from_raw(places[0].parse().expect("a PID")), None)),
        "cgroup namespace" => tell("unshare", unshare(CloneFlags::CLONE_NEWCGROUP)),
        "memory" => memory(),
        "memory of many" => memory_of_many(),
        "memory of files" => memory_of_files(),
        "forks" => forks(),
        "files" => files(),
        "large file" => large_file(),
        "daemon" => daemon(),
        "shared memory" => shared_memory(),
        "output" => (0..100_000).for_each(|_| println!("{}", "x".repeat(99))),
        "read" => read_for_ever(),
        "pause" => pause(),
        "say and pause" => {
            println!("waiting");
            pause();
        }
        "wait" => wait_for_ever(),
        "sleep in bits" => loop {
            std::thread::sleep(std::time::Duration::from_millis(100));
        },
        "stop" => tell("raise", nix::sys::signal::raise(Signal::SIGSTOP)),
        "loop" => loop {
            std::hint::spin_loop();
        },
        "fork for ever" => fork_for_ever(),
        "panic" => panic!("a message"),
        "index" => _ = std::hint::black_box([1, 2])[places.len() + 7],
        "panic in a child" => panic_in_a_child(),
        "exit" => exit(7),
        "abort" => std::process::abort(),
        "close all" => (0..1000).for_each(|fd| _ = nix::unistd::close(fd)),
        other => panic!("no attempt {other:?}"),
    }
    Ok(())
}

fn tell<T, E: Into<io::Error>>(what: &str, result: Result<T, E>) {
    let error = result.map_err(Into::into).err();
    let errno = error
        .map(|it| it.raw_os_error().map_or(it.to_string(), |it| Errno::from_raw(it).to_string()));
    println!("{what}: {}", errno.unwrap_or("done".to_owned()));
}

fn mount_points() -> Vec<String> {
    let text = fs::read_to_string("/proc/self/mountinfo").expect("mountinfo");
    text.lines().map(|line| line.split(' ').nth(4).expect("a mount point").to_owned()).collect()
}

/// Tries to make writable what is not, and to uncover what is below, as root of the sandbox
/// and then as root of a user namespace of its own.
fn remount() {
    for what in ["as root", "in a new mount namespace", "in a new user namespace"] {
        match what {
            "as root" => {}
            "in a new mount namespace" => tell("unshare", unshare(CloneFlags::CLONE_NEWNS)),
            _ => tell("unshare", unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS)),
        }
        let none = None::<&str>;
        let read_only = mount_points();
        let read_only = read_only.iter().filter(|it| !["/proc", "/tmp"].contains(&it.as_str()));
        for point in read_only.map(String::as_str) {
            let bind = MsFlags::MS_REMOUNT | MsFlags::MS_BIND;
            tell("remount", mount(none, point, none, bind, none));
            tell("remount", mount(none, point, none, MsFlags::MS_REMOUNT, none));
            let copy = Path::new("/tmp/copy");
            if Path::new(point).is_dir() && mkdir(copy, nix::sys::stat::Mode::S_IRWXU).is_ok() {
                let both = MsFlags::MS_BIND | MsFlags::MS_REC;
                if mount(Some(point), copy, none, both, none).is_ok() {
                    tell("remount a copy", mount(none, copy, none, bind, none));
                    let _ = umount2(copy, MntFlags::MNT_DETACH);
                }
                let _ = mount(none, "/", none, MsFlags::MS_PRIVATE | MsFlags::MS_REC, none);
                tell("move", mount(Some(point), copy, none, MsFlags::MS_MOVE, none));
                let _ = fs::remove_dir(copy);
            }
            tell("umount", umount2(point, MntFlags::MNT_DETACH));
        }
        for point in ["/proc", "/tmp"] {
            tell("umount", umount2(point, MntFlags::MNT_DETACH));
        }
        tell("write", fs::write("/breakout", "x"));
    }
}

/// Looks for the machine's own root directory. Says in which way it finds PLACES.
fn leave_root() {
    let place = env::var("PLACES").expect("PLACES");
    let look = |how: &str| {
        // A chroot leaves the caller's directory where it was.
        let dots = format!("{}{place}", "../".repeat(20));
        let found = Path::new(&place).exists() || Path::new(&dots).exists();
        println!("{how}: {}", if found { "found" } else { "not found" });
    };
    look("as it is");
    for name in ["/proc/1/root", "/proc/self/root", "/proc/1/cwd"] {
        let found = fs::symlink_metadata(format!("{name}{place}")).is_ok();
        println!("{name}: {}", if found { "found" } else { "not found" });
    }
    let fork = |how: &str, escape: fn() -> nix::Result<()>| {
        // SAFETY: this process has one thread.
        match unsafe { fork() }.expect("fork") {
            ForkResult::Child => {
                println!("{how}: {:?}", escape());
                look(how);
                exit(0)
            }
            ForkResult::Parent { child } => drop(waitpid(child, None)),
        }
    };
    fork("chroot", || {
        fs::create_dir("/tmp/jail").expect("mkdir");
        chroot("/tmp/jail")
    });
    fork("setns", || {
        let namespace = File::open("/proc/self/ns/mnt").expect("mnt");
        setns(namespace, CloneFlags::CLONE_NEWNS)
    });
    fork("pivot_root", || {
        unshare(CloneFlags::CLONE_NEWNS)?;
        let none = None::<&str>;
        mount(none, "/", none, MsFlags::MS_PRIVATE | MsFlags::MS_REC, none)?;
        fs::create_dir("/tmp/new").expect("mkdir");
        mount(Some("tmpfs"), "/tmp/new", Some("tmpfs"), MsFlags::empty(), none)?;
        fs::create_dir("/tmp/new/old").expect("mkdir");
        pivot_root("/tmp/new", "/tmp/new/old")?;
        chdir("/")?;
        println!("pivot_root: has a new root");
        umount2("/old", MntFlags::MNT_DETACH)?;
        umount2("/", MntFlags::MNT_DETACH)
    });
    fork("umount", || {
        let namespace = File::open("/proc/self/ns/mnt").expect("mnt");
        let unmounted = umount2("/", MntFlags::MNT_DETACH);
        // This enters the topmost mount of the namespace.
        setns(namespace, CloneFlags::CLONE_NEWNS)?;
        unmounted
    });
}

fn descriptors() {
    for entry in fs::read_dir("/proc/self/fd").expect("fd") {
        let path = entry.expect("a descriptor").path();
        let target = fs::read_link(&path).unwrap_or_default();
        println!("{} {}", path.display(), target.display());
    }
}

fn terminal() {
    tell("open(/dev/tty)", File::options().read(true).write(true).open("/dev/tty"));
    for fd in 0..10 {
        // SAFETY: the call reads one byte.
        let typed = unsafe { libc::ioctl(fd, libc::TIOCSTI, c"x".as_ptr()) };
        tell("TIOCSTI", Errno::result(typed));
        // SAFETY: the call only looks at a descriptor's number.
        println!("isatty: {}", unsafe { libc::isatty(fd) });
    }
}

fn connect(places: &[&str]) {
    for place in places {
        let name = |name: &str| SocketAddr::from_abstract_name(name);
        match place.split_once(':').expect("a kind of address") {
            ("unix", path) => tell(place, UnixStream::connect(path)),
            ("abstract", it) => tell(place, name(it).and_then(|it| UnixStream::connect_addr(&it))),
            ("tcp", port) => tell(place, TcpStream::connect(format!("127.0.0.1:{port}"))),
            other => panic!("{other:?}"),
        }
    }
}

fn sockets() {
    for family in (0..46)
        .filter(|it| ![libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK].contains(it))
    {
        // SAFETY: the call takes three numbers.
        let socket = unsafe { libc::socket(family, libc::SOCK_STREAM, 0) };
        tell(&format!("socket({family})"), Errno::result(socket));
    }
    // SAFETY: as above.
    tell(
        "socket(AF_UNIX)",
        Errno::result(unsafe { libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0) }),
    );
}

fn keyring() {
    // The keyrings of the thread, the process, the session, the user and the user's session.
    for ring in -5..0_i64 {
        let (kind, name) = (c"user".as_ptr(), c"breakout".as_ptr());
        // SAFETY: both are C strings, and the kernel reads one byte through `name`.
        let added = unsafe { libc::syscall(libc::SYS_add_key, kind, name, name, 1, ring) };
        tell("add_key", Errno::result(added));
    }
}

/// Uses this many bytes for as long as the value lives.
fn use_memory(size: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| io::ErrorKind::OutOfMemory)?;
    bytes.resize(size, 1);
    Ok(std::hint::black_box(bytes))
}

fn memory() {
    tell("1 GiB", use_memory(1 << 30));
    tell("64 MiB", use_memory(64 << 20));
}

fn memory_of_many() {
    let (reader, writer) = nix::unistd::pipe().expect("pipe");
    for _ in 0..16 {
        // SAFETY: this process has one thread.
        if let ForkResult::Child = unsafe { fork() }.expect("fork") {
            let memory = use_memory(64 << 20);
            File::from(writer).write_all(b"x").expect("write");
            loop {
                pause();
                std::hint::black_box(&memory);
            }
        }
    }
    drop(writer);
    let mut has_memory = 0;
    let mut byte = [0];
    while has_memory < 16 && nix::unistd::read(&reader, &mut byte).expect("read") > 0 {
        has_memory += 1;
    }
    println!("{has_memory} processes have 64 MiB each");
}

fn memory_of_files() {
    fs::create_dir("/tmp/large").expect("mkdir");
    mount(Some("tmpfs"), "/tmp/large", Some("tmpfs"), MsFlags::empty(), Some("size=2g"))
        .expect("mount");
    for number in 0..64 {
        fs::write(format!("/tmp/large/{number}"), vec![1; 16 << 20]).expect("write");
    }
    println!("1 GiB in files");
}

fn forks() {
    for number in 0.. {
        // SAFETY: this process has one thread.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => loop {
                pause();
            },
            Ok(ForkResult::Parent { .. }) => {}
            Err(errno) => {
                println!("{number} forks, then {errno}");
                break;
            }
        }
    }
}

fn files() {
    let mut open = Vec::new();
    loop {
        match File::open("/proc/self/stat") {
            Ok(file) => open.push(file),
            Err(error) => {
                println!(
                    "{} files, then {}",
                    open.len(),
                    Errno::from_raw(error.raw_os_error().unwrap_or(0))
                );
                break;
            }
        }
    }
    drop(open);
    let mut written = 0;
    let written = loop {
        match fs::write(format!("/tmp/{written}"), vec![1; 1 << 20]) {
            Ok(()) => written += 1,
            Err(error) => {
                break format!(
                    "{written} MiB, then {}",
                    Errno::from_raw(error.raw_os_error().unwrap_or(0))
                );
            }
        }
    };
    println!("{written}");
}

fn large_file() {
    // SAFETY: SIG_IGN installs no handler that could run.
    let _ = unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) };
    fs::create_dir("/tmp/large").expect("mkdir");
    mount(Some("tmpfs"), "/tmp/large", Some("tmpfs"), MsFlags::empty(), None::<&str>)
        .expect("mount");
    let file = File::create("/tmp/large/file").expect("a file");
    tell("ftruncate", file.set_len(17 << 20));
    // SAFETY: the call copies a C string.
    let memory = unsafe { libc::memfd_create(c"breakout".as_ptr(), 0) };
    // SAFETY: the call takes two numbers.
    tell("memfd", Errno::result(unsafe { libc::ftruncate(memory, 17 << 20) }));
}

fn read_for_ever() {
    let (reader, _writer) = nix::unistd::pipe().expect("pipe");
    tell("read", nix::unistd::read(&reader, &mut [0]));
}

/// Waits for a child that waits for ever.
fn wait_for_ever() {
    // SAFETY: this process has one thread.
    match unsafe { fork() }.expect("fork") {
        ForkResult::Child => pause(),
        ForkResult::Parent { child } => tell("waitpid", waitpid(child, None)),
    }
}

fn fork_for_ever() {
    loop {
        // SAFETY: this process has one thread.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => exit(0),
            Ok(ForkResult::Parent { child }) => _ = waitpid(child, None),
            Err(_) => {}
        }
    }
}

fn panic_in_a_child() {
    // SAFETY: this process has one thread.
    match unsafe { fork() }.expect("fork") {
        ForkResult::Child => panic!("a message of the child"),
        ForkResult::Parent { child } => tell("waitpid", waitpid(child, None)),
    }
}

/// A process in a session of its own, whose parent has ended, and which ignores signals.
fn daemon() {
    // SAFETY: this process has one thread.
    if let ForkResult::Child = unsafe { fork() }.expect("fork") {
        setsid().expect("setsid");
        // SAFETY: as above.
        if let ForkResult::Parent { .. } = unsafe { fork() }.expect("fork") {
            exit(0);
        }
        for number in 1..64 {
            // SAFETY: SIG_IGN installs no handler that could run.
            unsafe { libc::signal(number, libc::SIG_IGN) };
        }
        loop {
            pause();
        }
    }
    println!("daemon started");
}

fn shared_memory() {
    // SAFETY: the call takes three numbers.
    let segment = unsafe { libc::shmget(0x0b4e_a400, 4096, libc::IPC_CREAT | 0o600) };
    tell("shmget", Errno::result(segment));
}

/// Finds all cgroups that it can see, and tries to change them.
fn use_cgroups(dir: &Path, _: &[Pid]) -> io::Result<()> {
    let own = dir.parent().expect("the judge's cgroup");
    let mut dirs = vec![PathBuf::from("/sys/fs/cgroup")];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                dirs.push(path);
            } else if !path.starts_with(own) {
                println!("{} is visible", path.display());
            }
        }
        if !dir.starts_with(own) {
            tell("mkdir", fs::create_dir(dir.join("breakout")));
        }
    }
    tell("pids.max", fs::write(dir.join("pids.max"), "8"));
    Ok(())
}
