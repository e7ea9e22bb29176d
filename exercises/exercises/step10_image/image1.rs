//! A layer, the directory `base`, has the files etc/issue and etc/motd. The
//! directory `upper`, beside it, is empty. After your function has returned, the
//! judge mounts overlayfs with `base` below `upper`.
//!
//! Change `upper` so that the mount does not show etc/issue. It still shows
//! etc/motd. Leave `base` as it is.
//!
//! Manual: mknod(2), https://docs.kernel.org/filesystems/overlayfs.html

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
