//! The first process of a container.

use std::io;

use nix::unistd::{Pid, getegid, geteuid};

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::observe::id_maps::User;
use crate::observe::namespaces::owner;
use crate::observe::tasks::{check_stays, inner_pid, stay_with, stays};
use crate::process::{Task, link, run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
The caller is an ordinary user, without capabilities. When one call of clone(2)
creates several namespaces, the user namespace comes first and owns the others.
`child` never returns. (A container has a cgroup namespace, too. The judge's
sandbox refuses it.)",
        "
호출하는 프로세스는 capability가 없는 일반 사용자입니다. clone(2) 한 번으로
namespace를 여럿 만들면 user namespace가 먼저 만들어지고 나머지의 소유자가
됩니다. `child`는 반환하지 않습니다. (컨테이너에는 cgroup namespace도 있습니다.
채점 프로그램의 샌드박스에서는 만들 수 없습니다.)",
    ),
    task: Both(
        "
Run `child` as PID 1, in a new user, PID, mount, UTS, IPC and network namespace.
The new user namespace owns the other five. `child` begins there as user 0 and
group 0: the caller's user and group, and no others, are mapped to these. Return
its PID as the caller sees it. The caller itself stays in its namespaces.",
        "
새 user, PID, 마운트, UTS, IPC, 네트워크 namespace에서 `child`를 PID 1로
실행하세요. 나머지 다섯의 소유자는 새 user namespace입니다. `child`는 시작할
때부터 거기서 사용자 0, 그룹 0이어야 합니다. 호출한 프로세스의 사용자와 그룹만
여기에 매핑합니다. 호출한 프로세스에게 보이는 자식의 PID를 반환하세요. 호출한
프로세스는 원래의 namespace에 그대로 있습니다.",
    ),
    manual: "namespaces(7), user_namespaces(7), clone(2)",
    starter: r#"
use nix::sched::{CloneFlags, clone};
use nix::unistd::Pid;

fn run(child: fn()) -> nix::Result<Pid> {
    // TODO: What lets an ordinary user create this one? And who is the user in there?
    let flags = CloneFlags::CLONE_NEWPID;
    let main = || {
        child();
        0
    };
    let mut stack = vec![0; 256 * 1024];
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(main), &mut stack, flags, Some(libc::SIGCHLD)) }
}

fn main() -> ! {
    judge::container1(run)
}
"#,
    solutions: &[
        (
            "one clone(2), and the child writes its own maps",
            r#"
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
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(main), &mut stack, flags, Some(libc::SIGCHLD)) }
}

/// Makes a user and a group of the parent user namespace 0 in that of the caller.
fn become_root(uid: Uid, gid: Gid) -> io::Result<()> {
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}

fn main() -> ! {
    judge::container1(run)
}
"#,
        ),
        (
            "unshare(2) in a process between, which tells the PID",
            r#"
use std::fs::{self, File};
use std::io::{self, Read, Write};

use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getegid, geteuid, pipe};

fn run(child: fn()) -> nix::Result<Pid> {
    let (reader, writer) = pipe()?;
    judge::fork_child(move || {
        let pid = start_inside(child).map_err(errno)?;
        File::from(writer).write_all(&pid.as_raw().to_ne_bytes()).map_err(errno)?;
        waitpid(pid, None).map(drop)
    })?;
    let mut pid = [0; 4];
    File::from(reader).read_exact(&mut pid).map_err(errno)?;
    Ok(Pid::from_raw(i32::from_ne_bytes(pid)))
}

fn start_inside(child: fn()) -> io::Result<Pid> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))?;
    unshare(CloneFlags::from_bits_truncate(
        libc::CLONE_NEWNS
            | libc::CLONE_NEWUTS
            | libc::CLONE_NEWIPC
            | libc::CLONE_NEWNET
            | libc::CLONE_NEWPID,
    ))?;
    Ok(judge::fork_task(child)?)
}

fn errno(error: io::Error) -> nix::Error {
    nix::Error::from_raw(error.raw_os_error().unwrap_or(libc::EIO))
}

fn main() -> ! {
    judge::container1(run)
}
"#,
        ),
        (
            "the parent writes the maps while the child waits",
            r#"
use std::fs::{self, File};
use std::io::Read;

use nix::errno::Errno;
use nix::unistd::{Pid, getegid, geteuid, pipe};

fn run(child: fn()) -> nix::Result<Pid> {
    let flags = libc::CLONE_NEWUSER
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWNET
        | libc::SIGCHLD;
    let (reader, writer) = pipe()?;
    let (flags, none) = (flags as libc::c_long, 0 as libc::c_long);
    // SAFETY: this process has one thread, and without a stack the call is like fork(2).
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, none, none, none, none) };
    if Errno::result(pid)? == 0 {
        drop(writer);
        if File::from(reader).read(&mut [0]).is_ok_and(|count| count == 1) {
            child();
        }
        std::process::exit(1);
    }
    for (file, text) in [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("0 {} 1", geteuid())),
        ("gid_map", format!("0 {} 1", getegid())),
    ] {
        fs::write(format!("/proc/{pid}/{file}"), text).map_err(|_| Errno::EPERM)?;
    }
    nix::unistd::write(writer, b".")?;
    Ok(Pid::from_raw(pid as i32))
}

fn main() -> ! {
    judge::container1(run)
}
"#,
        ),
    ],
    hints: [
        Both(
            "Which of the six namespaces may an ordinary user create, and what may the creator do \
             in that one?",
            "여섯 namespace 가운데 일반 사용자가 만들 수 있는 것은 무엇이고, 만든 사용자는 그 \
             안에서 무엇을 할 수 있나요?",
        ),
        Both(
            "A user namespace; so add all six flags to the one call. The child has the ID 65534 \
             until it has written \"deny\" to /proc/self/setgroups and a line to uid_map and \
             gid_map. It needs the caller's IDs for that, from before the call.",
            "user namespace입니다. 그러므로 호출 한 번에 플래그 여섯 개를 모두 주세요. 자식의 ID는 \
             /proc/self/setgroups에 \"deny\"를, uid_map과 gid_map에 한 줄씩 쓸 때까지 65534입니다. \
             여기에는 clone(2)를 호출하기 전에 읽은 ID가 필요합니다.",
        ),
        Both::same(
            r#"fs::write("/proc/self/setgroups", "deny")?;
fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
fs::write("/proc/self/gid_map", format!("0 {gid} 1"))"#,
        ),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "an ordinary user may create a user namespace, and the others only together with \
                 it or inside it; and a map may contain the writer's own ID only: which of these \
                 is it?",
                "일반 사용자는 user namespace만 만들 수 있고, 나머지는 그것과 함께 또는 그 안에서만 \
                 만들 수 있습니다. 그리고 맵에는 쓰는 사용자 자신의 ID만 넣을 수 있습니다. 어느 \
                 쪽인가요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "clone(2) wants a stack of some size, and unshare(2) a process with one thread: \
                 what have you given?",
                "clone(2)에는 어느 정도 큰 스택이, unshare(2)에는 스레드가 하나인 프로세스가 \
                 필요합니다. 무엇을 주었나요?",
            ),
        ),
        (
            "ENOSPC",
            Both(
                "there is a limit on namespaces of this kind, and for cgroup namespaces the \
                 sandbox has set it to 0: which kinds does the task ask for?",
                "이 종류의 namespace에는 개수 한도가 있고, 샌드박스에서 cgroup namespace의 한도는 \
                 0입니다. 문제에서 하라고 한 종류는 무엇인가요?",
            ),
        ),
        (
            "EACCES",
            Both(
                "the files setgroups and uid_map of a process may be written by whoever has \
                 capabilities in its user namespace: which process writes, and whose file?",
                "프로세스의 setgroups와 uid_map은 그 user namespace에서 capability를 가진 쪽만 쓸 \
                 수 있습니다. 어느 프로세스가 누구의 파일에 쓰나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Run `child` as PID 1",
            change: "            child();
            0",
            to: "            let _ = judge::fork_task(child);
            0",
            says: "a process in state",
        },
        Wrong {
            clause: "Run `child` as PID 1",
            change: "        | CloneFlags::CLONE_NEWPID\n",
            to: "",
            says: "of these it is still in the caller's: pid",
        },
        Wrong {
            clause: "Run `child` as PID 1",
            change: "            child();
            0
        }
        Err(error) => {
            eprintln!(\"in the child: {error}\");
            1
        }
    };
    let mut stack = vec![0; 256 * 1024];
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(main), &mut stack, flags, Some(libc::SIGCHLD)) }",
            to: "            let _ = judge::fork_task(child);
            nix::unistd::pause();
            0
        }
        Err(_) => 1,
    };
    let mut stack = vec![0; 256 * 1024];
    let first = unsafe { clone(Box::new(main), &mut stack, flags, Some(libc::SIGCHLD)) }?;
    loop {
        let file = format!(\"/proc/{first}/task/{first}/children\");
        if let Ok(child) = fs::read_to_string(file).unwrap_or_default().trim().parse() {
            return Ok(Pid::from_raw(child));
        }
    }",
            says: "the first process in a PID namespace is PID 1: which one is it?",
        },
        Wrong {
            clause: "mount, UTS, IPC and network namespace",
            change: "        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWNET;",
            to: ";",
            says: "of these it is still in the caller's: ipc, net",
        },
        Wrong {
            clause: "in a new user, PID, mount, UTS, IPC and network namespace",
            change: "        | CloneFlags::CLONE_NEWNS\n",
            to: "",
            says: "of these it is still in the caller's: mnt",
        },
        Wrong {
            clause: "The new user namespace owns the other five.",
            change: r#"    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))"#,
            to: r#"    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))?;
    nix::sched::unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/uid_map", "0 0 1")?;
    fs::write("/proc/self/gid_map", "0 0 1")"#,
            says: "how many user namespaces does your function create",
        },
        Wrong {
            clause: "begins there as user 0 and group 0",
            change: "match become_root(uid, gid) {",
            to: "match Ok::<(), io::Error>(drop((become_root, uid, gid))) {",
            says: "who is a process before anybody has written its maps?",
        },
        Wrong {
            clause: "begins there as user 0 and group 0",
            change: r#"    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))"#,
            to: "    let _ = gid;
    Ok(())",
            says: "user 0 and group 65534",
        },
        Wrong {
            clause: "user 0 and group 0",
            change: r#"format!("0 {uid} 1")"#,
            to: r#"format!("{uid} {uid} 1")"#,
            says: "and group 0\n  reason:",
        },
        Wrong {
            clause: "Return its PID as the caller sees it.",
            change: "    unsafe { clone(Box::new(main), &mut stack, flags, Some(libc::SIGCHLD)) }",
            to: "    unsafe { clone(Box::new(main), &mut stack, flags, Some(libc::SIGCHLD)) }?;
    Ok(Pid::from_raw(1))",
            says: "your function returned 1,",
        },
        Wrong {
            clause: "The caller itself stays in its namespaces.",
            change: "    unsafe { clone(Box::new(main), &mut stack, flags, Some(libc::SIGCHLD)) }",
            to: "    let (later, child_flags) = (CloneFlags::CLONE_NEWPID, CloneFlags::empty());
    nix::sched::unshare(flags - later)?;
    become_root(uid, gid).map_err(|_| nix::Error::EPERM)?;
    nix::sched::unshare(later)?;
    let _ = (main, child_flags, &mut stack, clone);
    judge::fork_task(child)",
            says: "which call gives new namespaces to a child alone?",
        },
    ],
    ..Exercise::NEW
};

/// The kinds of namespace that a container has of its own.
const KINDS: [&str; 6] = ["user", "pid", "mnt", "uts", "ipc", "net"];

/// Checks that the answer starts the first process of a container.
pub fn container1(answer: fn(Task) -> nix::Result<Pid>) -> ! {
    judge(|| {
        let user = User::new()?;
        let process = run_answer(&EXERCISE, || {
            user.enter()?;
            answer(child).map_err(io::Error::from)
        })?;
        let pid = Pid::from_raw(process.output.parse().unwrap_or_default());
        check_stays(&[pid], "child")?;
        let moved = user.changed(process.pid);
        ensure(moved.is_empty(), || {
            wrong(
                text!(
                    "the caller in the namespaces in which it was before",
                    "호출한 프로세스는 전에 있던 namespace에 그대로 있음",
                ),
                text!("it has left those of kind {}", "떠난 namespace: {}", moved.join(", ")),
                text!(
                    "which call gives new namespaces to a child alone?",
                    "자식에게만 새 namespace를 주는 호출은 무엇인가요?",
                ),
            )
        })?;
        check_namespaces(process.pid, pid)?;
        check_root(&user, pid)?;
        let own = link(pid, "user");
        Ok(text!(
            "process {pid} is PID 1 and root in {own}, which owns its five other namespaces; \
             CapEff is {}",
            "{pid}번 프로세스는 {own}에서 PID 1이자 root이고, 다른 namespace 다섯의 소유자도 그 \
             user namespace입니다. CapEff는 {}",
            status(pid, "CapEff"),
        ))
    })
}

/// What the answer runs: it records who it is at this moment.
fn child() {
    stay_with(&format!("{} {}", geteuid(), getegid()));
}

/// Checks that a process is PID 1 in namespaces of its own, which its user namespace owns.
fn check_namespaces(caller: Pid, pid: Pid) -> Result<(), Finding> {
    let mut old = KINDS.to_vec();
    old.retain(|kind| link(caller, kind) == link(pid, kind));
    ensure(old.is_empty(), || {
        wrong(
            text!("six new namespaces for process {pid}", "{pid}번 프로세스에 새 namespace 여섯"),
            text!(
                "of these it is still in the caller's: {}",
                "호출한 프로세스의 것에 그대로 있는 종류: {}",
                old.join(", "),
            ),
            text!(
                "each CLONE_NEW… flag stands for one kind: which is missing?",
                "CLONE_NEW… 플래그는 하나마다 한 종류를 나타냅니다. 무엇이 빠졌나요?",
            ),
        )
    })?;
    let number = inner_pid(pid);
    ensure(number == "1", || {
        wrong(
            text!("PID 1 in its PID namespace", "PID namespace에서 PID 1"),
            shown!("PID {number}"),
            text!(
                "the first process in a PID namespace is PID 1: which one is it?",
                "PID namespace에 처음 생긴 프로세스가 PID 1입니다. 어느 프로세스인가요?",
            ),
        )
    })?;
    let own = link(pid, "user");
    for kind in &KINDS[1..] {
        let found = owner(format!("/proc/{pid}/ns/{kind}"))?;
        ensure(found == own, || {
            wrong(
                text!(
                    "{} owned by {own}, the child's user namespace",
                    "{}의 소유자는 자식의 user namespace인 {own}",
                    link(pid, kind),
                ),
                text!("owned by {found}", "소유자는 {found}"),
                text!(
                    "how many user namespaces does your function create, and in which of them are \
                     the others created?",
                    "함수가 user namespace를 몇 개 만들고, 나머지는 그 가운데 어디에서 \
                     만들어지나요?",
                ),
            )
        })?;
    }
    Ok(())
}

/// Checks that a process began as root of its user namespace, and who that is outside.
fn check_root(user: &User, pid: Pid) -> Result<(), Finding> {
    let began = stays().first().map_or(String::new(), |call| call.note.clone());
    ensure(began == "0 0", || {
        let (uid, gid) = began.split_once(' ').unwrap_or_default();
        wrong(
            text!("child begins as user 0 and group 0", "child는 사용자 0, 그룹 0으로 시작"),
            text!("it began as user {uid} and group {gid}", "사용자 {uid}, 그룹 {gid}로 시작"),
            text!(
                "who is a process before anybody has written its maps?",
                "누군가 맵을 쓰기 전에 프로세스는 어떤 사용자인가요?",
            ),
        )
    })?;
    for map in ["uid_map", "gid_map"] {
        let (expected, found) = user.map(pid, map);
        ensure(found == expected, || {
            wrong(
                text!("{expected:?} in {map} of the child", "자식의 {map}에 {expected:?}"),
                shown!("{found:?}"),
                text!(
                    "which of the three numbers is the ID inside, which the one outside, and how \
                     many are mapped?",
                    "세 수 가운데 안쪽 ID는 무엇이고 바깥 ID는 무엇이며, 몇 개가 매핑되나요?",
                ),
            )
        })?;
    }
    Ok(())
}
