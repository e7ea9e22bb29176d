//! Runs step06-cgroup where its own cgroup is hard to find, or can have no group below it:
//! in cgroup namespaces, under other mounts, with few controllers, in threaded cgroups.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::errno::Errno;
use nix::libc;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};
use nix::unistd::{AccessFlags, eaccess, geteuid};
use testkit::obstacle::{cover, own_mounts, own_user_namespace};
use testkit::{Host, Output, Step, User, WaitingProcess, require_root, skip, temp_dir, wait_until};

const STEP: &str = env!("CARGO_BIN_EXE_step06-cgroup");

/// Where distributions mount cgroups.
const ROOT: &str = "/sys/fs/cgroup";

fn step() -> Step {
    Step::new(STEP, User::all()[0])
}

/// The cgroup of the tests in a hierarchy: on v2 without a name, on v1 with that of a controller.
fn own(controller: &str) -> Option<PathBuf> {
    let memberships = fs::read_to_string("/proc/self/cgroup").unwrap();
    let path = memberships.lines().find_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(":/")?;
        controllers.split(',').any(|it| it == controller).then_some((controllers, path))
    });
    let (controllers, path) = path?;
    let mounts = [Path::new(ROOT).join(controllers), Path::new(ROOT).join("unified"), ROOT.into()];
    let dirs = mounts.into_iter().map(|it| it.join(path));
    dirs.into_iter().find(|dir| dir.join("cgroup.procs").exists())
}

/// The mount point of the v2 hierarchy.
fn mount_point_of_v2() -> PathBuf {
    let unified = Path::new(ROOT).join("unified");
    if unified.exists() { unified } else { ROOT.into() }
}

/// Whether v2 has the controllers.
fn v2_limits() -> bool {
    own("pids").is_none()
}

/// A cgroup of a test. Dropping it removes it with those below it.
struct Group(PathBuf);

impl Group {
    /// Creates a cgroup with a new name; none if this user may not.
    fn below(parent: &Path) -> Option<Group> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = parent.join(format!("step06-cgroup-place-{}-{count}", std::process::id()));
        fs::create_dir(&dir).ok().map(|()| Group(dir))
    }

    /// Creates a cgroup below it.
    fn child(&self, name: impl AsRef<Path>) -> PathBuf {
        let dir = self.0.join(name);
        fs::create_dir_all(&dir).unwrap();
        dir
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

fn remove(dir: &Path) {
    children(dir).iter().for_each(|it| remove(it));
    // A killed process leaves its cgroup a moment later.
    wait_until("the removal of a cgroup", || fs::remove_dir(dir).is_ok() || !dir.exists());
}

fn children(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter(|it| it.file_type().is_ok_and(|it| it.is_dir())).map(|it| it.path()).collect()
}

/// A cgroup in the v2 hierarchy, with controllers or without.
macro_rules! group_on_v2 {
    () => {
        match own("").as_deref().and_then(Group::below) {
            Some(group) => group,
            None => skip!("uid {} may not create cgroups of v2 here", geteuid()),
        }
    };
}

/// A cgroup on v2 that has the controllers and enables none.
macro_rules! group_with_controllers {
    () => {
        match delegated().as_deref().and_then(Group::below) {
            Some(group) => group,
            None => skip!("no cgroup v2 with controllers is delegated to uid {} here", geteuid()),
        }
    };
}

/// A cgroup at or above ours in which the user of the tests may create others, with limits.
fn delegated() -> Option<PathBuf> {
    let usable = |dir: &&Path| {
        let enabled = read(dir, "cgroup.subtree_control");
        eaccess(&dir.join("cgroup.procs"), AccessFlags::W_OK).is_ok()
            && ["cpu", "memory", "pids"].iter().all(|it| enabled.contains(it))
    };
    own("")?.ancestors().find(usable).map(Path::to_owned)
}

/// A cgroup in the hierarchy that limits the number of processes.
fn group_for_a_run() -> Option<Group> {
    let parent = if v2_limits() { delegated() } else { own("pids") };
    Group::below(&parent?)
}

fn read(dir: &Path, file: &str) -> String {
    fs::read_to_string(dir.join(file)).unwrap_or_default().trim().to_owned()
}

/// Moves this process into a cgroup.
fn enter(dir: &Path) -> io::Result<()> {
    fs::write(dir.join("cgroup.procs"), "0")
}

/// Enters new namespaces, and for that a new user namespace if we are not root.
fn namespaces(kinds: CloneFlags) -> io::Result<()> {
    match geteuid().is_root() {
        true => unshare(kinds)?,
        false => own_user_namespace(kinds)?,
    }
    if kinds.contains(CloneFlags::CLONE_NEWNS) {
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    }
    Ok(())
}

/// Covers what is mounted at `dir` with a new mount of the v2 hierarchy. Directly on a mount
/// of the same file system the kernel refuses it.
fn mount_v2(dir: &Path) -> io::Result<()> {
    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)?;
    Ok(mount(Some("cgroup2"), dir, Some("cgroup2"), MsFlags::empty(), None::<&str>)?)
}

fn bind(source: &Path, target: &Path, flags: MsFlags) -> io::Result<()> {
    mount(Some(source), target, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;
    let again = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | flags;
    match flags.is_empty() {
        true => Ok(()),
        false => Ok(mount(None::<&str>, target, None::<&str>, again, None::<&str>)?),
    }
}

/// Moves this process into a cgroup that is all it can see of the hierarchy, as in a container.
fn container(dir: &Path) -> io::Result<()> {
    enter(dir)?;
    namespaces(CloneFlags::CLONE_NEWCGROUP | CloneFlags::CLONE_NEWNS)?;
    mount_v2(Path::new(ROOT))
}

/// The overview of a step that has met an obstacle, and its row of v2.
fn overview(obstacle: impl FnMut() -> io::Result<()> + Send + Sync + 'static) -> (String, String) {
    let output = Host::unchanged(|| step().with_obstacle(obstacle).run());
    output.assert_ok();
    let row = output.stdout.lines().find(|line| line.starts_with("v2 ")).expect("a row of v2");
    (output.stdout.clone(), row.to_owned())
}

/// Asserts that the overview shows this directory as the cgroup of the process.
#[track_caller]
fn assert_shows((stdout, row): &(String, String), mount_point: &Path, dir: &Path) {
    assert!(row.contains(&format!("  {}  ", mount_point.display())), "{stdout}");
    assert!(stdout.contains(&format!("\nIn {}:\n", dir.display())), "{stdout}");
}

/// Asserts that a run was refused before anything was changed.
#[track_caller]
fn assert_refused(output: &Output, error: &str, hint: &str) {
    output.assert_error(error, hint);
    // assert_error() allows notes.
    assert!(output.stderr.starts_with("step06-cgroup: "), "{output:?}");
}

#[test]
fn after_leaving_the_cgroup_namespace_of_its_mount_the_cgroup_is_found_there() {
    let group = group_on_v2!();
    let inner = group.child("inner");
    // Others at the same depth, with a process or without.
    let others = ["a", "z", "a/deep", "z/deep"].map(|name| group.child(name));
    let other = others[2].clone();
    let _process = WaitingProcess::new("cat", move || enter(&other));
    for after in [inner.clone(), group.child("inner/deep")] {
        let (inner, dir) = (inner.clone(), after.clone());
        let found = overview(move || {
            enter(&inner)?;
            namespaces(CloneFlags::CLONE_NEWCGROUP)?;
            enter(&dir)
        });
        assert_shows(&found, &mount_point_of_v2(), &after);
    }
}

#[test]
fn in_a_new_cgroup_namespace_a_run_is_below_its_root() {
    let user = User::all()[0];
    let Some(group) = group_for_a_run() else {
        skip!("no cgroup is delegated to uid {} here", geteuid());
    };
    let dir = group.0.clone();
    let output = Host::unchanged(|| {
        Step::new(STEP, user)
            .args(["--pids", "9", "cat", "/proc/self/cgroup"])
            .with_obstacle(move || {
                enter(&dir)?;
                namespaces(CloneFlags::CLONE_NEWCGROUP)
            })
            .run()
    });
    output.assert_ok();
    let made = format!("mkdir {}/step06-cgroup-run-", group.0.display());
    assert!(output.stderr.contains(&made), "{output:?}");
    assert!(output.stdout.contains(":/step06-cgroup-run-"), "{output:?}");
    assert_eq!(children(&group.0), [""; 0].map(PathBuf::from), "{output:?}");
}

#[test]
fn a_capability_that_root_lacks_is_named() {
    require_root!("to give a cgroup away");
    let Some(group) = group_for_a_run() else {
        skip!("no cgroup with controllers is delegated to root here");
    };
    // Root needs the capability where its cgroup belongs to another user.
    chown(&group.0, Some(User::Ordinary.uid().as_raw()), None).unwrap();
    let dir = group.0.clone();
    let step = step().args(["--pids", "9", "true"]).with_obstacle(move || {
        enter(&dir)?;
        namespaces(CloneFlags::CLONE_NEWCGROUP)?;
        const CAP_DAC_OVERRIDE: libc::c_ulong = 1;
        // SAFETY: the call takes numbers and touches no memory of ours.
        Errno::result(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) })?;
        Ok(())
    });
    let output = step.run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    let hint = "EACCES: Permission denied\nhint: this cgroup is not delegated to you; you are root \
                but lack CAP_DAC_OVERRIDE";
    assert!(output.stderr.contains(hint), "{output:?}");
}

/// A process in the cgroup `inside`, which is the root of its cgroup namespace, and what
/// moves another into that namespace from the cgroup `outside`.
fn outside_of_namespace(
    inside: &Path,
    outside: &Path,
) -> (WaitingProcess, impl FnMut() -> io::Result<()> + Send + Sync + Clone + 'static) {
    let (inside, outside) = (inside.to_owned(), outside.to_owned());
    let process = WaitingProcess::new("cat", move || {
        enter(&inside)?;
        namespaces(CloneFlags::CLONE_NEWCGROUP)
    });
    let open = |kind| File::open(format!("/proc/{}/ns/{kind}", process.pid())).unwrap();
    let files = std::sync::Arc::new([open("user"), open("cgroup")]);
    let join = move || {
        enter(&outside)?;
        let [user, cgroup] = &*files;
        if !geteuid().is_root() {
            setns(user, CloneFlags::CLONE_NEWUSER)?;
        }
        Ok(setns(cgroup, CloneFlags::CLONE_NEWCGROUP)?)
    };
    (process, join)
}

#[test]
fn a_process_outside_of_its_cgroup_namespace_is_found_or_told_to_leave_it() {
    let group = group_on_v2!();
    let (inside, outside) = (group.child("inside"), group.child("outside"));
    let (_process, mut join) = outside_of_namespace(&inside, &outside);
    let found = overview(join.clone());
    assert!(found.1.contains("  /../outside  "), "{}", found.0);
    assert_shows(&found, &mount_point_of_v2(), &outside);

    if v2_limits() {
        let output = Host::unchanged(|| step().args(["true"]).with_obstacle(join.clone()).run());
        let delegation = fs::read_to_string("/proc/self/mountinfo").unwrap().contains("nsdelegate");
        assert_eq!(output.code(), Some(i32::from(delegation)), "{output:?}");
        let hint = "\nhint: this process is outside of the root of its cgroup namespace; ";
        assert_eq!(output.stderr.contains(hint), delegation, "{output:?}");
        assert!(children(&outside).is_empty(), "{output:?}");
    }

    let new_mount = move || {
        join()?;
        unshare(CloneFlags::CLONE_NEWNS)?;
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
        mount_v2(&mount_point_of_v2())
    };
    let (stdout, row) = overview(new_mount.clone());
    assert!(row.ends_with("nothing: this cgroup is not visible there"), "{stdout}");
    if v2_limits() {
        let none = "No mounted cgroup hierarchy shows the cgroup of this process.\n";
        assert!(stdout.starts_with(none), "{stdout}");
        let run = step().args(["--pids", "9", "true"]).with_obstacle(new_mount);
        let error = "/proc/self/mountinfo: /sys/fs/cgroup does not show the cgroup /../outside: \
                     ENODEV: No such device";
        assert_refused(&run.run(), error, "nsenter --cgroup=/proc/1/ns/cgroup");
    }
}

#[test]
fn a_mount_of_a_part_shows_what_is_below_it_and_nothing_else() {
    let group = group_on_v2!();
    let [part, other] = ["part", "other"].map(|name| group.child(name));
    let inner = group.child("part/inner");
    // In the part there is a cgroup with the whole path of the other one, and it is not that.
    let path = other.strip_prefix(mount_point_of_v2()).unwrap();
    group.child(Path::new("part").join(path));
    let in_part = |dir: PathBuf| {
        let part = part.clone();
        overview(move || {
            enter(&dir)?;
            own_mounts()?;
            bind(&part, &mount_point_of_v2(), MsFlags::empty())
        })
    };
    assert_shows(&in_part(inner), &mount_point_of_v2(), &mount_point_of_v2().join("inner"));
    let (stdout, row) = in_part(other);
    assert!(row.ends_with("nothing: this cgroup is not visible there"), "{stdout}");
}

#[test]
fn of_two_mounts_the_one_that_can_be_written_is_used() {
    let group = group_on_v2!();
    let dir = group.0.clone();
    let below = temp_dir(User::all()[0]);
    let read_only = below.path().to_owned();
    let found = overview(move || {
        enter(&dir)?;
        own_mounts()?;
        bind(&mount_point_of_v2(), &read_only, MsFlags::MS_RDONLY)
    });
    assert_shows(&found, &mount_point_of_v2(), &group.0);
    assert!(found.1.ends_with("create cgroups, move processes"), "{}", found.0);

    let dir = group.0.clone();
    let (stdout, row) = overview(move || {
        enter(&dir)?;
        own_mounts()?;
        bind(&mount_point_of_v2(), &mount_point_of_v2(), MsFlags::MS_RDONLY)
    });
    assert!(row.ends_with("look: it is mounted read-only"), "{stdout}");
}

#[test]
fn a_cgroup_that_looks_like_the_root_of_the_hierarchy_is_not_called_that() {
    let group = group_on_v2!();
    let dir = group.0.clone();
    let (stdout, _) = overview(move || container(&dir));
    let below = "\n/sys/fs/cgroup is a cgroup below the root of the v2 hierarchy.\n";
    assert!(stdout.contains(below), "{stdout}");
    if !mount_point_of_v2().join("cgroup.type").exists() {
        let (stdout, _) = overview(|| {
            own_mounts()?;
            bind(&mount_point_of_v2(), Path::new(ROOT), MsFlags::empty())
        });
        assert!(stdout.contains("\n/sys/fs/cgroup is the root of the v2 hierarchy.\n"), "{stdout}");
    }
}

#[test]
fn where_no_cgroup_is_mounted_the_hint_mounts_one() {
    require_root!("to mount cgroups");
    let Some(group) = group_for_a_run() else {
        skip!("no cgroup with controllers is delegated to root here");
    };
    let covered = move || {
        enter(&group.0)?;
        // The options of a mount in the initial cgroup namespace hold for all others, too.
        namespaces(CloneFlags::CLONE_NEWCGROUP | CloneFlags::CLONE_NEWNS)?;
        cover(ROOT)
    };
    let covered = std::sync::Arc::new(covered);
    let run = |step: Step| {
        let covered = covered.clone();
        step.with_obstacle(move || covered()).run()
    };
    let refused = run(step().args(["--pids", "9", "true"]));
    let hierarchy = if v2_limits() { "v2 hierarchy" } else { "v1 hierarchy pids" };
    let error =
        format!("/proc/self/mountinfo: the {hierarchy} is not mounted: ENODEV: No such device");
    assert_refused(&refused, &error, "as root: mount -t cgroup");
    let (_, command) = refused.stderr.trim_end().split_once("as root: ").unwrap();

    let overview = run(step());
    let advice = format!(
        "No cgroup hierarchy is mounted here.\nTo see them, as root: {command}\n{ROOT} itself is a tmpfs"
    );
    assert!(overview.assert_ok().stdout.starts_with(&advice), "{overview:?}");

    let script = format!("{command} && exec {STEP} --pids 9 true");
    let output = Host::unchanged(|| run(Step::new("/bin/sh", User::Root).args(["-c", &script])));
    output.assert_ok();
    assert!(output.stderr.contains("/pids.max\n"), "{output:?}");
}

/// Which of these controllers the bits of a number stand for.
fn subset(bits: usize) -> Vec<&'static str> {
    let all = ["cpu", "memory", "pids"].into_iter().enumerate();
    all.filter(|(at, _)| bits & 1 << at != 0).map(|(_, name)| name).collect()
}

/// What a run must leave as it was: type, enabled controllers, cgroups below.
fn state(dir: &Path) -> [String; 3] {
    let [kind, enabled] = ["cgroup.type", "cgroup.subtree_control"].map(|file| read(dir, file));
    [kind, enabled, format!("{:?}", children(dir))]
}

#[test]
fn whichever_controllers_a_container_has_a_run_in_it_works_or_changes_nothing() {
    for bits in 0..8 {
        let controllers = subset(bits);
        let group = group_with_controllers!();
        let dir = group.child("container");
        let switches: Vec<_> = controllers.iter().map(|it| format!("+{it}")).collect();
        fs::write(group.0.join("cgroup.subtree_control"), switches.join(" ")).unwrap();
        let before = state(&dir);
        let run = |args: &[&str]| {
            let dir = dir.clone();
            let output = step().args(args).with_obstacle(move || container(&dir)).run();
            assert_eq!(state(&dir_of(&group)), before, "{controllers:?}: {output:?}");
            output
        };
        // Alone it steps aside.
        run(&["--", "true"]).assert_ok();
        if !controllers.contains(&"memory") {
            let error = "/proc/self/cgroup: no memory controller here: ENODEV: No such device";
            let hint =
                "a cgroup above /sys/fs/cgroup, which is not visible here, does not enable it";
            assert_refused(&run(&["--memory", "64M", "true"]), error, hint);
        }

        let inside = dir.clone();
        let _other = WaitingProcess::new("cat", move || enter(&inside));
        let output = run(&["--", "true"]);
        let hint = "a cgroup with processes cannot enable controllers for its children";
        if controllers.is_empty() {
            output.assert_ok();
        } else if controllers.contains(&"memory") {
            let file = "/sys/fs/cgroup/cgroup.subtree_control";
            let error = format!(
                "step06-cgroup: write({file}, \"{}\"): EBUSY: Device or resource busy\nhint: {hint}",
                switches.join(" ")
            );
            assert!(output.stderr.contains(&error), "{output:?}");
        } else {
            let error = "/sys/fs/cgroup/cgroup.procs: there are other processes: \
                         EBUSY: Device or resource busy";
            assert_refused(&output, error, hint);
            let by_hand = format!("\"{}\"", switches.join(" "));
            assert!(output.stderr.contains(&by_hand), "{output:?}");
        }
    }
}

fn dir_of(group: &Group) -> PathBuf {
    group.0.join("container")
}

#[test]
fn a_controller_that_is_not_enabled_above_is_named_with_the_file_that_enables_it() {
    let group = group_with_controllers!();
    let inner = group.child("inner");
    let in_inner = {
        let (dir, inner) = (group.0.clone(), inner.clone());
        move || {
            enter(&dir)?;
            namespaces(CloneFlags::CLONE_NEWCGROUP)?;
            enter(&inner)
        }
    };
    let output = step().args(["--memory", "64M", "true"]).with_obstacle(in_inner.clone()).run();
    let error = "/proc/self/cgroup: no memory controller here: ENODEV: No such device";
    let command = format!("echo +memory > {}/cgroup.subtree_control", group.0.display());
    assert_refused(&output, error, &command);

    let (stdout, _) = overview(in_inner);
    let line = stdout.lines().find(|line| line.starts_with("  no memory  ")).expect(&stdout);
    assert!(line.ends_with(&command), "{stdout}");
}

#[test]
fn below_a_threaded_cgroup_there_is_no_group_and_the_type_says_why() {
    let group = group_with_controllers!();
    let thread = group.child("thread");
    fs::write(group.0.join("cgroup.subtree_control"), "+pids").unwrap();
    fs::write(thread.join("cgroup.type"), "threaded").unwrap();
    for (dir, kind) in [(&thread, "threaded"), (&group.0, "domain threaded")] {
        assert_eq!(read(dir, "cgroup.type"), kind);
        let (before, inside) = (state(dir), dir.clone());
        let refused =
            step().args(["--pids", "9", "true"]).with_obstacle(move || container(&inside)).run();
        let error = format!(
            "/sys/fs/cgroup/cgroup.type: {kind}: EOPNOTSUPP: Operation not supported on transport \
             endpoint"
        );
        assert_refused(&refused, &error, "this cgroup is in thread mode");
        let inside = dir.clone();
        let (stdout, _) = overview(move || container(&inside));
        let line = format!("\n  its type                    {kind}: no group can be below it\n");
        assert!(stdout.ends_with(&line), "{stdout}");

        // Where more is visible, the group is above.
        let inside = dir.clone();
        let output =
            step().args(["--pids", "9", "true"]).with_obstacle(move || enter(&inside)).run();
        output.assert_ok();
        let above = format!("mkdir {}/step06-cgroup-run-", group.0.parent().unwrap().display());
        assert!(output.stderr.contains(&above), "{output:?}");
        assert_eq!(state(dir), before);
    }
}
