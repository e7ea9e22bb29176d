//! What one of the directories holds under a name, also where overlayfs has left a mark: a
//! whiteout, which is a device 0:0, or the attribute of an opaque directory.

use std::ffi::{CStr, CString, OsStr};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use anyhow::{Context, Result};
use nix::errno::Errno;
use step_support::printable;

/// The attribute of an opaque directory, one that hides the directories below it. Its class
/// is `user` with the option `userxattr`, otherwise `trusted`.
const OPAQUE: [&CStr; 2] = [c"trusted.overlay.opaque", c"user.overlay.opaque"];

/// A file's content, a directory, a device, or `-` for nothing (`lstat(2)`).
pub fn describe(path: &Path) -> Result<String> {
    let shown = path.display();
    let stat = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok("-".to_owned()),
        stat => stat.with_context(|| format!("lstat({shown})"))?,
    };
    if stat.file_type().is_char_device() {
        let device = stat.rdev();
        return Ok(format!("device {}:{}", libc::major(device), libc::minor(device)));
    }
    if stat.is_dir() {
        let opaque = OPAQUE.iter().find_map(|name| attribute(path, name).transpose());
        return Ok(opaque.transpose()?.map_or("dir".to_owned(), |it| format!("dir {it}")));
    }
    let content = fs::read(path).with_context(|| format!("read({shown})"))?;
    Ok(format!("{:?}", String::from_utf8_lossy(&content)))
}

/// An extended attribute as `name=value`, if the file has it (`lgetxattr(2)`).
fn attribute(path: &Path, name: &CStr) -> Result<Option<String>> {
    let file = CString::new(path.as_os_str().as_bytes())?;
    let mut value = [0; 16];
    let (buffer, room) = (value.as_mut_ptr().cast(), value.len());
    // SAFETY: both names end with a NUL, and the kernel writes at most `room` bytes to `value`.
    let size = unsafe { libc::lgetxattr(file.as_ptr(), name.as_ptr(), buffer, room) };
    let name = name.to_string_lossy();
    let size = match Errno::result(size) {
        // The file has no such attribute, or its file system has none of this class.
        Err(Errno::ENODATA | Errno::EOPNOTSUPP) => return Ok(None),
        size => size.with_context(|| format!("lgetxattr({}, {name})", path.display()))?,
    };
    Ok(Some(format!("{name}={}", printable(OsStr::from_bytes(&value[..size as usize])))))
}
