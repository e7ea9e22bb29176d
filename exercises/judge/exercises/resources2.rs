//! A process that does not run because of cgroups above its own.

use std::fs;
use std::io;
use std::path::Path;

use nix::unistd::{Pid, pause};

use crate::cgroup::setup::TRY_AGAIN;
use crate::cgroup::{Need, becomes, judge, start_in_cgroup, words};
use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::process::{run_answer, status};
use crate::verdict::{Finding, ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A frozen process looks like one that sleeps: its State is S. Two files of its cgroup
tell more. cgroup.freeze contains what somebody has asked for. The line `frozen` in
cgroup.events is what is true, and a cgroup is frozen, too, while one above it is
asked to be. Somewhere below the cgroup `top`, which is not frozen, is the cgroup
`own`, which is. Both are of version 2, on a hybrid machine too.",
        "
얼어 있는 프로세스는 잠든 프로세스처럼 보입니다. State가 S입니다. cgroup의
두 파일을 보면 더 알 수 있습니다. cgroup.freeze에는 누군가 요청한 것이
있습니다. cgroup.events의 `frozen` 줄은 실제로 얼어 있는지 알려 줍니다. 위의
cgroup을 얼려 달라는 요청이 있는 동안에는 아래 cgroup도 얼어 있습니다. 얼어
있지 않은 cgroup `top` 아래 어딘가에, 얼어 있는 cgroup `own`이 있습니다.
hybrid 시스템에서도 둘 다 v2입니다.",
    ),
    task: Both(
        "
Let the process of `own` run again, without moving it. All other cgroups that somebody
has asked to freeze stay frozen, unless `own` is below them.",
        "
`own`의 프로세스를 옮기지 말고 다시 실행되게 하세요. 누군가 얼려 달라고 한
다른 cgroup은, `own`이 그 아래에 있지 않다면, 모두 언 채로 두세요.",
    ),
    manual: r#""Control Group v2" (docs.kernel.org): Core Interface Files"#,
    starter: r#"
use std::fs;
use std::io;
use std::path::Path;

fn thaw(top: &Path, own: &Path) -> io::Result<()> {
    // TODO: And then, what does cgroup.events of `own` say?
    let _ = top;
    fs::write(own.join("cgroup.freeze"), "0")
}

fn main() -> ! {
    judge::resources2(thaw)
}
"#,
    solutions: &[
        (
            "all from own up to top",
            r#"
use std::fs;
use std::io;
use std::path::Path;

fn thaw(top: &Path, own: &Path) -> io::Result<()> {
    for dir in own.ancestors().take_while(|dir| *dir != top) {
        fs::write(dir.join("cgroup.freeze"), "0")?;
    }
    Ok(())
}

fn main() -> ! {
    judge::resources2(thaw)
}
"#,
        ),
        (
            "one after the other, until it is thawed",
            r#"
use std::fs;
use std::io;
use std::path::Path;

fn thaw(_: &Path, own: &Path) -> io::Result<()> {
    let mut dir = own.to_owned();
    while fs::read_to_string(own.join("cgroup.events"))?.contains("frozen 1") {
        let file = dir.join("cgroup.freeze");
        if fs::read_to_string(&file)?.trim() == "1" {
            fs::write(file, "0\n")?;
        }
        dir.pop();
    }
    Ok(())
}

fn main() -> ! {
    judge::resources2(thaw)
}
"#,
        ),
    ],
    hints: [
        Both(
            "Which cgroups is a process in, besides the one whose cgroup.procs has its PID?",
            "프로세스는 자기 PID가 cgroup.procs에 있는 cgroup 말고 또 어느 cgroup에 들어 있을까요?",
        ),
        Both(
            "Go up from own to top, one directory at a time. Wherever cgroup.freeze is 1, write 0. \
             A cgroup that is beside this way has nothing to do with the process.",
            "own에서 top까지 디렉터리를 하나씩 올라가세요. cgroup.freeze가 1인 곳마다 0을 씁니다. \
             이 경로에 없는 cgroup은 이 프로세스와 관계가 없습니다.",
        ),
        Both::same(
            r#"for dir in own.ancestors().take_while(|dir| *dir != top) { fs::write(dir.join("cgroup.freeze"), "0")?; }"#,
        ),
    ],
    errors: &[
        (
            "EACCES",
            Both(
                "no file can be created in a cgroup, and those above top are not yours: where does \
                 your way end?",
                "cgroup에는 새 파일을 만들 수 없고, top 위의 cgroup은 여러분의 것이 아닙니다. \
                 어디까지 올라갔나요?",
            ),
        ),
        (
            "ENOENT",
            Both(
                "not every directory above own is a cgroup that can be frozen: end at top",
                "own 위의 모든 디렉터리가 얼릴 수 있는 cgroup은 아닙니다. top에서 멈추세요",
            ),
        ),
        ("EINVAL", Both("cgroup.freeze takes 0 and 1", "cgroup.freeze에는 0이나 1을 씁니다")),
        ("ERANGE", Both("cgroup.freeze takes 0 and 1", "cgroup.freeze에는 0이나 1을 씁니다")),
        (
            "EISDIR",
            Both(
                "own is a directory, and what you write goes into its files",
                "own은 디렉터리입니다. 값은 그 안의 파일에 씁니다",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Let the process of `own` run again",
            change: "    for dir in own.ancestors().take_while(|dir| *dir != top) {",
            to: "    let _ = top;
    for dir in [own] {",
            says: "somebody has asked to freeze a cgroup above it",
        },
        Wrong {
            clause: "Let the process of `own` run again",
            change: "own.ancestors().take_while",
            to: "own.ancestors().skip(1).take_while",
            says: "cgroup.freeze of own itself",
        },
        Wrong {
            clause: "Let the process of `own` run again",
            change: r#"        fs::write(dir.join("cgroup.freeze"), "0")?;"#,
            to: r#"        for pid in fs::read_to_string(dir.join("cgroup.procs"))?.lines() {
            unsafe { libc::kill(pid.parse().unwrap(), libc::SIGCONT) };
        }"#,
            says: "no signal but SIGKILL has an effect",
        },
        Wrong {
            clause: "run again",
            change: "    Ok(())",
            to: r#"    for pid in fs::read_to_string(own.join("cgroup.procs"))?.lines() {
        unsafe { libc::kill(pid.parse().unwrap(), libc::SIGKILL) };
    }
    while fs::read_to_string(own.join("cgroup.events"))?.contains("populated 1") {}
    Ok(())"#,
            says: "it has ended",
        },
        Wrong {
            clause: "without moving it",
            change: "    for dir in own",
            to: r#"    let pid = fs::read_to_string(own.join("cgroup.procs"))?;
    fs::write(top.join("cgroup.procs"), pid.trim())?;
    for dir in own"#,
            says: "it was moved",
        },
        Wrong {
            clause: "All other cgroups that somebody has
asked to freeze stay frozen",
            change: "    Ok(())",
            to: r#"    let beside = own.parent().unwrap().with_file_name("beside");
    fs::write(beside.join("cgroup.freeze"), "0")"#,
            says: "it is beside the way from own to top",
        },
    ],
    ..Exercise::NEW
};

/// Checks that a process is thawed that two cgroups hold, and that a cgroup beside is not.
pub fn resources2(thaw: fn(&Path, &Path) -> io::Result<()>) -> ! {
    judge(Need::V2, move |group| {
        let upper = group.dir.join("upper");
        let [lower, beside] = ["lower", "beside"].map(|name| upper.join(name));
        let own = lower.join("own");
        for dir in [&upper, &lower, &beside, &own] {
            fs::create_dir(dir).map_err(|error| unavailable(dir.display(), error, TRY_AGAIN))?;
        }
        let pid = start_waiting(&own)?;
        start_waiting(&beside)?;
        for frozen in [&own, &beside, &upper] {
            let file = frozen.strip_prefix(&group.dir).unwrap_or(frozen).join("cgroup.freeze");
            group.set(&file.to_string_lossy(), "1")?;
        }
        for dir in [&own, &beside] {
            if !becomes(&dir.join("cgroup.events"), "frozen", "1") {
                return Err(unavailable(
                    dir.display(),
                    text!("it does not freeze", "얼지 않습니다"),
                    TRY_AGAIN,
                ));
            }
        }

        run_answer(&EXERCISE, || thaw(&group.dir, &own).map(|()| ""))?;
        let state = status(pid, "State");
        ensure(!state.starts_with(['Z', 'X', '(']), || {
            wrong(
                text!("process {pid}, alive", "살아 있는 프로세스 {pid}"),
                shown!("State: {state}"),
                text!("it has ended", "이미 끝났습니다"),
            )
        })?;
        let inside = words(&own.join("cgroup.procs"))?;
        ensure(inside.contains(&pid.to_string()), || {
            let expected = text!("{pid} in cgroup.procs of own", "own의 cgroup.procs에 {pid}");
            wrong(
                expected,
                shown!("{inside:?}"),
                text!(
                    "it was moved: it is to run where it was",
                    "옮겨졌습니다. 있던 자리에서 다시 실행되어야 합니다",
                ),
            )
        })?;
        if !becomes(&own.join("cgroup.events"), "frozen", "0") {
            let [upper, own] = [freeze(&upper)?, freeze(&own)?];
            let reason = match (upper.as_str(), own.as_str()) {
                ("1", "0") => {
                    text!(
                        "somebody has asked to freeze a cgroup above it, and own is frozen with \
                         that one",
                        "위의 cgroup을 얼려 달라는 요청이 있어서, own도 함께 얼어 있습니다",
                    )
                }
                ("0", _) => text!(
                    "cgroup.freeze of own itself is still 1",
                    "own 자체의 cgroup.freeze가 아직 1입니다",
                ),
                _ => {
                    text!(
                        "no cgroup was thawed; no signal but SIGKILL has an effect on a frozen \
                         process",
                        "녹은 cgroup이 없습니다. 얼어 있는 프로세스에는 SIGKILL 말고는 어떤 \
                         시그널도 통하지 않습니다",
                    )
                }
            };
            let found = text!(
                "frozen 1; cgroup.freeze: {upper} above it, {own} in own",
                "frozen 1. cgroup.freeze: 위는 {upper}, own은 {own}",
            );
            return Err(wrong(
                text!("frozen 0 in cgroup.events of own", "own의 cgroup.events에 frozen 0"),
                found,
                reason,
            ));
        }
        let still = freeze(&beside)?;
        ensure(still == "1", || {
            wrong(
                text!("1 in cgroup.freeze of another cgroup", "다른 cgroup의 cgroup.freeze에 1"),
                shown!("{still}"),
                text!(
                    "it is beside the way from own to top, and was to stay frozen",
                    "own에서 top까지의 경로에 없으므로, 언 채로 두어야 합니다",
                ),
            )
        })?;
        Ok(text!(
            "process {pid} is not frozen any more, and a cgroup beside still is",
            "프로세스 {pid}은(는) 이제 얼어 있지 않고, 옆의 cgroup은 아직 얼어 있습니다",
        ))
    })
}

/// What somebody has asked for in a cgroup.
fn freeze(dir: &Path) -> Result<String, Finding> {
    Ok(words(&dir.join("cgroup.freeze"))?.concat())
}

/// A process in the cgroup that waits for ever.
fn start_waiting(dir: &Path) -> Result<Pid, Finding> {
    let pid = start_in_cgroup(dir, || {
        loop {
            pause();
        }
    })?;
    match becomes(&dir.join("cgroup.events"), "populated", "1") {
        true => Ok(pid),
        false => Err(unavailable(
            dir.display(),
            text!("no process can join it", "프로세스가 들어갈 수 없습니다"),
            TRY_AGAIN,
        )),
    }
}
