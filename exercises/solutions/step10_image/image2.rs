//! A manifest lists the layers of an image from the lowest to the highest, and so
//! does `layers`. Each is a directory. The caller may mount file systems.
//!
//! Mount overlayfs at `dir` so that it shows all `layers` as one. The first of
//! them is the lowest. Nobody may write to the mount.
//!
//! Manual: mount(2), https://docs.kernel.org/filesystems/overlayfs.html

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
