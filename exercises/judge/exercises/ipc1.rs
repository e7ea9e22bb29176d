//! A queue of one's own, under a key that is in use.

use std::fs::{self, File};
use std::io;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::observe::calls::random;
use crate::observe::tasks::{check_stays, stay};
use crate::process::{Task, helper_process, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
msgget(2) finds the System V message queue that has a key. With IPC_CREAT it
creates the queue if there is none. The caller of your function has a queue under
`key`, with a message in it. `child` never returns.",
        "
msgget(2)는 키로 System V 메시지 큐를 찾습니다. IPC_CREAT를 주면 그런 큐가
없을 때 만듭니다. 여러분의 함수를 호출하는 프로세스에게는 `key`로 찾을 수
있는 큐가 있고, 그 안에 메시지가 하나 있습니다. `child`는 반환하지 않습니다.",
    ),
    task: Both(
        "
Run `child` in a process that finds a different queue under the same key. The
caller still finds its own. Return the child's PID as the caller sees it.",
        "
같은 키로 찾으면 다른 큐가 나오는 프로세스에서 `child`를 실행하세요. 호출한
프로세스는 여전히 자기 큐를 찾아야 합니다. 호출한 프로세스에게 보이는 자식의
PID를 반환하세요.",
    ),
    manual: "ipc_namespaces(7), msgget(2)",
    starter: "
use nix::errno::Errno;
use nix::unistd::Pid;

fn run(key: i32, child: fn()) -> nix::Result<Pid> {
    judge::fork_child(|| {
        // TODO: This finds the queue of the caller.
        // SAFETY: the call takes two numbers.
        Errno::result(unsafe { libc::msgget(key, libc::IPC_CREAT | 0o600) })?;
        child();
        Ok(())
    })
}

fn main() -> ! {
    judge::ipc1(run)
}
",
    solutions: &[
        (
            "fork, then unshare",
            "
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

fn run(key: i32, child: fn()) -> nix::Result<Pid> {
    judge::fork_child(|| {
        unshare(CloneFlags::CLONE_NEWIPC)?;
        // SAFETY: the call takes two numbers.
        Errno::result(unsafe { libc::msgget(key, libc::IPC_CREAT | 0o600) })?;
        child();
        Ok(())
    })
}

fn main() -> ! {
    judge::ipc1(run)
}
",
        ),
        (
            "clone",
            "
use nix::errno::Errno;
use nix::sched::{CloneFlags, clone};
use nix::unistd::Pid;

fn run(key: i32, child: fn()) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    let run = Box::new(|| {
        let flags = libc::IPC_CREAT | libc::IPC_EXCL | 0o666;
        // SAFETY: the call takes two numbers.
        match Errno::result(unsafe { libc::msgget(key, flags) }) {
            Ok(_) => child(),
            Err(errno) => return errno as isize,
        }
        0
    });
    // SAFETY: this process has one thread, and the child gets its own copy of the memory.
    unsafe { clone(run, &mut stack, CloneFlags::CLONE_NEWIPC, Some(libc::SIGCHLD)) }
}

fn main() -> ! {
    judge::ipc1(run)
}
",
        ),
    ],
    hints: [
        Both(
            "In which IPC namespace does msgget(2) look for the key?",
            "msgget(2)는 어느 IPC namespace에서 키를 찾나요?",
        ),
        Both(
            "In that of its caller. So the child needs one of its own before it calls msgget(2), \
             and a new one has no queues.",
            "호출한 프로세스의 IPC namespace에서 찾습니다. 그러므로 자식은 msgget(2)를 호출하기 \
             전에 자기만의 IPC namespace가 있어야 합니다. 새 IPC namespace에는 큐가 없습니다.",
        ),
        Both::same(
            "    judge::fork_child(|| {
        unshare(CloneFlags::CLONE_NEWIPC)?;",
        ),
    ],
    errors: &[
        (
            "EEXIST",
            Both(
                "in the IPC namespace of the process that called, a queue has this key already: in \
                 which namespace did it call?",
                "호출한 프로세스의 IPC namespace에 이 키의 큐가 이미 있습니다. 어느 namespace에서 \
                 호출했나요?",
            ),
        ),
        (
            "ENOENT",
            Both(
                "in the IPC namespace of the process that called, no queue has this key: which \
                 flag creates one?",
                "호출한 프로세스의 IPC namespace에 이 키의 큐가 없습니다. 어떤 플래그가 큐를 \
                 만드나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "flags of clone(2) and unshare(2) may exclude each other: which did you pass?",
                "clone(2)와 unshare(2)에는 함께 쓸 수 없는 플래그가 있습니다. 어떤 플래그를 \
                 넘겼나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "finds a different queue",
            change: "unshare(CloneFlags::CLONE_NEWIPC)",
            to: "unshare(CloneFlags::empty())",
            says: "which call gives the child another?",
        },
        Wrong {
            clause: "finds a different queue",
            change: "        Errno::result(unsafe { libc::msgget(key, libc::IPC_CREAT | 0o600) })?;
",
            to: "",
            says: "a new IPC namespace has no queues",
        },
        Wrong {
            clause: "under the same key",
            change: "libc::msgget(key, ",
            to: "libc::msgget(libc::IPC_PRIVATE, ",
            says: "finds no queue that was created with IPC_PRIVATE",
        },
        Wrong {
            clause: "under the same key",
            change: "libc::msgget(key, ",
            to: "libc::msgget(key + 1, ",
            says: "which key does the queue have that you create?",
        },
        Wrong {
            clause: "The caller still finds its own.",
            change: "    judge::fork_child(|| {
        unshare(CloneFlags::CLONE_NEWIPC)?;",
            to: "    unshare(CloneFlags::CLONE_NEWIPC)?;
    judge::fork_child(|| {",
            says: "it has moved to",
        },
        Wrong {
            clause: "The caller still finds its own.",
            change: "    judge::fork_child(|| {",
            to: "    // SAFETY: the call takes two numbers.
    let queue = Errno::result(unsafe { libc::msgget(key, 0) })?;
    // SAFETY: to remove a queue, the call needs no structure.
    Errno::result(unsafe { libc::msgctl(queue, libc::IPC_RMID, std::ptr::null_mut()) })?;
    judge::fork_child(|| {",
            says: "which of your calls removes it?",
        },
        Wrong {
            clause: "The caller still finds its own.",
            change: "    judge::fork_child(|| {",
            to: "    // SAFETY: the call takes two numbers.
    let queue = Errno::result(unsafe { libc::msgget(key, 0) })?;
    let mut message = [0_u64; 4];
    let (place, any) = (message.as_mut_ptr().cast(), libc::IPC_NOWAIT);
    // SAFETY: the message has space for its type and eight bytes.
    Errno::result(unsafe { libc::msgrcv(queue, place, 8, 0, any) })?;
    judge::fork_child(|| {",
            says: "which of your calls takes messages out of it",
        },
        Wrong {
            clause: "Run `child`",
            change: "        child();",
            to: "        let _ = child;
        loop {
            nix::unistd::pause();
        }",
            says: "what does the child do first?",
        },
        Wrong {
            clause: "Return the child's PID as the caller sees it.",
            change: "        child();
        Ok(())
    })",
            to: "        child();
        Ok(())
    })?;
    Ok(Pid::from_raw(1))",
            says: "that does not run it",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer runs a task in a process that finds a queue of its own under a key
/// that its caller uses, too.
pub fn ipc1(answer: fn(i32, Task) -> nix::Result<Pid>) -> ! {
    judge(|| {
        let key = random(1..0x7fff_0000) as i32;
        let own = create_queue(key).map_err(|errno| {
            unavailable(
                "msgget() and msgsnd()",
                errno,
                text!("To see limits: ipcs -l", "한도를 보려면: ipcs -l"),
            )
        })?;
        let process = run_answer(&EXERCISE, || answer(key, stay))?;
        let child = Pid::from_raw(process.output.parse().unwrap_or_default());
        check_stays(&[child], "child")?;
        let (outside, caller) = (link(Pid::this(), "ipc"), link(process.pid, "ipc"));
        ensure(caller == outside, || {
            wrong(
                text!(
                    "the caller in {outside}, in which its queue is",
                    "호출한 프로세스는 자기 큐가 있는 {outside}에 그대로 있음",
                ),
                text!("it has moved to {caller}", "{caller}로 옮겨 갔습니다"),
                text!(
                    "unshare(2) moves the process that calls it: which one should that be?",
                    "unshare(2)는 호출한 프로세스를 옮깁니다. 어느 프로세스가 호출해야 하나요?",
                ),
            )
        })?;
        let queues = Queue::all(Pid::this())?;
        let kept = queues.iter().find(|it| it.key == key && it.id == own);
        ensure(kept.is_some_and(|it| it.messages == 1), || {
            let (found, reason) = match kept {
                None => (
                    text!("it is gone", "없어졌습니다"),
                    text!("which of your calls removes it?", "어느 호출이 큐를 없애나요?"),
                ),
                Some(it) => (
                    text!("it has {} messages", "메시지가 {}개 있습니다", it.messages),
                    text!(
                        "which of your calls takes messages out of it, or puts some in?",
                        "어느 호출이 메시지를 꺼내거나 넣나요?",
                    ),
                ),
            };
            wrong(
                text!(
                    "in {outside}, the caller's queue with its message",
                    "{outside}에, 호출한 프로세스의 큐와 그 메시지",
                ),
                found,
                reason,
            )
        })?;
        let inside = link(child, "ipc");
        ensure(inside != outside, || {
            wrong(
                text!(
                    "process {child} finds a different queue under the key {key}",
                    "{child}번 프로세스는 키 {key}로 다른 큐를 찾음",
                ),
                text!(
                    "it is in {inside}, like the caller, and finds the caller's",
                    "호출한 프로세스처럼 {inside}에 있어서 같은 큐를 찾습니다",
                ),
                text!(
                    "msgget(2) looks in the IPC namespace of its caller: which call gives the \
                     child another?",
                    "msgget(2)는 호출한 프로세스의 IPC namespace에서 찾습니다. 어떤 호출을 하면 \
                     자식에게 다른 IPC namespace가 생기나요?",
                ),
            )
        })?;
        let queues = Queue::all(child)?;
        ensure(queues.iter().any(|it| it.key == key), || {
            let keys: Vec<_> = queues.iter().map(|it| it.key).collect();
            wrong(
                text!(
                    "a queue under the key {key} in {inside}, which process {child} is in",
                    "{child}번 프로세스가 있는 {inside}에 키가 {key}인 큐",
                ),
                text!(
                    "the keys of the queues in there: {keys:?}",
                    "그 안에 있는 큐들의 키: {keys:?}",
                ),
                match keys[..] {
                    [] => text!(
                        "a new IPC namespace has no queues: which process creates one, and when?",
                        "새 IPC namespace에는 큐가 없습니다. 어느 프로세스가 언제 만드나요?",
                    ),
                    [libc::IPC_PRIVATE] => {
                        text!(
                            "msgget(2) finds no queue that was created with IPC_PRIVATE: its key \
                             is 0",
                            "IPC_PRIVATE으로 만든 큐는 키가 0이라서 msgget(2)로 찾을 수 없습니다",
                        )
                    }
                    _ => text!(
                        "which key does the queue have that you create?",
                        "만든 큐의 키는 무엇인가요?",
                    ),
                },
            )
        })?;
        Ok(text!(
            "the key {key} is that of one queue in {outside}, and of another in {inside}",
            "키 {key}의 큐는 {outside}에 하나, {inside}에 또 하나 있습니다",
        ))
    })
}

/// Creates a queue with a message in it, in the caller's IPC namespace. Returns its number.
fn create_queue(key: i32) -> nix::Result<i32> {
    /// What `msgsnd(2)` takes: a type, which must not be 0, and a text.
    #[repr(C)]
    struct Message(libc::c_long, [u8; 4]);
    let flags = libc::IPC_CREAT | libc::IPC_EXCL | 0o600;
    // SAFETY: the call takes two numbers.
    let queue = Errno::result(unsafe { libc::msgget(key, flags) })?;
    let message = Message(1, *b"helo");
    let (start, size) = ((&raw const message).cast(), message.1.len());
    // SAFETY: the message is a type and a text of this size, and lives until the call is over.
    Errno::result(unsafe { libc::msgsnd(queue, start, size, libc::IPC_NOWAIT) })?;
    Ok(queue)
}

/// A System V message queue, as `/proc/sysvipc/msg` shows it.
struct Queue {
    key: i32,
    id: i32,
    messages: u64,
}

impl Queue {
    /// The queues in the IPC namespace of a process. A child of the judge joins it
    /// (`setns(2)`), because the file lists those of the reader's namespace.
    fn all(pid: Pid) -> Result<Vec<Queue>, Finding> {
        const COPY: &str = "/tmp/queues";
        let copy = || -> io::Result<()> {
            setns(File::open(format!("/proc/{pid}/ns/ipc"))?, CloneFlags::CLONE_NEWIPC)?;
            fs::write(COPY, fs::read_to_string("/proc/sysvipc/msg")?)
        };
        let errno = |error: io::Error| Errno::from_raw(error.raw_os_error().unwrap_or_default());
        helper_process(CloneFlags::empty(), || copy().map_err(errno))?.end();
        let text = fs::read_to_string(COPY).unwrap_or_default();
        let queues = text.lines().skip(1).filter_map(|line| {
            // Key, number, mode, bytes, messages.
            let fields: Vec<_> = line.split_whitespace().collect();
            let (key, id) = (fields.first()?.parse().ok()?, fields.get(1)?.parse().ok()?);
            Some(Queue { key, id, messages: fields.get(4)?.parse().ok()? })
        });
        Ok(queues.collect())
    }
}
