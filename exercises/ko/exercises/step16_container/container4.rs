//! container2에서처럼 PID 1이 `build`를 호출합니다. 여기서 /proc은 뺐습니다. 장치
//! 파일은 커널로 들어가는 길이라서, user namespace 안에서는 아무도 만들 수 없고,
//! 거기서 마운트한 파일 시스템에 있는 것은 커널이 열어 주지 않습니다. 하지만 원래
//! /dev에 있던 파일을 다른 곳에도 보여 줄 수는 있습니다. devpts를 새로 마운트하면
//! 자기만의 터미널이 있고, 그 ptmx를 열면 터미널이 하나 생깁니다.
//!
//! 읽기 전용 tmpfs를 마운트 namespace의 루트로 만들고, /usr는 역시 읽기 전용인
//! `programs`로 만드세요. /dev는 별도의 tmpfs이고, 컴퓨터의 장치 가운데 null, zero,
//! full, random, urandom이 거기서 동작해야 합니다. /dev/pts는 devpts입니다.
//! /dev/ptmx를 열면 거기에 터미널이 생겨야 합니다. /dev에 다른 것이 없고, 다른
//! 마운트도 없어야 합니다.
//!
//! 매뉴얼: mount(2), user_namespaces(7), pts(4), null(4)

use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use nix::unistd::{chdir, pivot_root};

const NONE: Option<&str> = None;

fn build(root: &Path, programs: &Path) -> io::Result<()> {
    mount(Some("tmpfs"), root, Some("tmpfs"), MsFlags::empty(), NONE)?;
    let [usr, dev] = ["usr", "dev"].map(|name| root.join(name));
    fs::create_dir(&usr)?;
    mount(Some(programs), &usr, NONE, MsFlags::MS_BIND, NONE)?;
    make_read_only(&usr)?;
    fs::create_dir(&dev)?;
    mount_dev(&dev)?;
    make_read_only(root)?;
    chdir(root)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    Ok(())
}

/// tmpfs를 마운트하고 그 안에 장치를 둡니다.
fn mount_dev(dev: &Path) -> io::Result<()> {
    mount(Some("tmpfs"), dev, Some("tmpfs"), MsFlags::MS_NOSUID, Some("mode=0755"))?;
    for (name, minor) in [("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)] {
        // TODO: 그런 파일을 이미 가진 것은 어디일까요? 그리고 터미널은 어디에서 올까요?
        let all = Mode::from_bits_truncate(0o666);
        mknod(&dev.join(name), SFlag::S_IFCHR, all, makedev(1, minor))?;
    }
    Ok(())
}

/// 마운트를 읽기 전용으로 만들고, 잠긴 것은 그대로 둡니다.
fn make_read_only(place: &Path) -> io::Result<()> {
    let locked = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    Ok(mount(NONE, place, NONE, flags | locked, NONE)?)
}

fn main() -> ! {
    judge::container4(build)
}
