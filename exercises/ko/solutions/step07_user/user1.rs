//! namespace는 모두 어떤 user namespace에 속합니다. 이것이 소유자(owner)이고,
//! namespace를 만든 프로세스가 그때 있던 user namespace입니다. 호스트 이름을
//! 바꾸려면 UTS namespace의 소유자에서 CAP_SYS_ADMIN이 있어야 합니다. 호출하는
//! 프로세스는 capability가 없는 일반 사용자의 것입니다.
//!
//! 호출한 프로세스를 새 user namespace와 새 UTS namespace로 옮기고, 거기서
//! 호스트 이름을 "helo"로 바꾸세요. 호출한 프로세스가 마지막에 있는 user
//! namespace가 이 UTS namespace의 소유자여야 합니다. 호출한 프로세스의 다른
//! namespace는 모두 그대로입니다.
//!
//! 매뉴얼: user_namespaces(7), unshare(2)

use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn set_hostname() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWUSER)?;
    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")
}

fn main() -> ! {
    judge::user1(set_hostname)
}
