//! A namespace kept alive by an open file.

use std::fs::{self, File};
use std::io;
use std::os::fd::IntoRawFd;
use std::path::Path;

use nix::sched::CloneFlags;
use nix::unistd::{Pid, sethostname};

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::observe::leftovers::{check_empty, check_no_process_left, descriptors};
use crate::observe::mounts::mounts_of;
use crate::observe::namespaces::changed_links;
use crate::process::{helper_process, link, run_answer, uts_names};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A namespace disappears with its last process, unless something else refers to
it. An open file is enough, and needs no privilege.",
        "
namespace는 다른 무언가가 가리키고 있지 않으면 마지막 프로세스와 함께
사라집니다. 열린 파일 하나면 충분하고, 권한도 필요 없습니다.",
    ),
    task: Both(
        "
Return an open file that keeps the UTS namespace of the process with this PID
alive. When the judge looks, that process will have ended. Leave nothing else
behind: no process, no mount, no other descriptor of the namespace.",
        "
이 PID를 가진 프로세스의 UTS namespace를 살려 두는 열린 파일을 반환하세요.
채점 프로그램이 볼 때는 그 프로세스가 이미 끝나 있습니다. 다른 것은 남기지
마세요. 프로세스도, 마운트도, 이 namespace의 다른 파일 디스크립터도 안
됩니다.",
    ),
    manual: "namespaces(7): Namespace lifetime",
    starter: r#"
use std::fs::File;
use std::io;

use nix::unistd::Pid;

fn keep_alive(pid: Pid) -> io::Result<File> {
    // TODO: This directory disappears with the process. What does not?
    File::open(format!("/proc/{pid}/ns"))
}

fn main() -> ! {
    judge::setns3(keep_alive)
}
"#,
    solutions: &[
        (
            "std",
            r#"
use std::fs::File;
use std::io;

use nix::unistd::Pid;

fn keep_alive(pid: Pid) -> io::Result<File> {
    File::open(format!("/proc/{pid}/ns/uts"))
}

fn main() -> ! {
    judge::setns3(keep_alive)
}
"#,
        ),
        (
            "from inside, and back again",
            r#"
use std::fs::File;
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn keep_alive(pid: Pid) -> io::Result<File> {
    let own = File::open("/proc/self/ns/uts")?;
    setns(judge::pidfd_open(pid)?, CloneFlags::CLONE_NEWUTS)?;
    let file = File::open("/proc/self/ns/uts")?;
    setns(own, CloneFlags::CLONE_NEWUTS)?;
    Ok(file)
}

fn main() -> ! {
    judge::setns3(keep_alive)
}
"#,
        ),
        (
            "libc, O_PATH",
            r#"
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::FromRawFd;

use nix::unistd::Pid;

fn keep_alive(pid: Pid) -> io::Result<File> {
    let path = CString::new(format!("/proc/{pid}/ns/uts"))?;
    // SAFETY: the string ends with NUL and outlives the call.
    match unsafe { libc::open(path.as_ptr(), libc::O_PATH | libc::O_CLOEXEC) } {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: the descriptor is new, and nothing else owns it.
        fd => Ok(unsafe { File::from_raw_fd(fd) }),
    }
}

fn main() -> ! {
    judge::setns3(keep_alive)
}
"#,
        ),
    ],
    hints: [
        Both(
            "Which file can you open that refers to the namespace itself, and not to the process?",
            "프로세스가 아니라 namespace 자체를 가리키는 것으로 어떤 파일을 열 수 있나요?",
        ),
        Both(
            "Each link in /proc/PID/ns. Opening it follows the link, and the descriptor refers to \
             the namespace as long as it is open.",
            "/proc/PID/ns의 링크입니다. 열면 링크를 따라가고, 파일 디스크립터는 열려 있는 동안 \
             namespace를 가리킵니다.",
        ),
        Both::same(r#"File::open(format!("/proc/{pid}/ns/uts"))"#),
    ],
    errors: &[
        (
            "ENOENT",
            Both(
                "no such path: the process is alive while your function runs, so compare your path \
                 with ls /proc/self/ns",
                "그런 경로가 없습니다. 함수가 실행되는 동안 프로세스는 살아 있으니 ls \
                 /proc/self/ns와 경로를 비교해 보세요",
            ),
        ),
        (
            "EPERM",
            Both(
                "a namespace can be opened for reading only, and a mount takes CAP_SYS_ADMIN",
                "namespace는 읽기로만 열 수 있고, 마운트에는 CAP_SYS_ADMIN이 필요합니다",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Return an open file",
            change: "File::open(",
            to: "File::create(",
            says: "a namespace can be opened for reading only",
        },
        Wrong {
            clause: "Return an open file that keeps the UTS namespace",
            change: r#"/ns/uts"))"#,
            to: r#"/ns/pid"))"#,
            says: "which file in /proc/PID/ns belongs to the UTS namespace",
        },
        Wrong {
            clause: "of the process with this PID",
            change: r#"File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"File::open("/proc/self/ns/uts")"#,
            says: "of which process did you open the file?",
        },
        Wrong {
            clause: "When the judge looks, that process will have ended.",
            change: r#"File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: "Ok(File::from(judge::pidfd_open(pid)?))",
            says: "whatever refers to a process only",
        },
        Wrong {
            clause: "no process",
            change: r#"File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"{
        let file = File::open(format!("/proc/{pid}/ns/uts"))?;
        nix::sched::setns(&file, nix::sched::CloneFlags::CLONE_NEWUTS)?;
        Ok(file)
    }"#,
            says: "the caller is one process more in the namespace",
        },
        Wrong {
            clause: "no mount",
            change: r#"File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"{
        use nix::mount::{MsFlags, mount};
        File::create("/tmp/kept")?;
        let (none, from) = (None::<&str>, format!("/proc/{pid}/ns/uts"));
        mount(Some(from.as_str()), "/tmp/kept", none, MsFlags::MS_BIND, none)?;
        File::open("/tmp/kept")
    }"#,
            says: "but with a bind mount",
        },
        Wrong {
            clause: "no process",
            change: r#"    File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"    let file = File::open(format!("/proc/{pid}/ns/uts"))?;
    let (reader, writer) = nix::unistd::pipe()?;
    judge::fork_child(|| {
        nix::sched::setns(&file, nix::sched::CloneFlags::CLONE_NEWUTS)?;
        nix::unistd::write(&writer, b".")?;
        loop {
            nix::unistd::pause();
        }
    })?;
    nix::unistd::read(&reader, &mut [0])?;
    Ok(file)"#,
            says: "what could refer to the namespace without running?",
        },
        Wrong {
            clause: "no process",
            change: r#"    File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"    judge::fork_child(|| loop {
        nix::unistd::pause();
    })?;
    File::open(format!("/proc/{pid}/ns/uts"))"#,
            says: "what could refer to the namespace without running?",
        },
        Wrong {
            clause: "no process",
            change: r#"    File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"    let file = File::open(format!("/proc/{pid}/ns/uts"))?;
    let same = file.try_clone()?;
    std::thread::spawn(move || loop {
        let _ = nix::sched::setns(&file, nix::sched::CloneFlags::CLONE_NEWUTS);
        std::thread::park();
    });
    Ok(same)"#,
            says: "no thread that your function has left behind",
        },
        Wrong {
            clause: "no process",
            change: r#"    File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"    judge::fork_task(|| ())?;
    File::open(format!("/proc/{pid}/ns/uts"))"#,
            says: "is a zombie until its parent does what?",
        },
        Wrong {
            clause: "no other descriptor of the namespace",
            change: r#"    File::open(format!("/proc/{pid}/ns/uts"))"#,
            to: r#"    let file = File::open(format!("/proc/{pid}/ns/uts"))?;
    std::mem::forget(file.try_clone()?);
    Ok(file)"#,
            says: "one descriptor, which your function returns, refers to",
        },
    ],
    ..Exercise::NEW
};

/// Checks that nothing but an open file keeps a UTS namespace alive after its last
/// process has ended.
pub fn setns3(answer: fn(Pid) -> io::Result<File>) -> ! {
    judge(|| {
        let target = helper_process(CloneFlags::CLONE_NEWUTS, || sethostname("held-open"))?;
        let process = run_answer(&EXERCISE, || answer(target.pid).map(IntoRawFd::into_raw_fd))?;
        let (namespace, target_pid) = (link(target.pid, "uts"), target.pid);
        let moved = changed_links(Pid::this(), process.pid);
        ensure(moved.is_empty(), || {
            wrong(
                text!(
                    "a caller that is still in its own namespaces",
                    "자기 namespace들에 그대로 있는, 호출한 프로세스",
                ),
                text!("other namespaces: {}", "다른 namespace: {}", moved.join(", ")),
                text!(
                    "the caller is one process more in the namespace; do you need to join it?",
                    "호출한 프로세스가 그 namespace에 들어가면 프로세스가 하나 늘어납니다. 들어갈 \
                     필요가 있나요?",
                ),
            )
        })?;
        ensure(!mounts_of(process.pid).iter().any(|mount| mount.kind == "nsfs"), || {
            wrong(
                text!("no mounted namespace", "마운트된 namespace가 없음"),
                text!(
                    "a mount of file system type nsfs in /proc/PID/mountinfo",
                    "/proc/PID/mountinfo에 nsfs 종류의 마운트가 있습니다",
                ),
                text!(
                    "that keeps the namespace alive, too, but with a bind mount",
                    "그래도 namespace가 살아 있기는 합니다. 하지만 바인드 마운트가 살려 두고 \
                     있습니다",
                ),
            )
        })?;
        check_no_process_left(&[process.pid, target.pid])?;
        target.end();
        check_empty(&namespace)?;
        let fd = &process.output;
        let path = format!("/proc/{}/fd/{fd}", process.pid);
        let found = fs::read_link(&path).unwrap_or_default().display().to_string();
        ensure(found == namespace, || {
            let reason = match found.split_once(":[") {
                Some(("uts", _)) => text!(
                    "of which process did you open the file?",
                    "어느 프로세스의 파일을 열었나요?",
                ),
                Some((kind, _)) if Path::new("/proc/self/ns").join(kind).exists() => {
                    text!(
                        "which file in /proc/PID/ns belongs to the UTS namespace?",
                        "/proc/PID/ns에서 UTS namespace의 파일은 어느 것인가요?",
                    )
                }
                _ => {
                    text!(
                        "whatever refers to a process only does not keep its namespaces; what is \
                         there in /proc/PID/ns?",
                        "프로세스만 가리키는 것은 그 namespace를 살려 두지 않습니다. \
                         /proc/PID/ns에는 무엇이 있나요?",
                    )
                }
            };
            let wanted = text!(
                "a descriptor of {namespace}, in which process {target_pid} was",
                "{target_pid}번 프로세스가 있던 {namespace}의 파일 디스크립터",
            );
            wrong(
                wanted,
                text!(
                    "descriptor {fd} refers to {found:?}",
                    "파일 디스크립터 {fd}은(는) {found:?}를 가리킵니다",
                ),
                reason,
            )
        })?;
        let open = descriptors(process.pid, &namespace);
        ensure(open.len() == 1, || {
            wrong(
                text!(
                    "one descriptor, which your function returns, refers to {namespace}",
                    "{namespace}를 가리키는 파일 디스크립터는 함수가 반환한 하나뿐",
                ),
                text!("descriptors {}", "파일 디스크립터 {}", open.join(", ")),
                text!(
                    "which of them is still open when your function returns, and why?",
                    "함수가 반환할 때 아직 열려 있는 것은 어느 것이고, 왜 열려 있나요?",
                ),
            )
        })?;
        let (name, _) = uts_names(path)?;
        Ok(text!(
            "no process is left in {namespace}, descriptor {fd} still refers to it, and its \
             hostname is still {name:?}",
            "{namespace}에는 프로세스가 남아 있지 않지만 파일 디스크립터 {fd}이(가) 아직 가리키고, \
             호스트 이름은 여전히 {name:?}입니다",
        ))
    })
}
