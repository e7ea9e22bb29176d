//! 열린 파일은 어떤 프로세스가 열어 두는 동안 namespace를 살려 둡니다. 바인드
//! 마운트에는 프로세스가 전혀 필요 없습니다. `ip netns add`가 이렇게 네트워크
//! namespace를 살려 둡니다. 여기서는 CAP_SYS_ADMIN이 있고, `file`은 아직
//! 없습니다.
//!
//! 이 PID를 가진 프로세스의 UTS namespace를 `file`의 바인드 마운트로 살려
//! 두세요. 채점 프로그램이 볼 때는 그 프로세스도, 호출한 프로세스도 이미 끝나
//! 있습니다. 다른 프로세스를 남기지 마세요.
//!
//! 매뉴얼: namespaces(7), mount(2)

use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::unistd::Pid;

fn keep_alive(pid: Pid, file: &Path) -> io::Result<()> {
    let namespace = format!("/proc/{pid}/ns/uts");
    fs::write(file, "")?;
    // TODO: 어떻게 해야 namespace가 `file`에 나타날까요?
    mount(Some(namespace.as_str()), file, None::<&str>, MsFlags::empty(), None::<&str>)?;
    Ok(())
}

fn main() -> ! {
    judge::setns4(keep_alive)
}
