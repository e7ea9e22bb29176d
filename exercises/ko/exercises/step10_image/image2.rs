//! 매니페스트에는 이미지의 레이어가 아래에서 위의 순서로 적혀 있고, `layers`도
//! 그렇습니다. 레이어는 모두 디렉터리입니다. 호출하는 프로세스는 파일 시스템을
//! 마운트할 수 있습니다.
//!
//! `layers`를 모두 하나로 보여 주도록 `dir`에 overlayfs를 마운트하세요. 첫
//! 번째가 가장 아래 레이어입니다. 이 마운트에는 아무도 쓸 수 없어야 합니다.
//!
//! 매뉴얼: mount(2), https://docs.kernel.org/filesystems/overlayfs.html

use std::path::Path;

use nix::mount::{MsFlags, mount};

fn mount_image(layers: &[&Path], dir: &Path) -> nix::Result<()> {
    // TODO: `lowerdir`에서 가장 위 레이어는 어느 쪽 끝일까요?
    let paths: Vec<_> = layers.iter().map(|it| it.display().to_string()).collect();
    let options = format!("lowerdir={}", paths.join(":"));
    mount(Some("overlay"), dir, Some("overlay"), MsFlags::empty(), Some(options.as_str()))
}

fn main() -> ! {
    judge::image2(mount_image)
}
