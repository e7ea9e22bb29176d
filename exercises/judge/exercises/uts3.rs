//! What a new UTS namespace begins with.

use nix::unistd::{Pid, sethostname};

use crate::exercise::{Exercise, Wrong};
use crate::language::{AND, Both, NONE, shown, text};
use crate::observe::calls::{Calls, random};
use crate::observe::child::{ChildMain, child_of, hostname, run_answer_with_child, run_child};
use crate::process::{differing_kinds, link, uts_names};
use crate::sandbox::judge;
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A new UTS namespace begins with a copy of the names in that of its creator. From
then on the two have nothing to do with each other.",
        "
새 UTS namespace는 만든 프로세스의 UTS namespace에 있던 이름의 복사본으로
시작합니다. 그 뒤로 둘은 서로 아무 관계가 없습니다.",
    ),
    task: Both(
        "
Give the caller the hostname `name`. Create one child in a new UTS namespace,
and in no other new one. It runs `child`, and sees the caller's old hostname.
The caller stays in its namespaces. Return the child's PID.",
        "
호출한 프로세스의 호스트 이름을 `name`으로 바꾸세요. 새 UTS namespace 안에
자식을 하나 만드세요. 다른 종류는 새로 만들지 마세요. 자식은 `child`를
실행하고, 호출한 프로세스의 옛 호스트 이름을 봅니다. 호출한 프로세스는
원래의 namespace들에 그대로 있습니다. 자식의 PID를 반환하세요.",
    ),
    manual: "uts_namespaces(7), clone(2), sethostname(2)",
    starter: "
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, sethostname};

fn rename(name: &str, child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    // TODO: Which name does the child see?
    sethostname(name)?;
    let (flags, signal) = (CloneFlags::CLONE_NEWUTS, Some(Signal::SIGCHLD as i32));
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(child), &mut stack, flags, signal) }
}

fn main() -> ! {
    judge::uts3(rename)
}
",
    solutions: &[
        (
            "clone, then sethostname",
            "
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, sethostname};

fn rename(name: &str, child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    let (flags, signal) = (CloneFlags::CLONE_NEWUTS, Some(Signal::SIGCHLD as i32));
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    let pid = unsafe { clone(Box::new(child), &mut stack, flags, signal) }?;
    sethostname(name)?;
    Ok(pid)
}

fn main() -> ! {
    judge::uts3(rename)
}
",
        ),
        (
            "the child sets the old name again",
            "
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{ForkResult, Pid, fork, gethostname, sethostname};

fn rename(name: &str, child: fn() -> isize) -> nix::Result<Pid> {
    let old = gethostname()?;
    sethostname(name)?;
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            unshare(CloneFlags::CLONE_NEWUTS)?;
            sethostname(old)?;
            std::process::exit(child() as i32)
        }
    }
}

fn main() -> ! {
    judge::uts3(rename)
}
",
        ),
    ],
    hints: [
        Both(
            "At which of the two calls is the name copied?",
            "두 호출 가운데 이름이 복사되는 것은 어느 때인가요?",
        ),
        Both(
            "clone(2) copies it. A name that is set before is copied, too; one that is set \
             afterwards is not.",
            "clone(2)가 복사합니다. 그 전에 바꾼 이름은 함께 복사되고, 나중에 바꾼 이름은 복사되지 \
             않습니다.",
        ),
        Both::same(
            "    let pid = unsafe { clone(Box::new(child), &mut stack, flags, signal) }?;
    sethostname(name)?;",
        ),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "sethostname(2) demands CAP_SYS_ADMIN in the user namespace that owns the UTS \
                 namespace, which the caller has as long as it stays where it is",
                "sethostname(2)에는 UTS namespace를 소유한 user namespace의 CAP_SYS_ADMIN이 \
                 필요합니다. 호출한 프로세스는 원래 있던 곳에 있는 동안 갖고 있습니다",
            ),
        ),
        (
            "EINVAL",
            Both(
                "a hostname has at most 64 bytes, and flags of clone(2) may exclude each other",
                "호스트 이름은 64바이트까지이고, clone(2)에는 함께 쓸 수 없는 플래그가 있습니다",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "sees the caller's old hostname",
            change: "    let (flags, signal)",
            to: "    sethostname(name)?;
    let (flags, signal)",
            says: "the copy was made after",
        },
        Wrong {
            clause: "in a new UTS namespace",
            change: "(CloneFlags::CLONE_NEWUTS, ",
            to: "(CloneFlags::empty(), ",
            says: "new for the child: none",
        },
        Wrong {
            clause: "in no other new one",
            change: "CloneFlags::CLONE_NEWUTS",
            to: "CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC",
            says: "new for the child: ipc, uts",
        },
        Wrong {
            clause: "Give the caller the hostname `name`",
            change: "    sethostname(name)?;",
            to: "",
            says: "hostname of the caller",
        },
        Wrong {
            clause: "The caller stays in its namespaces",
            change: "    sethostname(name)?;",
            to: "    nix::sched::unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname(name)?;",
            says: "it has moved",
        },
        Wrong {
            clause: "It runs `child`",
            change: "clone(Box::new(child),",
            to: "clone(Box::new(move || { let _ = child; loop { nix::unistd::pause(); } }),",
            says: "it has not called it",
        },
        Wrong {
            clause: "Return the child's PID",
            change: "Ok(pid)",
            to: "Ok(Pid::this())",
            says: "not its child",
        },
        Wrong {
            clause: "Create one child",
            change: "    let (flags, signal)",
            to: "    // SAFETY: there is one thread.
    if let Ok(nix::unistd::ForkResult::Child) = unsafe { nix::unistd::fork() } {
        child();
    }
    let (flags, signal)",
            says: "has the children",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer renames its own UTS namespace, and that its child sees the old name
/// in another.
pub fn uts3(answer: fn(&str, ChildMain) -> nix::Result<Pid>) -> ! {
    judge(|| {
        let number = random(0..1000);
        let (old, name) = (format!("old-{number}"), format!("new-{number}"));
        sethostname(&old).map_err(|errno| unavailable("sethostname()", errno, shown!("")))?;
        let mut calls = Calls::receive()?;
        let parent = run_answer_with_child(&EXERCISE, || answer(&name, run_child))?;
        let call = child_of(&parent, &mut calls)?;
        let child = call.pid;
        let moved = differing_kinds(Pid::this(), parent.pid);
        ensure(moved.is_empty(), || {
            wrong(
                text!(
                    "process {}, the caller, in its namespaces as before",
                    "호출한 {}번 프로세스는 원래의 namespace들에 그대로 있음",
                    parent.pid,
                ),
                text!(
                    "it has moved to another {} namespace",
                    "다른 {} namespace로 옮겨 갔습니다",
                    moved.join(AND),
                ),
                text!(
                    "unshare(2) moves its caller; flags of clone(2) move the child alone",
                    "unshare(2)는 호출한 프로세스를 옮기고, clone(2)의 플래그는 자식만 옮깁니다",
                ),
            )
        })?;
        let different = differing_kinds(parent.pid, child);
        ensure(different == ["uts"], || {
            let new = if different.is_empty() { NONE.to_owned() } else { different.join(", ") };
            wrong(
                text!("new for the child: uts", "자식에게 새로 생긴 것: uts"),
                text!("new for the child: {new}", "자식에게 새로 생긴 것: {new}"),
                text!(
                    "each CLONE_NEW… flag creates one namespace; the child shares all others",
                    "CLONE_NEW… 플래그는 하나마다 namespace를 하나 만들고, 자식은 나머지를 모두 \
                     공유합니다",
                ),
            )
        })?;
        let of_caller = hostname();
        ensure(of_caller == name, || {
            wrong(
                text!(
                    "{name:?} as the hostname of the caller",
                    "호출한 프로세스의 호스트 이름은 {name:?}",
                ),
                text!("{of_caller:?} in {}", "{}에서 {of_caller:?}", link(parent.pid, "uts")),
                text!(
                    "sethostname(2) sets the name in the UTS namespace of its caller",
                    "sethostname(2)는 호출한 프로세스의 UTS namespace에서 이름을 바꿉니다",
                ),
            )
        })?;
        let (seen, now) = (call.report, uts_names(format!("/proc/{child}/ns/uts"))?.0);
        ensure(seen == old && now == old, || {
            wrong(
                text!(
                    "{old:?} as the hostname of the child, the caller's old one",
                    "자식의 호스트 이름은 호출한 프로세스의 옛 이름 {old:?}",
                ),
                text!(
                    "{seen:?} when it called child, {now:?} when the judge looks",
                    "child를 호출할 때 {seen:?}, 채점 프로그램이 볼 때 {now:?}",
                ),
                match seen == name {
                    true => text!(
                        "the child has a copy, but the copy was made after the name was set",
                        "자식에게 복사본이 있지만, 이름을 바꾼 다음에 복사되었습니다",
                    ),
                    false => {
                        text!(
                            "the child sees the name in its UTS namespace, which something has set",
                            "자식은 자기 UTS namespace의 이름을 봅니다. 무언가가 그 이름을 \
                             바꾸었습니다",
                        )
                    }
                },
            )
        })?;
        Ok(text!(
            "the caller is now {name:?}, and the child still sees {old:?}",
            "호출한 프로세스는 이제 {name:?}이고, 자식은 여전히 {old:?}를 봅니다",
        ))
    })
}
