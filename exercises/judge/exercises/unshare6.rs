//! A `/proc` for a new PID namespace.

use std::collections::BTreeSet;
use std::fs;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, NONE, shown, text};
use crate::observe::mounts::{check_unchanged, mounts_of};
use crate::observe::tasks::{check_stays, inner_pid, stay};
use crate::process::{Task, helper_process, link, processes_in, run_answer};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
ps reads /proc. A mount of type proc shows the PID namespace of the process that
mounted it, for ever: in a new PID namespace the old /proc still lists all
processes. / is shared, as on most machines. `child` never returns.",
        "
ps는 /proc을 읽습니다. proc 종류의 마운트는 마운트한 프로세스의 PID
namespace를 계속 보여 줍니다. 그래서 새 PID namespace에서도 원래의 /proc에는
모든 프로세스가 나옵니다. 대부분의 컴퓨터처럼 /는 shared입니다. `child`는
반환하지 않습니다.",
    ),
    task: Both(
        "
Run `child` in a new PID namespace, with a /proc that lists only the processes
of that namespace. Return its PID as the caller sees it. The mounts of processes
outside stay the same.",
        "
새 PID namespace에서, 그 namespace의 프로세스만 나오는 /proc과 함께
`child`를 실행하세요. 호출한 프로세스에게 보이는 자식의 PID를 반환하세요.
바깥 프로세스들의 마운트는 그대로입니다.",
    ),
    manual: "pid_namespaces(7), mount_namespaces(7), mount(2)",
    starter: r#"
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

fn run(child: fn()) -> nix::Result<Pid> {
    unshare(CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS)?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    // TODO: In which PID namespace is the process that mounts?
    mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>)?;
    judge::fork_task(child)
}

fn main() -> ! {
    judge::unshare6(run)
}
"#,
    solutions: &[
        (
            "nix",
            r#"
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
"#,
        ),
        (
            "clone(2), and all mounts by the child",
            r#"
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, clone};
use nix::unistd::Pid;

fn run(child: fn()) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    let flags = CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS;
    let run = Box::new(|| match mount_proc() {
        Ok(()) => {
            child();
            0
        }
        Err(errno) => errno as isize,
    });
    // SAFETY: this process has one thread, and the child gets its own copy of the memory.
    unsafe { clone(run, &mut stack, flags, Some(libc::SIGCHLD)) }
}

fn mount_proc() -> nix::Result<()> {
    let slave = MsFlags::MS_REC | MsFlags::MS_SLAVE;
    mount(None::<&str>, "/", None::<&str>, slave, None::<&str>)?;
    mount(Some("new"), "/proc", Some("proc"), MsFlags::MS_NOSUID, None::<&str>)
}

fn main() -> ! {
    judge::unshare6(run)
}
"#,
        ),
        (
            "the mount namespace in the child, /proc by an init of its own",
            r#"
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Pid, pause, pipe, read, write};

fn run(child: fn()) -> nix::Result<Pid> {
    unshare(CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS)?;
    mount(None::<&str>, "/proc", None::<&str>, MsFlags::MS_PRIVATE, None::<&str>)?;
    let (reader, writer) = pipe()?;
    judge::fork_child(|| {
        mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>)?;
        write(&writer, b".")?;
        loop {
            pause();
        }
    })?;
    read(&reader, &mut [0])?;
    judge::fork_task(child)
}

fn main() -> ! {
    judge::unshare6(run)
}
"#,
        ),
    ],
    hints: [
        Both(
            "Which process is in the new PID namespace: the one that calls unshare(2), or its \
             child?",
            "새 PID namespace에 있는 것은 unshare(2)를 호출한 프로세스인가요, 그 자식인가요?",
        ),
        Both(
            "The child. So the child mounts proc on /proc, before it calls `child`, and in a mount \
             namespace of its own, whose mounts are private.",
            "자식입니다. 그러므로 자식이 `child`를 호출하기 전에 /proc에 proc을 마운트합니다. \
             마운트가 private인 자기만의 마운트 namespace에서 합니다.",
        ),
        Both::same(r#"judge::fork_child(|| {
    mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>)?;
    child();
    Ok(())
})"#),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "proc can be mounted only for a PID namespace over which the caller has \
                 CAP_SYS_ADMIN: which process has to mount proc, and when? And only where a whole \
                 /proc is visible: did you unmount the old one?",
                "proc은 CAP_SYS_ADMIN이 통하는 PID namespace의 것만 마운트할 수 있습니다. 어느 \
                 프로세스가 언제 proc을 마운트해야 하나요? 그리고 가려지지 않은 /proc이 보이는 \
                 곳에서만 됩니다. 원래의 것을 해제했나요?",
            ),
        ),
        (
            "EBUSY",
            Both(
                "that /proc is in use, or mounted there already: you can mount over it, without \
                 umount(2)",
                "그 /proc은 쓰이고 있거나 이미 마운트되어 있습니다. umount(2) 없이 그 위에 \
                 마운트할 수 있습니다",
            ),
        ),
        (
            "EINVAL",
            Both(
                "unshare(2) or mount(2) got flags that do not fit together: which ones?",
                "unshare(2)나 mount(2)에 함께 쓸 수 없는 플래그를 주었습니다. 어느 것인가요?",
            ),
        ),
        ("ENOENT", Both(
            "the old /proc is gone: what have you mounted over it, and in which process?",
            "원래의 /proc이 없습니다. 어느 프로세스에서 그 위에 무엇을 마운트했나요?",
        )),
        (
            "ENOMEM",
            Both(
                "fork(2) fails with this in a PID namespace whose PID 1 has died: which process \
                 was it?",
                "PID 1이 끝난 PID namespace에서는 fork(2)가 이렇게 실패합니다. PID 1은 어느 \
                 프로세스였나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "with a /proc that lists only the processes of that namespace",
            change: "        mount(Some(\"proc\"), \"/proc\", Some(\"proc\"), MsFlags::empty(), None::<&str>)?;
",
            to: "",
            says: "which process has to mount proc, and when?",
        },
        Wrong {
            clause: "lists only the processes of that namespace",
            change: "    judge::fork_child(|| {
        mount(Some(\"proc\"), \"/proc\", Some(\"proc\"), MsFlags::empty(), None::<&str>)?;",
            to: "    mount(Some(\"proc\"), \"/proc\", Some(\"proc\"), MsFlags::empty(), None::<&str>)?;
    judge::fork_child(|| {",
            says: "which process has to mount proc, and when?",
        },
        Wrong {
            clause: "a /proc that lists",
            change: r#"Some("proc"), "/proc", Some("proc")"#,
            to: r#"Some("tmpfs"), "/proc", Some("tmpfs")"#,
            says: "of which type is the file system",
        },
        Wrong {
            clause: "a /proc that lists",
            change: r#"mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>)?;"#,
            to: r#"mount(Some("tmpfs"), "/proc", Some("tmpfs"), MsFlags::empty(), None::<&str>)?;
        let _ = std::fs::create_dir("/proc/1");"#,
            says: "of which type is the file system",
        },
        Wrong {
            clause: "in a new PID namespace",
            change: "CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS",
            to: "CloneFlags::CLONE_NEWNS",
            says: "in the child: EPERM",
        },
        Wrong {
            clause: "Run `child`",
            change: "        child();",
            to: "        loop {
            nix::unistd::pause();
        }",
            says: "what does the child do first?",
        },
        Wrong {
            clause: "Return its PID as the caller sees it.",
            change: "    judge::fork_child(|| {
        mount(Some(\"proc\"), \"/proc\", Some(\"proc\"), MsFlags::empty(), None::<&str>)?;
        child();
        Ok(())
    })",
            to: "    judge::fork_child(|| {
        mount(Some(\"proc\"), \"/proc\", Some(\"proc\"), MsFlags::empty(), None::<&str>)?;
        child();
        Ok(())
    })?;
    Ok(Pid::from_raw(1))",
            says: "that does not run it",
        },
        Wrong {
            clause: "The mounts of processes outside stay the same.",
            change: "    mount(None::<&str>, \"/\", None::<&str>, private, None::<&str>)?;",
            to: "    let _ = private;",
            says: "what makes a mount propagate?",
        },
        Wrong {
            clause: "The mounts of processes outside stay the same.",
            change: "    unshare(CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS)?;",
            to: "    mount(None::<&str>, \"/\", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?;
    unshare(CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS)?;",
            says: "the mounts propagate differently",
        },
        Wrong {
            clause: "The mounts of processes outside stay the same.",
            change: "CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS",
            to: "CloneFlags::CLONE_NEWPID",
            says: "in which mount namespace",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer runs a task in a new PID namespace with a `/proc` of its own.
pub fn unshare6(answer: fn(Task) -> nix::Result<Pid>) -> ! {
    judge(|| {
        // It would still be there to be looked at if the judge's own /proc were covered.
        let outside = helper_process(CloneFlags::empty(), || Ok(()))?;
        let before = mounts_of(outside.pid);
        let process = run_answer(&EXERCISE, || answer(stay))?;
        let child = Pid::from_raw(process.output.parse().unwrap_or_default());
        // When it runs, all is mounted.
        let runs = check_stays(&[child], "child");
        check_unchanged(&before, &mounts_of(outside.pid))?;
        runs?;
        let namespace = link(child, "pid");
        ensure(namespace != link(outside.pid, "pid"), || {
            wrong(
                text!(
                    "process {child} in a new PID namespace",
                    "{child}번 프로세스는 새 PID namespace에 있음",
                ),
                text!(
                    "{namespace}, like all processes outside",
                    "바깥의 모든 프로세스처럼 {namespace}에 있습니다",
                ),
                text!(
                    "does unshare(2) get the flag, and before fork(2)?",
                    "unshare(2)에 그 플래그를 주었고, fork(2)보다 먼저인가요?",
                ),
            )
        })?;
        let listed = check_proc(child, &namespace)?;
        Ok(text!(
            "/proc of process {child} lists {listed}, and outside nothing has changed",
            "{child}번 프로세스의 /proc에는 {listed}만 나오고, 바깥은 달라진 것이 없습니다",
        ))
    })
}

/// Checks that `/proc`, as `child` sees it, lists the processes of its namespace. Returns
/// what it lists.
fn check_proc(child: Pid, namespace: &str) -> Result<String, Finding> {
    let mounts = mounts_of(child);
    let kind = mounts.iter().rfind(|it| it.target == "/proc").map(|it| it.kind.as_str());
    ensure(kind == Some("proc"), || {
        wrong(
            text!(
                "a mount of type proc at /proc of process {child}",
                "{child}번 프로세스의 /proc에 proc 종류의 마운트",
            ),
            text!("its type is {:?}", "종류는 {:?}", kind.unwrap_or(NONE)),
            text!(
                "of which type is the file system that you mount?",
                "마운트한 파일 시스템의 종류는 무엇인가요?",
            ),
        )
    })?;
    let entries = fs::read_dir(format!("/proc/{child}/root/proc")).into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let listed: BTreeSet<_> = numbers.collect();
    let inside = processes_in("pid", namespace).into_iter();
    let inside: BTreeSet<_> = inside.filter_map(|pid| inner_pid(pid).parse::<u32>().ok()).collect();
    let show = |pids: &BTreeSet<u32>| format!("{:?}", pids.iter().collect::<Vec<_>>());
    ensure(listed == inside, || {
        wrong(
            text!(
                "{} in /proc of process {child}, the PIDs in {namespace}",
                "{child}번 프로세스의 /proc에 {}, 곧 {namespace}의 PID들",
                show(&inside),
            ),
            shown!("{}", show(&listed)),
            text!(
                "a mount of proc shows the PID namespace of the process that mounted it: which \
                 process has to mount proc, and when?",
                "proc의 마운트는 마운트한 프로세스의 PID namespace를 보여 줍니다. 어느 프로세스가 \
                 언제 proc을 마운트해야 하나요?",
            ),
        )
    })?;
    Ok(show(&listed))
}
