//! What a container does not inherit.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::process::exit;

use nix::errno::Errno;
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, NONE, shown, text};
use crate::observe::calls::random;
use crate::process::{describe, run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
The caller is root in a user namespace, and is about to become the program of a
container. Whoever started it has left files open, a directory of the host among
them (CVE-2024-21626 in runc), and has made capabilities inheritable and
ambient. `keep` has the numbers of the capabilities that the container needs.
Some are above 31: sets have 64 bits, and capset(2) takes them in two halves.",
        "
호출하는 프로세스는 user namespace의 root이고, 곧 컨테이너의 프로그램이 됩니다.
이 프로세스를 시작한 쪽이 파일들을 열어 두었는데, 호스트의 디렉터리도
있습니다(runc의 CVE-2024-21626). capability도 상속 가능 집합과 ambient 집합에
넣어 두었습니다. `keep`에는 컨테이너에 필요한 capability의 번호가 있고, 31보다
큰 것도 있습니다. 집합은 64비트이고, capset(2)는 그것을 반으로 나누어 받습니다.",
    ),
    task: Both(
        "
Leave the caller the capabilities in `keep`, and no others, in its effective,
its permitted and its bounding set. Its inheritable and its ambient set are
empty. Of its descriptors only 0, 1 and 2 are open.",
        "
호출한 프로세스의 유효 집합, 허용 집합, 한계 집합에 `keep`의 capability만
남기세요. 상속 가능 집합과 ambient 집합은 비웁니다. 파일 디스크립터는 0, 1, 2만
열려 있어야 합니다.",
    ),
    manual: "capabilities(7), capset(2), prctl(2), close_range(2)",
    starter: r#"
use std::io;

fn give_up(keep: &[u32]) -> io::Result<()> {
    let kept = keep.iter().fold(0, |set, number| set | 1 << number);
    // TODO: What else gives capabilities to a program of root, and what leads out by itself?
    capset(kept, kept, 0)
}

/// Changes the effective, the permitted and the inheritable set of the caller (capset(2)).
fn capset(effective: u64, permitted: u64, inheritable: u64) -> io::Result<()> {
    let mut header = [0x2008_0522_u32, 0]; // version 3, the caller
    let three = [effective, permitted, inheritable];
    let (low, high) = (three.map(|set| set as u32), three.map(|set| (set >> 32) as u32));
    let sets = [low, high];
    // SAFETY: header and sets have the size of version 3, and outlive the call.
    let done = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn main() -> ! {
    judge::container7(give_up)
}
"#,
    solutions: &[
        (
            "close_range(2), and the bounding set before capset(2)",
            r#"
use std::io;

fn give_up(keep: &[u32]) -> io::Result<()> {
    let (first, last, flags) = (3_u32, u32::MAX, 0_u32);
    // SAFETY: nothing that this process goes on to use owns one of these descriptors.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) };
    if closed != 0 {
        return Err(io::Error::last_os_error());
    }
    for number in (0..64).filter(|it| !keep.contains(it)) {
        match drop_from_bounding_set(number) {
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => break,
            result => result?,
        }
    }
    let kept = keep.iter().fold(0, |set, number| set | 1 << number);
    capset(kept, kept, 0)
}

/// Fails with EINVAL if the kernel does not know the capability (prctl(2)).
fn drop_from_bounding_set(number: u32) -> io::Result<()> {
    let [number, unused] = [number, 0].map(libc::c_ulong::from);
    // SAFETY: the call takes numbers.
    match unsafe { libc::prctl(libc::PR_CAPBSET_DROP, number, unused, unused, unused) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Changes the effective, the permitted and the inheritable set of the caller (capset(2)).
fn capset(effective: u64, permitted: u64, inheritable: u64) -> io::Result<()> {
    let mut header = [0x2008_0522_u32, 0]; // version 3, the caller
    let three = [effective, permitted, inheritable];
    let (low, high) = (three.map(|set| set as u32), three.map(|set| (set >> 32) as u32));
    let sets = [low, high];
    // SAFETY: header and sets have the size of version 3, and outlive the call.
    let done = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn main() -> ! {
    judge::container7(give_up)
}
"#,
        ),
        (
            "the list in /proc/self/fd, and each set by itself",
            r#"
use std::fs;
use std::io;

fn give_up(keep: &[u32]) -> io::Result<()> {
    let names = fs::read_dir("/proc/self/fd")?.map(|it| it.map(|it| it.file_name()));
    for name in names.collect::<io::Result<Vec<_>>>()? {
        let fd: i32 = name.to_str().and_then(|it| it.parse().ok()).unwrap_or(0);
        if fd > 2 {
            // SAFETY: nothing that this process goes on to use owns it.
            unsafe { libc::close(fd) };
        }
    }
    prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL as u32)?;
    let last = fs::read_to_string("/proc/sys/kernel/cap_last_cap")?;
    for number in 0..=last.trim().parse().unwrap_or(63) {
        if !keep.contains(&number) {
            prctl(libc::PR_CAPBSET_DROP, number)?;
        }
    }
    let mut halves = [[0_u32; 3]; 2];
    for number in keep {
        let bit = 1 << (number % 32);
        halves[(number / 32) as usize][0] |= bit;
        halves[(number / 32) as usize][1] |= bit;
    }
    let header = [0x2008_0522_u32, 0];
    // SAFETY: header and sets have the size of version 3, and outlive the call.
    match unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), halves.as_ptr()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn prctl(option: i32, argument: u32) -> io::Result<()> {
    let (argument, none) = (argument as libc::c_ulong, 0 as libc::c_ulong);
    // SAFETY: the options that are used here take numbers.
    match unsafe { libc::prctl(option, argument, none, none, none) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn main() -> ! {
    judge::container7(give_up)
}
"#,
        ),
    ],
    hints: [
        Both(
            "Which set does execve(2) give to a program of root, and which capability is needed to \
             take something from it?",
            "root가 시작하는 프로그램은 execve(2)에서 어느 집합을 받고, 거기서 무언가를 빼려면 어떤 \
             capability가 필요한가요?",
        ),
        Both(
            "The bounding set; to drop from it takes CAP_SETPCAP, which capset(2) will take away. \
             So drop all others there first, until the kernel knows no more (EINVAL). \
             close_range(2) closes a whole range of descriptors.",
            "한계 집합입니다. 거기서 빼려면 CAP_SETPCAP이 필요한데, capset(2)를 하고 나면 없습니다. \
             그러므로 먼저 나머지를 모두, 커널이 더는 모를 때까지(EINVAL) 빼세요. close_range(2)는 \
             정해진 범위의 파일 디스크립터를 모두 닫습니다.",
        ),
        Both::same(
            "// SAFETY: nothing that this process goes on to use owns one of these descriptors.
unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) };
// SAFETY: the call takes numbers.
unsafe { libc::prctl(libc::PR_CAPBSET_DROP, number, unused, unused, unused) };",
        ),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "capset(2) adds nothing to the permitted set, and PR_CAPBSET_DROP requires \
                 CAP_SETPCAP: in which order do you make the calls?",
                "capset(2)로는 허용 집합에 아무것도 더할 수 없고, PR_CAPBSET_DROP에는 CAP_SETPCAP이 \
                 필요합니다. 어떤 순서로 호출했나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "the kernel does not know a capability of this number: where do you stop? Or the \
                 first number of close_range(2) is above the last",
                "커널이 모르는 capability 번호입니다. 어디에서 멈추나요? 아니면 close_range(2)의 첫 \
                 번호가 마지막 번호보다 큽니다",
            ),
        ),
        (
            "EFAULT",
            Both(
                "capset(2) reads a header of 8 bytes and sets of 24",
                "capset(2)는 8바이트인 헤더와 24바이트인 집합들을 읽습니다",
            ),
        ),
        (
            "EBADF",
            Both(
                "no such descriptor is open: have you closed it before?",
                "그런 파일 디스크립터가 열려 있지 않습니다. 이미 닫았나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Leave the caller the capabilities in `keep`",
            change: "    capset(kept, kept, 0)
}",
            to: "    capset(0, kept, 0)
}",
            says: "in CapEff",
        },
        Wrong {
            clause: "the capabilities in `keep`, and no others",
            change: "let kept = keep.iter().fold(0, |set, number| set | 1 << number);",
            to: "let kept = keep.iter().fold(0, |set, number| set | 1 << (number % 32));",
            says: "in CapPrm",
        },
        Wrong {
            clause: "and no others, in its effective, its permitted",
            change: "    capset(kept, kept, 0)
}",
            to: "    let all = std::fs::read_to_string(\"/proc/self/status\")?;
    let all = all.lines().find_map(|line| line.strip_prefix(\"CapPrm:\\t\")).unwrap_or_default();
    capset(kept, u64::from_str_radix(all, 16).unwrap_or(0), 0)
}",
            says: "in CapPrm",
        },
        Wrong {
            clause: "and its bounding set",
            change: "    for number in (0..64).filter(|it| !keep.contains(it)) {",
            to: "    for number in (0..32).filter(|it| !keep.contains(it)) {",
            says: "in CapBnd",
        },
        Wrong {
            clause: "in its effective, its permitted and its bounding set",
            change: "    for number in (0..64).filter(|it| !keep.contains(it)) {
        match drop_from_bounding_set(number) {
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => break,
            result => result?,
        }
    }
    let kept = keep.iter().fold(0, |set, number| set | 1 << number);
    capset(kept, kept, 0)",
            to: "    let kept = keep.iter().fold(0, |set, number| set | 1 << number);
    capset(kept, kept, 0)?;
    for number in (0..64).filter(|it| !keep.contains(it)) {
        match drop_from_bounding_set(number) {
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => break,
            result => result?,
        }
    }
    Ok(())",
            says: "in which order do you make the calls?",
        },
        Wrong {
            clause: "Its inheritable and its ambient set are empty.",
            change: "    capset(kept, kept, 0)
}",
            to: "    capset(kept, kept, kept)
}",
            says: "in CapInh",
        },
        Wrong {
            clause: "Of its descriptors only 0, 1 and 2 are open.",
            change: "let (first, last, flags) = (3_u32, u32::MAX, 0_u32);",
            to: "let (first, last, flags) = (3_u32, 63, 0_u32);",
            says: "which numbers can a descriptor have?",
        },
        Wrong {
            clause: "only 0, 1 and 2 are open",
            change: "let (first, last, flags) = (3_u32, u32::MAX, 0_u32);",
            to: "let (first, last, flags) = (0_u32, u32::MAX, 0_u32);",
            says: "descriptors 0, 1 and 2, and no others",
        },
    ],
    ..Exercise::NEW
};

/// Capabilities that a container may keep. CAP_SETPCAP is not among them.
const LOW: [u32; 8] = [0, 1, 3, 5, 6, 7, 10, 18];
const HIGH: [u32; 3] = [34, 35, 36];

/// Checks that the answer, as root, gives up all that it should.
pub fn container7(answer: fn(&[u32]) -> io::Result<()>) -> ! {
    judge(|| {
        let first = random(0..7) as usize;
        let keep = [LOW[first], LOW[first + 1], HIGH[random(0..3) as usize]];
        let process = run_answer(&EXERCISE, || {
            make_capabilities_ambient()?;
            leave_files_open()?;
            start(|| answer(&keep))
        })?;
        let pid = Pid::from_raw(process.output.parse().unwrap_or_default());
        let kept = keep.iter().fold(0_u64, |set, number| set | 1 << number);
        for (set, expected) in
            [("CapInh", 0), ("CapAmb", 0), ("CapBnd", kept), ("CapPrm", kept), ("CapEff", kept)]
        {
            check_set(pid, set, expected)?;
        }
        check_descriptors(pid)?;
        Ok(text!(
            "only the capabilities {keep:?} and the descriptors 0, 1 and 2 are left",
            "capability {keep:?}와 파일 디스크립터 0, 1, 2만 남았습니다",
        ))
    })
}

/// Makes some capabilities of the caller inheritable and ambient.
fn make_capabilities_ambient() -> io::Result<()> {
    let header = [0x2008_0522_u32, 0];
    let mut sets = [0_u32; 6];
    // SAFETY: header and sets have the size of version 3, and outlive the call.
    let got = unsafe { libc::syscall(libc::SYS_capget, header.as_ptr(), sets.as_mut_ptr()) };
    Errno::result(got)?;
    (sets[2], sets[5]) = (sets[1], sets[4]);
    // SAFETY: header and sets have the size of version 3, and outlive the call.
    let set = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), sets.as_ptr()) };
    Errno::result(set)?;
    let [raise, unused] = [libc::PR_CAP_AMBIENT_RAISE, 0].map(|it| it as libc::c_ulong);
    for number in LOW.into_iter().chain(HIGH).map(|it| it as libc::c_ulong) {
        // SAFETY: the call takes numbers.
        let raised = unsafe { libc::prctl(libc::PR_CAP_AMBIENT, raise, number, unused, unused) };
        Errno::result(raised)?;
    }
    Ok(())
}

/// Opens a directory, and gives it more numbers.
fn leave_files_open() -> io::Result<()> {
    let dir = File::open("/")?;
    for number in [20, random(100..200) as i32] {
        // SAFETY: no descriptor of this process has such a number, so no owner loses one.
        Errno::result(unsafe { libc::dup2(dir.as_raw_fd(), number) })?;
    }
    Ok(())
}

/// Does something in a child, which stops when it is done. The caller keeps its own
/// descriptors.
fn start(work: impl FnOnce() -> io::Result<()>) -> io::Result<String> {
    // SAFETY: this process has one thread, so the child may allocate.
    match unsafe { fork() }? {
        ForkResult::Child => match work() {
            Ok(()) => loop {
                let _ = raise(Signal::SIGSTOP);
            },
            Err(error) => exit(error.raw_os_error().unwrap_or(libc::EIO)),
        },
        ForkResult::Parent { child } => match waitpid(child, Some(WaitPidFlag::WUNTRACED))? {
            WaitStatus::Stopped(pid, _) => Ok(pid.to_string()),
            WaitStatus::Exited(_, errno) => Err(io::Error::from_raw_os_error(errno)),
            end => Err(io::Error::other(describe(end).to_string())),
        },
    }
}

/// Checks a set of capabilities (`/proc/PID/status`).
fn check_set(pid: Pid, set: &str, expected: u64) -> Result<(), Finding> {
    let found = u64::from_str_radix(&status(pid, set), 16).unwrap_or(u64::MAX);
    ensure(found == expected, || {
        let numbers = |set: u64| {
            let numbers: Vec<_> = (0..64).filter(|it| set >> it & 1 == 1).collect();
            if numbers.is_empty() { NONE.to_owned() } else { format!("{numbers:?}") }
        };
        wrong(
            text!("the capabilities {} in {set}", "{set}의 capability는 {}", numbers(expected)),
            shown!("{}", numbers(found)),
            match set {
                "CapBnd" => text!(
                    "prctl(2) takes one capability at a time out of the bounding set: up to which \
                     number do you go?",
                    "prctl(2)는 한계 집합에서 capability를 하나씩 뺍니다. 몇 번까지 하나요?",
                ),
                "CapAmb" => text!(
                    "what is no longer permitted or inheritable is no longer ambient: which call \
                     changes that?",
                    "허용 집합이나 상속 가능 집합에서 빠진 것은 ambient 집합에서도 빠집니다. 그것을 \
                     바꾸는 호출은 무엇인가요?",
                ),
                _ => text!(
                    "capset(2) gets three sets, in this order: effective, permitted, inheritable",
                    "capset(2)에는 유효, 허용, 상속 가능 집합을 이 순서로 줍니다",
                ),
            },
        )
    })
}

/// Checks which descriptors a process has.
fn check_descriptors(pid: Pid) -> Result<(), Finding> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable();
    ensure(numbers == [0, 1, 2], || {
        wrong(
            text!("descriptors 0, 1 and 2, and no others", "파일 디스크립터는 0, 1, 2뿐"),
            shown!("{numbers:?}"),
            text!(
                "which numbers can a descriptor have? One of a directory outside leads out of the \
                 container",
                "파일 디스크립터는 어떤 번호일 수 있나요? 바깥 디렉터리의 것은 컨테이너 밖으로 \
                 이어집니다",
            ),
        )
    })
}
