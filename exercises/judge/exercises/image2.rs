//! An image mounted from the list of its layers.

use std::fs;
use std::path::Path;

use nix::sys::stat::{Mode, SFlag, mknod};

use crate::exercise::{Exercise, Wrong};
use crate::observe::images::{check_overlayfs, describe, make_dir, make_file};
use crate::observe::mounts::mounts_of;
use crate::process::run_answer;
use crate::sandbox::judge;
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A manifest lists the layers of an image from the lowest to the highest, and so
does `layers`. Each is a directory. The caller may mount file systems.",
    task: "
Mount overlayfs at `dir` so that it shows all `layers` as one. The first of
them is the lowest. Nobody may write to the mount.",
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
        "In what order does `cargo run -p step10-image`, in the directory above, name the layers in JSON, and in what order in `lowerdir`?",
        "`lowerdir` begins with the highest layer, and a colon stands between two. A mount without `upperdir` is read-only.",
        r#"let paths: Vec<_> = layers.iter().rev().map(|it| it.display().to_string()).collect();
let options = format!("lowerdir={}", paths.join(":"));"#,
    ],
    errors: &[
        (
            "EINVAL",
            "overlayfs refuses the options: without `upperdir` it needs at least two layers, with \
             a colon between them",
        ),
        (
            "ENOENT",
            "a directory does not exist, the one that you mount on or one of `lowerdir`: what stands \
             between two layers?",
        ),
        (
            "ENODEV",
            "there is no file system of that type: the third argument of mount(2) is its name",
        ),
        ("ENOTDIR", "overlayfs is mounted on a directory, and shows directories"),
        ("ELOOP", "`dir` itself is among the layers: which paths do you pass?"),
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
            .map_err(|errno| unavailable("mknod(a device 0:0)", errno, "See: uname -r"))?;
        let merged = dir.join("merged");
        make_dir(&merged)?;
        let [base, app, change] = &layers;
        let process = run_answer(&EXERCISE, || answer(&[base, app, change], &merged).map(|()| ""))?;

        let mounts = mounts_of(process.pid);
        let mount = mounts.iter().rfind(|it| Path::new(&it.target) == merged);
        let kind = mount.map(|it| it.kind.as_str());
        ensure(kind == Some("overlay"), || {
            wrong(
                format!("a mount of type overlay at {}", merged.display()),
                format!("its type is {:?}", kind.unwrap_or("none")),
                "of which type is the file system that you mount, and where?",
            )
        })?;
        // As the caller sees it, whatever mount namespace that is in.
        let seen = format!("/proc/{}/root{}", process.pid, merged.display());
        let seen = Path::new(&seen);
        for (name, _) in LAYERS {
            let found = describe(&seen.join("from").join(name));
            ensure(found == "\"\"", || {
                wrong(
                    format!("from/{name}, which the layer {name} has, in the mount"),
                    found,
                    "is every layer in `lowerdir`?",
                )
            })?;
        }
        let (motd, issue) = (describe(&seen.join("etc/motd")), describe(&seen.join("etc/issue")));
        ensure((motd.as_str(), issue.as_str()) == ("\"hello again\"", "nothing"), || {
            wrong(
                "etc/motd with \"hello again\", and no etc/issue, as the highest layer says",
                format!("etc/motd: {motd}; etc/issue: {issue}"),
                "the highest layer decides: which end of `lowerdir` is the highest layer?",
            )
        })?;
        let written = fs::write(seen.join("new"), "");
        ensure(written.is_err(), || {
            wrong(
                "a mount to which nobody may write",
                "the judge has made a file in it",
                "which option lets overlayfs write?",
            )
        })?;
        Ok(format!(
            "{} shows all three layers, the last one uppermost, read-only",
            merged.display()
        ))
    })
}
