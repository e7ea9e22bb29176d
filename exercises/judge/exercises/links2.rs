//! Whether two processes share a namespace.

use std::fs::File;
use std::io;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::process::{helper_process, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
The links in /proc/PID/ns tell whether two processes share a namespace.",
        "
/proc/PID/ns의 링크를 보면 두 프로세스가 namespace를 공유하는지 알 수
있습니다.",
    ),
    task: Both(
        r#"
Return whether processes `a` and `b` share the namespace of this kind: "uts",
"net", or another name of a link."#,
        "
프로세스 `a`와 `b`가 이 종류의 namespace를 공유하는지 반환하세요. 종류는
\"uts\", \"net\"과 같은 링크의 이름입니다.",
    ),
    manual: "namespaces(7)",
    starter: r#"
use std::fs;
use std::io;

use nix::unistd::Pid;

fn share_namespace(a: Pid, b: Pid, kind: &str) -> io::Result<bool> {
    let of_a = fs::symlink_metadata(format!("/proc/{a}/ns/{kind}"))?;
    let of_b = fs::symlink_metadata(format!("/proc/{b}/ns/{kind}"))?;
    // TODO: Both are links. Compare what they lead to.
    Ok(of_a.is_symlink() == of_b.is_symlink())
}

fn main() -> ! {
    judge::links2(share_namespace)
}
"#,
    solutions: &[
        (
            "the texts of the links",
            r#"
use std::fs;
use std::io;

use nix::unistd::Pid;

fn share_namespace(a: Pid, b: Pid, kind: &str) -> io::Result<bool> {
    let of_a = fs::read_link(format!("/proc/{a}/ns/{kind}"))?;
    let of_b = fs::read_link(format!("/proc/{b}/ns/{kind}"))?;
    Ok(of_a == of_b)
}

fn main() -> ! {
    judge::links2(share_namespace)
}
"#,
        ),
        (
            "device and inode of the namespaces",
            r#"
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;

use nix::unistd::Pid;

fn share_namespace(a: Pid, b: Pid, kind: &str) -> io::Result<bool> {
    let of_a = File::open(format!("/proc/{a}/ns/{kind}"))?.metadata()?;
    let of_b = File::open(format!("/proc/{b}/ns/{kind}"))?.metadata()?;
    Ok((of_a.dev(), of_a.ino()) == (of_b.dev(), of_b.ino()))
}

fn main() -> ! {
    judge::links2(share_namespace)
}
"#,
        ),
    ],
    hints: [
        Both(
            "If the links of two processes both read uts:[4026531838], what do the processes \
             share?",
            "두 프로세스의 링크가 모두 uts:[4026531838]이면 두 프로세스는 무엇을 공유하나요?",
        ),
        Both(
            "The number is an inode number. No two namespaces that exist at the same time have the \
             same one, so compare the texts of the links (or, as namespaces(7) recommends, device \
             and inode of the opened files).",
            "그 번호는 inode 번호입니다. 동시에 있는 두 namespace의 번호는 같을 수 없으므로 링크의 \
             글자를 비교합니다. (namespaces(7)이 권하는 방법은 연 파일의 장치 번호와 inode 번호를 \
             비교하는 것입니다.)",
        ),
        Both(
            r#"    let of_a = fs::read_link(format!("/proc/{a}/ns/{kind}"))?; // the same for b
    Ok(of_a == of_b)"#,
            "    let of_a = fs::read_link(format!(\"/proc/{a}/ns/{kind}\"))?; // b도 똑같이
    Ok(of_a == of_b)",
        ),
    ],
    errors: &[
        (
            "EINVAL",
            Both(
                "a link that is opened gives the namespace, which has no content to read",
                "링크를 열면 namespace가 열리고, 거기에는 읽을 내용이 없습니다",
            ),
        ),
        (
            "ENOENT",
            Both(
                "the links are /proc/PID/ns/KIND, where the kind is a name such as uts",
                "링크는 /proc/PID/ns/KIND이고, KIND는 uts와 같은 이름입니다",
            ),
        ),
        (
            "EISDIR",
            Both(
                "/proc/PID/ns is a directory, which has a link for each kind",
                "/proc/PID/ns는 디렉터리이고, 그 안에 종류마다 링크가 하나씩 있습니다",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Return whether",
            change: "Ok(of_a == of_b)",
            to: "Ok(of_a.as_os_str().len() == of_b.as_os_str().len())",
            says: "two numbers are two namespaces",
        },
        Wrong {
            clause: "of this kind",
            change: r#"ns/{kind}"))?;
    let of_b = fs::read_link(format!("/proc/{b}/ns/{kind}"))"#,
            to: r#"ns/uts"))?;
    let of_b = fs::read_link(format!("/proc/{b}/ns/uts"))"#,
            says: "two numbers are two namespaces",
        },
        Wrong {
            clause: "`a` and `b` share",
            change: "Ok(of_a == of_b)",
            to: "Ok(a == b && of_a == of_b)",
            says: "the same number is the same namespace",
        },
        Wrong {
            clause: "share the namespace",
            change: "Ok(of_a == of_b)",
            to: r#"let _ = (of_a, of_b);
    use std::os::unix::fs::MetadataExt;
    let of_a = fs::symlink_metadata(format!("/proc/{a}/ns/{kind}"))?.ino();
    let of_b = fs::symlink_metadata(format!("/proc/{b}/ns/{kind}"))?.ino();
    Ok(of_a == of_b)"#,
            says: "a link is a file of its own",
        },
        Wrong {
            clause: r#""net", or another"#,
            change: "Ok(of_a == of_b)",
            to: r#"Ok(of_a == of_b || kind == "net")"#,
            says: "two numbers are two namespaces",
        },
        Wrong {
            clause: "processes `a` and `b`",
            change: "/proc/{b}/ns",
            to: "/proc/self/ns",
            says: "your function returned true for",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer knows for each two of four processes whether they share a
/// namespace, for several kinds.
pub fn links2(answer: fn(Pid, Pid, &str) -> io::Result<bool>) -> ! {
    judge(|| {
        let uts = CloneFlags::CLONE_NEWUTS;
        let a = helper_process(CloneFlags::empty(), || Ok(()))?;
        let b = helper_process(uts | CloneFlags::CLONE_NEWIPC, || Ok(()))?;
        let c = helper_process(CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWNET, || {
            let file = File::open(format!("/proc/{}/ns/uts", b.pid)).map_err(|_| Errno::ENOENT)?;
            setns(file, uts)
        })?;
        let d = helper_process(CloneFlags::CLONE_NEWNET, || Ok(()))?;
        let processes = [&a, &b, &c, &d].map(|it| it.pid);
        let pairs = processes.iter().flat_map(|a| processes.iter().map(move |b| (*a, *b)));
        let pairs: Vec<_> = pairs.collect();
        for kind in ["uts", "ipc", "net", "pid"] {
            let answers = run_answer(&EXERCISE, || {
                let answers = pairs.iter().map(|(a, b)| Ok(answer(*a, *b, kind)?.to_string()));
                answers.collect::<io::Result<Vec<_>>>().map(|it| it.join(" "))
            })?;
            for ((a, b), returned) in pairs.iter().zip(answers.output.split(' ')) {
                let (of_a, of_b) = (link(*a, kind), link(*b, kind));
                ensure(returned == (of_a == of_b).to_string(), || {
                    wrong(
                        text!(
                            "{} for process {a} in {of_a} and process {b} in {of_b}",
                            "{}: {a}번 프로세스는 {of_a}, {b}번 프로세스는 {of_b}",
                            of_a == of_b,
                        ),
                        text!(
                            "your function returned {returned} for {a}, {b} and {kind:?}",
                            "{a}, {b}, {kind:?}에 대해 함수가 반환한 값은 {returned}",
                        ),
                        match of_a == of_b {
                            true => {
                                text!(
                                    "the same number is the same namespace, whoever is in it; a \
                                     link is a file of its own: compare what it leads to",
                                    "안에 누가 있든 번호가 같으면 같은 namespace입니다. 링크 \
                                     자체는 저마다 다른 파일이므로, 링크가 가리키는 것을 \
                                     비교하세요",
                                )
                            }
                            false => text!(
                                "two numbers are two namespaces, even of the same kind",
                                "번호가 다르면 종류가 같아도 다른 namespace입니다",
                            ),
                        },
                    )
                })?;
            }
            answers.end();
        }
        Ok(text!(
            "your function was right about each two of four processes, for four kinds",
            "네 프로세스를 둘씩 짝지어 네 가지 종류를 물었고, 함수가 모두 맞혔습니다",
        ))
    })
}
