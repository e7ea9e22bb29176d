//! A namespace kept alive by a bind mount.

use std::io;
use std::path::Path;

use nix::sched::CloneFlags;
use nix::unistd::{Pid, sethostname};

use crate::exercise::{Exercise, Wrong};
use crate::process::{helper_process, run_answer, uts_names};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A namespace exists as long as something refers to it: a process in it, an open
descriptor, or a bind mount.",
    task: "
Keep the UTS namespace of the process with this PID alive with a bind mount at
`file`, which does not exist yet. The process will have ended when the judge
looks.",
    manual: "namespaces(7), mount(2)",
    starter: r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::unistd::Pid;

fn keep_alive(pid: Pid, file: &Path) -> io::Result<()> {
    let namespace = format!("/proc/{pid}/ns/uts");
    // TODO: This copies the text of the link. What keeps the namespace alive?
    fs::write(file, fs::read_link(namespace)?.to_string_lossy().as_bytes())?;
    mount(None::<&str>, file, None::<&str>, MsFlags::empty(), None::<&str>)?;
    Ok(())
}

fn main() -> ! {
    judge::setns3(keep_alive)
}
"#,
    solutions: &[(
        "nix",
        r#"
use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::unistd::Pid;

fn keep_alive(pid: Pid, file: &Path) -> io::Result<()> {
    let namespace = format!("/proc/{pid}/ns/uts");
    fs::write(file, "")?;
    mount(Some(namespace.as_str()), file, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;
    Ok(())
}

fn main() -> ! {
    judge::setns3(keep_alive)
}
"#,
    )],
    hints: [
        "With MS_BIND, mount(2) makes a file appear at a second path as well. Which file do you need there, and what must already exist at the second path?",
        "The source is /proc/PID/ns/uts. The target of a mount must exist, so create the file first. `ip netns add` keeps network namespaces in this way.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: "mount(Some(namespace.as_str()), file, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;",
            to: r#"fs::remove_file(file)?;
    std::os::unix::fs::symlink(namespace, file)?;
    let _ = mount(None::<&str>, "/x", None::<&str>, MsFlags::MS_BIND, None::<&str>);"#,
            says: "the namespace no longer exists",
        },
        Wrong {
            clause: "TODO",
            change: "/proc/{pid}/ns/uts",
            to: "/proc/self/ns/uts",
            says: "but a different one",
        },
        Wrong {
            clause: "TODO",
            change: r#"fs::write(file, "")?;"#,
            to: "let _ = fs::metadata(file);",
            says: "the file that the call names does not exist",
        },
    ],
    ..Exercise::NEW
};

/// Checks that a bind mount keeps a UTS namespace alive after its last process has ended.
pub fn setns3(answer: fn(Pid, &Path) -> io::Result<()>) -> ! {
    judge(|| {
        let file = Path::new("/tmp/kept");
        let target = helper_process(CloneFlags::CLONE_NEWUTS, || sethostname("kept-alive"))?;
        run_answer(&EXERCISE, || answer(target.pid, file).map(|()| ""))?;
        target.end();
        let (name, _) = uts_names(file)?;
        ensure(name == "kept-alive", || {
            wrong(
                "the UTS namespace of the process that has ended",
                format!("{} is a UTS namespace with hostname {name:?}", file.display()),
                "a namespace is kept alive, but a different one",
            )
        })?;
        Ok(format!(
            "no process is left in the namespace, and {} still refers to it",
            file.display()
        ))
    })
}
