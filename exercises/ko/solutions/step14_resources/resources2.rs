//! 얼어 있는 프로세스는 잠든 프로세스처럼 보입니다. State가 S입니다. cgroup의
//! 두 파일을 보면 더 알 수 있습니다. cgroup.freeze에는 누군가 요청한 것이
//! 있습니다. cgroup.events의 `frozen` 줄은 실제로 얼어 있는지 알려 줍니다. 위의
//! cgroup을 얼려 달라는 요청이 있는 동안에는 아래 cgroup도 얼어 있습니다. 얼어
//! 있지 않은 cgroup `top` 아래 어딘가에, 얼어 있는 cgroup `own`이 있습니다.
//! hybrid 시스템에서도 둘 다 v2입니다.
//!
//! `own`의 프로세스를 옮기지 말고 다시 실행되게 하세요. 누군가 얼려 달라고 한
//! 다른 cgroup은, `own`이 그 아래에 있지 않다면, 모두 언 채로 두세요.
//!
//! 매뉴얼: "Control Group v2" (docs.kernel.org): Core Interface Files

use std::fs;
use std::io;
use std::path::Path;

fn thaw(top: &Path, own: &Path) -> io::Result<()> {
    for dir in own.ancestors().take_while(|dir| *dir != top) {
        fs::write(dir.join("cgroup.freeze"), "0")?;
    }
    Ok(())
}

fn main() -> ! {
    judge::resources2(thaw)
}
