//! How much an answer may use: resource limits for each process (`setrlimit(2)`), and a
//! cgroup for the memory of all together where this user may create one.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
use nix::unistd::{Uid, getpid};
use step_support::cgroup::Version;

use crate::cgroup::{NAME_PREFIX, Need, find_place, remove, remove_stale};
use crate::language::text;
use crate::verdict::{Finding, unavailable};

/// How many processes an answer may have, in addition to those that its user has already.
const MAX_PROCESSES: rlim_t = 100;

/// The memory of all processes of an answer together, and the address space of each.
pub const MAX_MEMORY: rlim_t = 512 << 20;

const KIB: rlim_t = 1 << 10;
const MIB: rlim_t = 1 << 20;

/// A resource of which an answer gets as much as is `wanted`, or as its user has. The judge
/// cannot work with less than is `needed`.
struct Limit {
    resource: Resource,
    wanted: rlim_t,
    needed: rlim_t,
    /// The option of the shell's `ulimit` that shows it.
    option: char,
}

/// The resource limits of a sandbox.
pub struct Limits(Vec<(Resource, rlim_t)>);

impl Limits {
    /// What the processes of `uid` get.
    pub fn for_user(uid: Uid) -> Result<Limits, Finding> {
        use Resource::*;
        let existing = count_processes(uid);
        let limit = |resource, wanted, needed, option| Limit { resource, wanted, needed, option };
        let limits = [
            limit(RLIMIT_NPROC, existing + MAX_PROCESSES, existing + 16, 'u'),
            limit(RLIMIT_NOFILE, 256, 32, 'n'),
            limit(RLIMIT_FSIZE, 16 * MIB, KIB, 'f'),
            limit(RLIMIT_AS, MAX_MEMORY, 128 * MIB, 'v'),
            limit(RLIMIT_DATA, MAX_MEMORY, 96 * MIB, 'd'),
            limit(RLIMIT_STACK, 8 * MIB, MIB, 's'),
            limit(RLIMIT_CPU, 20, 5, 't'),
            limit(RLIMIT_CORE, 0, 0, 'c'),
        ];
        limits.iter().map(Limit::value).collect::<Result<_, _>>().map(Limits)
    }

    /// Sets them for the caller, and for all that it will start.
    pub fn set(&self) -> Result<(), Finding> {
        self.0.iter().try_for_each(|&(resource, limit)| {
            setrlimit(resource, limit, limit)
                .map_err(|errno| failed(format!("setrlimit({resource:?}, {limit})"), errno))
        })
    }

    /// Lets the caller itself use all that its own limit of open files allows.
    pub fn raise_open_files() {
        if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
            let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
        }
    }
}

impl Limit {
    fn value(&self) -> Result<(Resource, rlim_t), Finding> {
        let Limit { resource, wanted, needed, option } = *self;
        let (_, hard) = getrlimit(resource)
            .map_err(|errno| failed(format!("getrlimit({resource:?})"), errno))?;
        if hard < needed {
            return Err(unavailable(
                text!("{resource:?} is {hard}", "{resource:?}의 값은 {hard}"),
                text!("the judge needs {needed}", "채점 프로그램에 필요한 값은 {needed}"),
                text!(
                    "The limit is that of the shell; to see it: ulimit -{option}",
                    "셸의 한도입니다. 보려면: ulimit -{option}",
                ),
            ));
        }
        Ok((resource, wanted.min(hard)))
    }
}

fn failed(call: String, error: impl Display) -> Finding {
    unavailable(call, error, text!("To see limits: ulimit -a", "한도를 보려면: ulimit -a"))
}

/// How many processes and threads a user has. Before Linux 5.14 RLIMIT_NPROC counts
/// them in all user namespaces together.
fn count_processes(uid: Uid) -> rlim_t {
    let own = format!("Uid:\t{uid}\t");
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let threads = all.filter_map(|process| {
        let status = fs::read_to_string(process.path().join("status")).ok()?;
        let threads = status.lines().find_map(|line| line.strip_prefix("Threads:"))?;
        status.contains(&own).then(|| threads.trim().parse::<rlim_t>().unwrap_or(1))
    });
    threads.sum()
}

/// A cgroup that limits the memory of all processes in it together. Dropping it removes it.
pub struct MemoryLimit {
    /// What this process has created.
    created: Option<PathBuf>,
    limited: bool,
}

impl MemoryLimit {
    /// Limits the cgroup that an exercise has already, or else a new one. A process is in
    /// one cgroup of each hierarchy, so beside that of the exercise there can be a second
    /// one only on v1.
    pub fn new(cgroup: Option<&Path>) -> MemoryLimit {
        if cgroup.is_some_and(limit_memory) {
            return MemoryLimit { created: None, limited: true };
        }
        let place = find_place(Need::Controller("memory")).ok();
        let place = place.filter(|it| cgroup.is_none() || it.version == Version::V1);
        let created = place.and_then(|place| {
            remove_stale(&place.parent);
            let dir = place.parent.join(format!("{NAME_PREFIX}{}", process::id()));
            fs::create_dir(&dir).ok().map(|()| dir)
        });
        let limited = created.as_deref().is_some_and(limit_memory);
        MemoryLimit { created, limited }
    }

    /// Moves the caller, and so all that it will start, into the new cgroup. False if memory
    /// is not limited.
    pub fn join(&self) -> bool {
        let join = |dir: &PathBuf| fs::write(dir.join("cgroup.procs"), getpid().to_string());
        self.limited && self.created.iter().all(|dir| join(dir).is_ok())
    }
}

impl Drop for MemoryLimit {
    fn drop(&mut self) {
        if let Some(dir) = &self.created {
            remove(dir);
        }
    }
}

/// The two versions of cgroups have different files. Not every kernel counts swap.
fn limit_memory(dir: &Path) -> bool {
    let set = |file: &str, value: rlim_t| fs::write(dir.join(file), value.to_string()).is_ok();
    let exists = |file: &str| dir.join(file).exists();
    if exists("memory.max") {
        set("memory.swap.max", 0);
        return set("memory.max", MAX_MEMORY);
    }
    let limited = exists("memory.limit_in_bytes") && set("memory.limit_in_bytes", MAX_MEMORY);
    if exists("memory.memsw.limit_in_bytes") {
        set("memory.memsw.limit_in_bytes", MAX_MEMORY);
    }
    limited
}
