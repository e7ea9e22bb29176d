//! Which controllers a cgroup has.

use std::io;
use std::path::Path;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::cgroup::setup::TRY_AGAIN;
use crate::cgroup::{Need, judge, words};
use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::process::{helper_process, run_answer};
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
In version 2 of cgroups a controller is passed down: a cgroup has those that its
parent enables in cgroup.subtree_control. A cgroup that enables any may not have
processes of its own, they would compete with its children. (Only the root cgroup
may.) This exercise is about v2, on a hybrid machine too.",
        "
cgroup v2의 컨트롤러는 위에서 아래로 내려갑니다. cgroup에는 부모가
cgroup.subtree_control에서 켠 컨트롤러만 있습니다. 컨트롤러를 하나라도 켠
cgroup에는 프로세스가 직접 들어 있을 수 없습니다. 자식들과 자원을 다투게
되기 때문입니다. (루트 cgroup만 예외입니다.) 이 문제는 hybrid 시스템에서도
v2에 관한 것입니다.",
    ),
    task: Both(
        "
The cgroup `dir` has the processes `pids`, and a controller. Create `dir/child`
and move all of these processes there. Let it have this controller.",
        "
cgroup `dir`에는 프로세스 `pids`와 컨트롤러 하나가 있습니다. `dir/child`를
만들고 이 프로세스들을 모두 그리로 옮기세요. `dir/child`에도 이 컨트롤러가
있게 하세요.",
    ),
    manual: "cgroups(7): Cgroups v2",
    starter: r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::unistd::Pid;

fn pass_down(dir: &Path, pids: &[Pid], controller: &str) -> io::Result<()> {
    let child = dir.join("child");
    fs::create_dir(&child)?;
    // TODO: Who enables a controller, and in which order does the kernel allow it?
    fs::write(child.join("cgroup.procs"), pids[0].to_string())?;
    fs::write(dir.join("cgroup.subtree_control"), controller)
}

fn main() -> ! {
    judge::cgroup5(pass_down)
}
"#,
    solutions: &[
        (
            "processes first",
            r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::unistd::Pid;

fn pass_down(dir: &Path, pids: &[Pid], controller: &str) -> io::Result<()> {
    let child = dir.join("child");
    fs::create_dir(&child)?;
    for pid in pids {
        fs::write(child.join("cgroup.procs"), pid.to_string())?;
    }
    fs::write(dir.join("cgroup.subtree_control"), format!("+{controller}"))
}

fn main() -> ! {
    judge::cgroup5(pass_down)
}
"#,
        ),
        (
            "by way of another cgroup, the controller before the child",
            r#"
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use nix::unistd::Pid;

fn join(dir: &Path, pids: &[Pid]) -> io::Result<()> {
    let mut procs = File::options().write(true).open(dir.join("cgroup.procs"))?;
    pids.iter().try_for_each(|pid| procs.write_all(format!("{pid}\n").as_bytes()))
}

fn pass_down(dir: &Path, pids: &[Pid], controller: &str) -> io::Result<()> {
    let (waiting, child) = (dir.join("waiting"), dir.join("child"));
    fs::create_dir(&waiting)?;
    join(&waiting, pids)?;
    fs::write(dir.join("cgroup.subtree_control"), format!("+{controller}\n"))?;
    fs::create_dir(&child)?;
    join(&child, pids)?;
    fs::remove_dir(&waiting)
}

fn main() -> ! {
    judge::cgroup5(pass_down)
}
"#,
        ),
    ],
    hints: [
        Both(
            "What does cgroup.controllers of a new child contain, and what decides that?",
            "새로 만든 자식의 cgroup.controllers에는 무엇이 들어 있고, 그것은 무엇이 정하나요?",
        ),
        Both(
            "First all processes leave dir for the child, each with a write to its cgroup.procs. \
             Then dir may enable the controller: a plus sign and its name, in the \
             cgroup.subtree_control of dir, not of the child.",
            "먼저 모든 프로세스를 하나씩 자식의 cgroup.procs에 써서 dir을 비웁니다. 그러면 dir이 \
             컨트롤러를 켤 수 있습니다. 자식이 아니라 dir의 cgroup.subtree_control에 더하기 기호와 \
             이름을 씁니다.",
        ),
        Both(
            r#"fs::write(dir.join("cgroup.subtree_control"), format!("+{controller}")), after all of `pids` are in dir/child/cgroup.procs"#,
            "`pids`를 모두 dir/child/cgroup.procs에 쓴 다음 \
             fs::write(dir.join(\"cgroup.subtree_control\"), format!(\"+{controller}\"))",
        ),
    ],
    errors: &[
        (
            "EBUSY",
            Both(
                "dir still has processes, and such a cgroup cannot enable a controller for its \
                 children",
                "dir에 아직 프로세스가 있습니다. 그런 cgroup은 자식을 위해 컨트롤러를 켤 수 \
                 없습니다",
            ),
        ),
        (
            "EINVAL",
            Both(
                "in cgroup.subtree_control each name has + or - before it",
                "cgroup.subtree_control에 쓰는 이름 앞에는 +나 -가 있어야 합니다",
            ),
        ),
        (
            "ENOENT",
            Both(
                "dir/child does not exist yet, or the cgroup whose cgroup.subtree_control was \
                 written does not have this controller itself",
                "dir/child가 아직 없거나, cgroup.subtree_control을 쓴 cgroup 자신에게 이 \
                 컨트롤러가 없습니다",
            ),
        ),
        (
            "EEXIST",
            Both("a cgroup of this name exists already", "이 이름의 cgroup이 이미 있습니다"),
        ),
        (
            "EACCES",
            Both(
                "no file can be created in a cgroup: is the file's name right?",
                "cgroup에는 새 파일을 만들 수 없습니다. 파일 이름이 맞나요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Let it have this controller",
            change: r#"    fs::write(dir.join("cgroup.subtree_control"), format!("+{controller}"))"#,
            to: "    Ok(())",
            says: "its parent has to enable it",
        },
        Wrong {
            clause: "Let it have this controller",
            change: r#"dir.join("cgroup.subtree_control")"#,
            to: r#"child.join("cgroup.subtree_control")"#,
            says: "does not have this controller itself",
        },
        Wrong {
            clause: "this controller",
            change: r#"format!("+{controller}")"#,
            to: "controller",
            says: "has + or - before it",
        },
        Wrong {
            clause: "all of these processes",
            change: "for pid in pids {",
            to: "for pid in &pids[1..] {",
            says: "dir still has processes",
        },
        Wrong {
            clause: "move all of these processes there",
            change: r#"fs::write(child.join("cgroup.procs")"#,
            to: r#"fs::write(dir.join("../outside/cgroup.procs")"#,
            says: "in child/cgroup.procs",
        },
        Wrong {
            clause: "Create `dir/child`",
            change: r#"dir.join("child")"#,
            to: r#"dir.join("children")"#,
            says: "found:    []",
        },
        Wrong {
            clause: "The cgroup `dir` has the processes `pids`",
            change: "    for pid in pids {",
            to: r#"    fs::write(dir.join("cgroup.subtree_control"), format!("+{controller}"))?;
    for pid in pids {"#,
            says: "dir still has processes",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the processes and the controller are in the child.
pub fn cgroup5(answer: fn(&Path, &[Pid], &str) -> io::Result<()>) -> ! {
    judge(Need::ControllerOfV2, move |group| {
        let controllers = group.words("cgroup.controllers")?;
        let Some(controller) = controllers.first() else {
            return Err(unavailable(
                text!("the cgroup of the judge", "채점 프로그램의 cgroup"),
                text!("it has no controller", "컨트롤러가 없습니다"),
                TRY_AGAIN,
            ));
        };
        let mut members = Vec::new();
        for _ in 0..3 {
            members.push(helper_process(CloneFlags::empty(), || Ok(()))?);
        }
        let pids: Vec<_> = members.iter().map(|it| it.pid).collect();
        for pid in &pids {
            group.set("cgroup.procs", &pid.to_string())?;
        }
        run_answer(&EXERCISE, || answer(&group.dir, &pids, controller).map(|()| ""))?;
        let child = group.dir.join("child");
        let inside = words(&child.join("cgroup.procs"))?;
        let asked: Vec<_> = pids.iter().map(Pid::to_string).collect();
        ensure(asked.iter().all(|pid| inside.contains(pid)), || {
            wrong(
                text!("{asked:?} in child/cgroup.procs", "child/cgroup.procs에 {asked:?}"),
                shown!("{inside:?}"),
                text!(
                    "the processes that were in dir go on in its child",
                    "dir에 있던 프로세스들은 그 자식에서 계속 실행되어야 합니다",
                ),
            )
        })?;
        let found = words(&child.join("cgroup.controllers"))?;
        ensure(found.contains(controller), || {
            wrong(
                text!(
                    "{controller} in child/cgroup.controllers",
                    "child/cgroup.controllers에 {controller}",
                ),
                shown!("{found:?}"),
                text!(
                    "a cgroup has the controllers of its parent's cgroup.subtree_control, so its \
                     parent has to enable it",
                    "cgroup에는 부모의 cgroup.subtree_control에 있는 컨트롤러만 있습니다. 그러므로 \
                     부모가 켜야 합니다",
                ),
            )
        })?;
        Ok(text!(
            "{} processes are in the child, and it has {controller}",
            "자식에 프로세스가 {}개 있고, {controller} 컨트롤러도 있습니다",
            pids.len(),
        ))
    })
}
