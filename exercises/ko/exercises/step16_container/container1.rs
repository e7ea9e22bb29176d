//! 호출하는 프로세스는 capability가 없는 일반 사용자입니다. clone(2) 한 번으로
//! namespace를 여럿 만들면 user namespace가 먼저 만들어지고 나머지의 소유자가
//! 됩니다. `child`는 반환하지 않습니다. (컨테이너에는 cgroup namespace도 있습니다.
//! 채점 프로그램의 샌드박스에서는 만들 수 없습니다.)
//!
//! 새 user, PID, 마운트, UTS, IPC, 네트워크 namespace에서 `child`를 PID 1로
//! 실행하세요. 나머지 다섯의 소유자는 새 user namespace입니다. `child`는 시작할
//! 때부터 거기서 사용자 0, 그룹 0이어야 합니다. 호출한 프로세스의 사용자와 그룹만
//! 여기에 매핑합니다. 호출한 프로세스에게 보이는 자식의 PID를 반환하세요. 호출한
//! 프로세스는 원래의 namespace에 그대로 있습니다.
//!
//! 매뉴얼: namespaces(7), user_namespaces(7), clone(2)

use nix::sched::{CloneFlags, clone};
use nix::unistd::Pid;

fn run(child: fn()) -> nix::Result<Pid> {
    // TODO: 일반 사용자가 이것을 만들려면 무엇이 필요할까요? 그리고 그 안에서는 어떤 사용자일까요?
    let flags = CloneFlags::CLONE_NEWPID;
    let main = || {
        child();
        0
    };
    let mut stack = vec![0; 256 * 1024];
    // SAFETY: 이 프로세스에는 스레드가 하나이고, 자식에게는 이 메모리의 복사본이 따로 있습니다.
    unsafe { clone(Box::new(main), &mut stack, flags, Some(libc::SIGCHLD)) }
}

fn main() -> ! {
    judge::container1(run)
}
