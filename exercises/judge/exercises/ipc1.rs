//! A queue of one's own, under a key that is in use.

use std::fs::{self, File};
use std::io;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::observe::calls::random;
use crate::observe::tasks::{check_stays, stay};
use crate::process::{Task, helper_process, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
msgget(2) finds the System V message queue that has a key. With IPC_CREAT it
creates the queue if there is none. The caller of your function has a queue under
`key`, with a message in it. `child` never returns.",
    task: "
Run `child` in a process that finds a different queue under the same key. The
caller still finds its own. Return the child's PID as the caller sees it.",
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
        "In which IPC namespace does msgget(2) look for the key?",
        "In that of its caller. So the child needs one of its own before it calls msgget(2), and \
         a new one has no queues.",
        "    judge::fork_child(|| {
        unshare(CloneFlags::CLONE_NEWIPC)?;",
    ],
    errors: &[
        (
            "EEXIST",
            "in the IPC namespace of the process that called, a queue has this key already: in \
             which namespace did it call?",
        ),
        (
            "ENOENT",
            "in the IPC namespace of the process that called, no queue has this key: which flag \
             creates one?",
        ),
        ("EINVAL", "flags of clone(2) and unshare(2) may exclude each other: which did you pass?"),
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
            unavailable("msgget() and msgsnd()", errno, "To see limits: ipcs -l")
        })?;
        let process = run_answer(&EXERCISE, || answer(key, stay))?;
        let child = Pid::from_raw(process.output.parse().unwrap_or_default());
        check_stays(&[child], "child")?;
        let (outside, caller) = (link(Pid::this(), "ipc"), link(process.pid, "ipc"));
        ensure(caller == outside, || {
            wrong(
                format!("the caller in {outside}, in which its queue is"),
                format!("it has moved to {caller}"),
                "unshare(2) moves the process that calls it: which one should that be?",
            )
        })?;
        let queues = Queue::all(Pid::this())?;
        let kept = queues.iter().find(|it| it.key == key && it.id == own);
        ensure(kept.is_some_and(|it| it.messages == 1), || {
            let (found, reason) = match kept {
                None => ("it is gone".to_owned(), "which of your calls removes it?"),
                Some(it) => (
                    format!("it has {} messages", it.messages),
                    "which of your calls takes messages out of it, or puts some in?",
                ),
            };
            wrong(format!("in {outside}, the caller's queue with its message"), found, reason)
        })?;
        let inside = link(child, "ipc");
        ensure(inside != outside, || {
            wrong(
                format!("process {child} finds a different queue under the key {key}"),
                format!("it is in {inside}, like the caller, and finds the caller's"),
                "msgget(2) looks in the IPC namespace of its caller: which call gives the child \
                 another?",
            )
        })?;
        let queues = Queue::all(child)?;
        ensure(queues.iter().any(|it| it.key == key), || {
            let keys: Vec<_> = queues.iter().map(|it| it.key).collect();
            wrong(
                format!("a queue under the key {key} in {inside}, which process {child} is in"),
                format!("the keys of the queues in there: {keys:?}"),
                match keys[..] {
                    [] => "a new IPC namespace has no queues: which process creates one, and when?",
                    [libc::IPC_PRIVATE] => {
                        "msgget(2) finds no queue that was created with IPC_PRIVATE: its key is 0"
                    }
                    _ => "which key does the queue have that you create?",
                },
            )
        })?;
        Ok(format!("the key {key} is that of one queue in {outside}, and of another in {inside}"))
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
