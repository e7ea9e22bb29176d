//! The directories of an image, and what overlayfs shows of them.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount, umount};

use crate::language::{Both, CHECK_MACHINE, shown, text};
use crate::verdict::{Finding, unavailable};

/// Mounts overlayfs (`mount(2)`).
pub fn mount_overlay(dir: &Path, options: &str) -> nix::Result<()> {
    mount(Some("overlay"), dir, Some("overlay"), MsFlags::empty(), Some(options))
}

/// Checks that this machine lets the sandbox mount overlayfs.
pub fn check_overlayfs() -> Result<(), Finding> {
    let dir = Path::new("/tmp/overlayfs");
    let dirs = ["lower", "upper", "work", "merged"].map(|name| dir.join(name));
    dirs.iter().try_for_each(|it| make_dir(it))?;
    let [lower, upper, work, merged] = &dirs;
    let (lower, upper, work) = (lower.display(), upper.display(), work.display());
    let options = format!("lowerdir={lower},upperdir={upper},workdir={work},userxattr");
    mount_overlay(merged, &options).and_then(|()| umount(merged)).map_err(|errno| {
        let advice = match errno {
            Errno::ENODEV => text!(
                "To load overlayfs: sudo modprobe overlay",
                "overlayfs를 불러오려면: sudo modprobe overlay",
            ),
            // Older kernels do not know the option.
            Errno::EPERM | Errno::EINVAL => {
                text!(
                    "To mount overlayfs in a user namespace takes Linux 5.11; check: uname -r",
                    "user namespace에서 overlayfs를 마운트하려면 리눅스 5.11이 필요합니다. \
                     확인하려면: uname -r",
                )
            }
            _ => CHECK_MACHINE.into(),
        };
        unavailable("mount(overlay)", errno, advice)
    })?;
    fs::remove_dir_all(dir)
        .map_err(|error| unavailable("rm(/tmp/overlayfs)", error, shown!("df /tmp")))
}

/// Makes a directory, and those above it.
pub fn make_dir(dir: &Path) -> Result<(), Finding> {
    fs::create_dir_all(dir)
        .map_err(|error| unavailable(format!("mkdir({})", dir.display()), error, shown!("df /tmp")))
}

/// Makes a file, and the directories above it.
pub fn make_file(file: &Path, content: &str) -> Result<(), Finding> {
    make_dir(file.parent().unwrap_or(file))?;
    fs::write(file, content).map_err(|error| {
        unavailable(format!("write({})", file.display()), error, shown!("df /tmp"))
    })
}

/// What is at a path where there is no file.
pub const NOTHING: &str = Both("nothing", "없음").here();

/// What is at a path: a file's content in quotation marks, or its kind in words.
pub fn describe(path: &Path) -> String {
    let stat = match fs::symlink_metadata(path) {
        Ok(stat) => stat,
        Err(error) if error.kind() == ErrorKind::NotFound => return NOTHING.to_owned(),
        Err(error) => return error.to_string(),
    };
    let (kind, device) = (stat.file_type(), stat.rdev());
    if kind.is_char_device() {
        let (major, minor) = (libc::major(device), libc::minor(device));
        return text!("a character device {major}:{minor}", "문자 장치 {major}:{minor}")
            .to_string();
    }
    if kind.is_file() {
        let content = fs::read(path).map(|it| format!("{:?}", String::from_utf8_lossy(&it)));
        return content.unwrap_or_else(|error| error.to_string());
    }
    let kind = match kind {
        kind if kind.is_dir() => Both("a directory", "디렉터리"),
        kind if kind.is_symlink() => Both("a symbolic link", "심볼릭 링크"),
        _ => Both("a special file", "특수 파일"),
    };
    kind.here().to_owned()
}
