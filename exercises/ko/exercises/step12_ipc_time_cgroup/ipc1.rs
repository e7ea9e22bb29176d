//! msgget(2)는 키로 System V 메시지 큐를 찾습니다. IPC_CREAT를 주면 그런 큐가
//! 없을 때 만듭니다. 여러분의 함수를 호출하는 프로세스에게는 `key`로 찾을 수
//! 있는 큐가 있고, 그 안에 메시지가 하나 있습니다. `child`는 반환하지 않습니다.
//!
//! 같은 키로 찾으면 다른 큐가 나오는 프로세스에서 `child`를 실행하세요. 호출한
//! 프로세스는 여전히 자기 큐를 찾아야 합니다. 호출한 프로세스에게 보이는 자식의
//! PID를 반환하세요.
//!
//! 매뉴얼: ipc_namespaces(7), msgget(2)

use nix::errno::Errno;
use nix::unistd::Pid;

fn run(key: i32, child: fn()) -> nix::Result<Pid> {
    judge::fork_child(|| {
        // TODO: 이러면 호출한 프로세스의 큐를 찾습니다.
        // SAFETY: 이 호출의 인자는 수 두 개입니다.
        Errno::result(unsafe { libc::msgget(key, libc::IPC_CREAT | 0o600) })?;
        child();
        Ok(())
    })
}

fn main() -> ! {
    judge::ipc1(run)
}
