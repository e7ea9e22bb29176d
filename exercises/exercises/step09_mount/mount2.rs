//! With MS_BIND mount(2) copies a mount, flags included, and ignores the flags that
//! it is given. With MS_BIND and MS_REMOUNT it replaces the flags of one mount.
//! `tree` is a mount, and so is `tree/below`, which is nosuid. `dir` is an empty
//! directory. Here you have CAP_SYS_ADMIN.
//!
//! Make `tree` and `tree/below` appear at `dir` and `dir/below`, both read-only.
//! `dir/below` is nosuid like its original. Through `tree` and `tree/below` one can
//! still write.
//!
//! Manual: mount(2), mount_setattr(2)

use std::path::Path;

use nix::mount::{MsFlags, mount};

fn show_read_only(tree: &Path, dir: &Path) -> nix::Result<()> {
    // TODO: The kernel ignores one of these flags.
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC | MsFlags::MS_RDONLY;
    mount(Some(tree), dir, None::<&str>, flags, None::<&str>)
}

fn main() -> ! {
    judge::mount2(show_read_only)
}
