//! MS_BIND를 주면 mount(2)는 마운트를 플래그까지 복사하고, 함께 준 플래그는
//! 무시합니다. MS_BIND와 MS_REMOUNT를 함께 주면 마운트 하나의 플래그를
//! 바꿉니다. `tree`는 마운트이고, nosuid인 `tree/below`도 마운트입니다. `dir`은
//! 빈 디렉터리입니다. 여기서는 CAP_SYS_ADMIN이 있습니다.
//!
//! `tree`와 `tree/below`가 `dir`과 `dir/below`에도 나타나게 하고, 둘 다 읽기
//! 전용으로 만드세요. `dir/below`는 원본처럼 nosuid입니다. `tree`와
//! `tree/below`에는 계속 쓸 수 있어야 합니다.
//!
//! 매뉴얼: mount(2), mount_setattr(2)

use std::path::Path;

use nix::mount::{MsFlags, mount};

fn show_read_only(tree: &Path, dir: &Path) -> nix::Result<()> {
    // TODO: 커널은 이 플래그 가운데 하나를 무시합니다.
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC | MsFlags::MS_RDONLY;
    mount(Some(tree), dir, None::<&str>, flags, None::<&str>)
}

fn main() -> ! {
    judge::mount2(show_read_only)
}
