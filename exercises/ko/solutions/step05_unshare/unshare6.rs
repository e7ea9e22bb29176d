//! ps는 /proc을 읽습니다. proc 종류의 마운트는 마운트한 프로세스의 PID
//! namespace를 계속 보여 줍니다. 그래서 새 PID namespace에서도 원래의 /proc에는
//! 모든 프로세스가 나옵니다. 대부분의 컴퓨터처럼 /는 shared입니다. `child`는
//! 반환하지 않습니다.
//!
//! 새 PID namespace에서, 그 namespace의 프로세스만 나오는 /proc과 함께
//! `child`를 실행하세요. 호출한 프로세스에게 보이는 자식의 PID를 반환하세요.
//! 바깥 프로세스들의 마운트는 그대로입니다.
//!
//! 매뉴얼: pid_namespaces(7), mount_namespaces(7), mount(2)

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

fn run(child: fn()) -> nix::Result<Pid> {
    unshare(CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS)?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    judge::fork_child(|| {
        mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>)?;
        child();
        Ok(())
    })
}

fn main() -> ! {
    judge::unshare6(run)
}
