//! A child with a hostname of its own.

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, NONE, text};
use crate::observe::calls::{Calls, random};
use crate::observe::child::{ChildMain, child_of, hostname, run_answer_with_child, run_child};
use crate::process::{differing_kinds, link, uts_names};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
The hostname belongs to a UTS namespace, not to the machine: sethostname(2)
changes that of its caller. In the judge's sandbox you are root in its user
namespace and have all capabilities, so you do not need CLONE_NEWUSER.",
        "
호스트 이름은 컴퓨터가 아니라 UTS namespace의 것입니다. sethostname(2)는
호출한 프로세스의 UTS namespace에서 이름을 바꿉니다. 채점 프로그램의
샌드박스에서 여러분은 그 user namespace의 root이고 모든 capability를
가졌으므로 CLONE_NEWUSER는 필요 없습니다.",
    ),
    task: Both(
        "
Create one child in a new UTS namespace, and in no other new one. Its hostname
is `name` when it begins to run `child`, and stays so. The hostname of all other
processes stays the same. Return the child's PID.",
        "
새 UTS namespace 안에 자식을 하나 만드세요. 다른 종류는 새로 만들지 마세요.
자식이 `child`를 실행하기 시작할 때 호스트 이름은 `name`이고, 그 뒤로도
그대로여야 합니다. 다른 모든 프로세스의 호스트 이름은 그대로입니다. 자식의
PID를 반환하세요.",
    ),
    manual: "uts_namespaces(7), clone(2), sethostname(2)",
    starter: "
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, sethostname};

fn create_child(name: &str, child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    // TODO: Whose hostname does this set?
    let main = || match sethostname(name) {
        Ok(()) => child(),
        Err(_) => 1,
    };
    let flags = CloneFlags::empty();
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(main), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
}

fn main() -> ! {
    judge::uts1(create_child)
}
",
    solutions: &[
        (
            "clone",
            "
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, sethostname};

fn create_child(name: &str, child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    let main = || match sethostname(name) {
        Ok(()) => child(),
        Err(_) => 1,
    };
    let flags = CloneFlags::CLONE_NEWUTS;
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(main), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
}

fn main() -> ! {
    judge::uts1(create_child)
}
",
        ),
        (
            "fork, then unshare in the child",
            "
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{ForkResult, Pid, fork, sethostname};

fn create_child(name: &str, child: fn() -> isize) -> nix::Result<Pid> {
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            unshare(CloneFlags::CLONE_NEWUTS)?;
            sethostname(name)?;
            std::process::exit(child() as i32)
        }
    }
}

fn main() -> ! {
    judge::uts1(create_child)
}
",
        ),
        (
            "libc, and the parent names the child's namespace before the child runs",
            r#"
use std::fs::File;

use nix::sched::{CloneFlags, setns};
use nix::errno::Errno;
use nix::unistd::{Pid, pipe, read, sethostname, write};

fn create_child(name: &str, child: fn() -> isize) -> nix::Result<Pid> {
    let (reader, writer) = pipe()?;
    let flags = (libc::CLONE_NEWUTS | libc::SIGCHLD) as usize;
    // SAFETY: without CLONE_VM and without a stack, this is a fork(2).
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0_usize, 0_usize, 0_usize, 0_usize) };
    let pid = Errno::result(pid)?;
    if pid == 0 {
        read(&reader, &mut [0])?;
        std::process::exit(child() as i32);
    }
    let open = |pid: i32| File::open(format!("/proc/{pid}/ns/uts")).map_err(|_| Errno::ENOENT);
    let own = open(Pid::this().as_raw())?;
    setns(open(pid as i32)?, CloneFlags::CLONE_NEWUTS)?;
    sethostname(name)?;
    setns(own, CloneFlags::CLONE_NEWUTS)?;
    write(&writer, b".")?;
    Ok(Pid::from_raw(pid as i32))
}

fn main() -> ! {
    judge::uts1(create_child)
}
"#,
        ),
    ],
    hints: [
        Both(
            "In which UTS namespace is the child when it calls sethostname(2)?",
            "sethostname(2)를 호출할 때 자식은 어느 UTS namespace에 있나요?",
        ),
        Both(
            "Without a flag the child shares its parent's. One flag of clone(2) gives it a copy of \
             its own.",
            "플래그가 없으면 자식은 부모의 UTS namespace를 공유합니다. clone(2)의 플래그 하나가 \
             자식에게 복사본을 만들어 줍니다.",
        ),
        Both::same("    let flags = CloneFlags::CLONE_NEWUTS;"),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "sethostname(2) demands CAP_SYS_ADMIN in the user namespace that owns the UTS \
                 namespace: with CLONE_NEWUSER you have lost it for the old one",
                "sethostname(2)에는 UTS namespace를 소유한 user namespace의 CAP_SYS_ADMIN이 \
                 필요합니다. CLONE_NEWUSER를 주면 원래의 UTS namespace에 대해서는 그것을 잃습니다",
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
            clause: "The hostname of all other processes stays the same",
            change: "CloneFlags::CLONE_NEWUTS",
            to: "CloneFlags::empty()",
            says: "which other processes share",
        },
        Wrong {
            clause: "in a new UTS namespace",
            change: "    let main = || match sethostname(name) {
        Ok(()) => child(),
        Err(_) => 1,
    };
    let flags = CloneFlags::CLONE_NEWUTS;",
            to: "    let main = || child();
    nix::sched::unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname(name)?;
    let flags = CloneFlags::empty();",
            says: "new for the child: none\n  reason:   there is a new UTS namespace",
        },
        Wrong {
            clause: "in no other new one",
            change: "CloneFlags::CLONE_NEWUTS",
            to: "CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWNET",
            says: "new for the child: net, uts",
        },
        Wrong {
            clause: "Its hostname is `name`",
            change: "sethostname(name)",
            to: r#"sethostname("helo")"#,
            says: "\"helo\"",
        },
        Wrong {
            clause: "when it begins to run `child`",
            change: "    unsafe { clone(Box::new(main), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }",
            to: r#"    let pid = unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }?;
    while !std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|it| it.contains(") S ")) {}
    let open = |pid: Pid| std::fs::File::open(format!("/proc/{pid}/ns/uts")).map_err(|_| nix::errno::Errno::ENOENT);
    let own = open(Pid::this())?;
    nix::sched::setns(open(pid)?, flags)?;
    sethostname(name)?;
    nix::sched::setns(own, flags)?;
    Ok(pid)"#,
            says: "when it called child",
        },
        Wrong {
            clause: "and stays so",
            change: "    unsafe { clone(Box::new(main), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }",
            to: r#"    let pid = unsafe { clone(Box::new(main), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }?;
    while !std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|it| it.contains(") S ")) {}
    let open = |pid: Pid| std::fs::File::open(format!("/proc/{pid}/ns/uts")).map_err(|_| nix::errno::Errno::ENOENT);
    let own = open(Pid::this())?;
    nix::sched::setns(open(pid)?, flags)?;
    sethostname("later")?;
    nix::sched::setns(own, flags)?;
    Ok(pid)"#,
            says: "has been changed afterwards",
        },
        Wrong {
            clause: "to run `child`",
            change: "Ok(()) => child(),",
            to: "Ok(()) => loop { nix::unistd::pause(); },",
            says: "it has not called it",
        },
        Wrong {
            clause: "Return the child's PID",
            change: "unsafe { clone(Box::new(main), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }",
            to: "unsafe { clone(Box::new(main), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }.map(|_| Pid::this())",
            says: "not its child",
        },
        Wrong {
            clause: "Create one child",
            change: "    let flags",
            to: "    // SAFETY: there is one thread.
    if let Ok(nix::unistd::ForkResult::Child) = unsafe { nix::unistd::fork() } {
        child();
    }
    let flags",
            says: "has the children",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer creates a child in a new UTS namespace with a hostname.
pub fn uts1(answer: fn(&str, ChildMain) -> nix::Result<Pid>) -> ! {
    judge(|| {
        let name = format!("helo-{}", random(0..1000));
        let before = hostname();
        let mut calls = Calls::receive()?;
        let parent = run_answer_with_child(&EXERCISE, || answer(&name, run_child))?;
        let call = child_of(&parent, &mut calls)?;
        let child = call.pid;
        let shared = link(Pid::this(), "uts");
        ensure(hostname() == before, || {
            wrong(
                text!(
                    "hostname {before:?} outside of the child, as before",
                    "자식 바깥에서는 호스트 이름이 전처럼 {before:?}",
                ),
                text!(
                    "{:?} in {shared}, which other processes share",
                    "다른 프로세스들도 공유하는 {shared}에서 {:?}",
                    hostname(),
                ),
                text!(
                    "the caller of sethostname(2) was in the shared UTS namespace",
                    "sethostname(2)를 호출한 프로세스가 공유된 UTS namespace에 있었습니다",
                ),
            )
        })?;
        let different = differing_kinds(parent.pid, child);
        ensure(different == ["uts"], || {
            let new = if different.is_empty() { NONE.to_owned() } else { different.join(", ") };
            wrong(
                text!("new for the child: uts", "자식에게 새로 생긴 것: uts"),
                text!("new for the child: {new}", "자식에게 새로 생긴 것: {new}"),
                match link(parent.pid, "uts") == shared {
                    true => {
                        text!(
                            "each CLONE_NEW… flag creates one namespace; the child shares all \
                             others",
                            "CLONE_NEW… 플래그는 하나마다 namespace를 하나 만들고, 자식은 나머지를 \
                             모두 공유합니다",
                        )
                    }
                    false => text!(
                        "there is a new UTS namespace, but the parent is in it, too",
                        "새 UTS namespace가 있지만 부모도 그 안에 있습니다",
                    ),
                },
            )
        })?;
        let (seen, now) = (call.report, uts_names(format!("/proc/{child}/ns/uts"))?.0);
        ensure(seen == name, || {
            wrong(
                text!("hostname {name:?} in the child", "자식의 호스트 이름은 {name:?}"),
                text!(
                    "{seen:?} when it called child, {now:?} later",
                    "child를 호출할 때 {seen:?}, 나중에 {now:?}",
                ),
                text!(
                    "the new UTS namespace begins with a copy of the old name; set it before child \
                     runs",
                    "새 UTS namespace는 원래 이름의 복사본으로 시작합니다. child가 실행되기 전에 \
                     바꾸세요",
                ),
            )
        })?;
        ensure(now == name, || {
            wrong(
                text!("hostname {name:?} in the child", "자식의 호스트 이름은 {name:?}"),
                text!("{now:?} when the judge looks", "채점 프로그램이 볼 때 {now:?}"),
                text!(
                    "the name was right when child began, and has been changed afterwards",
                    "child가 시작할 때는 이름이 맞았는데 그 뒤에 바뀌었습니다",
                ),
            )
        })?;
        Ok(text!(
            "the hostname is {name:?} in the child, and still {before:?} in its parent",
            "호스트 이름은 자식에서는 {name:?}, 부모에서는 여전히 {before:?}입니다",
        ))
    })
}
