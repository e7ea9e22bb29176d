//! container2에서처럼 PID 1이 `build`를 호출합니다. 새 proc은 마운트하는 프로세스의
//! PID namespace를 보여 줍니다. user namespace 안에서는 마운트 namespace에 가려지지
//! 않은 /proc이 있는 동안에만 커널이 새 proc을 마운트해 줍니다. 그렇지 않으면
//! 누군가 가려 둔 것을 컨테이너의 root가 볼 수 있기 때문입니다. 그러니 옛 루트가
//! 있을 때 하세요. (채점 프로그램의 샌드박스에는 루트 아래에 하나가 더 있습니다.)
//! `hidden`에는 /proc의 파일 가운데 컴퓨터 전체에 관한 것의 이름이 있습니다. 예를
//! 들면 kallsyms입니다. /dev에는 /dev/null이 있습니다.
//!
//! 읽기 전용 tmpfs를 마운트 namespace의 루트로 만들고, /usr는 역시 읽기 전용인
//! `programs`로 만드세요. /proc에는 호출한 프로세스의 PID namespace를 보여 주는 새
//! proc이 있어야 합니다. 그 안의 /proc/sys는 읽기 전용입니다. `hidden`의 파일들은
//! 가려서, 읽으면 비어 있어야 합니다. 다른 마운트는 없어야 합니다.
//!
//! 매뉴얼: proc(5), mount_namespaces(7), mount(2)

use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

const NONE: Option<&str> = None;

fn build(root: &Path, programs: &Path, hidden: &[&str]) -> io::Result<()> {
    mount(Some("tmpfs"), root, Some("tmpfs"), MsFlags::empty(), NONE)?;
    let [usr, proc] = ["usr", "proc"].map(|name| root.join(name));
    fs::create_dir(&usr)?;
    mount(Some(programs), &usr, NONE, MsFlags::MS_BIND, NONE)?;
    make_read_only(&usr)?;
    fs::create_dir(&proc)?;
    mount_proc(&proc, hidden)?;
    make_read_only(root)?;
    chdir(root)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    Ok(())
}

/// 호출한 프로세스의 PID namespace를 보여 주는 proc을 마운트합니다.
fn mount_proc(proc: &Path, hidden: &[&str]) -> io::Result<()> {
    mount(Some("proc"), proc, Some("proc"), MsFlags::empty(), NONE)?;
    let sys = proc.join("sys");
    mount(Some(&sys), &sys, NONE, MsFlags::MS_BIND, NONE)?;
    make_read_only(&sys)?;
    for name in hidden {
        mount(Some("/dev/null"), &proc.join(name), NONE, MsFlags::MS_BIND, NONE)?;
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
    judge::container3(build)
}
