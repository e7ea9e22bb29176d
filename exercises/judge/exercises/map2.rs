//! A user namespace that nothing but a namespace below it keeps alive.

use std::io;

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::observe::id_maps::User;
use crate::observe::leftovers::{descriptors, processes};
use crate::observe::namespaces::owner;
use crate::observe::tasks::until_all_wait;
use crate::process::{link, processes_in, run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A namespace keeps the one that owns it alive, and a user namespace is owned by
its parent. The caller is an ordinary user without capabilities. In
a user namespace without a map for its IDs it could not create another one, so
the program below already writes the maps.",
        "
namespace는 자기 소유자를 살려 두고, user namespace의 소유자는 그
부모입니다. 호출하는 프로세스는 capability가 없는 일반 사용자의 것입니다.
자기 ID의 매핑이 없는 user namespace에서는 user namespace를 또 만들 수
없습니다. 그래서 아래 프로그램이 매핑을 미리 써 둡니다.",
    ),
    task: Both(
        "
Move the caller into a new user namespace whose parent is a new one, too. No
process is in the parent, and no descriptor refers to it. All other namespaces
of the caller stay the same.",
        "
호출한 프로세스를 새 user namespace로 옮기세요. 그 부모도 새로 만든 것이어야
합니다. 부모에는 프로세스가 없고, 부모를 가리키는 파일 디스크립터도 없어야
합니다. 호출한 프로세스의 다른 namespace는 모두 그대로입니다.",
    ),
    manual: "user_namespaces(7)",
    starter: r#"
use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getgid, getuid};

fn nobody_home() -> io::Result<()> {
    let (uid, gid) = (getuid(), getgid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))?;
    // TODO: This user namespace has a process, the caller. How can the caller leave it?
    Ok(())
}

fn main() -> ! {
    judge::map2(nobody_home)
}
"#,
    solutions: &[
        (
            "nix",
            r#"
use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getgid, getuid};

fn nobody_home() -> io::Result<()> {
    let (uid, gid) = (getuid(), getgid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))?;
    Ok(unshare(CloneFlags::CLONE_NEWUSER)?)
}

fn main() -> ! {
    judge::map2(nobody_home)
}
"#,
        ),
        (
            "libc, three levels",
            r#"
use std::fs;
use std::io;

use nix::unistd::{getgid, getuid};

fn nobody_home() -> io::Result<()> {
    for _ in 0..3 {
        let (uid, gid) = (getuid(), getgid());
        // SAFETY: the call takes a number.
        if unsafe { libc::unshare(libc::CLONE_NEWUSER) } != 0 {
            return Err(io::Error::last_os_error());
        }
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
        fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))?;
    }
    Ok(())
}

fn main() -> ! {
    judge::map2(nobody_home)
}
"#,
        ),
    ],
    hints: [
        Both(
            "A user namespace lives as long as a namespace below it. Which call takes the caller \
             into one below?",
            "user namespace는 그 아래에 namespace가 있는 동안 살아 있습니다. 호출한 프로세스를 \
             아래 user namespace로 옮기는 시스템 콜은 무엇인가요?",
        ),
        Both(
            "unshare(2) with CLONE_NEWUSER once more: the second user namespace is below the \
             first, and the caller leaves the first.",
            "unshare(2)를 CLONE_NEWUSER로 한 번 더 호출합니다. 두 번째 user namespace는 첫 번째의 \
             아래에 있고, 호출한 프로세스는 첫 번째를 떠납니다.",
        ),
        Both::same("Ok(unshare(CloneFlags::CLONE_NEWUSER)?)"),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "only a user whose uid and gid have a mapping may create a user namespace, and \
                 without capabilities you may map only your own IDs: which mappings are there \
                 before the second unshare(2)?",
                "uid와 gid의 매핑이 있는 사용자만 user namespace를 만들 수 있고, capability가 \
                 없으면 자기 ID만 매핑할 수 있습니다. 두 번째 unshare(2) 전에는 어떤 매핑이 \
                 있나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "a map must arrive in one write(2), and unshare(CLONE_NEWUSER) needs a process \
                 with one thread; setns(2) never leads into the user namespace that the caller is \
                 in",
                "매핑은 write(2) 한 번에 써야 하고, unshare(CLONE_NEWUSER)는 스레드가 하나인 \
                 프로세스에서만 됩니다. setns(2)로는 자기가 이미 있는 user namespace에 들어갈 수 \
                 없습니다",
            ),
        ),
        (
            "ENOSPC",
            Both(
                "there are too many nested user namespaces: is unshare(2) in a loop?",
                "user namespace가 너무 많이 겹쳐 있습니다. unshare(2)가 반복문 안에 있나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Move the caller into a new user namespace",
            change: "fn nobody_home() -> io::Result<()> {",
            to: "fn nobody_home() -> io::Result<()> {
    judge::fork_task(|| _ = in_a_child())?;
    Ok(())
}

fn in_a_child() -> io::Result<()> {",
            says: "which process has to call it?",
        },
        Wrong {
            clause: "whose parent is a new one, too",
            change: "Ok(unshare(CloneFlags::CLONE_NEWUSER)?)",
            to: "Ok(())",
            says: "which call creates a further user namespace",
        },
        Wrong {
            clause: "whose parent is a new one, too",
            change: r#"    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;"#,
            to: "    let _ = uid;",
            says: "which mappings are there before the second unshare(2)?",
        },
        Wrong {
            clause: "No process is in the parent",
            change: "    Ok(unshare(",
            to: "    judge::fork_child(|| loop {
        nix::unistd::pause();
    })?;
    Ok(unshare(",
            says: "that keeps the namespace alive, too, but with a process",
        },
        Wrong {
            clause: "No process is in the parent",
            change: "    Ok(unshare(",
            to: "    judge::fork_task(|| ())?;
    Ok(unshare(",
            says: "a zombie is still in its user namespace",
        },
        Wrong {
            clause: "no descriptor refers to it",
            change: "    Ok(unshare(",
            to: r#"    std::mem::forget(fs::File::open("/proc/self/ns/user")?);
    Ok(unshare("#,
            says: "which file is still open when your function returns?",
        },
        Wrong {
            clause: "All other namespaces of the caller stay the same.",
            change: "Ok(unshare(CloneFlags::CLONE_NEWUSER)?)",
            to: "Ok(unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS)?)",
            says: "changed: user, uts",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the user namespace above the caller's is new, and that only the caller's keeps
/// it alive.
pub fn map2(answer: fn() -> io::Result<()>) -> ! {
    judge(|| {
        let user = User::new()?;
        let process = run_answer(&EXERCISE, || {
            user.enter()?;
            answer().map(|()| "")
        })?;
        user.check_moved(process.pid)?;
        let (own, parent) =
            (link(process.pid, "user"), owner(format!("/proc/{}/ns/user", process.pid))?);
        ensure(parent != user.namespace(), || {
            wrong(
                text!(
                    "a new user namespace above {own}, the caller's",
                    "호출한 프로세스의 {own} 위에 새 user namespace",
                ),
                text!(
                    "{parent}, in which the caller was before",
                    "호출한 프로세스가 전에 있던 {parent}",
                ),
                text!(
                    "which call creates a further user namespace, and which process does it move?",
                    "user namespace를 하나 더 만드는 시스템 콜은 무엇이고, 어느 프로세스를 \
                     옮기나요?",
                ),
            )
        })?;
        until_all_wait();
        if let Some(&pid) = processes_in("user", &parent).first() {
            let state = status(pid, "State");
            let reason = match state.starts_with('Z') {
                true => text!(
                    "a zombie is still in its user namespace: what does its parent have to do?",
                    "좀비도 아직 자기 user namespace에 있습니다. 그 부모는 무엇을 해야 하나요?",
                ),
                false => text!(
                    "that keeps the namespace alive, too, but with a process",
                    "그래도 namespace가 살아 있기는 합니다. 하지만 프로세스가 살려 두고 있습니다",
                ),
            };
            return Err(wrong(
                text!(
                    "no process in {parent}, the parent of {own}",
                    "{own}의 부모인 {parent}에 프로세스가 없음",
                ),
                text!(
                    "process {pid} in state {state} is in it",
                    "그 안에 {pid}번 프로세스가 있고, 상태는 {state}",
                ),
                reason,
            ));
        }
        for pid in processes().into_iter().filter(|&pid| pid != Pid::this()) {
            let open = descriptors(pid, &parent);
            ensure(open.is_empty(), || {
                wrong(
                    text!(
                        "no descriptor of {parent}, the parent of {own}",
                        "{own}의 부모인 {parent}를 가리키는 파일 디스크립터가 없음",
                    ),
                    text!(
                        "descriptor {} of process {pid} refers to it",
                        "{pid}번 프로세스의 파일 디스크립터 {}이(가) 가리킵니다",
                        open.join(", "),
                    ),
                    text!(
                        "which file is still open when your function returns?",
                        "함수가 반환할 때 아직 열려 있는 파일은 무엇인가요?",
                    ),
                )
            })?;
        }
        Ok(text!(
            "no process is in {parent}, but {own} is below it and keeps it alive",
            "{parent}에는 프로세스가 없지만, 그 아래에 있는 {own}이(가) 살려 둡니다",
        ))
    })
}
