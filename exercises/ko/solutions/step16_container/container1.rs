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

use std::fs;
use std::io;

use nix::sched::{CloneFlags, clone};
use nix::unistd::{Gid, Pid, Uid, getegid, geteuid};

fn run(child: fn()) -> nix::Result<Pid> {
    let flags = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWNET;
    let (uid, gid) = (geteuid(), getegid());
    let main = || match become_root(uid, gid) {
        Ok(()) => {
            child();
            0
        }
        Err(error) => {
            eprintln!("in the child: {error}");
            1
        }
    };
    let mut stack = vec![0; 256 * 1024];
    // SAFETY: 이 프로세스에는 스레드가 하나이고, 자식에게는 이 메모리의 복사본이 따로 있습니다.
    unsafe { clone(Box::new(main), &mut stack, flags, Some(libc::SIGCHLD)) }
}

/// 부모 user namespace의 사용자와 그룹을 호출한 프로세스의 user namespace에서 0으로 만듭니다.
fn become_root(uid: Uid, gid: Gid) -> io::Result<()> {
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}

fn main() -> ! {
    judge::container1(run)
}
