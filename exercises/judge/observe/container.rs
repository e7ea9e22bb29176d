//! PID 1 of a container, which an answer goes on to build.

use std::fs::{self, File};
use std::io;
use std::os::linux::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns, unshare};

use crate::exercise::Exercise;
use crate::language::{CHECK_MACHINE, text};
use crate::observe::images::{make_dir, make_file};
use crate::observe::mounts::{Mount, device_at, mounts_of};
use crate::process::{Process, helper_process, helper_with_output, run_answer};
use crate::verdict::{Finding, ensure, unavailable, wrong};

/// Runs the answer in PID 1 of new namespaces: user, PID, mount, UTS, IPC and network. It stays
/// alive to be looked at.
pub fn run_in_container(
    exercise: &Exercise,
    answer: impl FnOnce() -> io::Result<()>,
) -> Result<Process, Finding> {
    let flags = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWNET;
    run_in_namespaces(exercise, flags, answer)
}

/// The same with a new user and PID namespace, and of the others only those in `flags`. The judge
/// moves to that user namespace, and its next children are in that PID namespace.
pub fn run_in_namespaces(
    exercise: &Exercise,
    flags: CloneFlags,
    answer: impl FnOnce() -> io::Result<()>,
) -> Result<Process, Finding> {
    let failed = |error: io::Error| {
        unavailable(
            text!(
                "unshare(CLONE_NEWUSER | CLONE_NEWPID) in the judge",
                "채점 프로그램의 unshare(CLONE_NEWUSER | CLONE_NEWPID)",
            ),
            error,
            CHECK_MACHINE,
        )
    };
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID)
        .map_err(|errno| failed(errno.into()))?;
    for (file, text) in [("setgroups", "deny"), ("uid_map", "0 0 1"), ("gid_map", "0 0 1")] {
        fs::write(format!("/proc/self/{file}"), text).map_err(failed)?;
    }
    run_answer(exercise, || {
        unshare(flags)?;
        answer().map(|()| "")
    })
}

/// Does something in a process that enters namespaces of these kinds of a container. Returns what
/// it returns.
pub fn enter_and_run(
    container: &Process,
    kinds: &[&str],
    work: impl FnOnce() -> String,
) -> Result<String, Finding> {
    let helper =
        helper_with_output(CloneFlags::empty(), || enter(container, kinds).map(|()| work()))?;
    let output = helper.output.clone();
    helper.end();
    Ok(output)
}

/// Moves the caller into namespaces of a container (`setns(2)`).
fn enter(container: &Process, kinds: &[&str]) -> nix::Result<()> {
    let open = |kind| File::open(format!("/proc/{}/ns/{kind}", container.pid));
    // In a new mount namespace these paths may lead nowhere.
    let files: Vec<_> =
        kinds.iter().map(open).collect::<Result<_, _>>().map_err(|_| Errno::ENOENT)?;
    files.into_iter().try_for_each(|file| setns(file, CloneFlags::empty()))
}

/// An empty directory for a new root, and a directory with a program that is to be in it.
pub fn make_parts() -> Result<(&'static Path, &'static Path), Finding> {
    let (root, programs) = (Path::new("/tmp/root"), Path::new("/tmp/programs"));
    make_dir(root)?;
    make_file(&programs.join("bin/hello"), "#!/bin/sh\necho hello\n")?;
    Ok((root, programs))
}

/// What a process sees that enters the mount namespace of a container: it begins at the root of
/// that, whatever root its PID 1 has.
pub struct Visitor(Process);

impl Visitor {
    /// Enters.
    pub fn enter(container: &Process) -> Result<Visitor, Finding> {
        let kinds = ["mnt"];
        helper_process(CloneFlags::empty(), || enter(container, &kinds)).map(Visitor)
    }

    /// Where the judge finds a path of the container.
    pub fn path(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{path}", self.0.pid))
    }

    /// The mount table of the container.
    pub fn mounts(&self) -> Vec<Mount> {
        mounts_of(self.0.pid)
    }

    /// The mount at a path, the topmost one.
    pub fn mount_at(&self, path: &str) -> Option<Mount> {
        self.mounts().into_iter().rfind(|it| it.target == path)
    }

    /// Tries to make a file in a directory of the container: the error if that fails.
    pub fn write_error(&self, dir: &str) -> Option<String> {
        let file = self.path(dir).join("new-file");
        let error = File::create(&file).err()?;
        Some(error.raw_os_error().map_or(error.to_string(), |it| Errno::from_raw(it).to_string()))
    }

    /// Checks that the root directory of the namespace is a file system of type tmpfs that was
    /// not mounted `before`, and that it is that of its PID 1, too.
    pub fn check_root(&self, before: &[Mount], container: &Process) -> Result<(), Finding> {
        let inside = mounts_of(container.pid);
        let device = device_at(container.pid, Path::new("/"));
        let root = inside.iter().find(|it| it.target == "/" && Some(it.device) == device);
        let is_new = |it: &Mount| before.iter().all(|old| old.device != it.device);
        ensure(root.is_some_and(|it| it.kind == "tmpfs" && is_new(it)), || {
            wrong(
                text!("a new tmpfs as the root of the caller", "호출한 프로세스의 루트는 새 tmpfs"),
                root.map_or(text!("no mount", "마운트가 아닙니다"), |it| {
                    text!("{:?} of a {}", "{1}의 {0:?}", it.root, it.kind)
                }),
                text!(
                    "what do you mount on `root`, and which mount becomes the root?",
                    "`root`에 무엇을 마운트했고, 어느 마운트가 루트가 되었나요?",
                ),
            )
        })?;
        ensure(inside.iter().filter(|it| it.target == "/").count() == 1, || {
            wrong(
                text!("one mount at / in the namespace", "namespace에서 /에는 마운트 하나"),
                text!(
                    "{} mounts; the old root is on top of the new one",
                    "마운트가 {}개 있고, 옛 루트가 새 루트를 덮고 있습니다",
                    inside.len(),
                ),
                text!(
                    "pivot_root(2) has moved the old root: which call removes it?",
                    "pivot_root(2)는 옛 루트를 옮겨 놓았습니다. 옛 루트를 없애는 호출은 무엇인가요?",
                ),
            )
        })?;
        ensure(self.mounts() == inside, || {
            wrong(
                text!(
                    "the same root for every process that enters the namespace",
                    "namespace에 들어가는 모든 프로세스에게 같은 루트",
                ),
                text!(
                    "another process has entered it, and sees {} mounts",
                    "다른 프로세스가 들어가 보니 마운트가 {}개 보였습니다",
                    self.mounts().len(),
                ),
                text!(
                    "chroot(2) changes the root of one process: which call changes the root of the \
                     namespace?",
                    "chroot(2)는 한 프로세스의 루트를 바꿉니다. namespace의 루트를 바꾸는 호출은 \
                     무엇인가요?",
                ),
            )
        })?;
        self.check_no_way_back(container)
    }

    /// Checks that PID 1 has neither a directory nor a descriptor that leads elsewhere.
    fn check_no_way_back(&self, container: &Process) -> Result<(), Finding> {
        let place = |path: &Path| fs::metadata(path).map(|it| (it.st_dev(), it.st_ino())).ok();
        let proc = PathBuf::from(format!("/proc/{}", container.pid));
        let root = place(&self.path("/"));
        for name in ["root", "cwd"] {
            ensure(root.is_some() && place(&proc.join(name)) == root, || {
                wrong(
                    text!(
                        "/proc/PID/{name} of the caller is /",
                        "호출한 프로세스의 /proc/PID/{name}은 /"
                    ),
                    text!("it is another directory", "다른 디렉터리입니다"),
                    text!(
                        "a directory outside that a process still has is a way back: which call \
                         changes it?",
                        "바깥 디렉터리를 아직 가지고 있으면 되돌아가는 길이 됩니다. 그것을 바꾸는 \
                         호출은 무엇인가요?",
                    ),
                )
            })?;
        }
        let entries = fs::read_dir(proc.join("fd")).into_iter().flatten().flatten();
        let mut paths = entries.map(|entry| entry.path());
        let open = paths.find(|path| fs::metadata(path).is_ok_and(|it| it.is_dir()));
        ensure(open.is_none(), || {
            let path = open.unwrap_or_default();
            wrong(
                text!(
                    "no descriptor of a directory in the caller",
                    "호출한 프로세스에 디렉터리의 파일 디스크립터가 없음",
                ),
                text!(
                    "descriptor {} is open",
                    "{}번 파일 디스크립터가 열려 있습니다",
                    path.file_name().unwrap_or_default().to_string_lossy(),
                ),
                text!(
                    "fchdir(2) to a directory outside would be a way back: who closes it?",
                    "바깥 디렉터리로 fchdir(2)를 하면 되돌아갈 수 있습니다. 그것을 누가 닫나요?",
                ),
            )
        })
    }

    /// Checks that nothing is mounted in the namespace but at these places.
    pub fn check_mounts(&self, places: &[&str]) -> Result<(), Finding> {
        let mounts = self.mounts();
        let mut targets: Vec<_> = mounts.iter().map(|it| it.target.as_str()).collect();
        targets.sort_unstable();
        let mut expected = places.to_vec();
        expected.sort_unstable();
        ensure(targets == expected, || {
            let extra = targets.iter().find(|it| !expected.contains(it)).copied();
            let missing = expected.iter().find(|it| !targets.contains(it)).copied();
            wrong(
                text!("mounts at {}", "마운트 지점은 {}", expected.join(", ")),
                match (extra, missing) {
                    (Some(extra), _) => text!(
                        "{} mounts, one of them at {extra}",
                        "마운트가 {}개 있고, 그 하나는 {extra}",
                        targets.len(),
                    ),
                    (None, Some(missing)) => {
                        text!("nothing is mounted at {missing}", "{missing}에 마운트가 없습니다")
                    }
                    (None, None) => text!(
                        "{} mounts, some of them on top of others",
                        "마운트가 {}개 있고, 서로 겹친 것이 있습니다",
                        targets.len(),
                    ),
                },
                match extra.is_some() || missing.is_none() {
                    true => text!(
                        "pivot_root(2) has moved the old root, with all that is mounted there: \
                         which call removes it?",
                        "pivot_root(2)는 옛 루트를 거기에 마운트된 것과 함께 옮겨 놓았습니다. \
                         그것을 없애는 호출은 무엇인가요?",
                    ),
                    false => text!(
                        "a directory becomes another file system only by mount(2): which calls do \
                         you make for this place?",
                        "디렉터리는 mount(2)로만 다른 파일 시스템이 됩니다. 이곳에는 어떤 호출을 \
                         하나요?",
                    ),
                },
            )
        })
    }

    /// Checks that nobody can write in a directory of the container.
    pub fn check_read_only(&self, dir: &str) -> Result<(), Finding> {
        let error = self.write_error(dir);
        ensure(error.as_ref().is_some_and(|it| it.starts_with("EROFS")), || {
            wrong(
                text!("{dir} is read-only", "{dir}은(는) 읽기 전용"),
                error.map_or(
                    text!("a file can be made there", "거기에 파일을 만들 수 있습니다"),
                    |it| text!("to make a file there: {it}", "거기에 파일 만들기: {it}"),
                ),
                text!(
                    "MS_BIND and MS_REMOUNT together change the flags of one mount: which of your \
                     calls does that for {dir}?",
                    "MS_BIND와 MS_REMOUNT를 함께 주면 마운트 하나의 플래그를 바꿉니다. {dir}에 \
                     대해서 그렇게 하는 호출은 무엇인가요?",
                ),
            )
        })
    }
}
