//! 프로세스에게는 자기 PID namespace의 PID가 있고, 그 바깥의 PID namespace마다
//! PID가 하나씩 더 있습니다. 여러분의 함수는 새 PID namespace의 PID 1에서
//! 실행됩니다. /proc은 그대로여서 바깥 namespace의 것입니다.
//!
//! 바깥의 프로세스들에게 보이는, 호출한 프로세스의 PID를 반환하세요.
//!
//! 매뉴얼: pid_namespaces(7), proc(5), getpid(2)

use std::fs;
use std::io;

fn pid_outside() -> io::Result<i32> {
    let link = fs::read_link("/proc/self")?;
    let pid = link.to_str().and_then(|pid| pid.parse().ok());
    pid.ok_or_else(|| io::Error::other("/proc/self leads to no PID"))
}

fn main() -> ! {
    judge::pid1(pid_outside)
}
