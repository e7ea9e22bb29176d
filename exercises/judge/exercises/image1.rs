//! A file removed from an image, without a change to the layer that has it.

use std::io;
use std::path::Path;

use nix::mount::umount;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::observe::images::{
    NOTHING, check_overlayfs, describe, make_dir, make_file, mount_overlay,
};
use crate::process::run_answer;
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A layer, the directory `base`, has the files etc/issue and etc/motd. The
directory `upper`, beside it, is empty. After your function has returned, the
judge mounts overlayfs with `base` below `upper`.",
        "
레이어인 디렉터리 `base`에는 파일 etc/issue와 etc/motd가 있습니다. 그 옆의
디렉터리 `upper`는 비어 있습니다. 여러분의 함수가 반환하면 채점 프로그램이
`upper` 아래에 `base`를 두고 overlayfs를 마운트합니다.",
    ),
    task: Both(
        "
Change `upper` so that the mount does not show etc/issue. It still shows
etc/motd. Leave `base` as it is.",
        "
마운트에서 etc/issue가 보이지 않게 `upper`를 바꾸세요. etc/motd는 그대로
보여야 합니다. `base`는 건드리지 마세요.",
    ),
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
        Both(
            "In the directory above, what does `cargo run -p step10-image -- sh -c 'rm \
             merged/etc/issue; ls -l upper/etc'` print?",
            "저장소의 최상위 디렉터리에서 `cargo run -p step10-image -- sh -c 'rm \
             merged/etc/issue; ls -l upper/etc'`를 실행하면 무엇이 출력되나요?",
        ),
        Both(
            "A whiteout is a character device with the number 0, 0. mknod(2) makes one, and since \
             Linux 5.8 this needs no privilege.",
            "화이트아웃은 번호가 0, 0인 문자 장치입니다. mknod(2)로 만들고, 리눅스 5.8부터는 \
             권한이 필요 없습니다.",
        ),
        Both::same("mknod(&whiteout, SFlag::S_IFCHR, Mode::empty(), makedev(0, 0))?;"),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "a device that has a driver may be made only by root of the host: which number \
                 does a whiteout have?",
                "드라이버가 있는 장치는 호스트의 root만 만들 수 있습니다. 화이트아웃의 번호는 몇 \
                 번인가요?",
            ),
        ),
        (
            "ENOENT",
            Both(
                "`upper` is empty: have you made the directory etc in it?",
                "`upper`는 비어 있습니다. 그 안에 디렉터리 etc를 만들었나요?",
            ),
        ),
        (
            "EEXIST",
            Both(
                "there is something of this name: have you made it before?",
                "같은 이름이 이미 있습니다. 전에 만들었나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "mknod(2) makes a device only if its second argument says of which kind",
                "mknod(2)로 장치를 만들려면 두 번째 인자로 장치의 종류를 알려야 합니다",
            ),
        ),
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
            says: "which number does a whiteout have?",
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
                    text!(
                        "base/{file} as it was, {content:?}",
                        "base/{file}은 원래대로 {content:?}",
                    ),
                    shown!("{found}"),
                    text!(
                        "other containers use this layer, and none of them has removed the file",
                        "이 레이어는 다른 컨테이너들도 쓰는데, 그 파일을 지운 컨테이너는 없습니다",
                    ),
                )
            })?;
        }
        let (base, over, work) = (base.display(), upper.display(), work.display());
        let options = format!("lowerdir={base},upperdir={over},workdir={work},userxattr");
        mount_overlay(&merged, &options).map_err(|errno| {
            wrong(
                text!(
                    "directories that overlayfs can show as one",
                    "overlayfs가 하나로 보여 줄 수 있는 디렉터리들",
                ),
                shown!("mount(overlay, {options}): {errno}"),
                text!(
                    "it worked before: is `upper` still a directory, and is it in use elsewhere?",
                    "전에는 마운트되었습니다. `upper`가 아직 디렉터리이고, 다른 데서 쓰고 있지는 \
                     않나요?",
                ),
            )
        })?;
        let issue = describe(&merged.join("etc/issue"));
        let motd = describe(&merged.join("etc/motd"));
        let made = describe(&upper.join("etc/issue"));
        let _ = umount(&merged);
        ensure(motd == "\"welcome\"", || {
            let reason = match motd.as_str() {
                NOTHING => text!(
                    "what does a whiteout of a directory hide?",
                    "디렉터리를 화이트아웃으로 가리면 무엇이 안 보이게 되나요?",
                ),
                _ => text!(
                    "the layer below has the file: what does `upper` have under its name?",
                    "아래 레이어에는 이 파일이 있습니다. `upper`에는 그 이름으로 무엇이 있나요?",
                ),
            };
            wrong(
                text!(
                    "etc/motd of base, \"welcome\", in the mount",
                    "마운트에 base의 etc/motd, 내용은 \"welcome\"",
                ),
                shown!("{motd}"),
                reason,
            )
        })?;
        ensure(issue == NOTHING, || {
            let reason = match made.as_str() {
                NOTHING if upper.join("etc/.wh.issue").exists() => {
                    text!(
                        "a whiteout has such a name only in a tar archive: what is it for \
                         overlayfs?",
                        "화이트아웃의 이름이 이런 것은 tar 파일 안에서뿐입니다. overlayfs에서 \
                         화이트아웃은 무엇인가요?",
                    )
                }
                NOTHING => {
                    text!(
                        "nothing in `upper` has that name, so overlayfs asks the layer below: what \
                         says that there is no such file?",
                        "`upper`에 그 이름이 없으므로 overlayfs는 아래 레이어를 봅니다. 그런 \
                         파일이 없다는 것은 무엇으로 나타내나요?",
                    )
                }
                "\"\"" => {
                    text!(
                        "an empty file is a file: what does overlayfs put into `upper` when a file \
                         is removed?",
                        "빈 파일도 파일입니다. 파일을 지울 때 overlayfs는 `upper`에 무엇을 두나요?",
                    )
                }
                _ => text!(
                    "what does overlayfs put into `upper` when a file is removed?",
                    "파일을 지울 때 overlayfs는 `upper`에 무엇을 두나요?",
                ),
            };
            wrong(
                text!("no etc/issue in the mount", "마운트에 etc/issue가 없음"),
                text!(
                    "etc/issue in the mount: {issue}; in `upper`: {made}",
                    "마운트의 etc/issue: {issue}, `upper`: {made}",
                ),
                reason,
            )
        })?;
        Ok(text!(
            "the mount has no etc/issue, base still has it, and in `upper` it is {made}",
            "마운트에는 etc/issue가 없고, base에는 그대로 있으며, `upper`에는 {made}이(가) \
             있습니다",
        ))
    })
}
