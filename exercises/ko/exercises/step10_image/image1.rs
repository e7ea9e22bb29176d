//! 레이어인 디렉터리 `base`에는 파일 etc/issue와 etc/motd가 있습니다. 그 옆의
//! 디렉터리 `upper`는 비어 있습니다. 여러분의 함수가 반환하면 채점 프로그램이
//! `upper` 아래에 `base`를 두고 overlayfs를 마운트합니다.
//!
//! 마운트에서 etc/issue가 보이지 않게 `upper`를 바꾸세요. etc/motd는 그대로
//! 보여야 합니다. `base`는 건드리지 마세요.
//!
//! 매뉴얼: mknod(2), https://docs.kernel.org/filesystems/overlayfs.html

use std::fs;
use std::io;
use std::path::Path;

fn hide_issue(upper: &Path) -> io::Result<()> {
    fs::create_dir(upper.join("etc"))?;
    // TODO: 이러면 빈 파일이 보입니다. 파일이 없다는 것은 무엇으로 나타낼까요?
    fs::write(upper.join("etc/issue"), "")
}

fn main() -> ! {
    judge::image1(hide_issue)
}
