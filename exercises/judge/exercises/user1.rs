//! A hostname that root of a user namespace may set.

use std::fs;

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::observe::id_maps::User;
use crate::observe::namespaces::{changed_links, owner};
use crate::process::{link, run_answer, uts_names};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A namespace belongs to a user namespace, its owner: the one that its creator was
in at that moment. Whoever sets a hostname needs CAP_SYS_ADMIN in the owner of
the UTS namespace. The caller is an ordinary user without capabilities.",
        "
namespace는 모두 어떤 user namespace에 속합니다. 이것이 소유자(owner)이고,
namespace를 만든 프로세스가 그때 있던 user namespace입니다. 호스트 이름을
바꾸려면 UTS namespace의 소유자에서 CAP_SYS_ADMIN이 있어야 합니다. 호출하는
프로세스는 capability가 없는 일반 사용자의 것입니다.",
    ),
    task: Both(
        r#"
Move the caller into a new user namespace and into a new UTS namespace, and set
the hostname there to "helo". At the end, the user namespace that the caller is
in owns this UTS namespace. All other namespaces of the caller stay the same."#,
        "
호출한 프로세스를 새 user namespace와 새 UTS namespace로 옮기고, 거기서
호스트 이름을 \"helo\"로 바꾸세요. 호출한 프로세스가 마지막에 있는 user
namespace가 이 UTS namespace의 소유자여야 합니다. 호출한 프로세스의 다른
namespace는 모두 그대로입니다.",
    ),
    manual: "user_namespaces(7), unshare(2)",
    starter: r#"
use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn set_hostname() -> nix::Result<()> {
    // TODO: Which of the two can own the other?
    unshare(CloneFlags::CLONE_NEWUTS)?;
    unshare(CloneFlags::CLONE_NEWUSER)?;
    sethostname("helo")
}

fn main() -> ! {
    judge::user1(set_hostname)
}
"#,
    solutions: &[
        (
            "one after the other",
            r#"
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
"#,
        ),
        (
            "one call, in which the kernel creates the user namespace first",
            r#"
use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn set_hostname() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWUSER)?;
    sethostname("helo")
}

fn main() -> ! {
    judge::user1(set_hostname)
}
"#,
        ),
        (
            "libc",
            r#"
use nix::errno::Errno;

fn set_hostname() -> nix::Result<()> {
    for flag in [libc::CLONE_NEWUSER, libc::CLONE_NEWUTS] {
        // SAFETY: the call takes a number.
        Errno::result(unsafe { libc::unshare(flag) })?;
    }
    let name = b"helo";
    // SAFETY: the name is as long as the call is told.
    Errno::result(unsafe { libc::sethostname(name.as_ptr().cast(), name.len()) }).map(drop)
}

fn main() -> ! {
    judge::user1(set_hostname)
}
"#,
        ),
    ],
    hints: [
        Both(
            "In which user namespace does the caller have capabilities, and from which moment on?",
            "호출한 프로세스는 어느 user namespace에서, 어느 순간부터 capability를 가지나요?",
        ),
        Both(
            "It has them from the moment when it is in a new user namespace. What it creates from \
             then on belongs to that user namespace. So create the user namespace first, and once \
             only.",
            "새 user namespace에 들어간 순간부터 가집니다. 그때부터 만드는 것은 그 user \
             namespace의 것입니다. 그러므로 user namespace를 먼저, 한 번만 만듭니다.",
        ),
        Both::same(
            r#"unshare(CloneFlags::CLONE_NEWUSER)?;
unshare(CloneFlags::CLONE_NEWUTS)?;
sethostname("helo")"#,
        ),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "to create a UTS namespace takes CAP_SYS_ADMIN in the caller's user namespace, and \
                 to set its hostname takes it in the user namespace that owns the UTS namespace: \
                 in which user namespace was the caller at each call?",
                "UTS namespace를 만들려면 자기 user namespace에서 CAP_SYS_ADMIN이 있어야 하고, \
                 호스트 이름을 바꾸려면 UTS namespace를 소유한 user namespace에서 있어야 합니다. \
                 호출할 때마다 호출한 프로세스는 어느 user namespace에 있었나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "a hostname has at most 64 bytes, and unshare(CLONE_NEWUSER) takes one thread",
                "호스트 이름은 64바이트까지이고, unshare(CLONE_NEWUSER)는 스레드가 하나인 \
                 프로세스에서만 됩니다",
            ),
        ),
        (
            "ENOSPC",
            Both(
                "user namespaces are nested too deeply: is unshare(2) in a loop?",
                "user namespace가 너무 깊이 겹쳐 있습니다. unshare(2)가 반복문 안에 있나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "into a new user namespace",
            change: "unshare(CloneFlags::CLONE_NEWUSER)?;",
            to: "",
            says: "in which user namespace was the caller at each call?",
        },
        Wrong {
            clause: "into a new UTS namespace",
            change: "unshare(CloneFlags::CLONE_NEWUTS)?;",
            to: "",
            says: "in which user namespace was the caller at each call?",
        },
        Wrong {
            clause: "into a new UTS namespace, and set the hostname there",
            change: r#"    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")"#,
            to: r#"    let _ = sethostname("helo");
    Ok(())"#,
            says: "changed: user",
        },
        Wrong {
            clause: r#"set the hostname there to "helo""#,
            change: r#"sethostname("helo")"#,
            to: "let _ = sethostname::<&str>;
    Ok(())",
            says: "does sethostname(2) come after unshare(CLONE_NEWUTS)?",
        },
        Wrong {
            clause: "Move the caller",
            change: r#"    unshare(CloneFlags::CLONE_NEWUSER)?;
    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")"#,
            to: r#"    judge::fork_child(|| {
        unshare(CloneFlags::CLONE_NEWUSER)?;
        unshare(CloneFlags::CLONE_NEWUTS)?;
        sethostname("helo")
    })
    .map(drop)"#,
            says: "which process has to call unshare(2)?",
        },
        Wrong {
            clause: "the user namespace that the caller is in owns this UTS namespace",
            change: r#"    unshare(CloneFlags::CLONE_NEWUSER)?;
    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")"#,
            to: r#"    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")?;
    let map = |file: &str, text: String| std::fs::write(format!("/proc/self/{file}"), text);
    let mapped = map("setgroups", "deny".to_owned())
        .and_then(|()| map("uid_map", format!("0 {uid} 1")))
        .and_then(|()| map("gid_map", format!("0 {gid} 1")));
    mapped.map_err(|_| nix::errno::Errno::EIO)?;
    unshare(CloneFlags::CLONE_NEWUSER)"#,
            says: "the caller has moved on to",
        },
        Wrong {
            clause: "At the end, the user namespace that the caller is in owns",
            change: r#"    unshare(CloneFlags::CLONE_NEWUSER)?;
    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")"#,
            to: r#"    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS)?;
    let map = |file: &str, text: String| std::fs::write(format!("/proc/self/{file}"), text);
    let mapped = map("setgroups", "deny".to_owned())
        .and_then(|()| map("uid_map", format!("0 {uid} 1")))
        .and_then(|()| map("gid_map", format!("0 {gid} 1")));
    mapped.map_err(|_| nix::errno::Errno::EIO)?;
    unshare(CloneFlags::CLONE_NEWUSER)?;
    sethostname("helo")"#,
            says: "in which user namespace was the caller at each call?",
        },
        Wrong {
            clause: "All other namespaces of the caller stay the same.",
            change: "unshare(CloneFlags::CLONE_NEWUTS)?;",
            to: "unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC)?;",
            says: "changed: ipc, user, uts",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer, without capabilities, sets the hostname of a new UTS namespace
/// that is owned by the user namespace in which the answer's process is.
pub fn user1(answer: fn() -> nix::Result<()>) -> ! {
    judge(|| {
        let user = User::new()?;
        let process = run_answer(&EXERCISE, || {
            user.enter()?;
            let before = fs::read_link("/proc/self/ns/user")?;
            answer()?;
            Ok::<_, std::io::Error>(before.to_string_lossy().into_owned())
        })?;
        let (own, uts) = (link(process.pid, "user"), link(process.pid, "uts"));
        ensure(own != process.output, || {
            wrong(
                text!(
                    "the caller in a new user namespace",
                    "호출한 프로세스는 새 user namespace에 있음",
                ),
                text!("{own}, in which it was before", "전에 있던 {own}에 그대로 있습니다"),
                text!(
                    "which flag makes a user namespace, and which process has to call unshare(2)?",
                    "user namespace를 만드는 플래그는 무엇이고, 어느 프로세스가 unshare(2)를 \
                     호출해야 하나요?",
                ),
            )
        })?;
        let changed = changed_links(Pid::this(), process.pid);
        ensure(changed == ["user", "uts"], || {
            wrong(
                text!(
                    "user and uts changed in /proc/PID/ns of the caller, and no other",
                    "호출한 프로세스의 /proc/PID/ns에서 user와 uts만 바뀜",
                ),
                text!("changed: {}", "바뀐 것: {}", changed.join(", ")),
                text!(
                    "each CLONE_NEW… flag stands for one kind: which does the task ask for?",
                    "CLONE_NEW… 플래그는 하나마다 한 종류를 나타냅니다. 문제에서 하라고 한 것은 \
                     어느 것인가요?",
                ),
            )
        })?;
        let file = format!("/proc/{}/ns/uts", process.pid);
        let (hostname, _) = uts_names(&file)?;
        ensure(hostname == "helo", || {
            wrong(
                text!(r#"the hostname "helo" in {uts}"#, "{uts}의 호스트 이름은 \"helo\""),
                shown!("{hostname:?}"),
                text!(
                    "does sethostname(2) come after unshare(CLONE_NEWUTS)?",
                    "sethostname(2)가 unshare(CLONE_NEWUTS)보다 나중인가요?",
                ),
            )
        })?;
        let found = owner(&file)?;
        ensure(found == own, || {
            wrong(
                text!(
                    "{uts} owned by {own}, the caller's user namespace",
                    "{uts}의 소유자는 호출한 프로세스의 user namespace인 {own}",
                ),
                text!(
                    "owned by {found}; the caller has moved on to {own}",
                    "소유자는 {found}이고, 호출한 프로세스는 {own}로 옮겨 갔습니다",
                ),
                text!(
                    "a process that enters another user namespace leaves behind what it has \
                     created",
                    "user namespace에 또 들어가면 그 전에 만든 것은 두고 가게 됩니다",
                ),
            )
        })?;
        Ok(text!(
            "the hostname in {uts} is helo, and {own} owns it, in which your process is",
            "{uts}의 호스트 이름은 helo이고, 그 소유자는 여러분의 프로세스가 있는 {own}입니다",
        ))
    })
}
