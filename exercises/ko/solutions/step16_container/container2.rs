//! container1에서 시작한 PID 1이 `build`를 호출합니다. 새 namespace들의 root입니다.
//! 그 마운트 namespace는 새 user namespace의 것이라서, 그 안의 마운트는 바깥으로
//! 전파되지 않습니다. 그리고 복사될 때 마운트에 걸려 있던 제한은 잠깁니다. 다시
//! 마운트하면서 MS_RDONLY를 더할 수는 있지만, MS_NOSUID와 MS_NODEV가 있었다면
//! 그것도 다시 적어야 합니다. `root`는 빈 디렉터리이고, `programs`에는 프로그램이
//! 있습니다.
//!
//! 새 tmpfs를 마운트 namespace의 루트로 만드세요. 거기서 /usr는 읽기 전용인
//! `programs`이고, /tmp는 쓸 수 있는 두 번째 tmpfs입니다. 루트 자체는 읽기
//! 전용입니다. 다른 마운트는 없어야 합니다. 호출한 프로세스에는 되돌아가는 길이
//! 없어야 합니다. 작업 디렉터리는 /이고, 열어 둔 디렉터리가 없어야 합니다.
//!
//! 매뉴얼: mount_namespaces(7), mount(2), pivot_root(2)

use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

const NONE: Option<&str> = None;

fn build(root: &Path, programs: &Path) -> io::Result<()> {
    mount(Some("tmpfs"), root, Some("tmpfs"), MsFlags::empty(), NONE)?;
    let [usr, tmp] = ["usr", "tmp"].map(|name| root.join(name));
    fs::create_dir(&usr)?;
    mount(Some(programs), &usr, NONE, MsFlags::MS_BIND, NONE)?;
    make_read_only(&usr)?;
    fs::create_dir(&tmp)?;
    mount(Some("tmpfs"), &tmp, Some("tmpfs"), MsFlags::empty(), NONE)?;
    make_read_only(root)?;
    chdir(root)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    Ok(())
}

/// 마운트를 읽기 전용으로 만들고, 잠긴 것은 그대로 둡니다.
fn make_read_only(place: &Path) -> io::Result<()> {
    let locked = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    Ok(mount(NONE, place, NONE, flags | locked, NONE)?)
}

fn main() -> ! {
    judge::container2(build)
}
