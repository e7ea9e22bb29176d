//! What a link in `/proc/PID/ns` says.

use std::io;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, Text, text};
use crate::process::{helper_process, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
The kernel shows the namespaces of a process as symbolic links: /proc/PID/ns/uts
and one more for each other kind. Such a link does not name a file. Its target
is a text: the kind and a number.",
        "
커널은 프로세스의 namespace를 심볼릭 링크로 보여 줍니다. /proc/PID/ns/uts가
그 하나이고, 다른 종류마다 하나씩 더 있습니다. 이런 링크는 파일 이름을
가리키지 않습니다. 링크의 내용은 종류와 번호로 된 글자입니다.",
    ),
    task: Both(
        "
Return that text for the UTS namespace of process `pid`.",
        "
`pid`번 프로세스의 UTS namespace에 대해 그 글자를 반환하세요.",
    ),
    manual: "namespaces(7), readlink(2)",
    starter: r#"
use std::fs;
use std::io;

use nix::unistd::Pid;

fn read_uts_link(pid: Pid) -> io::Result<String> {
    // TODO: Read the link instead of a file.
    fs::read_to_string(format!("/proc/{pid}/comm"))
}

fn main() -> ! {
    judge::links1(read_uts_link)
}
"#,
    solutions: &[
        (
            "readlink",
            r#"
use std::fs;
use std::io;

use nix::unistd::Pid;

fn read_uts_link(pid: Pid) -> io::Result<String> {
    let target = fs::read_link(format!("/proc/{pid}/ns/uts"))?;
    Ok(target.to_string_lossy().into_owned())
}

fn main() -> ! {
    judge::links1(read_uts_link)
}
"#,
        ),
        (
            "the inode number of the namespace",
            r#"
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;

use nix::unistd::Pid;

fn read_uts_link(pid: Pid) -> io::Result<String> {
    let namespace = fs::metadata(format!("/proc/{pid}/ns/uts"))?;
    Ok(format!("uts:[{}]", namespace.ino()))
}

fn main() -> ! {
    judge::links1(read_uts_link)
}
"#,
        ),
        (
            "the command readlink",
            r#"
use std::io;
use std::process::Command;

use nix::unistd::Pid;

fn read_uts_link(pid: Pid) -> io::Result<String> {
    let output = Command::new("readlink").arg(format!("/proc/{pid}/ns/uts")).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

fn main() -> ! {
    judge::links1(read_uts_link)
}
"#,
        ),
    ],
    hints: [
        Both(
            "What does `ls -l /proc/self/ns` show after the arrow?",
            "`ls -l /proc/self/ns`를 실행하면 화살표 뒤에 무엇이 나오나요?",
        ),
        Both(
            "Opening such a link opens the namespace, which cannot be read. The text comes from \
             readlink(2), in Rust fs::read_link.",
            "이런 링크를 열면 namespace가 열리는데, namespace는 읽을 수 없습니다. 글자는 \
             readlink(2)로 읽습니다. Rust에서는 fs::read_link입니다.",
        ),
        Both::same(
            r#"    let target = fs::read_link(format!("/proc/{pid}/ns/uts"))?;
    Ok(target.to_string_lossy().into_owned())"#,
        ),
    ],
    errors: &[
        (
            "EINVAL",
            Both(
                "opening the link opens the namespace, which has no content to read; readlink(2) \
                 reads the link itself, and only a link: /proc/PID/ns is a directory",
                "링크를 열면 namespace가 열리고, 거기에는 읽을 내용이 없습니다. readlink(2)는 링크 \
                 자체를 읽으며 링크에만 쓸 수 있습니다. /proc/PID/ns는 디렉터리입니다",
            ),
        ),
        (
            "ENOENT",
            Both(
                "the link is /proc/PID/ns/uts, and its target is not the name of a file: do not \
                 follow it",
                "링크는 /proc/PID/ns/uts이고, 그 내용은 파일 이름이 아닙니다. 따라가지 마세요",
            ),
        ),
        (
            "EISDIR",
            Both(
                "/proc/PID/ns is a directory; the link is in it, and is called uts",
                "/proc/PID/ns는 디렉터리입니다. 링크는 그 안에 있고 이름은 uts입니다",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "of process `pid`",
            change: "/proc/{pid}/ns/uts",
            to: "/proc/self/ns/uts",
            says: "is that of another process",
        },
        Wrong {
            clause: "for the UTS namespace",
            change: "/proc/{pid}/ns/uts",
            to: "/proc/{pid}/ns/ipc",
            says: "each kind of namespace has a link of its own",
        },
        Wrong {
            clause: "that text",
            change: "Ok(target.to_string_lossy().into_owned())",
            to: r#"Ok(format!("{}\n", target.display()))"#,
            says: "a newline at its end",
        },
        Wrong {
            clause: "Return that text",
            change: "Ok(target.to_string_lossy().into_owned())",
            to: r#"Ok(format!("uts:[{}]", target.as_os_str().len()))"#,
            says: "has the form kind:[number]",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer returns the text of the link `/proc/PID/ns/uts`, for two
/// processes.
pub fn links1(answer: fn(Pid) -> io::Result<String>) -> ! {
    judge(|| {
        let near = helper_process(CloneFlags::empty(), || Ok(()))?;
        let far = helper_process(CloneFlags::CLONE_NEWUTS, || Ok(()))?;
        for process in [&near, &far] {
            let returned = run_answer(&EXERCISE, || answer(process.pid))?.output;
            let kernel = link(process.pid, "uts");
            ensure(returned == kernel, || {
                wrong(
                    text!(
                        "{kernel:?}, the target of the link /proc/{}/ns/uts",
                        "{kernel:?}, 링크 /proc/{}/ns/uts의 내용",
                        process.pid,
                    ),
                    text!("your function returned {returned:?}", "함수가 반환한 값은 {returned:?}"),
                    reason(&returned, &kernel),
                )
            })?;
        }
        Ok(text!("{} and {}", "{}와 {}", link(near.pid, "uts"), link(far.pid, "uts")))
    })
}

fn reason(returned: &str, kernel: &str) -> Text {
    if returned.trim() == kernel {
        text!(
            "it has white space around it, such as a newline at its end, which is not in the link",
            "앞뒤에 줄바꿈 같은 공백이 있습니다. 링크에는 없는 것입니다",
        )
    } else if returned.contains(kernel) {
        text!(
            "there is something around it; the target of the link is the text between the quotes",
            "앞뒤에 다른 것이 붙어 있습니다. 링크의 내용은 따옴표 안의 글자뿐입니다",
        )
    } else if returned == link(Pid::this(), "uts") {
        text!(
            "this is that of another process; each process has its own links, and `pid` says whose",
            "다른 프로세스의 것입니다. 링크는 프로세스마다 따로 있고, 누구의 것인지는 `pid`가 \
             정합니다",
        )
    } else if returned.contains(":[") && !returned.starts_with("uts:") {
        text!(
            "each kind of namespace has a link of its own, in the same directory",
            "namespace는 종류마다 링크가 따로 있고, 모두 같은 디렉터리에 있습니다",
        )
    } else {
        text!(
            "the target of such a link has the form kind:[number], and the kernel gives the number",
            "이런 링크의 내용은 종류:[번호] 모양이고, 번호는 커널이 정합니다",
        )
    }
}
