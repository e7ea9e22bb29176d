use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::geteuid;
use testkit::{User, deadline};

/// The controllers with which step 06 sets limits and counts.
const CONTROLLERS: [&str; 4] = ["pids", "memory", "cpu", "cpuacct"];

/// A branch in each cgroup hierarchy that step 06 uses. The caller is moved into it,
/// and an ordinary user may work there: it is delegated. Nobody else makes anything in
/// it, so that what is left there was left by what the caller has run.
pub struct Branch {
    /// Where the caller was, and the branch.
    hierarchies: Vec<[PathBuf; 2]>,
}

impl Branch {
    /// Makes the branch; fails where this user may not.
    pub fn new(name: impl AsRef<Path>) -> io::Result<Branch> {
        let mut branch = Branch { hierarchies: Vec::new() };
        for line in fs::read_to_string("/proc/self/cgroup")?.lines() {
            let fields: Vec<_> = line.splitn(3, ':').collect();
            let [id, controllers, path] = fields[..] else { continue };
            let root = Path::new("/sys/fs/cgroup").join(controllers);
            let home = root.join(path.trim_start_matches('/'));
            if CONTROLLERS.iter().any(|it| controllers.split(',').any(|name| name == *it)) {
                branch.grow(&home, home.join(&name), None)?;
            } else if id == "0" && root.join("cgroup.controllers").exists() {
                let gives = |it: &&Path| enabled(it).contains("pids");
                let above = home.ancestors().find(gives).ok_or(io::ErrorKind::NotFound)?;
                branch.grow(&home, above.join(&name), Some("leaf"))?;
            }
        }
        Ok(branch)
    }

    /// On v2 a cgroup that gives controllers to others has no processes: they are in a leaf.
    fn grow(&mut self, home: &Path, branch: PathBuf, leaf: Option<&str>) -> io::Result<()> {
        let inside = leaf.map_or(branch.clone(), |leaf| branch.join(leaf));
        self.hierarchies.push([home.to_owned(), branch.clone()]);
        make(&branch)?;
        if leaf.is_some() {
            fs::write(branch.join("cgroup.subtree_control"), "+cpu +memory +pids")?;
            make(&inside)?;
        }
        fs::write(inside.join("cgroup.procs"), std::process::id().to_string())
    }

    /// An empty cgroup in it that has controllers and enables none; only v2 has such.
    pub fn empty(&self) -> Option<PathBuf> {
        let [_, branch] = self.hierarchies.iter().find(|[_, it]| !enabled(it).is_empty())?;
        let dir = branch.join("empty");
        make(&dir).ok().map(|()| dir)
    }

    /// All cgroups in it, whose controllers are enabled for their children.
    pub fn cgroups(&self) -> BTreeSet<(PathBuf, String)> {
        let mut found = BTreeSet::new();
        let mut dirs: Vec<_> = self.hierarchies.iter().map(|[_, branch]| branch.clone()).collect();
        while let Some(dir) = dirs.pop() {
            let entries = fs::read_dir(&dir).into_iter().flatten().flatten();
            let below = entries.filter(|it| it.file_type().is_ok_and(|it| it.is_dir()));
            dirs.extend(below.map(|it| it.path()));
            found.insert((dir.clone(), enabled(&dir)));
        }
        found
    }
}

impl Drop for Branch {
    fn drop(&mut self) {
        for [home, ..] in &self.hierarchies {
            let _ = fs::write(home.join("cgroup.procs"), std::process::id().to_string());
        }
        // Those below first. Who has been killed may be in there for a moment more (EBUSY).
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

/// Makes a cgroup in which an ordinary user may work, too.
pub fn make(dir: &Path) -> io::Result<()> {
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
