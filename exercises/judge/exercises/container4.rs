//! Devices in a user namespace, whose root can make none.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::linux::fs::MetadataExt;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::errno::Errno;
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::observe::container::{Visitor, enter_and_run, make_parts, run_in_container};
use crate::observe::images::describe;
use crate::observe::mounts::{Mount, check_unchanged, mounts_of};
use crate::process::Process;
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
As in container2, PID 1 calls `build`; /proc is left out here. A device file is
a way into the kernel, so nobody can make one in a user namespace, and on a file
system that was mounted there the kernel opens none. But a file of the old /dev
can be shown at a second place. A devpts that is mounted anew has terminals of
its own; whoever opens its ptmx makes one.",
        "
container2에서처럼 PID 1이 `build`를 호출합니다. 여기서 /proc은 뺐습니다. 장치
파일은 커널로 들어가는 길이라서, user namespace 안에서는 아무도 만들 수 없고,
거기서 마운트한 파일 시스템에 있는 것은 커널이 열어 주지 않습니다. 하지만 원래
/dev에 있던 파일을 다른 곳에도 보여 줄 수는 있습니다. devpts를 새로 마운트하면
자기만의 터미널이 있고, 그 ptmx를 열면 터미널이 하나 생깁니다.",
    ),
    task: Both(
        "
Make a read-only tmpfs the root of the mount namespace, with `programs` at /usr,
read-only too. /dev is a tmpfs of its own, with these devices of the machine,
which work: null, zero, full, random and urandom. /dev/pts is a devpts. Whoever
opens /dev/ptmx gets a terminal there. Nothing else is in /dev, and nothing else
is mounted.",
        "
읽기 전용 tmpfs를 마운트 namespace의 루트로 만들고, /usr는 역시 읽기 전용인
`programs`로 만드세요. /dev는 별도의 tmpfs이고, 컴퓨터의 장치 가운데 null, zero,
full, random, urandom이 거기서 동작해야 합니다. /dev/pts는 devpts입니다.
/dev/ptmx를 열면 거기에 터미널이 생겨야 합니다. /dev에 다른 것이 없고, 다른
마운트도 없어야 합니다.",
    ),
    manual: "mount(2), user_namespaces(7), pts(4), null(4)",
    starter: r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use nix::unistd::{chdir, pivot_root};

const NONE: Option<&str> = None;

fn build(root: &Path, programs: &Path) -> io::Result<()> {
    mount(Some("tmpfs"), root, Some("tmpfs"), MsFlags::empty(), NONE)?;
    let [usr, dev] = ["usr", "dev"].map(|name| root.join(name));
    fs::create_dir(&usr)?;
    mount(Some(programs), &usr, NONE, MsFlags::MS_BIND, NONE)?;
    make_read_only(&usr)?;
    fs::create_dir(&dev)?;
    mount_dev(&dev)?;
    make_read_only(root)?;
    chdir(root)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    Ok(())
}

/// Mounts a tmpfs with devices in it.
fn mount_dev(dev: &Path) -> io::Result<()> {
    mount(Some("tmpfs"), dev, Some("tmpfs"), MsFlags::MS_NOSUID, Some("mode=0755"))?;
    for (name, minor) in [("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)] {
        // TODO: Who has such a file already? And where do the terminals come from?
        let all = Mode::from_bits_truncate(0o666);
        mknod(&dev.join(name), SFlag::S_IFCHR, all, makedev(1, minor))?;
    }
    Ok(())
}

/// Makes a mount read-only, and keeps what is locked.
fn make_read_only(place: &Path) -> io::Result<()> {
    let locked = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    Ok(mount(NONE, place, NONE, flags | locked, NONE)?)
}

fn main() -> ! {
    judge::container4(build)
}
"#,
    solutions: &[
        (
            "a link for ptmx",
            r#"
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

const NONE: Option<&str> = None;

fn build(root: &Path, programs: &Path) -> io::Result<()> {
    mount(Some("tmpfs"), root, Some("tmpfs"), MsFlags::empty(), NONE)?;
    let [usr, dev] = ["usr", "dev"].map(|name| root.join(name));
    fs::create_dir(&usr)?;
    mount(Some(programs), &usr, NONE, MsFlags::MS_BIND, NONE)?;
    make_read_only(&usr)?;
    fs::create_dir(&dev)?;
    mount_dev(&dev)?;
    make_read_only(root)?;
    chdir(root)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    Ok(())
}

/// Mounts a tmpfs with devices in it.
fn mount_dev(dev: &Path) -> io::Result<()> {
    mount(Some("tmpfs"), dev, Some("tmpfs"), MsFlags::MS_NOSUID, Some("mode=0755"))?;
    for name in ["null", "zero", "full", "random", "urandom"] {
        let (old, new) = (Path::new("/dev").join(name), dev.join(name));
        File::create(&new)?;
        mount(Some(&old), &new, NONE, MsFlags::MS_BIND, NONE)?;
    }
    let pts = dev.join("pts");
    fs::create_dir(&pts)?;
    mount(Some("devpts"), &pts, Some("devpts"), MsFlags::MS_NOSUID, Some("ptmxmode=0666"))?;
    symlink("pts/ptmx", dev.join("ptmx"))
}

/// Makes a mount read-only, and keeps what is locked.
fn make_read_only(place: &Path) -> io::Result<()> {
    let locked = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    Ok(mount(NONE, place, NONE, flags | locked, NONE)?)
}

fn main() -> ! {
    judge::container4(build)
}
"#,
        ),
        (
            "from the old root after pivot_root(2), ptmx and all",
            r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

fn build(root: &Path, programs: &Path) -> io::Result<()> {
    let none = None::<&str>;
    let bind = |from: &Path, to: &Path| mount(Some(from), to, none, MsFlags::MS_BIND, none);
    let new = |kind, to| mount(Some("new"), to, Some(kind), MsFlags::MS_NOEXEC, none);
    new("tmpfs", root)?;
    chdir(root)?;
    for dir in ["old", "dev", "usr"] {
        fs::create_dir(dir)?;
    }
    bind(programs, Path::new("usr"))?;
    pivot_root(".", "old")?;
    chdir("/")?;
    new("tmpfs", Path::new("dev"))?;
    fs::create_dir("dev/pts")?;
    new("devpts", Path::new("dev/pts"))?;
    for name in ["null", "zero", "full", "random", "urandom"] {
        let place = Path::new("dev").join(name);
        fs::write(&place, "")?;
        bind(&Path::new("old/dev").join(name), &place)?;
    }
    fs::write("dev/ptmx", "")?;
    bind(Path::new("dev/pts/ptmx"), Path::new("dev/ptmx"))?;
    umount2("old", MntFlags::MNT_DETACH)?;
    fs::remove_dir("old")?;
    let safe = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_RDONLY;
    for place in ["usr", "/"] {
        mount(none, place, none, MsFlags::MS_REMOUNT | MsFlags::MS_BIND | safe, none)?;
    }
    Ok(())
}

fn main() -> ! {
    judge::container4(build)
}
"#,
        ),
    ],
    hints: [
        Both(
            "Which call shows one file at a second place, and what has to be at that place before?",
            "파일 하나를 다른 곳에도 보여 주는 호출은 무엇이고, 그곳에 먼저 무엇이 있어야 \
             하나요?",
        ),
        Both(
            "mount(2) with MS_BIND, onto an empty file, while /dev is still the old one. A devpts \
             is mounted anew, on a directory; ptmx can be a symbolic link to the one in there.",
            "MS_BIND를 준 mount(2)입니다. /dev가 아직 옛것일 때, 빈 파일 위에 합니다. devpts는 \
             디렉터리에 새로 마운트하고, ptmx는 그 안의 ptmx를 가리키는 심볼릭 링크로 만들 수 \
             있습니다.",
        ),
        Both::same(
            r#"File::create(&new)?;
mount(Some(&old), &new, NONE, MsFlags::MS_BIND, NONE)?;
// …
mount(Some("devpts"), &pts, Some("devpts"), MsFlags::MS_NOSUID, Some("ptmxmode=0666"))?;
symlink("pts/ptmx", dev.join("ptmx"))"#,
        ),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "mknod(2) makes devices only for root of the machine, and a remount may not take \
                 away what is locked: which of these calls is it?",
                "mknod(2)로 장치를 만들 수 있는 것은 컴퓨터의 root뿐이고, 다시 마운트하면서 잠긴 \
                 것을 없앨 수는 없습니다. 어느 호출인가요?",
            ),
        ),
        (
            "ENOENT",
            Both(
                "there is no such file: a mount needs something to be mounted on, and after \
                 pivot_root(2) paths begin at the new root",
                "그런 파일이 없습니다. 마운트할 자리에 먼저 파일이 있어야 하고, pivot_root(2) \
                 뒤에는 경로가 새 루트에서 시작합니다",
            ),
        ),
        (
            "ENOTDIR",
            Both(
                "a file can be mounted only on a file, and a file system only on a directory: what \
                 have you made there?",
                "파일은 파일 위에만, 파일 시스템은 디렉터리 위에만 마운트됩니다. 그 자리에 무엇을 \
                 만들었나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "MS_REMOUNT and umount(2) want a mount point, and devpts knows only its own \
                 options: which call is it?",
                "MS_REMOUNT와 umount(2)에는 마운트 지점을 주어야 하고, devpts는 자기 옵션만 \
                 받습니다. 어느 호출인가요?",
            ),
        ),
        (
            "EROFS",
            Both(
                "the root is read-only already, or this is the old /dev: what has to be made \
                 before, and where?",
                "루트가 벌써 읽기 전용이거나, 그곳이 옛 /dev입니다. 무엇을 어디에 먼저 만들어야 \
                 하나요?",
            ),
        ),
        (
            "EACCES",
            Both(
                "the kernel opens no device on a mount that is nodev: which mount is it on?",
                "nodev인 마운트에 있는 장치는 커널이 열어 주지 않습니다. 어느 마운트에 있나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Make a read-only tmpfs the root",
            change: "    make_read_only(root)?;
",
            to: "",
            says: "/ is read-only\n  found:    a file can be made there",
        },
        Wrong {
            clause: "read-only too",
            change: "    make_read_only(&usr)?;
",
            to: "",
            says: "/usr is read-only\n  found:    a file can be made there",
        },
        Wrong {
            clause: "/dev is a tmpfs of its own",
            change: "    mount_dev(&dev)?;",
            to: "    let _ = mount_dev;
    mount(Some(\"/dev\"), &dev, NONE, MsFlags::MS_BIND | MsFlags::MS_REC, NONE)?;",
            says: "a new tmpfs at /dev",
        },
        Wrong {
            clause: "/dev is a tmpfs of its own",
            change: r#"    mount(Some("tmpfs"), dev, Some("tmpfs"), MsFlags::MS_NOSUID, Some("mode=0755"))?;
"#,
            to: "",
            says: "a new tmpfs at /dev",
        },
        Wrong {
            clause: "with these devices of the machine",
            change: r#"        mount(Some(&old), &new, NONE, MsFlags::MS_BIND, NONE)?;"#,
            to: r#"        use nix::sys::stat::{Mode, SFlag, makedev, mknod};
        let _ = fs::remove_file(&new);
        mknod(&new, SFlag::S_IFCHR, Mode::from_bits_truncate(0o666), makedev(1, 3))?;
        let _ = old;"#,
            says: "mknod(2) makes devices only for root of the machine",
        },
        Wrong {
            clause: "with these devices of the machine",
            change: r#"        mount(Some(&old), &new, NONE, MsFlags::MS_BIND, NONE)?;"#,
            to: "        let _ = old;",
            says: "which file of the old /dev do you show",
        },
        Wrong {
            clause: "which work",
            change: r#"        mount(Some(&old), &new, NONE, MsFlags::MS_BIND, NONE)?;"#,
            to: r#"        mount(Some(&old), &new, NONE, MsFlags::MS_BIND, NONE)?;
        let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
        let safe = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        mount(NONE, &new, NONE, flags | safe, NONE)?;"#,
            says: "to open it: EACCES",
        },
        Wrong {
            clause: "null, zero, full, random and urandom",
            change: r#"["null", "zero", "full", "random", "urandom"]"#,
            to: r#"["null", "zero", "full", "random"]"#,
            says: "/dev/urandom: nothing",
        },
        Wrong {
            clause: "null, zero, full",
            change: r#"        File::create(&new)?;"#,
            to: r#"        let old = if name == "zero" { "/dev/null".into() } else { old };
        File::create(&new)?;"#,
            says: "/dev/zero: a character device 1:3",
        },
        Wrong {
            clause: "/dev/pts is a devpts.",
            change: r#"    mount(Some("devpts"), &pts, Some("devpts"), MsFlags::MS_NOSUID, Some("ptmxmode=0666"))?;
"#,
            to: "",
            says: "a file system of type devpts at /dev/pts",
        },
        Wrong {
            clause: "Whoever opens /dev/ptmx gets a terminal there.",
            change: r#"    symlink("pts/ptmx", dev.join("ptmx"))"#,
            to: "    let _ = symlink::<&str, &str>;
    Ok(())",
            says: "open(/dev/ptmx): ENOENT",
        },
        Wrong {
            clause: "Whoever opens /dev/ptmx gets a terminal there.",
            change: r#"    symlink("pts/ptmx", dev.join("ptmx"))"#,
            to: r#"    symlink("null", dev.join("ptmx"))"#,
            says: "ioctl(TIOCGPTN): ENOTTY",
        },
        Wrong {
            clause: "Nothing else is in /dev",
            change: r#"    let pts = dev.join("pts");"#,
            to: r#"    File::create(dev.join("kmsg"))?;
    let pts = dev.join("pts");"#,
            says: "found:    kmsg",
        },
        Wrong {
            clause: "nothing else is mounted",
            change: r#"    umount2(".", MntFlags::MNT_DETACH)?;"#,
            to: "    let _ = (umount2::<str>, MntFlags::MNT_DETACH);",
            says: "which call removes it?",
        },
    ],
    ..Exercise::NEW
};

/// The devices, with their minor numbers. All of them have the major number 1.
const DEVICES: [(&str, u32); 5] =
    [("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)];

/// Checks that the answer, as PID 1, builds a root directory with a `/dev`.
pub fn container4(answer: fn(&Path, &Path) -> io::Result<()>) -> ! {
    judge(|| {
        let (root, programs) = make_parts()?;
        let before = mounts_of(Pid::this());
        let process = run_in_container(&EXERCISE, || answer(root, programs))?;
        check_unchanged(&before, &mounts_of(Pid::this()))?;
        let visitor = Visitor::enter(&process)?;
        visitor.check_root(&before, &process)?;
        check_dev(&visitor, &before)?;
        let terminal = check_terminals(&visitor, &process)?;
        let devices = DEVICES.map(|(name, _)| format!("/dev/{name}"));
        let mut places = vec!["/", "/usr", "/dev", "/dev/pts"];
        places.extend(devices.iter().map(String::as_str));
        // Instead of a link, ptmx can be that of devpts, shown once more.
        places.extend(visitor.mount_at("/dev/ptmx").map(|_| "/dev/ptmx"));
        visitor.check_mounts(&places)?;
        visitor.check_read_only("/usr")?;
        visitor.check_read_only("/")?;
        Ok(text!(
            "five devices work in /dev, and the first terminal of the container is {terminal}",
            "/dev에서 장치 다섯이 동작하고, 컨테이너의 첫 터미널은 {terminal}입니다",
        ))
    })
}

/// Checks what is in `/dev`, and that it is a new file system.
fn check_dev(visitor: &Visitor, before: &[Mount]) -> Result<(), Finding> {
    let dev = visitor.mount_at("/dev");
    let is_new = |it: &Mount| before.iter().all(|old| old.device != it.device);
    ensure(dev.as_ref().is_some_and(|it| it.kind == "tmpfs" && is_new(it)), || {
        wrong(
            text!("a new tmpfs at /dev", "/dev에 새 tmpfs"),
            dev.map_or(
                text!("nothing is mounted there", "거기에 마운트가 없습니다"),
                |it| text!("{:?} of a {}", "{1}의 {0:?}", it.root, it.kind),
            ),
            text!(
                "what is in the old /dev is for the old root: what do you mount on the new one?",
                "옛 /dev에 있는 것은 옛 루트를 위한 것입니다. 새 /dev에는 무엇을 마운트하나요?",
            ),
        )
    })?;
    for (name, minor) in DEVICES {
        let path = visitor.path(&format!("/dev/{name}"));
        let device = fs::metadata(&path).ok().filter(|it| it.file_type().is_char_device());
        let is_right = device.is_some_and(|it| it.st_rdev() == libc::makedev(1, minor));
        let error = File::open(&path).err().filter(|_| is_right);
        ensure(is_right && error.is_none(), || {
            wrong(
                text!("/dev/{name}: the device 1:{minor}", "/dev/{name}: 장치 1:{minor}"),
                match error.and_then(|it| it.raw_os_error()).map(Errno::from_raw) {
                    Some(errno) => text!("to open it: {errno}", "열기: {errno}"),
                    None => shown!("/dev/{name}: {}", describe(&path)),
                },
                text!(
                    "which file of the old /dev do you show there, and does its mount allow \
                     devices?",
                    "거기에 보여 준 것은 옛 /dev의 어느 파일이고, 그 마운트에서 장치를 쓸 수 \
                     있나요?",
                ),
            )
        })?;
    }
    let entries = fs::read_dir(visitor.path("/dev")).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let known = |name: &str| {
        ["pts", "ptmx"].contains(&name) || DEVICES.iter().any(|(device, _)| *device == name)
    };
    let others: Vec<_> = names.filter(|name| !known(name)).collect();
    ensure(others.is_empty(), || {
        wrong(
            text!("nothing else in /dev", "/dev에 다른 것이 없음"),
            shown!("{}", others.join(", ")),
            text!(
                "which of your calls makes a file there?",
                "거기에 파일을 만드는 호출은 무엇인가요?",
            ),
        )
    })
}

/// Checks that the container has terminals of its own. Returns the name of one.
fn check_terminals(visitor: &Visitor, process: &Process) -> Result<String, Finding> {
    let kind = visitor.mount_at("/dev/pts").map(|it| it.kind);
    ensure(kind.as_deref() == Some("devpts"), || {
        wrong(
            text!(
                "a file system of type devpts at /dev/pts",
                "/dev/pts에 devpts 종류의 파일 시스템"
            ),
            kind.map_or(
                text!("nothing is mounted there", "거기에 마운트가 없습니다"),
                |it| shown!("{it}"),
            ),
            text!("what do you mount there?", "거기에 무엇을 마운트하나요?"),
        )
    })?;
    let terminal =
        enter_and_run(process, &["mnt"], || open_terminal().unwrap_or_else(|error| error))?;
    let is_there = terminal.starts_with("/dev/pts/");
    ensure(is_there, || {
        wrong(
            text!("a terminal for whoever opens /dev/ptmx", "/dev/ptmx를 열면 터미널이 생김"),
            shown!("{terminal}"),
            text!(
                "terminals are made by ptmx in the devpts: how does /dev/ptmx lead there?",
                "터미널을 만드는 것은 devpts 안의 ptmx입니다. /dev/ptmx에서 어떻게 그리로 가나요?",
            ),
        )
    })?;
    Ok(terminal)
}

/// Makes a terminal and opens it, in the mount namespace of the caller (`pts(4)`). Returns its
/// name, or which call failed.
fn open_terminal() -> Result<String, String> {
    let open = |path: &str| {
        let mut options = OpenOptions::new();
        options.read(true).write(true).custom_flags(libc::O_NOCTTY);
        options.open(path).map_err(|error| {
            format!("open({path}): {}", Errno::from_raw(error.raw_os_error().unwrap_or(0)))
        })
    };
    let master = open("/dev/ptmx")?;
    let (mut number, unlocked) = (0_i32, 0_i32);
    // SAFETY: the request writes one number, for which there is room.
    let got = unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCGPTN as _, &raw mut number) };
    Errno::result(got).map_err(|errno| format!("ioctl(TIOCGPTN): {errno}"))?;
    // SAFETY: the request reads one number.
    let set =
        unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCSPTLCK as _, &raw const unlocked) };
    Errno::result(set).map_err(|errno| format!("ioctl(TIOCSPTLCK): {errno}"))?;
    let name = format!("/dev/pts/{number}");
    open(&name)?;
    Ok(name)
}
