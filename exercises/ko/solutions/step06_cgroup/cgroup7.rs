//! 계속 fork하는 프로세스들은 목록의 PID를 하나씩 강제 종료해서는 없앨 수
//! 없습니다. 목록을 읽는 동안에도 목록이 바뀌기 때문입니다. 먼저 cgroup을
//! 얼리고(freeze), 그다음 강제 종료합니다. hybrid 시스템에서도 이 cgroup은
//! v2입니다.
//!
//! `freeze`에서는 cgroup의 모든 프로세스를 무엇을 하고 있든 멈추게 하되, 하나도
//! 끝내지 마세요. `kill_all`에서는 모두 강제 종료하세요. 그 전에 다시 실행되는
//! 프로세스가 있으면 안 됩니다.
//!
//! 매뉴얼: "Control Group v2" (docs.kernel.org): Core Interface Files

use std::fs;
use std::io;

use judge::Cgroup;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn freeze(cgroup: &Cgroup) -> io::Result<()> {
    fs::write(cgroup.dir.join("cgroup.freeze"), "1")
}

/// 리눅스 5.14부터는 cgroup.kill에 1을 써도 같습니다.
fn kill_all(cgroup: &Cgroup) -> io::Result<()> {
    for pid in pids(cgroup)? {
        let _ = kill(pid, Signal::SIGKILL);
    }
    Ok(())
}

fn pids(cgroup: &Cgroup) -> io::Result<Vec<Pid>> {
    let text = fs::read_to_string(cgroup.dir.join("cgroup.procs"))?;
    Ok(text.lines().filter_map(|line| line.parse().ok()).map(Pid::from_raw).collect())
}

fn main() -> ! {
    judge::cgroup7(freeze, kill_all)
}
