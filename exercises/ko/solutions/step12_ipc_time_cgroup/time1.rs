//! uptime은 CLOCK_BOOTTIME의 시간을 출력합니다. time namespace는 이 시계에
//! 오프셋을 더하고, CLOCK_MONOTONIC에도 다른 오프셋을 더합니다. 둘 다
//! /proc/PID/timens_offsets에 있는데, 그 프로세스의 다음 자식이 들어갈 time
//! namespace의 것입니다. 오프셋을 정하려면 "boottime 60 0"과 같은 줄을 씁니다.
//! 60초와 0나노초라는 뜻입니다. `child`는 반환하지 않습니다.
//!
//! CLOCK_BOOTTIME이 호출한 프로세스의 것보다 일주일 앞선 새 time namespace에서
//! `child`를 실행하세요. 호출한 프로세스는 자기 time namespace에 그대로
//! 있습니다. 호출한 프로세스에게 보이는 자식의 PID를 반환하세요.
//!
//! 매뉴얼: time_namespaces(7), unshare(2)

use std::{fs, io};

use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

fn run(child: fn()) -> io::Result<Pid> {
    // nix에는 이 플래그의 이름이 없습니다.
    unshare(CloneFlags::from_bits_retain(libc::CLONE_NEWTIME))?;
    fs::write("/proc/self/timens_offsets", "boottime 604800 0")?;
    Ok(judge::fork_task(child)?)
}

fn main() -> ! {
    judge::time1(run)
}
