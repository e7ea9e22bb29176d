//! An image mounted from the list of its layers.

use std::fs;
use std::path::Path;

use nix::sys::stat::{Mode, SFlag, mknod};

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, NONE, shown, text};
use crate::observe::images::{NOTHING, check_overlayfs, describe, make_dir, make_file};
use crate::observe::mounts::mounts_of;
use crate::process::run_answer;
use crate::sandbox::judge;
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A manifest lists the layers of an image from the lowest to the highest, and so
does `layers`. Each is a directory. The caller may mount file systems.",
        "
매니페스트에는 이미지의 레이어가 아래에서 위의 순서로 적혀 있고, `layers`도
그렇습니다. 레이어는 모두 디렉터리입니다. 호출하는 프로세스는 파일 시스템을
마운트할 수 있습니다.",
    ),
    task: Both(
        "
Mount overlayfs at `dir` so that it shows all `layers` as one. The first of
them is the lowest. Nobody may write to the mount.",
        "
`layers`를 모두 하나로 보여 주도록 `dir`에 overlayfs를 마운트하세요. 첫
번째가 가장 아래 레이어입니다. 이 마운트에는 아무도 쓸 수 없어야 합니다.",
    ),
    manual: "mount(2), https://docs.kernel.org/filesystems/overlayfs.html",
    starter: r#"
use std::path::Path;

use nix::mount::{MsFlags, mount};

fn mount_image(layers: &[&Path], dir: &Path) -> nix::Result<()> {
    // TODO: Which end of `lowerdir` is the highest layer?
    let paths: Vec<_> = layers.iter().map(|it| it.display().to_string()).collect();
    let options = format!("lowerdir={}", paths.join(":"));
    mount(Some("overlay"), dir, Some("overlay"), MsFlags::empty(), Some(options.as_str()))
}

fn main() -> ! {
    judge::image2(mount_image)
}
"#,
    solutions: &[
        (
            "nix",
            r#"
use std::path::Path;

use nix::mount::{MsFlags, mount};

fn mount_image(layers: &[&Path], dir: &Path) -> nix::Result<()> {
    let paths: Vec<_> = layers.iter().rev().map(|it| it.display().to_string()).collect();
    let options = format!("lowerdir={}", paths.join(":"));
    mount(Some("overlay"), dir, Some("overlay"), MsFlags::empty(), Some(options.as_str()))
}

fn main() -> ! {
    judge::image2(mount_image)
}
"#,
        ),
        (
            "the highest layer as a read-only upper directory",
            r#"
use std::fs;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};

fn mount_image(layers: &[&Path], dir: &Path) -> nix::Result<()> {
    let (upper, lower) = layers.split_last().ok_or(Errno::EINVAL)?;
    let lower: Vec<_> = lower.iter().rev().map(|it| it.display().to_string()).collect();
    let work = upper.with_file_name("w");
    fs::create_dir(&work).map_err(|_| Errno::EIO)?;
    let (lower, upper, work) = (lower.join(":"), upper.display(), work.display());
    let options = format!("lowerdir={lower},upperdir={upper},workdir={work},userxattr");
    mount(Some("overlay"), dir, Some("overlay"), MsFlags::MS_RDONLY, Some(options.as_str()))
}

fn main() -> ! {
    judge::image2(mount_image)
}
"#,
        ),
        (
            "one overlay on another",
            r#"
use std::path::Path;

use nix::mount::{MsFlags, mount};

fn mount_image(layers: &[&Path], dir: &Path) -> nix::Result<()> {
    let mut below = layers[0];
    for layer in &layers[1..] {
        let options = format!("lowerdir={}:{}", layer.display(), below.display());
        mount(Some("none"), dir, Some("overlay"), MsFlags::MS_NOSUID, Some(options.as_str()))?;
        below = dir;
    }
    Ok(())
}

fn main() -> ! {
    judge::image2(mount_image)
}
"#,
        ),
        (
            "libc, fsopen and move_mount",
            r#"
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::null;

use nix::errno::Errno;

const FSCONFIG_SET_STRING: i32 = 1;
const FSCONFIG_CMD_CREATE: i32 = 6;
const MOVE_MOUNT_F_EMPTY_PATH: i32 = 4;

fn mount_image(layers: &[&Path], dir: &Path) -> nix::Result<()> {
    let paths: Vec<_> = layers.iter().rev().map(|it| it.as_os_str().as_bytes()).collect();
    let lower = CString::new(paths.join(&b':')).map_err(|_| Errno::EINVAL)?;
    // SAFETY: the string ends with NUL.
    let fs = Errno::result(unsafe { libc::syscall(libc::SYS_fsopen, c"overlay".as_ptr(), 0) })?;
    let (set, key, value) = (FSCONFIG_SET_STRING, c"lowerdir".as_ptr(), lower.as_ptr());
    // SAFETY: both strings end with NUL and outlive the call.
    Errno::result(unsafe { libc::syscall(libc::SYS_fsconfig, fs, set, key, value, 0) })?;
    let (create, none) = (FSCONFIG_CMD_CREATE, null::<libc::c_char>());
    // SAFETY: the pointers may be NULL.
    Errno::result(unsafe { libc::syscall(libc::SYS_fsconfig, fs, create, none, none, 0) })?;
    // SAFETY: the call takes numbers.
    let mounted = Errno::result(unsafe { libc::syscall(libc::SYS_fsmount, fs, 0, 0) })?;
    let dir = CString::new(dir.as_os_str().as_bytes()).map_err(|_| Errno::EINVAL)?;
    let (move_mount, empty, dir) = (libc::SYS_move_mount, c"".as_ptr(), dir.as_ptr());
    let (cwd, flags) = (libc::AT_FDCWD, MOVE_MOUNT_F_EMPTY_PATH);
    // SAFETY: both strings end with NUL and outlive the call.
    Errno::result(unsafe { libc::syscall(move_mount, mounted, empty, cwd, dir, flags) })?;
    Ok(())
}

fn main() -> ! {
    judge::image2(mount_image)
}
"#,
        ),
    ],
    hints: [
        Both(
            "In what order does `cargo run -p step10-image`, in the directory above, name the \
             layers in JSON, and in what order in `lowerdir`?",
            "저장소의 최상위 디렉터리에서 `cargo run -p step10-image`를 실행하면 레이어가 JSON에는 \
             어떤 순서로, `lowerdir`에는 어떤 순서로 적혀 있나요?",
        ),
        Both(
            "`lowerdir` begins with the highest layer, and a colon stands between two. A mount \
             without `upperdir` is read-only.",
            "`lowerdir`은 가장 위 레이어부터 적고, 둘 사이에는 콜론을 둡니다. `upperdir`이 없는 \
             마운트는 읽기 전용입니다.",
        ),
        Both::same(
            r#"let paths: Vec<_> = layers.iter().rev().map(|it| it.display().to_string()).collect();
let options = format!("lowerdir={}", paths.join(":"));"#,
        ),
    ],
    errors: &[
        (
            "EINVAL",
            Both(
                "overlayfs refuses the options: without `upperdir` it needs at least two layers, \
                 with a colon between them",
                "overlayfs가 받아들이지 않는 옵션입니다. `upperdir`이 없으면 레이어가 적어도 둘 \
                 있어야 하고, 사이에 콜론이 있어야 합니다",
            ),
        ),
        (
            "ENOENT",
            Both(
                "a directory does not exist, the one that you mount on or one of `lowerdir`: what \
                 stands between two layers?",
                "마운트할 디렉터리나 `lowerdir`의 디렉터리 가운데 없는 것이 있습니다. 두 레이어 \
                 사이에는 무엇을 쓰나요?",
            ),
        ),
        (
            "ENODEV",
            Both(
                "there is no file system of that type: the third argument of mount(2) is its name",
                "그런 종류의 파일 시스템이 없습니다. mount(2)의 세 번째 인자가 그 이름입니다",
            ),
        ),
        (
            "ENOTDIR",
            Both(
                "overlayfs is mounted on a directory, and shows directories",
                "overlayfs는 디렉터리에 마운트하고, 디렉터리를 보여 줍니다",
            ),
        ),
        (
            "ELOOP",
            Both(
                "`dir` itself is among the layers: which paths do you pass?",
                "레이어 가운데 `dir` 자신이 있습니다. 어떤 경로를 넘겼나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "The first of them is the lowest.",
            change: "layers.iter().rev()",
            to: "layers.iter()",
            says: "which end of `lowerdir` is the highest layer?",
        },
        Wrong {
            clause: "it shows all `layers` as one",
            change: "layers.iter().rev()",
            to: "layers.iter().skip(1).rev()",
            says: "is every layer in `lowerdir`?",
        },
        Wrong {
            clause: "it shows all `layers` as one",
            change: r#"paths.join(":")"#,
            to: r#"paths.join(",")"#,
            says: "a colon",
        },
        Wrong {
            clause: "Nobody may write to the mount.",
            change: r#"    let options = format!("lowerdir={}", paths.join(":"));"#,
            to: r#"    let beside = |name: &str| layers[0].with_file_name(name).display().to_string();
    let (upper, work) = (beside("u"), beside("w"));
    let made = std::fs::create_dir(&upper).and_then(|()| std::fs::create_dir(&work));
    made.map_err(|_| nix::errno::Errno::EIO)?;
    let lower = paths.join(":");
    let options = format!("lowerdir={lower},upperdir={upper},workdir={work},userxattr");"#,
            says: "which option lets overlayfs write?",
        },
        Wrong {
            clause: "Mount overlayfs at `dir`",
            change: r#"    mount(Some("overlay"), dir,"#,
            to: r#"    mount(Some("overlay"), layers[0].with_file_name("elsewhere").as_path(),"#,
            says: "does not exist",
        },
        Wrong {
            clause: "Mount overlayfs at `dir`",
            change: r#"    mount(Some("overlay"), dir, Some("overlay"), MsFlags::empty(),"#,
            to: r#"    mount(layers.last().copied(), dir, None::<&str>, MsFlags::MS_BIND,"#,
            says: "of which type is the file system",
        },
    ],
    ..Exercise::NEW
};

/// The layers: each changes etc/motd, and has a file of its own.
const LAYERS: [(&str, &str); 3] =
    [("base", "welcome"), ("app", "hello"), ("change", "hello again")];

/// Checks that the answer mounts an image, read-only.
pub fn image2(answer: fn(&[&Path], &Path) -> nix::Result<()>) -> ! {
    judge(|| {
        check_overlayfs()?;
        let dir = Path::new("/tmp/image");
        let layers = LAYERS.map(|(name, _)| dir.join(name));
        for (layer, (name, motd)) in layers.iter().zip(LAYERS) {
            make_file(&layer.join("etc/motd"), motd)?;
            make_file(&layer.join("from").join(name), "")?;
        }
        make_file(&layers[0].join("etc/issue"), "Linux")?;
        let whiteout = layers[2].join("etc/issue");
        mknod(&whiteout, SFlag::S_IFCHR, Mode::empty(), 0)
            .map_err(|errno| unavailable("mknod(a device 0:0)", errno, shown!("See: uname -r")))?;
        let merged = dir.join("merged");
        make_dir(&merged)?;
        let [base, app, change] = &layers;
        let process = run_answer(&EXERCISE, || answer(&[base, app, change], &merged).map(|()| ""))?;

        let mounts = mounts_of(process.pid);
        let mount = mounts.iter().rfind(|it| Path::new(&it.target) == merged);
        let kind = mount.map(|it| it.kind.as_str());
        ensure(kind == Some("overlay"), || {
            wrong(
                text!(
                    "a mount of type overlay at {}",
                    "{}에 overlay 종류의 마운트",
                    merged.display(),
                ),
                text!("its type is {:?}", "종류는 {:?}", kind.unwrap_or(NONE)),
                text!(
                    "of which type is the file system that you mount, and where?",
                    "마운트한 파일 시스템의 종류는 무엇이고, 어디에 마운트했나요?",
                ),
            )
        })?;
        // As the caller sees it, whatever mount namespace that is in.
        let seen = format!("/proc/{}/root{}", process.pid, merged.display());
        let seen = Path::new(&seen);
        for (name, _) in LAYERS {
            let found = describe(&seen.join("from").join(name));
            ensure(found == "\"\"", || {
                wrong(
                    text!(
                        "from/{name}, which the layer {name} has, in the mount",
                        "마운트에 from/{name} (레이어 {name}에 있는 파일)",
                    ),
                    shown!("{found}"),
                    text!("is every layer in `lowerdir`?", "모든 레이어가 `lowerdir`에 있나요?"),
                )
            })?;
        }
        let (motd, issue) = (describe(&seen.join("etc/motd")), describe(&seen.join("etc/issue")));
        ensure((motd.as_str(), issue.as_str()) == ("\"hello again\"", NOTHING), || {
            wrong(
                text!(
                    "etc/motd with \"hello again\", and no etc/issue, as the highest layer says",
                    "가장 위 레이어가 정한 대로, etc/motd의 내용은 \"hello again\"이고 etc/issue는 \
                     없음",
                ),
                shown!("etc/motd: {motd}; etc/issue: {issue}"),
                text!(
                    "the highest layer decides: which end of `lowerdir` is the highest layer?",
                    "가장 위 레이어가 정합니다. `lowerdir`에서 가장 위 레이어는 어느 쪽 끝인가요?",
                ),
            )
        })?;
        let written = fs::write(seen.join("new"), "");
        ensure(written.is_err(), || {
            wrong(
                text!("a mount to which nobody may write", "아무도 쓸 수 없는 마운트"),
                text!(
                    "the judge has made a file in it",
                    "채점 프로그램이 그 안에 파일을 만들 수 있었습니다",
                ),
                text!(
                    "which option lets overlayfs write?",
                    "어떤 옵션이 있으면 overlayfs에 쓸 수 있게 되나요?",
                ),
            )
        })?;
        Ok(text!(
            "{} shows all three layers, the last one uppermost, read-only",
            "{}에 레이어 세 개가 다 보이고, 마지막 것이 맨 위이며, 읽기 전용입니다",
            merged.display(),
        ))
    })
}
