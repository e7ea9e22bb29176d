//! namespace는 프로세스에게 무엇이 보이는지를 제한하고, cgroup은 프로세스가
//! 무엇을 얼마나 쓰는지를 제한합니다. cgroup은 디렉터리이고, 그 안의 파일이
//! cgroup의 설정입니다. 이 문제에서 쓰는 파일 두 개는 cgroup v1과 v2에서
//! 같습니다.
//!
//! 이 프로세스들을 모두, 그리고 이 프로세스들만 cgroup `dir`로 옮기세요. 이
//! cgroup의 프로세스를 8개로 제한하세요.
//!
//! 매뉴얼: cgroups(7)

use std::fs;
use std::io;
use std::path::Path;

use nix::unistd::Pid;

fn limit(dir: &Path, pids: &[Pid]) -> io::Result<()> {
    fs::write(dir.join("pids.max"), "8")?;
    for pid in pids {
        fs::write(dir.join("cgroup.procs"), pid.to_string())?;
    }
    Ok(())
}

fn main() -> ! {
    judge::cgroup1(limit)
}
