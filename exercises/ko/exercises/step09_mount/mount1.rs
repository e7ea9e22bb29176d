//! chroot(2)는 한 프로세스의 경로가 시작하는 곳을 바꿉니다. pivot_root(2)는
//! 마운트 namespace의 루트를 바꾸고, 옛 루트를 새 루트의 어떤 디렉터리에
//! 마운트합니다. 마운트가 "shared"이면 실패하는데, 대부분의 컴퓨터에서 /가
//! 그렇습니다. `dir`은 빈 디렉터리입니다.
//!
//! `dir`에 tmpfs를 마운트하고, 그것을 새 마운트 namespace의 루트로 만드세요. 그
//! 안에는 다른 마운트가 없어야 합니다. 호출한 프로세스의 작업 디렉터리도 그
//! tmpfs에 있어야 합니다. 바깥 프로세스들의 마운트는 그대로입니다.
//!
//! 매뉴얼: pivot_root(2), mount_namespaces(7), umount(2)

use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{chdir, chroot};

fn new_root(dir: &Path) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)?;
    chdir(dir)?;
    // TODO: 원래의 마운트가 아직 namespace 안에 있습니다.
    chroot(".")
}

fn main() -> ! {
    judge::mount1(new_root)
}
