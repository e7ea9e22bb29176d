//! Cgroups for one test.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::geteuid;

use crate::{User, deadline};

/// The controllers that step 06 uses for its limits and counters.
const CONTROLLERS: [&str; 4] = ["pids", "memory", "cpu", "cpuacct"];

/// A cgroup in each hierarchy that step 06 uses, delegated to the ordinary user. This
/// process moves into it, and nothing else creates cgroups there: what is left was left by
/// a child of this process.
pub struct CgroupSandbox {
    hierarchies: Vec<Branch>,
}

/// The part of a sandbox in one hierarchy.
struct Branch {
    /// Where this process was before.
    home: PathBuf,
    /// The cgroup of the sandbox.
    dir: PathBuf,
}

impl CgroupSandbox {
    /// Creates the cgroups; fails if this user may not.
    pub fn new(name: impl AsRef<Path>) -> io::Result<CgroupSandbox> {
        let mut sandbox = CgroupSandbox { hierarchies: Vec::new() };
        for line in fs::read_to_string("/proc/self/cgroup")?.lines() {
            let fields: Vec<_> = line.splitn(3, ':').collect();
            let [id, controllers, path] = fields[..] else { continue };
            let root = Path::new("/sys/fs/cgroup").join(controllers);
            let home = root.join(path.trim_start_matches('/'));
            if CONTROLLERS.iter().any(|it| controllers.split(',').any(|name| name == *it)) {
                sandbox.add_hierarchy(&home, home.join(&name), None)?;
            } else if id == "0" && root.join("cgroup.controllers").exists() {
                let has_pids = |it: &&Path| enabled(it).contains("pids");
                let above = home.ancestors().find(has_pids).ok_or(io::ErrorKind::NotFound)?;
                sandbox.add_hierarchy(&home, above.join(&name), Some("leaf"))?;
            }
        }
        Ok(sandbox)
    }

    /// On v2 a cgroup that enables controllers for its children has no processes of its
    /// own: this process goes into a `leaf` below it.
    fn add_hierarchy(&mut self, home: &Path, dir: PathBuf, leaf: Option<&str>) -> io::Result<()> {
        let inside = leaf.map_or(dir.clone(), |leaf| dir.join(leaf));
        self.hierarchies.push(Branch { home: home.to_owned(), dir: dir.clone() });
        create_delegated(&dir)?;
        if leaf.is_some() {
            fs::write(dir.join("cgroup.subtree_control"), "+cpu +memory +pids")?;
            create_delegated(&inside)?;
        }
        fs::write(inside.join("cgroup.procs"), std::process::id().to_string())
    }

    /// Creates a cgroup in it that has controllers and enables none. Only v2 has such.
    pub fn empty(&self) -> Option<PathBuf> {
        let branch = self.hierarchies.iter().find(|it| !enabled(&it.dir).is_empty())?;
        let dir = branch.dir.join("empty");
        create_delegated(&dir).ok().map(|()| dir)
    }

    /// All cgroups in it, with the controllers that each enables for its children.
    pub fn cgroups(&self) -> BTreeSet<(PathBuf, String)> {
        let mut found = BTreeSet::new();
        let mut dirs: Vec<_> = self.hierarchies.iter().map(|it| it.dir.clone()).collect();
        while let Some(dir) = dirs.pop() {
            let entries = fs::read_dir(&dir).into_iter().flatten().flatten();
            let below = entries.filter(|it| it.file_type().is_ok_and(|it| it.is_dir()));
            dirs.extend(below.map(|it| it.path()));
            found.insert((dir.clone(), enabled(&dir)));
        }
        found
    }
}

impl Drop for CgroupSandbox {
    fn drop(&mut self) {
        for Branch { home, .. } in &self.hierarchies {
            let _ = fs::write(home.join("cgroup.procs"), std::process::id().to_string());
        }
        // Children before parents. A killed process leaves its cgroup a moment later (EBUSY).
        let start = Instant::now();
        for (dir, _) in self.cgroups().into_iter().rev() {
            while fs::remove_dir(&dir).is_err_and(|it| it.kind() == io::ErrorKind::ResourceBusy)
                && start.elapsed() < deadline()
            {
                thread::sleep(Duration::from_millis(2));
            }
        }
    }
}

/// Creates a cgroup and delegates it to the ordinary user.
pub fn create_delegated(dir: &Path) -> io::Result<()> {
    fs::create_dir(dir)?;
    for file in ["", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control"] {
        let path = dir.join(file);
        if geteuid().is_root() && path.exists() {
            chown(path, Some(User::Ordinary.uid().as_raw()), None)?;
        }
    }
    Ok(())
}

/// The controllers that a cgroup enables for its children.
pub fn enabled(dir: &Path) -> String {
    fs::read_to_string(dir.join("cgroup.subtree_control")).unwrap_or_default()
}
