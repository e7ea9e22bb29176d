//! A file removed from an image, without a change to the layer that has it.

use std::io;
use std::path::Path;

use nix::mount::umount;

use crate::exercise::{Exercise, Wrong};
use crate::observe::images::{check_overlayfs, describe, make_dir, make_file, mount_overlay};
use crate::process::run_answer;
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A layer, the directory `base`, has the files etc/issue and etc/motd. The
directory `upper`, beside it, is empty. After your function has returned, the
judge mounts overlayfs with `base` below `upper`.",
    task: "
Change `upper` so that the mount does not show etc/issue. It still shows
etc/motd. Leave `base` as it is.",
    manual: "mknod(2), https://docs.kernel.org/filesystems/overlayfs.html",
    starter: r#"
use std::fs;
use std::io;
use std::path::Path;

fn hide_issue(upper: &Path) -> io::Result<()> {
    fs::create_dir(upper.join("etc"))?;
    // TODO: This shows an empty file. What says that there is none?
    fs::write(upper.join("etc/issue"), "")
}

fn main() -> ! {
    judge::image1(hide_issue)
}
"#,
    solutions: &[
        (
            "nix",
            r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::sys::stat::{Mode, SFlag, makedev, mknod};

fn hide_issue(upper: &Path) -> io::Result<()> {
    fs::create_dir(upper.join("etc"))?;
    let whiteout = upper.join("etc/issue");
    mknod(&whiteout, SFlag::S_IFCHR, Mode::empty(), makedev(0, 0))?;
    Ok(())
}

fn main() -> ! {
    judge::image1(hide_issue)
}
"#,
        ),
        (
            "libc, relative to a directory",
            r#"
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

fn hide_issue(upper: &Path) -> io::Result<()> {
    let etc = upper.join("etc");
    fs::create_dir_all(&etc)?;
    let etc = File::open(etc)?;
    let (dir, mode) = (etc.as_raw_fd(), libc::S_IFCHR | 0o600);
    // SAFETY: the descriptor is open, and the string ends with NUL.
    match unsafe { libc::mknodat(dir, c"issue".as_ptr(), mode, libc::makedev(0, 0)) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn main() -> ! {
    judge::image1(hide_issue)
}
"#,
        ),
        (
            "overlayfs makes the whiteout",
            r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MsFlags, mount, umount};

fn hide_issue(upper: &Path) -> io::Result<()> {
    let base = upper.with_file_name("base");
    let (work, merged) = (upper.with_file_name("w"), upper.with_file_name("m"));
    fs::create_dir(&work)?;
    fs::create_dir(&merged)?;
    let (base, upper, work) = (base.display(), upper.display(), work.display());
    let options = format!("lowerdir={base},upperdir={upper},workdir={work},userxattr");
    mount(Some("overlay"), &merged, Some("overlay"), MsFlags::empty(), Some(options.as_str()))?;
    fs::remove_file(merged.join("etc/issue"))?;
    umount(&merged)?;
    Ok(())
}

fn main() -> ! {
    judge::image1(hide_issue)
}
"#,
        ),
    ],
    hints: [
        "In the directory above, what does `cargo run -p step10-image -- sh -c 'rm merged/etc/issue; ls -l upper/etc'` print?",
        "A whiteout is a character device with the number 0, 0. mknod(2) makes one, and since Linux 5.8 this needs no privilege.",
        "mknod(&whiteout, SFlag::S_IFCHR, Mode::empty(), makedev(0, 0))?;",
    ],
    errors: &[
        (
            "EPERM",
            "a device that has a driver may be made only by root of the host: which number has a \
             whiteout?",
        ),
        ("ENOENT", "`upper` is empty: have you made the directory etc in it?"),
        ("EEXIST", "there is something of this name: have you made it before?"),
        ("EINVAL", "mknod(2) makes a device only if its second argument says of which kind"),
    ],
    wrong: &[
        Wrong {
            clause: "the mount does not show etc/issue",
            change: "    mknod(&whiteout, SFlag::S_IFCHR, Mode::empty(), makedev(0, 0))?;",
            to: r#"    fs::write(whiteout, "")?;"#,
            says: "an empty file is a file",
        },
        Wrong {
            clause: "the mount does not show etc/issue",
            change: "    mknod(&whiteout, SFlag::S_IFCHR, Mode::empty(), makedev(0, 0))?;",
            to: "",
            says: "nothing in `upper` has that name",
        },
        Wrong {
            clause: "the mount does not show etc/issue",
            change: "makedev(0, 0)",
            to: "makedev(1, 3)",
            says: "which number has a whiteout?",
        },
        Wrong {
            clause: "the mount does not show etc/issue",
            change: r#"upper.join("etc/issue")"#,
            to: r#"upper.join("etc/.wh.issue")"#,
            says: "only in a tar archive",
        },
        Wrong {
            clause: "It still shows etc/motd.",
            change: r#"    fs::create_dir(upper.join("etc"))?;
    let whiteout = upper.join("etc/issue");"#,
            to: r#"    let whiteout = upper.join("etc");"#,
            says: "what does a whiteout of a directory hide?",
        },
        Wrong {
            clause: "Leave `base` as it is.",
            change: "    mknod(&whiteout, SFlag::S_IFCHR, Mode::empty(), makedev(0, 0))?;",
            to: r#"    fs::remove_file(upper.with_file_name("base").join("etc/issue"))?;"#,
            says: "other containers use this layer",
        },
    ],
    ..Exercise::NEW
};

/// What `base` holds.
const FILES: [(&str, &str); 2] = [("etc/issue", "Linux"), ("etc/motd", "welcome")];

/// Checks that the answer hides a file of a lower layer by what it puts into the upper one.
pub fn image1(answer: fn(&Path) -> io::Result<()>) -> ! {
    judge(|| {
        check_overlayfs()?;
        let dir = Path::new("/tmp/image");
        let [base, upper, work, merged] =
            ["base", "upper", "work", "merged"].map(|name| dir.join(name));
        for (file, content) in FILES {
            make_file(&base.join(file), content)?;
        }
        for dir in [&upper, &work, &merged] {
            make_dir(dir)?;
        }
        let process = run_answer(&EXERCISE, || answer(&upper).map(|()| ""))?;
        process.end();
        for (file, content) in FILES {
            let found = describe(&base.join(file));
            ensure(found == format!("{content:?}"), || {
                wrong(
                    format!("base/{file} as it was, {content:?}"),
                    found,
                    "other containers use this layer, and none of them has removed the file",
                )
            })?;
        }
        let (base, over, work) = (base.display(), upper.display(), work.display());
        let options = format!("lowerdir={base},upperdir={over},workdir={work},userxattr");
        mount_overlay(&merged, &options).map_err(|errno| {
            wrong(
                "directories that overlayfs can show as one",
                format!("mount(overlay, {options}): {errno}"),
                "it worked before: is `upper` still a directory, and is it in use elsewhere?",
            )
        })?;
        let issue = describe(&merged.join("etc/issue"));
        let motd = describe(&merged.join("etc/motd"));
        let made = describe(&upper.join("etc/issue"));
        let _ = umount(&merged);
        ensure(motd == "\"welcome\"", || {
            let reason = match motd.as_str() {
                "nothing" => "what does a whiteout of a directory hide?",
                _ => "the layer below has the file: what does `upper` have under its name?",
            };
            wrong("etc/motd of base, \"welcome\", in the mount", motd, reason)
        })?;
        ensure(issue == "nothing", || {
            let reason = match made.as_str() {
                "nothing" if upper.join("etc/.wh.issue").exists() => {
                    "a whiteout has such a name only in a tar archive: what is it for overlayfs?"
                }
                "nothing" => {
                    "nothing in `upper` has that name, so overlayfs asks the layer below: what \
                     says that there is no such file?"
                }
                "\"\"" => {
                    "an empty file is a file: what does overlayfs put into `upper` when a file is \
                     removed?"
                }
                _ => "what does overlayfs put into `upper` when a file is removed?",
            };
            wrong(
                "no etc/issue in the mount",
                format!("etc/issue in the mount: {issue}; in `upper`: {made}"),
                reason,
            )
        })?;
        Ok(format!("the mount has no etc/issue, base still has it, and in `upper` it is {made}"))
    })
}
