//! 프로세스를 cgroup으로 옮기면, 옮기기 전에 쓴 메모리와 시간은 한도 밖의
//! 것입니다. 리눅스 5.7부터는 clone3(2)로 자식을 v2의 cgroup 안에 만들 수
//! 있습니다. 그러면 첫 명령어부터 그 안에서 실행됩니다. (v1에는 이런 방법이
//! 없습니다.)
//!
//! cgroup `dir` 안에서 태어나는 자식 프로세스를 만드세요. 아무도 cgroup.procs에
//! 쓰면 안 됩니다. 자식은 살아 있어야 합니다. 자식의 PID를 반환하세요.
//!
//! 매뉴얼: clone(2): The clone3() system call

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use judge::CloneArgs;
use nix::unistd::{ForkResult, Pid, pause};

/// `<linux/sched.h>`의 값입니다. libc의 상수는 int인데, 이 값을 담기에는 작습니다.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

fn born_in(dir: &Path) -> io::Result<Pid> {
    let dir = File::open(dir)?;
    let args = CloneArgs {
        flags: CLONE_INTO_CGROUP,
        exit_signal: libc::SIGCHLD as u64,
        cgroup: dir.as_raw_fd() as u64,
        ..CloneArgs::default()
    };
    // SAFETY: 스레드가 하나이고, CLONE_VM이 없으므로 자식에게는 이 메모리의 복사본이 있습니다.
    match unsafe { args.clone3() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => loop {
            pause();
        },
    }
}

fn main() -> ! {
    judge::cgroup6(born_in)
}
