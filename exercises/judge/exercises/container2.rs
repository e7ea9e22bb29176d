//! A root directory that is put together from several file systems.

use std::fs;
use std::io;
use std::os::linux::fs::MetadataExt;
use std::path::Path;

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::observe::container::{Visitor, make_parts, run_in_container};
use crate::observe::mounts::{check_unchanged, mounts_of};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
PID 1, which container1 has started, calls `build`: root of the new namespaces.
Its mount namespace belongs to a new user namespace, so no mount in it
propagates out, and what restricted a mount when it was copied is locked: a
remount may add MS_RDONLY, but has to name MS_NOSUID and MS_NODEV again if they
were there. `root` is an empty directory, and `programs` has programs in it.",
        "
container1에서 시작한 PID 1이 `build`를 호출합니다. 새 namespace들의 root입니다.
그 마운트 namespace는 새 user namespace의 것이라서, 그 안의 마운트는 바깥으로
전파되지 않습니다. 그리고 복사될 때 마운트에 걸려 있던 제한은 잠깁니다. 다시
마운트하면서 MS_RDONLY를 더할 수는 있지만, MS_NOSUID와 MS_NODEV가 있었다면
그것도 다시 적어야 합니다. `root`는 빈 디렉터리이고, `programs`에는 프로그램이
있습니다.",
    ),
    task: Both(
        "
Make a new tmpfs the root of the mount namespace. On it, /usr is `programs`,
read-only, and /tmp is a second tmpfs, in which one can write. The root itself
is read-only. Nothing else is mounted. Nothing that the caller has leads back:
its working directory is /, and it keeps no directory open.",
        "
새 tmpfs를 마운트 namespace의 루트로 만드세요. 거기서 /usr는 읽기 전용인
`programs`이고, /tmp는 쓸 수 있는 두 번째 tmpfs입니다. 루트 자체는 읽기
전용입니다. 다른 마운트는 없어야 합니다. 호출한 프로세스에는 되돌아가는 길이
없어야 합니다. 작업 디렉터리는 /이고, 열어 둔 디렉터리가 없어야 합니다.",
    ),
    manual: "mount_namespaces(7), mount(2), pivot_root(2)",
    starter: r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

const NONE: Option<&str> = None;

fn build(root: &Path, programs: &Path) -> io::Result<()> {
    mount(Some("tmpfs"), root, Some("tmpfs"), MsFlags::empty(), NONE)?;
    let [usr, tmp] = ["usr", "tmp"].map(|name| root.join(name));
    fs::create_dir(&usr)?;
    mount(Some(programs), &usr, NONE, MsFlags::MS_BIND, NONE)?;
    // TODO: Who may write where? And in which order do these calls work?
    mount(NONE, root, NONE, MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY, NONE)?;
    fs::create_dir(&tmp)?;
    chdir(root)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    Ok(())
}

fn main() -> ! {
    judge::container2(build)
}
"#,
    solutions: &[
        (
            "everything before the change of the root",
            r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

const NONE: Option<&str> = None;

fn build(root: &Path, programs: &Path) -> io::Result<()> {
    mount(Some("tmpfs"), root, Some("tmpfs"), MsFlags::empty(), NONE)?;
    let [usr, tmp] = ["usr", "tmp"].map(|name| root.join(name));
    fs::create_dir(&usr)?;
    mount(Some(programs), &usr, NONE, MsFlags::MS_BIND, NONE)?;
    make_read_only(&usr)?;
    fs::create_dir(&tmp)?;
    mount(Some("tmpfs"), &tmp, Some("tmpfs"), MsFlags::empty(), NONE)?;
    make_read_only(root)?;
    chdir(root)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    Ok(())
}

/// Makes a mount read-only, and keeps what is locked.
fn make_read_only(place: &Path) -> io::Result<()> {
    let locked = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    Ok(mount(NONE, place, NONE, flags | locked, NONE)?)
}

fn main() -> ! {
    judge::container2(build)
}
"#,
        ),
        (
            "libc, and everything after it, from the old root",
            r#"
use std::ffi::{CStr, CString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::null;

use libc::{MS_BIND, MS_NODEV, MS_NOSUID, MS_RDONLY, MS_REMOUNT, c_ulong};

fn build(root: &Path, programs: &Path) -> io::Result<()> {
    let path = |path: &Path| CString::new(path.as_os_str().as_bytes()).unwrap();
    let root = path(root);
    mount(c"tmpfs", &root, 0)?;
    // SAFETY: the string ends with NUL.
    check(unsafe { libc::chdir(root.as_ptr()) })?;
    for dir in ["old", "usr", "tmp"] {
        fs::create_dir(dir)?;
    }
    // SAFETY: both strings end with NUL.
    let done = unsafe { libc::syscall(libc::SYS_pivot_root, c".".as_ptr(), c"old".as_ptr()) };
    check(done as i32)?;
    let old = path(&Path::new("/old").join(programs.strip_prefix("/").unwrap()));
    mount(&old, c"/usr", MS_BIND)?;
    mount(c"tmpfs", c"/tmp", MS_NOSUID | MS_NODEV)?;
    // SAFETY: the string ends with NUL.
    check(unsafe { libc::umount2(c"/old".as_ptr(), libc::MNT_DETACH) })?;
    fs::remove_dir("/old")?;
    for place in [c"/usr", c"/"] {
        mount(c"", place, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)?;
    }
    std::env::set_current_dir("/")
}

fn mount(what: &CStr, place: &CStr, flags: c_ulong) -> io::Result<()> {
    let (what, kind) = (what.as_ptr(), c"tmpfs".as_ptr());
    // SAFETY: the strings end with NUL, and the data may be NULL.
    check(unsafe { libc::mount(what, place.as_ptr(), kind, flags, null()) })
}

fn check(result: i32) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn main() -> ! {
    judge::container2(build)
}
"#,
        ),
    ],
    hints: [
        Both(
            "In a read-only root nobody can make a directory any more, and a mount that is shown \
             at a second place can be written there like at the first. What has to be last, and \
             which mounts have to be changed?",
            "읽기 전용인 루트에는 더는 디렉터리를 만들 수 없습니다. 그리고 마운트를 다른 곳에 \
             보여 주면 거기서도 원래처럼 쓸 수 있습니다. 무엇이 마지막이어야 하고, 어느 마운트를 \
             바꾸어야 하나요?",
        ),
        Both(
            "Mount on /usr and /tmp first, and make the root read-only last: by a remount of the \
             root, and another one of /usr. `programs` is on a file system that is nosuid and \
             nodev, so these two flags are locked.",
            "/usr와 /tmp에 먼저 마운트하고, 루트는 마지막에 읽기 전용으로 만드세요. 루트를 한 번, \
             /usr를 한 번 다시 마운트합니다. `programs`가 있는 파일 시스템은 nosuid이고 \
             nodev이므로 이 두 플래그가 잠겨 있습니다.",
        ),
        Both::same(
            "let locked = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
mount(NONE, &usr, NONE, flags | locked, NONE)?;",
        ),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "a remount may not take away what is locked, here MS_NOSUID and MS_NODEV: which \
                 flags do you give?",
                "다시 마운트하면서 잠긴 것을 없앨 수는 없습니다. 여기서는 MS_NOSUID와 \
                 MS_NODEV입니다. 어떤 플래그를 주었나요?",
            ),
        ),
        (
            "EROFS",
            Both(
                "the root is read-only already: what has to be there before?",
                "루트가 벌써 읽기 전용입니다. 그 전에 무엇이 있어야 하나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "pivot_root(2) wants a mount as the new root, and a remount or umount(2) a mount \
                 point: which path is none? With MS_BIND, mounts below the source are shown only \
                 with MS_REC, and here they may not be left out",
                "pivot_root(2)에는 마운트인 새 루트를, 다시 마운트하거나 해제할 때는 마운트 지점을 \
                 줍니다. 어느 경로가 아닌가요? MS_BIND는 MS_REC도 주어야 원본 아래의 마운트까지 \
                 보여 주는데, 여기서는 그것을 뺄 수 없습니다",
            ),
        ),
        (
            "EBUSY",
            Both(
                "what is in use is not unmounted, except with MNT_DETACH; and pivot_root(2) does \
                 not replace a root by itself: is \".\" on the new one?",
                "쓰고 있는 것은 MNT_DETACH를 주어야 해제됩니다. 그리고 pivot_root(2)로 루트를 자기 \
                 자신으로 바꿀 수는 없습니다. \".\"이 새 루트에 있나요?",
            ),
        ),
        (
            "ENOENT",
            Both(
                "there is no such directory: has it been made, and does the path begin at the old \
                 root or at the new one?",
                "그런 디렉터리가 없습니다. 만들었나요? 그리고 그 경로는 옛 루트에서 시작하나요, 새 \
                 루트에서 시작하나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Make a new tmpfs the root",
            change: r#"    mount(Some("tmpfs"), root, Some("tmpfs"), MsFlags::empty(), NONE)?;"#,
            to: r#"    fs::create_dir("/tmp/other")?;
    mount(Some("/tmp/other"), root, NONE, MsFlags::MS_BIND, NONE)?;"#,
            says: "what do you mount on `root`",
        },
        Wrong {
            clause: "the root of the mount namespace",
            change: r#"    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;"#,
            to: r#"    let _ = (pivot_root::<str, str>, umount2::<str>, MntFlags::MNT_DETACH);
    nix::unistd::chroot(".")?;"#,
            says: "which call changes the root of the namespace?",
        },
        Wrong {
            clause: "On it, /usr is `programs`",
            change: "mount(Some(programs), &usr,",
            to: "mount(Some(&programs.join(\"bin\")), &usr,",
            says: "which directory do you show",
        },
        Wrong {
            clause: "/usr is `programs`, read-only",
            change: "    make_read_only(&usr)?;
",
            to: "",
            says: "/usr is read-only\n  found:    a file can be made there",
        },
        Wrong {
            clause: "read-only",
            change: "mount(NONE, place, NONE, flags | locked, NONE)?",
            to: "mount(NONE, place, NONE, { let _ = locked; flags }, NONE)?",
            says: "may not take away what is locked",
        },
        Wrong {
            clause: "/tmp is a second tmpfs",
            change: r#"    mount(Some("tmpfs"), &tmp, Some("tmpfs"), MsFlags::empty(), NONE)?;
"#,
            to: "",
            says: "nothing is mounted at /tmp",
        },
        Wrong {
            clause: "/tmp is a second tmpfs, in which one can write",
            change: r#"    mount(Some("tmpfs"), &tmp, Some("tmpfs"), MsFlags::empty(), NONE)?;
"#,
            to: r#"    mount(Some("tmpfs"), &tmp, Some("tmpfs"), MsFlags::MS_RDONLY, NONE)?;
"#,
            says: "a tmpfs at /tmp in which one can write",
        },
        Wrong {
            clause: "The root itself is read-only.",
            change: "    make_read_only(root)?;
",
            to: "",
            says: "/ is read-only\n  found:    a file can be made there",
        },
        Wrong {
            clause: "The root itself is read-only.",
            change: "    fs::create_dir(&tmp)?;
    mount(Some(\"tmpfs\"), &tmp, Some(\"tmpfs\"), MsFlags::empty(), NONE)?;
    make_read_only(root)?;",
            to: "    make_read_only(root)?;
    fs::create_dir(&tmp)?;
    mount(Some(\"tmpfs\"), &tmp, Some(\"tmpfs\"), MsFlags::empty(), NONE)?;",
            says: "what has to be there before?",
        },
        Wrong {
            clause: "Nothing else is mounted.",
            change: r#"    umount2(".", MntFlags::MNT_DETACH)?;"#,
            to: "    let _ = (umount2::<str>, MntFlags::MNT_DETACH);",
            says: "which call removes it?",
        },
        Wrong {
            clause: "Nothing else is mounted.",
            change: r#"    fs::create_dir(&tmp)?;"#,
            to: r#"    fs::create_dir(&tmp)?;
    fs::create_dir(root.join("old"))?;
    mount(Some("/usr"), &root.join("old"), NONE, MsFlags::MS_BIND | MsFlags::MS_REC, NONE)?;"#,
            says: "one of them at /old",
        },
        Wrong {
            clause: "its working directory is /",
            change: r#"    chdir(root)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;"#,
            to: r#"    chdir(programs)?;
    pivot_root(root, root)?;
    umount2("/", MntFlags::MNT_DETACH)?;"#,
            says: "/proc/PID/cwd of the caller is /",
        },
        Wrong {
            clause: "it keeps no directory open",
            change: "    chdir(root)?;",
            to: "    std::mem::forget(fs::File::open(\"/\")?);
    chdir(root)?;",
            says: "who closes it?",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer, as PID 1, builds a root directory and moves into it.
pub fn container2(answer: fn(&Path, &Path) -> io::Result<()>) -> ! {
    judge(|| {
        let (root, programs) = make_parts()?;
        let before = mounts_of(Pid::this());
        let process = run_in_container(&EXERCISE, || answer(root, programs))?;
        check_unchanged(&before, &mounts_of(Pid::this()))?;
        let visitor = Visitor::enter(&process)?;
        visitor.check_root(&before, &process)?;
        visitor.check_mounts(&["/", "/usr", "/tmp"])?;
        let inode = |path: &Path| fs::metadata(path).map(|it| (it.st_dev(), it.st_ino())).ok();
        let hello = inode(&visitor.path("/usr/bin/hello"));
        ensure(hello.is_some() && hello == inode(&programs.join("bin/hello")), || {
            wrong(
                text!("`programs` at /usr: /usr/bin/hello", "/usr에 `programs`: /usr/bin/hello"),
                text!("another file, or none", "그 파일이 아니거나 파일이 없습니다"),
                text!(
                    "which directory do you show at /usr, by MS_BIND?",
                    "MS_BIND로 /usr에 보여 준 디렉터리는 무엇인가요?",
                ),
            )
        })?;
        visitor.check_read_only("/usr")?;
        visitor.check_read_only("/")?;
        let (root, tmp) = (visitor.mount_at("/"), visitor.mount_at("/tmp"));
        let kind = tmp.as_ref().map_or("", |it| it.kind.as_str());
        let is_second = root.map(|it| it.device) != tmp.as_ref().map(|it| it.device);
        let error = visitor.write_error("/tmp");
        ensure(kind == "tmpfs" && is_second && error.is_none(), || {
            wrong(
                text!("a tmpfs at /tmp in which one can write", "/tmp에 쓸 수 있는 tmpfs"),
                match error {
                    Some(error) => {
                        text!("to make a file there: {error}", "거기에 파일 만들기: {error}")
                    }
                    None => text!(
                        "the file system is {kind}, or that of /",
                        "파일 시스템은 {kind}, 또는 /의 것"
                    ),
                },
                text!(
                    "what do you mount on /tmp, and with which flags?",
                    "/tmp에 무엇을 어떤 플래그로 마운트했나요?",
                ),
            )
        })?;
        Ok(text!(
            "the namespace has three mounts, only /tmp can be written, and nothing leads back",
            "namespace에 마운트가 셋 있고, /tmp에만 쓸 수 있으며, 되돌아가는 길이 없습니다",
        ))
    })
}
