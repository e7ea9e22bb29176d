//! A `/proc` in a new root, without what is about the whole machine.

use std::fs;
use std::io;
use std::os::linux::fs::MetadataExt;
use std::path::Path;

use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::observe::container::{Visitor, make_parts, run_in_container};
use crate::observe::mounts::{check_unchanged, mounts_of};
use crate::process::{Process, link};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
As in container2, PID 1 calls `build`. A new proc belongs to the PID namespace
of the process that mounts it. In a user namespace the kernel mounts one only
while a whole /proc is in the mount namespace, or root of a container could see
what somebody has covered there. So do it while the old root is there. (The
judge's sandbox has one more below its root.) `hidden` has names of files in
/proc that are about the whole machine, such as kallsyms. In /dev there is
/dev/null.",
        "
container2에서처럼 PID 1이 `build`를 호출합니다. 새 proc은 마운트하는 프로세스의
PID namespace를 보여 줍니다. user namespace 안에서는 마운트 namespace에 가려지지
않은 /proc이 있는 동안에만 커널이 새 proc을 마운트해 줍니다. 그렇지 않으면
누군가 가려 둔 것을 컨테이너의 root가 볼 수 있기 때문입니다. 그러니 옛 루트가
있을 때 하세요. (채점 프로그램의 샌드박스에는 루트 아래에 하나가 더 있습니다.)
`hidden`에는 /proc의 파일 가운데 컴퓨터 전체에 관한 것의 이름이 있습니다. 예를
들면 kallsyms입니다. /dev에는 /dev/null이 있습니다.",
    ),
    task: Both(
        "
Make a read-only tmpfs the root of the mount namespace, with `programs` at /usr,
read-only too. At /proc a new proc shows the PID namespace of the caller. In it
/proc/sys is read-only. The files in `hidden` are covered: whoever reads one
finds it empty. Nothing else is mounted.",
        "
읽기 전용 tmpfs를 마운트 namespace의 루트로 만들고, /usr는 역시 읽기 전용인
`programs`로 만드세요. /proc에는 호출한 프로세스의 PID namespace를 보여 주는 새
proc이 있어야 합니다. 그 안의 /proc/sys는 읽기 전용입니다. `hidden`의 파일들은
가려서, 읽으면 비어 있어야 합니다. 다른 마운트는 없어야 합니다.",
    ),
    manual: "proc(5), mount_namespaces(7), mount(2)",
    starter: r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

const NONE: Option<&str> = None;

fn build(root: &Path, programs: &Path, hidden: &[&str]) -> io::Result<()> {
    mount(Some("tmpfs"), root, Some("tmpfs"), MsFlags::empty(), NONE)?;
    let [usr, proc] = ["usr", "proc"].map(|name| root.join(name));
    fs::create_dir(&usr)?;
    mount(Some(programs), &usr, NONE, MsFlags::MS_BIND, NONE)?;
    make_read_only(&usr)?;
    fs::create_dir(&proc)?;
    make_read_only(root)?;
    chdir(root)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    // TODO: Is this the moment for it? And then, /proc/sys can still be written.
    mount_proc(Path::new("/proc"), hidden)
}

/// Mounts proc for the PID namespace of the caller.
fn mount_proc(proc: &Path, hidden: &[&str]) -> io::Result<()> {
    mount(Some("proc"), proc, Some("proc"), MsFlags::empty(), NONE)?;
    for name in hidden {
        mount(Some("/dev/null"), &proc.join(name), NONE, MsFlags::MS_BIND, NONE)?;
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
    judge::container3(build)
}
"#,
    solutions: &[
        (
            "before the change of the root",
            r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

const NONE: Option<&str> = None;

fn build(root: &Path, programs: &Path, hidden: &[&str]) -> io::Result<()> {
    mount(Some("tmpfs"), root, Some("tmpfs"), MsFlags::empty(), NONE)?;
    let [usr, proc] = ["usr", "proc"].map(|name| root.join(name));
    fs::create_dir(&usr)?;
    mount(Some(programs), &usr, NONE, MsFlags::MS_BIND, NONE)?;
    make_read_only(&usr)?;
    fs::create_dir(&proc)?;
    mount_proc(&proc, hidden)?;
    make_read_only(root)?;
    chdir(root)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    Ok(())
}

/// Mounts proc for the PID namespace of the caller.
fn mount_proc(proc: &Path, hidden: &[&str]) -> io::Result<()> {
    mount(Some("proc"), proc, Some("proc"), MsFlags::empty(), NONE)?;
    let sys = proc.join("sys");
    mount(Some(&sys), &sys, NONE, MsFlags::MS_BIND, NONE)?;
    make_read_only(&sys)?;
    for name in hidden {
        mount(Some("/dev/null"), &proc.join(name), NONE, MsFlags::MS_BIND, NONE)?;
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
    judge::container3(build)
}
"#,
        ),
        (
            "after it, while the old root is there, and an empty file covers the others",
            r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

fn build(root: &Path, programs: &Path, hidden: &[&str]) -> io::Result<()> {
    let none = None::<&str>;
    let again = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    let safe = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("new"), root, Some("tmpfs"), safe, none)?;
    chdir(root)?;
    for dir in ["old", "proc", "usr"] {
        fs::create_dir(dir)?;
    }
    fs::write("empty", "")?;
    mount(Some(programs), "usr", none, MsFlags::MS_BIND, none)?;
    pivot_root(".", "old")?;
    chdir("/")?;
    mount(Some("new"), "proc", Some("proc"), safe | MsFlags::MS_NOEXEC, none)?;
    mount(Some("proc/sys"), "proc/sys", none, MsFlags::MS_BIND, none)?;
    for name in hidden {
        mount(Some("empty"), &Path::new("proc").join(name), none, MsFlags::MS_BIND, none)?;
    }
    umount2("old", MntFlags::MNT_DETACH)?;
    fs::remove_dir("old")?;
    for place in ["usr", "proc/sys", "/"] {
        mount(none, place, none, again | safe, none)?;
    }
    Ok(())
}

fn main() -> ! {
    judge::container3(build)
}
"#,
        ),
    ],
    hints: [
        Both(
            "Which file that the last function mounts is in the old root only? And what has to be \
             a mount before it can be read-only?",
            "마지막 함수가 마운트하는 파일 가운데 옛 루트에만 있는 것은 무엇인가요? 그리고 읽기 \
             전용이 되려면 먼저 마운트여야 하는 것은 무엇인가요?",
        ),
        Both(
            "/dev/null. So call mount_proc before pivot_root(2), with the path below `root`. And \
             /proc/sys is only a directory of the mount: to have flags of its own it has to become \
             a mount, by MS_BIND onto itself.",
            "/dev/null입니다. 그러므로 mount_proc을 pivot_root(2) 전에, `root` 아래의 경로로 \
             호출하세요. 그리고 /proc/sys는 마운트 안의 디렉터리일 뿐입니다. 플래그를 따로 가지려면 \
             MS_BIND로 자기 자신에 마운트해서 마운트로 만들어야 합니다.",
        ),
        Both::same(
            r#"let sys = proc.join("sys");
mount(Some(&sys), &sys, NONE, MsFlags::MS_BIND, NONE)?;
make_read_only(&sys)?;"#,
        ),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "proc can be mounted only for the PID namespace of the caller's user namespace, \
                 while a whole /proc is there; and a remount may not take away what is locked: \
                 which call is it?",
                "proc은 호출한 프로세스의 user namespace에 속한 PID namespace의 것만, 가려지지 않은 \
                 /proc이 있는 동안에만 마운트됩니다. 그리고 다시 마운트하면서 잠긴 것을 없앨 수는 \
                 없습니다. 어느 호출인가요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "MS_REMOUNT changes a mount: is the path a mount point, or only a directory on one?",
                "MS_REMOUNT는 마운트를 바꿉니다. 그 경로가 마운트 지점인가요, 마운트 안의 \
                 디렉터리인가요?",
            ),
        ),
        (
            "ENOENT",
            Both(
                "there is no such file: does the path begin at the old root or at the new one, and \
                 which of them has /dev/null?",
                "그런 파일이 없습니다. 그 경로는 옛 루트에서 시작하나요, 새 루트에서 시작하나요? \
                 그리고 /dev/null은 어느 쪽에 있나요?",
            ),
        ),
        (
            "ENOTDIR",
            Both(
                "a directory can cover only a directory, and a file only a file: which of them are \
                 in `hidden`?",
                "디렉터리는 디렉터리만, 파일은 파일만 덮을 수 있습니다. `hidden`에 있는 것은 \
                 어느 쪽인가요?",
            ),
        ),
        (
            "EROFS",
            Both(
                "the root is read-only already: what has to be made there before?",
                "루트가 벌써 읽기 전용입니다. 그 전에 거기에 무엇을 만들어야 하나요?",
            ),
        ),
        (
            "EBUSY",
            Both(
                "what is in use is not unmounted, except with MNT_DETACH; and a mount cannot be \
                 the new root and the old one",
                "쓰고 있는 것은 MNT_DETACH를 주어야 해제됩니다. 그리고 한 마운트가 새 루트이면서 옛 \
                 루트일 수는 없습니다",
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
            clause: "with `programs` at /usr, read-only too",
            change: "    make_read_only(&usr)?;
",
            to: "",
            says: "/usr is read-only\n  found:    a file can be made there",
        },
        Wrong {
            clause: "the root of the mount namespace",
            change: "    make_read_only(root)?;
    chdir(root)?;
    pivot_root(\".\", \".\")?;
    umount2(\".\", MntFlags::MNT_DETACH)?;
    Ok(())",
            to: "    make_read_only(root)?;
    chdir(root)?;
    let _ = (pivot_root::<str, str>, umount2::<str>, MntFlags::MNT_DETACH);
    Ok(nix::unistd::chroot(\".\")?)",
            says: "which call changes the root of the namespace?",
        },
        Wrong {
            clause: "At /proc a new proc shows the PID namespace of the caller.",
            change: r#"    mount(Some("proc"), proc, Some("proc"), MsFlags::empty(), NONE)?;"#,
            to: r#"    mount(Some("/proc"), proc, NONE, MsFlags::MS_BIND | MsFlags::MS_REC, NONE)?;"#,
            says: "which process has mounted it",
        },
        Wrong {
            clause: "At /proc a new proc",
            change: "    mount_proc(&proc, hidden)?;
",
            to: "    let _ = (mount_proc, hidden);
",
            says: "at /proc: nothing",
        },
        Wrong {
            clause: "The files in `hidden` are covered",
            change: "    mount_proc(&proc, hidden)?;
    make_read_only(root)?;
    chdir(root)?;
    pivot_root(\".\", \".\")?;
    umount2(\".\", MntFlags::MNT_DETACH)?;
    Ok(())",
            to: "    make_read_only(root)?;
    chdir(root)?;
    pivot_root(\".\", \".\")?;
    umount2(\".\", MntFlags::MNT_DETACH)?;
    mount_proc(Path::new(\"/proc\"), hidden)",
            says: "which of them has /dev/null?",
        },
        Wrong {
            clause: "In it /proc/sys is read-only.",
            change: "    make_read_only(&sys)?;
",
            to: "",
            says: "/proc/sys is read-only",
        },
        Wrong {
            clause: "In it /proc/sys is read-only.",
            change: "    mount(Some(&sys), &sys, NONE, MsFlags::MS_BIND, NONE)?;
",
            to: "",
            says: "is the path a mount point",
        },
        Wrong {
            clause: "The files in `hidden` are covered",
            change: "    for name in hidden {",
            to: "    for name in &hidden[1..] {",
            says: "covers that one",
        },
        Wrong {
            clause: "whoever reads one finds it empty",
            change: r#"Some("/dev/null"), &proc.join(name)"#,
            to: r#"Some("/proc/version"), &proc.join(name)"#,
            says: "covers that one",
        },
        Wrong {
            clause: "Nothing else is mounted.",
            change: r#"    umount2(".", MntFlags::MNT_DETACH)?;"#,
            to: "    let _ = (umount2::<str>, MntFlags::MNT_DETACH);",
            says: "which call removes it?",
        },
        Wrong {
            clause: "Nothing else is mounted.",
            change: "    make_read_only(root)?;
",
            to: "    fs::create_dir(root.join(\"sys\"))?;
    mount(Some(\"/etc\"), &root.join(\"sys\"), NONE, MsFlags::MS_BIND | MsFlags::MS_REC, NONE)?;
    make_read_only(root)?;
",
            says: "one of them at /sys",
        },
    ],
    ..Exercise::NEW
};

/// Files in `/proc` that are about the whole machine. Not every kernel has all.
const HIDDEN: [&str; 5] = ["kallsyms", "keys", "kcore", "timer_list", "sysrq-trigger"];

/// Checks that the answer, as PID 1, builds a root directory with a `/proc` for its container.
pub fn container3(answer: fn(&Path, &Path, &[&str]) -> io::Result<()>) -> ! {
    judge(|| {
        let (root, programs) = make_parts()?;
        let mut hidden = HIDDEN.to_vec();
        hidden.retain(|name| Path::new("/proc").join(name).exists());
        if hidden.is_empty() {
            hidden.push("version");
        }
        let before = mounts_of(Pid::this());
        let process = run_in_container(&EXERCISE, || answer(root, programs, &hidden))?;
        check_unchanged(&before, &mounts_of(Pid::this()))?;
        let visitor = Visitor::enter(&process)?;
        visitor.check_root(&before, &process)?;
        check_proc(&visitor, &process)?;
        for name in &hidden {
            check_hidden(&visitor, name)?;
        }
        let places = hidden.iter().map(|name| format!("/proc/{name}"));
        let places: Vec<_> = ["/", "/usr", "/proc", "/proc/sys"]
            .map(String::from)
            .into_iter()
            .chain(places)
            .collect();
        visitor.check_mounts(&places.iter().map(String::as_str).collect::<Vec<_>>())?;
        check_sys(&visitor)?;
        visitor.check_read_only("/usr")?;
        visitor.check_read_only("/")?;
        Ok(text!(
            "/proc shows {}, its PID 1 is your process, /proc/sys is read-only, and {} cannot be \
             read",
            "/proc은 {}를 보여 주고, 거기의 PID 1은 여러분의 프로세스입니다. /proc/sys는 읽기 \
             전용이고, {}은(는) 읽을 수 없습니다",
            link(process.pid, "pid"),
            hidden.join(", "),
        ))
    })
}

/// Checks that `/proc` is of type proc, and shows the PID namespace of PID 1.
fn check_proc(visitor: &Visitor, process: &Process) -> Result<(), Finding> {
    let kind = visitor.mount_at("/proc").map(|it| it.kind);
    ensure(kind.as_deref() == Some("proc"), || {
        wrong(
            text!("a file system of type proc at /proc", "/proc에 proc 종류의 파일 시스템"),
            kind.map_or(text!("at /proc: nothing", "/proc에 아무것도 없습니다"), |it| {
                text!("at /proc: {it}", "/proc에 있는 종류: {it}")
            }),
            text!("what do you mount there?", "거기에 무엇을 마운트하나요?"),
        )
    })?;
    let expected = link(process.pid, "pid");
    let found = fs::read_link(visitor.path("/proc/1/ns/pid")).unwrap_or_default();
    ensure(found == Path::new(&expected), || {
        wrong(
            text!("a /proc that shows {expected}", "{expected}를 보여 주는 /proc"),
            text!(
                "PID 1 in that /proc is in {}, outside",
                "그 /proc의 PID 1은 바깥의 {}에 있습니다",
                found.display(),
            ),
            text!(
                "a /proc shows the PID namespace of the process that mounted it: which process has \
                 mounted it?",
                "/proc은 마운트한 프로세스의 PID namespace를 보여 줍니다. 어느 프로세스가 \
                 마운트했나요?",
            ),
        )
    })
}

/// Checks that another file, an empty one, covers a file in `/proc`.
fn check_hidden(visitor: &Visitor, name: &str) -> Result<(), Finding> {
    let device = |path: &str| fs::metadata(visitor.path(path)).map(|it| it.st_dev()).ok();
    let file = format!("/proc/{name}");
    let covered = device(&file) != device("/proc");
    let content = fs::read(visitor.path(&file)).map_err(|error| error.to_string());
    ensure(covered && content.as_ref().is_ok_and(Vec::is_empty), || {
        wrong(
            text!("{file} is covered, and empty", "{file}은(는) 가려져 있고 비어 있음"),
            match (covered, content) {
                (false, _) => text!("it is a file of proc", "proc의 파일입니다"),
                (true, Ok(content)) => {
                    text!("it has {} bytes", "{}바이트가 들어 있습니다", content.len())
                }
                (true, Err(error)) => text!("to read it: {error}", "읽기: {error}"),
            },
            text!(
                "a file is covered when another one is mounted on it by MS_BIND: which one covers \
                 that one?",
                "MS_BIND로 다른 파일을 그 위에 마운트하면 가려집니다. 무엇이 그 파일을 가리나요?",
            ),
        )
    })
}

/// Checks that the settings of the kernel cannot be changed there.
fn check_sys(visitor: &Visitor) -> Result<(), Finding> {
    let (proc, sys) = (visitor.mount_at("/proc"), visitor.mount_at("/proc/sys"));
    let is_sys = sys.as_ref().is_some_and(|it| it.root == "/sys" && it.kind == "proc")
        && sys.map(|it| it.device) == proc.map(|it| it.device);
    let flags = statvfs(&visitor.path("/proc/sys")).map(|it| it.flags());
    let is_read_only = flags.is_ok_and(|it| it.contains(FsFlags::ST_RDONLY));
    ensure(is_sys && is_read_only, || {
        wrong(
            text!("/proc/sys is read-only", "/proc/sys는 읽기 전용"),
            match is_sys {
                true => text!("it can be written", "쓸 수 있습니다"),
                false => text!("it is another directory", "다른 디렉터리입니다"),
            },
            text!(
                "MS_BIND ignores MS_RDONLY: which call changes the flags of the new mount?",
                "MS_BIND는 MS_RDONLY를 무시합니다. 새 마운트의 플래그를 바꾸는 호출은 무엇인가요?",
            ),
        )
    })
}
