//! A filter that refuses one system call.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;

use nix::errno::Errno;
use nix::sys::utsname::uname;
use nix::unistd::sethostname;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::process::{run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        r#"
The kernel runs a seccomp filter before each system call. Its instructions read
the number of the call, at offset 0 of a struct seccomp_data, and end with a
decision. (They should also check the architecture, at offset 4, and an ordinary
user has to set no_new_privs first. The judge's sandbox has done both.)"#,
        "
커널은 시스템 콜마다 그 전에 seccomp 필터를 실행합니다. 필터의 명령어들은
struct seccomp_data의 오프셋 0에 있는 시스템 콜 번호를 읽고, 결정을 내리며
끝납니다. (오프셋 4에 있는 아키텍처도 확인해야 하고, 일반 사용자는 먼저
no_new_privs를 켜야 합니다. 둘 다 채점 프로그램의 샌드박스가 이미 했습니다.)",
    ),
    task: Both(
        "
Make sethostname(2) fail with ENOSYS for the caller. All other system calls work
as before.",
        "
호출한 프로세스의 sethostname(2)가 ENOSYS로 실패하게 하세요. 다른 시스템
콜은 모두 전처럼 동작해야 합니다.",
    ),
    manual: "seccomp(2)",
    starter: r#"
use std::io;

use libc::{BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter, sock_fprog};

fn refuse_sethostname() -> io::Result<()> {
    let call = libc::SYS_sethostname as u32;
    let refuse = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
    let mut filter = [
        // Reads the number of the call.
        instruction(BPF_LD | BPF_W | BPF_ABS, 0, 0, 0),
        // TODO: If it is equal, skip so many instructions; if not, so many. How many?
        instruction(BPF_JMP | BPF_JEQ | BPF_K, call, 1, 1),
        instruction(BPF_RET | BPF_K, refuse, 0, 0),
        instruction(BPF_RET | BPF_K, libc::SECCOMP_RET_ALLOW, 0, 0),
    ];
    let program = sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    let mode = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: the kernel copies the program; it and its filter live until the call is over.
    let done = unsafe { libc::syscall(libc::SYS_seccomp, mode, 0, &raw const program) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: code as u16, jt, jf, k }
}

fn main() -> ! {
    judge::privilege3(refuse_sethostname)
}
"#,
    solutions: &[
        (
            "seccomp(2)",
            r#"
use std::io;

use libc::{BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter, sock_fprog};

fn refuse_sethostname() -> io::Result<()> {
    let call = libc::SYS_sethostname as u32;
    let refuse = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
    let mut filter = [
        // Reads the number of the call.
        instruction(BPF_LD | BPF_W | BPF_ABS, 0, 0, 0),
        // If it is equal, skip no instruction; if not, skip one.
        instruction(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        instruction(BPF_RET | BPF_K, refuse, 0, 0),
        instruction(BPF_RET | BPF_K, libc::SECCOMP_RET_ALLOW, 0, 0),
    ];
    let program = sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    let mode = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: the kernel copies the program; it and its filter live until the call is over.
    let done = unsafe { libc::syscall(libc::SYS_seccomp, mode, 0, &raw const program) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: code as u16, jt, jf, k }
}

fn main() -> ! {
    judge::privilege3(refuse_sethostname)
}
"#,
        ),
        (
            "prctl(2), and the decision to allow comes first",
            r#"
use std::io;

use libc::{sock_filter, sock_fprog};

fn refuse_sethostname() -> io::Result<()> {
    let op = |code: u32, k: u32, jt| sock_filter { code: code as u16, jt, jf: 0, k };
    let (load, end) = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, libc::BPF_RET | libc::BPF_K);
    let mut filter = [
        op(load, 0, 0),
        op(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, libc::SYS_sethostname as u32, 1),
        op(end, libc::SECCOMP_RET_ALLOW, 0),
        op(end, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32, 0),
    ];
    let program = sock_fprog { len: 4, filter: filter.as_mut_ptr() };
    let mode = libc::SECCOMP_MODE_FILTER as libc::c_ulong;
    // SAFETY: the kernel copies the program; it and its filter live until the call is over.
    match unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const program) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn main() -> ! {
    judge::privilege3(refuse_sethostname)
}
"#,
        ),
    ],
    hints: [
        Both(
            "Which of the two last instructions has to run for sethostname(2), and which for all \
             other calls?",
            "마지막 두 명령어 가운데 sethostname(2)일 때 실행할 것은 무엇이고, 다른 시스템 콜일 때 \
             실행할 것은 무엇인가요?",
        ),
        Both(
            "BPF_JEQ has two numbers of instructions to skip: the first if the loaded number \
             equals k, the second if it does not. The one that refuses comes next.",
            "BPF_JEQ에는 건너뛸 명령어 수가 둘 있습니다. 읽은 수가 k와 같으면 첫 번째, 다르면 두 \
             번째만큼 건너뜁니다. 거부하는 명령어가 바로 다음에 있습니다.",
        ),
        Both::same("instruction(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),"),
    ],
    errors: &[
        (
            "EINVAL",
            Both(
                "the kernel checks a filter: its last instruction has to be a BPF_RET, no jump may \
                 lead behind it, and its length is that of the array",
                "커널은 필터를 검사합니다. 마지막 명령어는 BPF_RET여야 하고, 그 뒤로 뛰면 안 되며, \
                 길이는 배열의 길이와 같아야 합니다",
            ),
        ),
        ("EFAULT", Both(
            "the third argument points to a sock_fprog, and that to the instructions",
            "세 번째 인자는 sock_fprog를 가리키고, 그것이 명령어들을 가리킵니다",
        )),
        (
            "EACCES",
            Both(
                "a filter requires CAP_SYS_ADMIN or no_new_privs: has your function dropped \
                 something?",
                "필터를 걸려면 CAP_SYS_ADMIN이나 no_new_privs가 필요합니다. 함수가 무언가를 \
                 버렸나요?",
            ),
        ),
        (
            "ENOSYS",
            Both(
                "your filter refuses other calls, too: for which of them does the instruction that \
                 refuses run?",
                "필터가 다른 시스템 콜도 거부합니다. 거부하는 명령어가 어느 시스템 콜에서 \
                 실행되나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Make sethostname(2) fail",
            change: "call, 0, 1)",
            to: "call, 1, 1)",
            says: "sethostname(2): Ok",
        },
        Wrong {
            clause: "sethostname(2)",
            change: "let call = libc::SYS_sethostname as u32;",
            to: "let call = libc::SYS_setdomainname as u32;",
            says: "sethostname(2): Ok",
        },
        Wrong {
            clause: "with ENOSYS",
            change: "libc::ENOSYS as u32",
            to: "libc::EPERM as u32",
            says: "sethostname(2): EPERM",
        },
        Wrong {
            clause: "fail with ENOSYS",
            change: "let refuse = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;",
            to: "let refuse = libc::SECCOMP_RET_KILL_PROCESS;",
            says: "was killed by SIGSYS",
        },
        Wrong {
            clause: "All other system calls work as before.",
            change: "        instruction(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),",
            to: "        instruction(BPF_JMP | BPF_JEQ | BPF_K, libc::SYS_setdomainname as u32, 1, 0),
        instruction(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),",
            says: "setdomainname(2): ENOSYS",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer installs a filter that refuses `sethostname(2)`, and only that.
pub fn privilege3(answer: fn() -> io::Result<()>) -> ! {
    judge(|| {
        let process = run_answer(&EXERCISE, || {
            answer()?;
            let names = uname()?;
            let host = word(sethostname(names.nodename()));
            let domain = word(set_domainname(names.domainname()));
            Ok::<_, io::Error>(shown!("sethostname(2): {host}, setdomainname(2): {domain}"))
        })?;
        let expected = "sethostname(2): ENOSYS, setdomainname(2): Ok";
        ensure(process.output == expected, || {
            wrong(
                shown!("{expected}"),
                shown!("{}", process.output),
                text!(
                    "the instruction that refuses has to run for one number of a call only; it \
                     ends with SECCOMP_RET_ERRNO and the errno",
                    "거부하는 명령어는 시스템 콜 번호 하나에 대해서만 실행되어야 하고, \
                     SECCOMP_RET_ERRNO와 errno로 끝납니다",
                ),
            )
        })?;
        Ok(text!(
            "CapEff of the caller is {}, and yet sethostname(2) is ENOSYS",
            "호출한 프로세스의 CapEff가 {}인데도 sethostname(2)는 ENOSYS입니다",
            status(process.pid, "CapEff"),
        ))
    })
}

/// How a call ended, in a word.
fn word(result: nix::Result<()>) -> String {
    result.map_or_else(|errno| format!("{errno:?}"), |()| "Ok".to_owned())
}

/// Sets the NIS name (`setdomainname(2)`), for which nix has no function.
fn set_domainname(name: &OsStr) -> nix::Result<()> {
    let name = name.as_bytes();
    // SAFETY: the kernel reads the bytes of the name.
    Errno::result(unsafe { libc::setdomainname(name.as_ptr().cast(), name.len()) }).map(drop)
}
