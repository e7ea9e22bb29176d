//! The group of root in a new user namespace.

use std::io;

use nix::unistd::{getgid, getuid};

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::observe::id_maps::{User, Writes};
use crate::process::{link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        r#"
Groups can deny: with mode 0604, members of the file's group are kept from what
all others may read. Whoever can call setgroups(2) can leave the group. So an
ordinary user may write gid_map only after "deny" was written to setgroups, also
in /proc/self. (The judge's own sandbox has denied it, so here the kernel does
not insist. The judge does.)"#,
        "
그룹은 권한을 빼앗기도 합니다. 모드가 0604인 파일은 남들이 다 읽을 수 있어도
그 파일의 그룹에 든 사용자는 읽을 수 없습니다. setgroups(2)를 호출할 수
있으면 그룹에서 빠져나올 수 있습니다. 그래서 일반 사용자는 역시 /proc/self에
있는 setgroups에 \"deny\"를 쓴 다음에야 gid_map을 쓸 수 있습니다. (채점
프로그램의 샌드박스가 이미 deny해 두었으므로 여기서는 커널이 요구하지
않습니다. 채점 프로그램이 요구합니다.)",
    ),
    task: Both(
        "
Move the caller, an ordinary user, into a new user namespace and make it uid 0
and gid 0 there. Deny setgroups(2) there before you write gid_map. All other
namespaces of the caller stay the same.",
        "
일반 사용자인 호출한 프로세스를 새 user namespace로 옮기고 그 안에서 uid 0,
gid 0으로 만드세요. gid_map을 쓰기 전에 거기서 setgroups(2)를 막으세요.
호출한 프로세스의 다른 namespace는 모두 그대로입니다.",
    ),
    manual: "user_namespaces(7)",
    starter: r#"
use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

fn become_root() -> io::Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    // TODO: What has to come before this?
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}

fn main() -> ! {
    judge::unshare2(become_root)
}
"#,
    solutions: &[
        (
            "nix",
            r#"
use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

fn become_root() -> io::Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}

fn main() -> ! {
    judge::unshare2(become_root)
}
"#,
        ),
        (
            "libc, newlines, the gid first, by PID and thread",
            r#"
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::process;

fn become_root() -> io::Result<()> {
    // SAFETY: the call takes no arguments.
    let uid = unsafe { libc::getuid() };
    // SAFETY: the call takes no arguments.
    let gid = unsafe { libc::getgid() };
    // SAFETY: the call takes a number.
    if unsafe { libc::unshare(libc::CLONE_NEWUSER) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let dir = format!("/proc/{}", process::id());
    write(&format!("{dir}/setgroups"), "deny\n")?;
    write("/proc/thread-self/gid_map", &format!("0 {gid} 1\n"))?;
    write(&format!("{dir}/uid_map"), &format!("0 {uid} 1\n"))
}

fn write(file: &str, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).open(file)?.write_all(text.as_bytes())
}

fn main() -> ! {
    judge::unshare2(become_root)
}
"#,
        ),
    ],
    hints: [
        Both(
            "Which right would a process have that may choose its groups, and which file takes it \
             away?",
            "자기 그룹을 고를 수 있는 프로세스는 어떤 권한을 얻게 되고, 어느 파일이 그것을 막나요?",
        ),
        Both(
            "Write \"deny\" to /proc/self/setgroups after unshare(2), which gives you a file of \
             your own, and before gid_map.",
            "자기만의 파일이 생기는 unshare(2) 다음, gid_map보다 먼저 /proc/self/setgroups에 \
             \"deny\"를 씁니다.",
        ),
        Both::same(r#"fs::write("/proc/self/setgroups", "deny")?;"#),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "uid_map and gid_map take only the caller's own uid and gid outside, with count 1, \
                 and only once; setgroups cannot be changed after gid_map was written: which of \
                 the three writes failed, and what did it write?",
                "uid_map과 gid_map에는 바깥쪽에서 본 자기 uid와 gid 하나만(개수 1), 한 번만 쓸 수 \
                 있습니다. setgroups는 gid_map을 쓴 다음에는 바꿀 수 없습니다. 셋 가운데 어느 \
                 쓰기가 실패했고, 무엇을 썼나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "setgroups takes \"deny\", a map takes three numbers, each in one write(2): \
                 `write!` makes several",
                "setgroups에는 \"deny\"를, 매핑에는 수 세 개를 쓰고, 저마다 write(2) 한 번이어야 \
                 합니다. `write!`는 여러 번 씁니다",
            ),
        ),
        (
            "EACCES",
            Both(
                "these files belong to the user namespace of the process: does your function write \
                 them before unshare(2)?",
                "이 파일들은 프로세스의 user namespace에 속합니다. 함수가 unshare(2) 전에 썼나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Deny setgroups(2) there",
            change: r#"    fs::write("/proc/self/setgroups", "deny")?;"#,
            to: "",
            says: "written in this order: uid_map, gid_map",
        },
        Wrong {
            clause: "before you write gid_map",
            change: r#"    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))"#,
            to: r#"    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))?;
    let _ = fs::write("/proc/self/setgroups", "deny\n");
    Ok(())"#,
            says: "which write has to come first?",
        },
        Wrong {
            clause: "make it uid 0 and gid 0 there",
            change: r#"    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))"#,
            to: "    let _ = gid;
    Ok(())",
            says: "an ID without a line in gid_map",
        },
        Wrong {
            clause: "make it uid 0",
            change: r#"    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;"#,
            to: "    let _ = uid;",
            says: "an ID without a line in uid_map",
        },
        Wrong {
            clause: "gid 0 there",
            change: r#""0 {gid} 1""#,
            to: r#""0 {uid} 1""#,
            says: "which of the three writes failed",
        },
        Wrong {
            clause: "gid 0 there",
            change: r#""0 {gid} 1""#,
            to: r#""5 {gid} 1""#,
            says: "which of the three numbers is the ID inside?",
        },
        Wrong {
            clause: "into a new user namespace",
            change: "    unshare(CloneFlags::CLONE_NEWUSER)?;",
            to: "    return Ok(unshare(CloneFlags::empty())?);",
            says: "which flag does unshare(2) need",
        },
        Wrong {
            clause: "All other namespaces of the caller stay the same.",
            change: "unshare(CloneFlags::CLONE_NEWUSER)?;",
            to: "unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID)?;",
            says: "changed: pid_for_children, user",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer, without capabilities, becomes uid 0 and gid 0 of a new user
/// namespace.
pub fn unshare2(answer: fn() -> io::Result<()>) -> ! {
    judge(|| {
        let advice = text!(
            "inotify(7) lists its limits: sysctl fs.inotify",
            "inotify(7)에 한도가 나와 있습니다: sysctl fs.inotify",
        );
        Writes::watch().map_err(|error| unavailable("inotify", error, advice))?;
        let user = User::new()?;
        let process = run_answer(&EXERCISE, || {
            user.enter()?;
            let writes = Writes::watch()?;
            answer()?;
            Ok::<_, io::Error>(format!("{}:{} {}", getuid(), getgid(), writes.names().join(", ")))
        })?;
        let (ids, writes) = process.output.split_once(' ').unwrap_or_default();
        user.check_moved(process.pid)?;
        user.check_map(process.pid, "uid_map")?;
        user.check_map(process.pid, "gid_map")?;
        let before = writes.split("gid_map").next().unwrap_or_default();
        ensure(before.contains("setgroups"), || {
            wrong(
                text!(
                    "a write to setgroups of the caller before the one to gid_map",
                    "호출한 프로세스의 setgroups에 쓴 다음 gid_map에 쓰기",
                ),
                text!("written in this order: {writes}", "쓴 순서: {writes}"),
                text!(
                    "outside of the judge's sandbox, gid_map would have failed with EPERM: which \
                     write has to come first?",
                    "채점 프로그램의 샌드박스 밖이었다면 gid_map이 EPERM으로 실패했을 것입니다. \
                     무엇을 먼저 써야 하나요?",
                ),
            )
        })?;
        ensure(ids == "0:0", || {
            wrong(
                text!(
                    "uid 0 and gid 0 in the new user namespace",
                    "새 user namespace에서 uid 0과 gid 0",
                ),
                text!(
                    "getuid(2):getgid(2) returned {ids} to the caller",
                    "호출한 프로세스에서 getuid(2):getgid(2)가 반환한 값은 {ids}",
                ),
                text!(
                    "has your function changed its IDs after it had written the maps?",
                    "매핑을 쓴 다음 함수가 ID를 바꾸었나요?",
                ),
            )
        })?;
        Ok(text!(
            "the caller is uid 0 and gid 0 in {}, and {} and {} outside",
            "호출한 프로세스는 {}에서 uid 0, gid 0이고, 바깥에서는 {}, {}입니다",
            link(process.pid, "user"),
            user.uid,
            user.gid,
        ))
    })
}
