//! An ordinary user for the exercises about ID maps, and what was written to the maps.

use std::fs::{self, File};
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};
use nix::unistd::Pid;

use crate::capabilities::drop_capabilities;
use crate::language::{shown, text};
use crate::observe::namespaces::changed_links;
use crate::process::{Process, helper_process, link};
use crate::verdict::{Finding, ensure, wrong};

/// A user namespace in which the caller of an answer is an ordinary user. Its IDs vary from
/// run to run.
pub struct User {
    pub uid: u32,
    pub gid: u32,
    process: Process,
}

impl User {
    pub fn new() -> Result<User, Finding> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (uid, gid) = (1000 + now.subsec_micros() % 1000, 2000 + now.subsec_nanos() % 1000);
        let process = helper_process(CloneFlags::CLONE_NEWUSER, || {
            let files = [
                ("setgroups", "deny".to_owned()),
                ("uid_map", format!("{uid} 0 1")),
                ("gid_map", format!("{gid} 0 1")),
            ];
            files.iter().try_for_each(|(file, text)| {
                fs::write(format!("/proc/self/{file}"), text).map_err(|_| Errno::EPERM)
            })
        })?;
        Ok(User { uid, gid, process })
    }

    /// Makes the caller this user, without capabilities.
    pub fn enter(&self) -> io::Result<()> {
        let file = File::open(format!("/proc/{}/ns/user", self.process.pid))?;
        setns(file, CloneFlags::CLONE_NEWUSER)?;
        Ok(drop_capabilities()?)
    }

    /// The user namespace that the caller begins in.
    pub fn namespace(&self) -> String {
        link(self.process.pid, "user")
    }

    /// Checks that a process, which was this user, has moved into a new user namespace, and
    /// into no other namespace.
    pub fn check_moved(&self, process: Pid) -> Result<(), Finding> {
        let found = link(process, "user");
        ensure(found != link(self.process.pid, "user"), || {
            wrong(
                text!(
                    "the caller in a new user namespace",
                    "호출한 프로세스는 새 user namespace에 있음",
                ),
                text!("{found}, in which it was before", "전에 있던 {found}에 그대로 있습니다"),
                text!(
                    "which flag does unshare(2) need, and which process has to call it?",
                    "unshare(2)에 어떤 플래그를 주어야 하고, 어느 프로세스가 호출해야 하나요?",
                ),
            )
        })?;
        let changed = self.changed(process);
        ensure(changed == ["user"], || {
            wrong(
                text!(
                    "only user changed in /proc/PID/ns of the caller",
                    "호출한 프로세스의 /proc/PID/ns에서 user만 바뀜",
                ),
                text!("changed: {}", "바뀐 것: {}", changed.join(", ")),
                text!(
                    "which flags of unshare(2) does the task not ask for?",
                    "unshare(2)의 플래그 가운데 문제에서 하라고 하지 않은 것은 무엇인가요?",
                ),
            )
        })
    }

    /// The namespaces in which a process, which was this user, is no longer.
    pub fn changed(&self, process: Pid) -> Vec<String> {
        changed_links(self.process.pid, process)
    }

    /// What makes this user 0 in `uid_map` or `gid_map`, and what a process has there instead.
    pub fn map(&self, process: Pid, map: &str) -> (String, String) {
        let id = if map == "uid_map" { self.uid } else { self.gid };
        let expected = format!("0 {id} 1");
        let text = fs::read_to_string(format!("/proc/{process}/{map}")).unwrap_or_default();
        // A reader sees IDs as in its own user namespace. The only ID that this user may map
        // is its own, and the judge sees that as 0.
        let lines = text.lines().map(|line| match *line.split_whitespace().collect::<Vec<_>>() {
            [inside, "0", count] => format!("{inside} {id} {count}"),
            _ => line.to_owned(),
        });
        (expected, lines.collect::<Vec<_>>().join("\n"))
    }

    /// Checks that `map` of a process, `uid_map` or `gid_map`, makes this user 0.
    pub fn check_map(&self, process: Pid, map: &str) -> Result<(), Finding> {
        let (expected, found) = self.map(process, map);
        ensure(found == expected, || {
            let reason = match found.is_empty() {
                true => text!(
                    "an ID without a line in {map} appears as 65534; who writes it?",
                    "{map}에 줄이 없는 ID는 65534로 보입니다. 누가 그 줄을 쓰나요?",
                ),
                false => text!(
                    "which of the three numbers is the ID inside?",
                    "세 수 가운데 안쪽 ID는 어느 것인가요?",
                ),
            };
            wrong(
                text!(
                    "{expected:?} in {map} of the caller",
                    "호출한 프로세스의 {map}에 {expected:?}",
                ),
                shown!("{found:?}"),
                reason,
            )
        })
    }
}

/// The files in `/proc/self` whose writes are watched.
const FILES: [&str; 3] = ["setgroups", "uid_map", "gid_map"];

/// Notes which of its files in `/proc` are written to, and in which order (`inotify(7)`).
pub struct Writes {
    inotify: Inotify,
    watches: Vec<(WatchDescriptor, &'static str)>,
    /// As long as they are open, others who open these files get the same inodes.
    _open: Vec<File>,
}

impl Writes {
    /// Begins to watch the files of the caller.
    pub fn watch() -> io::Result<Writes> {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        let (mut watches, mut open) = (Vec::new(), Vec::new());
        for dir in ["self", "thread-self"] {
            for file in FILES {
                let path = format!("/proc/{dir}/{file}");
                open.push(File::open(&path)?);
                let modified = AddWatchFlags::IN_MODIFY;
                watches.push((inotify.add_watch(path.as_str(), modified)?, file));
            }
        }
        Ok(Writes { inotify, watches, _open: open })
    }

    /// The names of the files that were written to since then.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        while let Ok(events) = self.inotify.read_events() {
            let written = events.iter().filter_map(|event| {
                self.watches.iter().find(|(watch, _)| *watch == event.wd).map(|(_, name)| *name)
            });
            names.extend(written);
        }
        names
    }
}
