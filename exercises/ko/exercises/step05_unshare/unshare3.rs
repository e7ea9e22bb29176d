//! 새 마운트 namespace는 마운트 표의 복사본으로 시작합니다. 그런데 대부분의
//! 컴퓨터에서는 복사본에 마운트한 것이 바깥에도 나타납니다. /가 "shared"라서
//! 마운트를 전파하기 때문입니다.
//!
//! 호출한 프로세스에게는 보이고 바깥의 어떤 프로세스에게도 보이지 않는 tmpfs를
//! `dir`에 마운트하세요.
//!
//! 매뉴얼: mount_namespaces(7), mount(2)

use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

fn mount_private(dir: &Path) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    // TODO: 이 마운트는 아직 바깥에도 나타납니다.
    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)
}

fn main() -> ! {
    judge::unshare3(mount_private)
}
