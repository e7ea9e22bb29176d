//! A filter for the system calls of a container.

use std::io;

use libc::c_long;
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, CHECK_MACHINE, Text, shown, text};
use crate::process::run_answer;
use crate::sandbox::{filter, judge};
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A filter that lists what it refuses must know every way to ask for it, and the
judge tries them all. Each architecture has other numbers, and a program of
x86-64 can make calls of i386, too (`judge::AUDIT_ARCH` is that of this
program). x86-64 has a second set of numbers, x32, from 0x40000000 on, so one
call can have two numbers. Of the request of ioctl(2) and the flags of clone(2)
the kernel reads only the lower 32 bits (CVE-2019-10063: a filter compared all
64). The flags of clone3(2) are in memory, where no filter can look; programs
call clone(2) instead if it fails with ENOSYS.",
        "
거부할 것을 나열하는 필터는 그것을 요청하는 모든 방법을 알아야 합니다. 채점
프로그램이 그 방법들을 시도합니다. 시스템 콜 번호는 아키텍처마다 다르고, x86-64
프로그램은 i386의 시스템 콜도 할 수 있습니다(`judge::AUDIT_ARCH`는 이 프로그램의
아키텍처입니다). 또 x86-64에는 0x40000000부터 시작하는 두 번째 번호 체계(x32)가
있어서, 시스템 콜 하나에 번호가 둘일 수 있습니다. ioctl(2)의 요청과 clone(2)의
플래그는 커널이 아래 32비트만 읽습니다(CVE-2019-10063: 필터가 64비트를 모두
비교했습니다). clone3(2)의 플래그는 메모리에 있어서 필터가 볼 수 없습니다. 이
호출이 ENOSYS로 실패하면 프로그램은 clone(2)를 대신 씁니다.",
    ),
    task: Both(
        "
Let these fail with EPERM for the caller: mount(2), unshare(2), ptrace(2),
keyctl(2), every call of another architecture or with a number from 0x40000000
on, ioctl(2) with TIOCSTI, and clone(2) with CLONE_NEWUSER, whatever other flags
it has. clone3(2) fails with ENOSYS. All other calls work as before.",
        "
호출한 프로세스에서 다음이 EPERM으로 실패하게 하세요. mount(2), unshare(2),
ptrace(2), keyctl(2), 다른 아키텍처의 시스템 콜과 번호가 0x40000000 이상인
시스템 콜 모두, TIOCSTI를 준 ioctl(2), 그리고 다른 플래그가 무엇이든
CLONE_NEWUSER를 준 clone(2)입니다. clone3(2)는 ENOSYS로 실패합니다. 다른 시스템
콜은 모두 전처럼 동작해야 합니다.",
    ),
    manual: "seccomp(2), clone(2), ioctl_tty(2)",
    starter: r#"
use std::io;

use libc::{BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter, sock_fprog};

const REFUSED: [libc::c_long; 4] =
    [libc::SYS_mount, libc::SYS_unshare, libc::SYS_ptrace, libc::SYS_keyctl];

fn install() -> io::Result<()> {
    let mut filter = vec![load(0)]; // the number of the call
    for call in REFUSED {
        filter.extend([unless(BPF_JEQ, call as u32, 1), fail(libc::EPERM)]);
    }
    // TODO: Other architectures, numbers above those, clone3(2), and calls with an argument.
    filter.push(op(BPF_RET | BPF_K, libc::SECCOMP_RET_ALLOW, 0));
    let program = sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    let mode = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: the kernel copies the program; it and its filter live until the call is over.
    let done = unsafe { libc::syscall(libc::SYS_seccomp, mode, 0, &raw const program) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Loads 32 bits of struct seccomp_data. Argument 0 begins at 16, argument 1 at 24.
fn load(offset: u32) -> sock_filter {
    op(BPF_LD | BPF_W | BPF_ABS, offset, 0)
}

/// Skips so many instructions unless the comparison (BPF_JEQ, BPF_JGE, BPF_JSET …) holds.
fn unless(comparison: u32, k: u32, skip: u8) -> sock_filter {
    op(BPF_JMP | comparison | BPF_K, k, skip)
}

fn fail(errno: i32) -> sock_filter {
    op(BPF_RET | BPF_K, libc::SECCOMP_RET_ERRNO | errno as u32, 0)
}

fn op(code: u32, k: u32, jf: u8) -> sock_filter {
    sock_filter { code: code as u16, jt: 0, jf, k }
}

fn main() -> ! {
    judge::container8(install)
}
"#,
    solutions: &[
        (
            "one filter",
            r#"
use std::io;

use libc::{
    BPF_ABS, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter,
    sock_fprog,
};

const REFUSED: [libc::c_long; 4] =
    [libc::SYS_mount, libc::SYS_unshare, libc::SYS_ptrace, libc::SYS_keyctl];

fn install() -> io::Result<()> {
    let mut filter = vec![load(4)]; // the architecture
    filter.extend([unless(BPF_JEQ, judge::AUDIT_ARCH, 1), skip(1), fail(libc::EPERM)]);
    filter.push(load(0)); // the number of the call
    for call in REFUSED {
        filter.extend([unless(BPF_JEQ, call as u32, 1), fail(libc::EPERM)]);
    }
    filter.extend([unless(BPF_JGE, 0x4000_0000, 1), fail(libc::EPERM)]);
    filter.extend([unless(BPF_JEQ, libc::SYS_clone3 as u32, 1), fail(libc::ENOSYS)]);
    let lower = if cfg!(target_endian = "little") { 0 } else { 4 };
    for (call, argument, comparison, value) in [
        (libc::SYS_ioctl, 24 + lower, BPF_JEQ, libc::TIOCSTI as u32),
        (libc::SYS_clone, 16 + lower, BPF_JSET, libc::CLONE_NEWUSER as u32),
    ] {
        filter.extend([unless(BPF_JEQ, call as u32, 4), load(argument)]);
        filter.extend([unless(comparison, value, 1), fail(libc::EPERM), load(0)]);
    }
    filter.push(op(BPF_RET | BPF_K, libc::SECCOMP_RET_ALLOW, 0));
    let program = sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    let mode = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: the kernel copies the program; it and its filter live until the call is over.
    let done = unsafe { libc::syscall(libc::SYS_seccomp, mode, 0, &raw const program) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Loads 32 bits of struct seccomp_data. Argument 0 begins at 16, argument 1 at 24.
fn load(offset: u32) -> sock_filter {
    op(BPF_LD | BPF_W | BPF_ABS, offset, 0)
}

/// Skips so many instructions unless the comparison (BPF_JEQ, BPF_JGE, BPF_JSET …) holds.
fn unless(comparison: u32, k: u32, skip: u8) -> sock_filter {
    op(BPF_JMP | comparison | BPF_K, k, skip)
}

fn skip(count: u32) -> sock_filter {
    op(BPF_JMP | libc::BPF_JA, count, 0)
}

fn fail(errno: i32) -> sock_filter {
    op(BPF_RET | BPF_K, libc::SECCOMP_RET_ERRNO | errno as u32, 0)
}

fn op(code: u32, k: u32, jf: u8) -> sock_filter {
    sock_filter { code: code as u16, jt: 0, jf, k }
}

fn main() -> ! {
    judge::container8(install)
}
"#,
        ),
        (
            "a filter for each, of which the strictest decides",
            r#"
use std::io;
use std::mem::offset_of;

use libc::{seccomp_data, sock_filter, sock_fprog};

const EQUAL: u16 = 0x15;
const GREATER_OR_EQUAL: u16 = 0x35;
const HAS_BIT: u16 = 0x45;

fn install() -> io::Result<()> {
    for call in [libc::SYS_mount, libc::SYS_unshare, libc::SYS_ptrace, libc::SYS_keyctl] {
        refuse(call as u32, None, libc::EPERM)?;
    }
    refuse(libc::SYS_clone3 as u32, None, libc::ENOSYS)?;
    refuse(libc::SYS_ioctl as u32, Some((1, EQUAL, libc::TIOCSTI as u32)), libc::EPERM)?;
    let user = libc::CLONE_NEWUSER as u32;
    refuse(libc::SYS_clone as u32, Some((0, HAS_BIT, user)), libc::EPERM)?;
    let op = |code, k, jt, jf| sock_filter { code, jt, jf, k };
    let errno = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
    add([op(0x20, 4, 0, 0), op(EQUAL, judge::AUDIT_ARCH, 1, 0), op(6, errno, 0, 0), allow()])?;
    add([op(0x20, 0, 0, 0), op(GREATER_OR_EQUAL, 1 << 30, 0, 1), op(6, errno, 0, 0), allow()])
}

fn refuse(call: u32, argument: Option<(usize, u16, u32)>, errno: i32) -> io::Result<()> {
    let (number, test, value) = argument.unwrap_or((0, GREATER_OR_EQUAL, 0));
    let lower = if cfg!(target_endian = "little") { 0 } else { 4 };
    let offset = offset_of!(seccomp_data, args) + 8 * number + lower;
    let op = |code, k, jt, jf| sock_filter { code, jt, jf, k };
    add([
        op(0x20, offset_of!(seccomp_data, nr) as u32, 0, 0),
        op(EQUAL, call, 0, 3),
        op(0x20, offset as u32, 0, 0),
        op(test, value, 0, 1),
        op(6, libc::SECCOMP_RET_ERRNO | errno as u32, 0, 0),
        allow(),
    ])
}

fn allow() -> sock_filter {
    sock_filter { code: 6, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW }
}

fn add<const N: usize>(mut filter: [sock_filter; N]) -> io::Result<()> {
    let program = sock_fprog { len: N as u16, filter: filter.as_mut_ptr() };
    let mode = libc::SECCOMP_MODE_FILTER as libc::c_ulong;
    // SAFETY: the kernel copies the program; it and its filter live until the call is over.
    match unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const program) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn main() -> ! {
    judge::container8(install)
}
"#,
        ),
    ],
    hints: [
        Both(
            "What of a call is in struct seccomp_data, and what of that does the kernel look at \
             itself when it makes the call?",
            "struct seccomp_data에는 시스템 콜의 무엇이 들어 있고, 커널은 시스템 콜을 실행할 때 그 \
             가운데 무엇을 보나요?",
        ),
        Both(
            "BPF_JGE compares the number, BPF_JEQ the architecture (at 4) and the request, and \
             BPF_JSET finds one flag among others. For an argument load its lower half: on a little-endian processor at 16 and \
             at 24. Load the number again before you go on to another call.",
            "번호는 BPF_JGE로, 아키텍처(오프셋 4)와 요청은 BPF_JEQ로 비교하고, 여러 플래그 가운데 하나는 BPF_JSET으로 \
             찾습니다. 인자는 아래쪽 절반을 읽습니다. 리틀 엔디언 프로세서에서는 16과 24에 \
             있습니다. 다음 시스템 콜로 넘어가기 전에 번호를 다시 읽으세요.",
        ),
        Both::same(
            "let goes_on = op(BPF_JMP | libc::BPF_JA, 1, 0); // skips one
filter.extend([load(4), unless(BPF_JEQ, judge::AUDIT_ARCH, 1), goes_on, fail(libc::EPERM)]);
// …
filter.extend([unless(BPF_JEQ, libc::SYS_clone as u32, 4), load(16)]);
filter.extend([unless(BPF_JSET, libc::CLONE_NEWUSER as u32, 1), fail(libc::EPERM), load(0)]);",
        ),
    ],
    errors: &[
        (
            "EINVAL",
            Both(
                "the kernel checks a filter: its last instruction has to be a BPF_RET, no jump may \
                 lead behind it, and offsets are multiples of 4 below 64",
                "커널은 필터를 검사합니다. 마지막 명령어는 BPF_RET여야 하고, 그 뒤로 뛰면 안 되며, \
                 오프셋은 64보다 작은 4의 배수입니다",
            ),
        ),
        (
            "EFAULT",
            Both(
                "the argument points to a sock_fprog, and that to the instructions",
                "인자는 sock_fprog를 가리키고, 그것이 명령어들을 가리킵니다",
            ),
        ),
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
            "EPERM",
            Both(
                "your own filter refuses a call that your function still makes: which one?",
                "함수가 아직 쓰는 시스템 콜을 여러분의 필터가 거부합니다. 어느 것인가요?",
            ),
        ),
        (
            "ENOSYS",
            Both(
                "this kernel has no seccomp filters (CONFIG_SECCOMP_FILTER), or your filter refuses \
                 other calls, too",
                "이 커널에 seccomp 필터(CONFIG_SECCOMP_FILTER)가 없거나, 여러분의 필터가 다른 \
                 시스템 콜도 거부합니다",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "fail with EPERM for the caller: mount(2)",
            change: "[libc::SYS_mount, libc::SYS_unshare, libc::SYS_ptrace, libc::SYS_keyctl];",
            to: "[libc::SYS_umount2, libc::SYS_unshare, libc::SYS_ptrace, libc::SYS_keyctl];",
            says: "mount(2): EFAULT",
        },
        Wrong {
            clause: "mount(2), unshare(2), ptrace(2), keyctl(2)",
            change: "[libc::SYS_mount, libc::SYS_unshare, libc::SYS_ptrace, libc::SYS_keyctl];",
            to: "[libc::SYS_mount, libc::SYS_unshare, libc::SYS_ptrace, libc::SYS_add_key];",
            says: "found:    keyctl(2): ",
        },
        Wrong {
            clause: "fail with EPERM",
            change: "        filter.extend([unless(BPF_JEQ, call as u32, 1), fail(libc::EPERM)]);",
            to: "        filter.extend([unless(BPF_JEQ, call as u32, 1), fail(libc::EACCES)]);",
            says: "mount(2): EACCES",
        },
        #[cfg(target_arch = "x86_64")]
        Wrong {
            clause: "every call of another architecture",
            change: "    filter.extend([unless(BPF_JEQ, judge::AUDIT_ARCH, 1), skip(1), fail(libc::EPERM)]);
",
            to: "    let _ = skip;
",
            says: "found:    getpid(2) of i386 by int 0x80: ",
        },
        Wrong {
            clause: "every call of another architecture or with a number from 0x40000000 on",
            change: "    filter.extend([unless(BPF_JGE, 0x4000_0000, 1), fail(libc::EPERM)]);
",
            to: "",
            says: "found:    a call with the number 0x40000000 + that of getpid(2): ",
        },
        Wrong {
            clause: "every call of another architecture or with a number from 0x40000000 on",
            change: "BPF_JGE, 0x4000_0000",
            to: "libc::BPF_JGT, 0x4fff_ffff",
            says: "found:    a call with the number 0x40000000 + that of getpid(2): ",
        },
        Wrong {
            clause: "ioctl(2) with TIOCSTI",
            change: "(libc::SYS_ioctl, 24 + lower,",
            to: "(libc::SYS_ioctl, 16 + lower,",
            says: "ioctl(2) with TIOCSTI: EBADF",
        },
        #[cfg(target_pointer_width = "64")]
        Wrong {
            clause: "ioctl(2) with TIOCSTI",
            change: "        filter.extend([unless(BPF_JEQ, call as u32, 4), load(argument)]);",
            to: "        let upper = load(argument + 4 - 2 * lower);
        filter.extend([unless(BPF_JEQ, call as u32, 6), upper]);
        filter.extend([unless(BPF_JEQ, 0, 3), load(argument)]);",
            says: "ioctl(2) with TIOCSTI and a bit above: EBADF",
        },
        Wrong {
            clause: "clone(2) with CLONE_NEWUSER, whatever other flags it has",
            change: "BPF_JSET, libc::CLONE_NEWUSER as u32",
            to: "{ let _ = BPF_JSET; BPF_JEQ }, libc::CLONE_NEWUSER as u32",
            says: "clone(2) with CLONE_NEWUSER and others: EINVAL",
        },
        Wrong {
            clause: "clone(2) with CLONE_NEWUSER",
            change: "libc::CLONE_NEWUSER as u32",
            to: "libc::CLONE_NEWPID as u32",
            says: "clone(2) with CLONE_NEWUSER and others: EINVAL",
        },
        Wrong {
            clause: "clone3(2) fails with ENOSYS.",
            change: "fail(libc::ENOSYS)",
            to: "fail(libc::EPERM)",
            says: "clone3(2): EPERM",
        },
        Wrong {
            clause: "clone3(2) fails",
            change: "    filter.extend([unless(BPF_JEQ, libc::SYS_clone3 as u32, 1), fail(libc::ENOSYS)]);
",
            to: "",
            says: "clone3(2): EINVAL",
        },
        Wrong {
            clause: "All other calls work as before.",
            change: "(libc::SYS_ioctl, 24 + lower, BPF_JEQ, libc::TIOCSTI as u32)",
            to: "(libc::SYS_ioctl, 24 + lower, BPF_JGE, 0)",
            says: "ioctl(2) with TIOCGWINSZ: EPERM",
        },
        Wrong {
            clause: "All other calls work as before.",
            change: "BPF_JSET, libc::CLONE_NEWUSER as u32",
            to: "BPF_JSET, (libc::CLONE_NEWUSER | libc::CLONE_NEWNS) as u32",
            says: "clone(2) with CLONE_NEWNS and others: EPERM",
        },
        Wrong {
            clause: "All other calls work as before.",
            change: "BPF_JSET, libc::CLONE_NEWUSER as u32",
            to: "BPF_JSET, u32::MAX",
            says: "clone(2) with CLONE_NEWNS and others: EPERM",
        },
    ],
    ..Exercise::NEW
};

/// The architecture of this program's system calls, or 0 if the judge does not know the processor.
pub const AUDIT_ARCH: u32 = match filter::AUDIT_ARCH {
    Some(architecture) => architecture,
    None => 0,
};

/// Checks that the answer installs a filter that refuses these attacks, and nothing else.
pub fn container8(answer: fn() -> io::Result<()>) -> ! {
    judge(|| {
        if AUDIT_ARCH == 0 {
            return Err(unavailable(
                "seccomp(2)",
                text!("an unknown processor", "알 수 없는 프로세서"),
                CHECK_MACHINE,
            ));
        }
        let process = run_answer(&EXERCISE, || {
            answer()?;
            let all = attempts().into_iter().find(|attempt| attempt.found != attempt.expected);
            Ok::<_, io::Error>(all.map_or_else(String::new, |it| {
                format!("{}: {}\n{}: {}", it.call, it.expected, it.call, it.found)
            }))
        })?;
        ensure(process.output.is_empty(), || {
            let (expected, found) = process.output.split_once('\n').unwrap_or_default();
            wrong(shown!("{expected}"), shown!("{found}"), reason(found))
        })?;
        Ok(text!(
            "each of the attacks is refused, and other calls work as before",
            "공격은 모두 거부되고, 다른 시스템 콜은 전처럼 동작합니다",
        ))
    })
}

/// What it means that a call has another result.
fn reason(found: &str) -> Text {
    if found.contains("i386") {
        text!(
            "the numbers of your filter are those of one architecture: what does it do first?",
            "필터의 번호는 한 아키텍처의 것입니다. 필터가 맨 먼저 하는 일은 무엇인가요?",
        )
    } else if found.contains("a bit above") {
        text!(
            "the kernel ignores the upper half of this argument: does your filter?",
            "커널은 이 인자의 위쪽 절반을 무시합니다. 여러분의 필터도 그런가요?",
        )
    } else if found.starts_with("a call with the number") {
        text!(
            "which comparison finds all numbers from one on?",
            "어떤 수 이상을 모두 찾는 비교는 무엇인가요?",
        )
    } else if found.starts_with("clone3") {
        text!(
            "a program that gets ENOSYS for clone3(2) calls clone(2), where a filter sees the flags",
            "clone3(2)에서 ENOSYS를 받은 프로그램은 clone(2)를 호출하고, 거기서는 필터가 플래그를 \
             볼 수 있습니다",
        )
    } else if found.contains("and others") {
        text!(
            "flags are bits of one number: which comparison finds one among others?",
            "플래그는 한 수의 비트들입니다. 여럿 가운데 하나를 찾는 비교는 무엇인가요?",
        )
    } else {
        text!(
            "a filter decides by the number and the arguments of this very call: which of its \
             instructions run for it, and what have they loaded?",
            "필터는 바로 이 호출의 번호와 인자로 결정합니다. 이 호출에서 어느 명령어가 실행되고, \
             그때 무엇을 읽어 놓았나요?",
        )
    }
}

/// A call, the errno that it should have, and the one that it has.
struct Attempt {
    call: &'static str,
    expected: &'static str,
    found: String,
}

/// Makes the calls. Without a filter all of them but the last fail with other errors.
fn attempts() -> Vec<Attempt> {
    let attempt = |call, expected, number: c_long, arguments: [c_long; 3]| Attempt {
        call,
        expected,
        found: errno_of(number, arguments),
    };
    // With these flags clone(2) would be EINVAL.
    let (user, mnt) = (libc::CLONE_NEWUSER | libc::CLONE_FS, libc::CLONE_NEWNS | libc::CLONE_FS);
    let tiocsti = c_long::from(libc::TIOCSTI as u32 as i32);
    let no_process = c_long::from(i32::MAX);
    let number_of_x32 = 0x4000_0000 + libc::SYS_getpid;
    let mut all = vec![
        attempt("mount(2)", "EPERM", libc::SYS_mount, [0, 0, 0]),
        attempt("unshare(2)", "EPERM", libc::SYS_unshare, [libc::CLONE_FILES.into(), 0, 0]),
        attempt("ptrace(2)", "EPERM", libc::SYS_ptrace, [16, no_process, 0]),
        attempt("keyctl(2)", "EPERM", libc::SYS_keyctl, [0, 0, 0]),
        attempt(
            "a call with the number 0x40000000 + that of getpid(2)",
            "EPERM",
            number_of_x32,
            [0, 0, 0],
        ),
        attempt("ioctl(2) with TIOCSTI", "EPERM", libc::SYS_ioctl, [-1, tiocsti, 0]),
        attempt(
            "clone(2) with CLONE_NEWUSER and others",
            "EPERM",
            libc::SYS_clone,
            [user.into(), 0, 0],
        ),
        attempt("clone3(2)", "ENOSYS", libc::SYS_clone3, [0, 0, 0]),
        attempt(
            "clone(2) with CLONE_NEWNS and others",
            "EINVAL",
            libc::SYS_clone,
            [mnt.into(), 0, 0],
        ),
        attempt("ioctl(2) with TIOCGWINSZ", "EBADF", libc::SYS_ioctl, [-1, 0x5413, tiocsti]),
        attempt("setpgid(2)", "ESRCH", libc::SYS_setpgid, [no_process, 0, 0]),
        attempt("close(2)", "EBADF", libc::SYS_close, [-1, tiocsti, user.into()]),
    ];
    // The kernel ignores what is above the lower 32 bits.
    #[cfg(target_pointer_width = "64")]
    {
        let above = 1 << 40;
        all.push(attempt(
            "ioctl(2) with TIOCSTI and a bit above",
            "EPERM",
            libc::SYS_ioctl,
            [-1, tiocsti | above, 0],
        ));
        all.push(attempt(
            "clone(2) with CLONE_NEWUSER, others and a bit above",
            "EPERM",
            libc::SYS_clone,
            [c_long::from(user) | above, 0, 0],
        ));
    }
    #[cfg(target_arch = "x86_64")]
    all.push(Attempt {
        call: "getpid(2) of i386 by int 0x80",
        expected: "EPERM",
        found: call_as_i386(),
    });
    all.push(Attempt { call: "fork(2)", expected: "Ok", found: fork_and_wait() });
    all
}

/// Makes a call. Returns the name of its errno, or Ok.
fn errno_of(number: c_long, [a, b, c]: [c_long; 3]) -> String {
    let none: c_long = 0;
    // SAFETY: with these arguments the kernel touches no memory of ours.
    let result = unsafe { libc::syscall(number, a, b, c, none, none, none) };
    Errno::result(result).map_or_else(|errno| format!("{errno:?}"), |_| "Ok".to_owned())
}

/// Makes the call 20 of i386, which is getpid(2) there. Returns the name of its errno, or Ok; a
/// kernel that has no such calls, and kills whoever makes one, refuses them as well.
#[cfg(target_arch = "x86_64")]
fn call_as_i386() -> String {
    // SAFETY: this process has one thread, and the child only makes two calls.
    match unsafe { fork() } {
        Err(errno) => format!("{errno:?}"),
        Ok(ForkResult::Child) => {
            let result: i64;
            // SAFETY: the call touches no memory; the kernel may change these registers.
            unsafe {
                std::arch::asm!(
                    "int 0x80",
                    inlateout("rax") 20_i64 => result,
                    lateout("r8") _, lateout("r9") _, lateout("r10") _, lateout("r11") _,
                );
            }
            // Some kernels return 32 bits.
            let errno = (result as i32).min(0).unsigned_abs() as i32;
            // SAFETY: the call does not return, and touches no memory.
            unsafe { libc::_exit(errno) }
        }
        Ok(ForkResult::Parent { child }) => match waitpid(child, None) {
            Ok(WaitStatus::Exited(_, 0)) => "Ok".to_owned(),
            Ok(WaitStatus::Exited(_, errno)) => format!("{:?}", Errno::from_raw(errno)),
            Ok(WaitStatus::Signaled(..)) => "EPERM".to_owned(),
            other => format!("{other:?}"),
        },
    }
}

fn fork_and_wait() -> String {
    // SAFETY: this process has one thread, and the child only ends.
    match unsafe { fork() } {
        Err(errno) => format!("{errno:?}"),
        // SAFETY: the call does not return, and touches no memory.
        Ok(ForkResult::Child) => unsafe { libc::_exit(0) },
        Ok(ForkResult::Parent { child }) => match waitpid(child, None) {
            Ok(WaitStatus::Exited(_, 0)) => "Ok".to_owned(),
            other => format!("{other:?}"),
        },
    }
}
