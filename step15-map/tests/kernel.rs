//! Runs step15-map among namespaces that are kept alive in every way, and asks the kernel, and
//! `lsns(8)`, whether the map is right.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::ffi::{CString, OsStr};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::Command;

use nix::errno::Errno;
use nix::libc::{self, SYS_open_by_handle_at};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_dumpable;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pause, pipe, setgid, setgroups, setuid};
use serde_json::Value;
use testkit::obstacle::{
    closed_processes, cover, hidden_processes, own_mounts, own_user_namespace, refuse,
};
use testkit::{
    Host, Output, SignalAt, Step, User, WaitingProcess, WithoutFirstThread, inode, link, log,
    status, temp_dir,
};
use testkit::{require_programs, require_root, sample, skip, wait_until};

const EXE: &str = env!("CARGO_BIN_EXE_step15-map");

/// The number of `listns(2)`.
const SYS_LISTNS: libc::c_long = 470;

/// How many namespaces a test keeps alive by each means.
const MANY: usize = 10;

fn step(user: User) -> Step {
    Step::new(EXE, user)
}

/// The step, which has to find all by itself.
fn step_without_listns(user: User) -> Step {
    step(user).with_obstacle(|| refuse(&[(SYS_LISTNS, CloneFlags::empty(), Errno::ENOSYS)]))
}

/// The map as JSON.
struct Map(Value);

impl Map {
    fn of(user: User) -> Map {
        Map::parse(&step(user).args(["--json"]).run())
    }

    fn parse(output: &Output) -> Map {
        let text = &output.assert_ok().stdout;
        assert!(text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')), "{text}");
        Map(serde_json::from_str(text).unwrap())
    }

    fn rows(&self) -> &Vec<Value> {
        self.0["namespaces"].as_array().unwrap()
    }

    fn find(&self, inode: &str) -> Option<&Value> {
        self.rows().iter().find(|it| it["inode"].as_u64() == inode.parse().ok())
    }

    /// The entry of the namespace with this inode number.
    fn row(&self, inode: &str) -> &Value {
        self.find(inode).unwrap_or_else(|| panic!("no {inode} in {}", self.0))
    }

    fn reasons(&self) -> String {
        self.0["unseen"].to_string()
    }
}

/// Asserts that something keeps the namespace alive, and that nothing else does.
#[track_caller]
fn assert_kept_only_by(row: &Value, means: &str) {
    for other in ["processes", "for_children_of", "descriptors", "mounts", "below"] {
        let is_empty = row[other].as_array().unwrap().is_empty();
        assert_eq!(is_empty, other != means, "{other} of {row}");
    }
}

/// What the tree says of a namespace, such as `process 7 (cat)`.
#[track_caller]
fn held<'a>(tree: &'a str, name: &str) -> &'a str {
    let line = tree.lines().find(|line| line.contains(&format!("{name} ")));
    let line = line.unwrap_or_else(|| panic!("no {name} in {tree}"));
    line.split_once(name).unwrap().1.trim_start()
}

/// A process of `user` that waits, after `prepare`.
fn waiting(
    user: User,
    mut prepare: impl FnMut() -> io::Result<()> + Send + Sync + 'static,
) -> WaitingProcess {
    WaitingProcess::new("cat", move || {
        become_user(user)?;
        prepare()
    })
}

fn become_user(user: User) -> io::Result<()> {
    if user.uid() != nix::unistd::geteuid() {
        setgroups(&[])?;
        setgid(user.uid().as_raw().into())?;
        setuid(user.uid())?;
        set_dumpable(true)?; // setuid(2) has taken it
    }
    Ok(())
}

/// A process in a user namespace of its own, and in new ones of the kinds `more`.
fn isolated(user: User, more: CloneFlags) -> WaitingProcess {
    waiting(user, move || own_user_namespace(more))
}

/// Opens a file that stays open when the process becomes another program.
fn open_for_good(path: &str) -> io::Result<i32> {
    let path = CString::new(path)?;
    // SAFETY: the path ends with a NUL.
    Ok(Errno::result(unsafe { libc::open(path.as_ptr(), libc::O_RDONLY) })?)
}

/// Enters new UTS namespaces, keeps the file of each open, and leaves them.
fn keep_open(count: usize) -> io::Result<()> {
    own_user_namespace(CloneFlags::CLONE_NEWUTS)?;
    for _ in 0..count {
        open_for_good("/proc/self/ns/uts")?;
        unshare(CloneFlags::CLONE_NEWUTS)?;
    }
    Ok(())
}

/// Enters new IPC namespaces, mounts the file of each on a file in `/tmp`, and leaves them.
fn keep_mounted(count: usize) -> io::Result<()> {
    own_mounts()?;
    cover("/tmp")?;
    for number in 0..count {
        unshare(CloneFlags::CLONE_NEWIPC)?;
        bind("/proc/self/ns/ipc", &format!("/tmp/{number}"))?;
    }
    Ok(unshare(CloneFlags::CLONE_NEWIPC)?)
}

fn bind(source: &str, target: &str) -> io::Result<()> {
    File::create(target)?;
    Ok(mount(Some(source), target, None::<&str>, MsFlags::MS_BIND, None::<&str>)?)
}

/// Has a new PID namespace for children, whose first process has ended.
fn keep_for_children() -> io::Result<()> {
    own_user_namespace(CloneFlags::CLONE_NEWPID)?;
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        // SAFETY: the call only ends this process.
        ForkResult::Child => unsafe { libc::_exit(0) },
        ForkResult::Parent { child } => Ok(_ = waitpid(child, None)?),
    }
}

/// The inode numbers of the namespaces of `kind` that a process has open.
fn open_namespaces(pid: Pid, kind: &str) -> Vec<(u32, String)> {
    let numbers = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let numbers = numbers.map(|it| it.unwrap().file_name().into_string().unwrap());
    let open = numbers.filter_map(|number| {
        // The program may still be loading its libraries: what it opens for that, it closes.
        let link = fs::read_link(format!("/proc/{pid}/fd/{number}")).ok()?;
        let inode =
            link.to_str()?.strip_prefix(kind)?.strip_prefix(":[")?.strip_suffix(']')?.to_owned();
        Some((number.parse().unwrap(), inode))
    });
    open.collect()
}

/// The namespace above one whose file this is, by its inode number.
fn above(file: &File, request: libc::Ioctl) -> Option<(File, String)> {
    // SAFETY: the request takes no argument.
    let fd = Errno::result(unsafe { libc::ioctl(file.as_raw_fd(), request) }).ok()?;
    // SAFETY: the kernel has just created this descriptor.
    let file = unsafe { File::from_raw_fd(fd) };
    let inode = file.metadata().unwrap().ino().to_string();
    Some((file, inode))
}

#[test]
fn every_namespace_of_a_process_is_there_with_the_owner_that_the_kernel_names() {
    for &user in User::all() {
        let all = CloneFlags::from_bits_retain(0x7e02_0000) - CloneFlags::CLONE_NEWPID;
        let target = isolated(user, all);
        let map = Host::unchanged(|| Map::of(user));
        let owner = inode(target.pid(), "user");
        for kind in ["cgroup", "ipc", "mnt", "net", "uts"] {
            let row = map.row(&inode(target.pid(), kind));
            assert_eq!(
                (row["kind"].as_str(), row["owner"].to_string()),
                (Some(kind), owner.clone())
            );
            assert_eq!(row["processes"].to_string(), format!("[{}]", target.pid()));
            assert!(row["parent"].is_null(), "{row}");
            assert_kept_only_by(row, "processes");
        }
        let row = map.row(&owner);
        assert_eq!(row["owner"].to_string(), inode("self", "user"));
        assert_eq!(row["below"].as_array().unwrap().len(), 5, "{row}");
    }
}

#[test]
fn ten_namespaces_of_ten_processes_are_there() {
    for &user in sample(User::all()) {
        let targets: Vec<_> = (0..MANY).map(|_| isolated(user, CloneFlags::CLONE_NEWUTS)).collect();
        let (map, tree) = (Map::of(user), step(user).run().stdout);
        for target in &targets {
            let uts = inode(target.pid(), "uts");
            assert_kept_only_by(map.row(&uts), "processes");
            let process = format!("process {} (cat)", target.pid());
            assert_eq!(held(&tree, &format!("uts:[{uts}]")), process);
        }
    }
}

#[test]
fn ten_namespaces_that_only_descriptors_keep_alive_are_there() {
    for &user in sample(User::all()) {
        let holder = waiting(user, || keep_open(MANY));
        let (map, tree) = (Map::of(user), step(user).run().stdout);
        let open = open_namespaces(holder.pid(), "uts");
        assert_eq!(open.len(), MANY);
        for (number, uts) in open {
            let row = map.row(&uts);
            assert_kept_only_by(row, "descriptors");
            assert_eq!(row["owner"].to_string(), inode(holder.pid(), "user"));
            let descriptor = format!("descriptor {number} of {} (cat)", holder.pid());
            assert_eq!(held(&tree, &format!("uts:[{uts}]")), descriptor);
        }
    }
}

#[test]
fn ten_namespaces_that_only_mounts_keep_alive_are_there() {
    for &user in sample(User::all()) {
        let holder = waiting(user, || keep_mounted(MANY));
        let (map, tree) = (Map::of(user), step(user).run().stdout);
        let place = inode(holder.pid(), "mnt");
        for number in 0..MANY {
            let mount_point = format!("/tmp/{number}");
            let mounted = fs::metadata(format!("/proc/{}/root{mount_point}", holder.pid()));
            let ipc = mounted.unwrap().ino().to_string();
            let row = map.row(&ipc);
            assert_kept_only_by(row, "mounts");
            assert_eq!(row["owner"].to_string(), inode(holder.pid(), "user"));
            let [mount] = &row["mounts"].as_array().unwrap()[..] else { panic!("{row}") };
            assert_eq!(mount["mount_point"], mount_point);
            assert_eq!(mount["mount_namespace"].to_string(), place);
            let bind_mount = format!("bind mount {mount_point} in mnt:[{place}]");
            assert_eq!(held(&tree, &format!("ipc:[{ipc}]")), bind_mount);
        }
    }
}

#[test]
fn ten_namespaces_that_only_a_child_namespace_keeps_alive_are_there() {
    for &user in sample(User::all()) {
        let nested = || (0..=MANY).try_for_each(|_| own_user_namespace(CloneFlags::empty()));
        let target = waiting(user, nested);
        let (map, tree) = (Map::of(user), step(user).run().stdout);
        let mut below = inode(target.pid(), "user");
        let mut file = File::open(format!("/proc/{}/ns/user", target.pid())).unwrap();
        for _ in 0..MANY {
            let (parent, inode) = above(&file, libc::NS_GET_PARENT).unwrap();
            assert_eq!(map.row(&below)["owner"].to_string(), inode);
            let row = map.row(&inode);
            assert_kept_only_by(row, "below");
            assert_eq!(row["below"].to_string(), format!("[{below}]"));
            assert_eq!(held(&tree, &format!("user:[{inode}]")), "1 namespace below it");
            (file, below) = (parent, inode);
        }
        let (_, top) = above(&file, libc::NS_GET_PARENT).unwrap();
        assert_eq!(top, inode("self", "user"));
    }
}

#[test]
fn ten_namespaces_that_are_only_for_children_are_there() {
    for &user in sample(User::all()) {
        let targets: Vec<_> = (0..MANY).map(|_| waiting(user, keep_for_children)).collect();
        let (map, tree) = (Map::of(user), step(user).run().stdout);
        for target in &targets {
            let pid = target.pid();
            let for_children = inode(pid, "pid_for_children");
            let row = map.row(&for_children);
            assert_kept_only_by(row, "for_children_of");
            assert_eq!(row["for_children_of"].to_string(), format!("[{pid}]"));
            assert_eq!(row["owner"].to_string(), inode(pid, "user"));
            assert_eq!(row["parent"].to_string(), inode(pid, "pid"));
            let parent = format!("its parent is pid:[{}]", inode(pid, "pid"));
            let expected = format!("pid_for_children of {pid} (cat); {parent}");
            assert_eq!(held(&tree, &format!("pid:[{for_children}]")), expected);
        }
    }
}

/// Has open the file of a PID namespace whose parent is the one for this process's children.
fn keep_two_levels() -> io::Result<()> {
    own_user_namespace(CloneFlags::CLONE_NEWPID)?;
    let (ready, child_side) = pipe()?;
    let (mut ready, mut child_side) = (File::from(ready), File::from(child_side));
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let _ = keep_for_children().and_then(|()| child_side.write_all(b"."));
            loop {
                pause();
            }
        }
        ForkResult::Parent { child } => {
            drop(child_side);
            ready.read_exact(&mut [0])?;
            open_for_good(&format!("/proc/{child}/ns/pid_for_children"))?;
            kill(child, Signal::SIGKILL)?;
            Ok(_ = waitpid(child, None)?)
        }
    }
}

#[test]
fn a_pid_namespace_is_kept_alive_by_those_below_it() {
    for &user in User::all() {
        let holder = waiting(user, keep_two_levels);
        let parent = inode(holder.pid(), "pid_for_children");
        let (_, child) = open_namespaces(holder.pid(), "pid").remove(0);
        let map = Map::of(user);
        assert_eq!(map.row(&child)["parent"].to_string(), parent);
        assert_ne!(map.row(&child)["owner"], map.row(&parent)["owner"]);
        assert_eq!(map.row(&parent)["below"].to_string(), format!("[{child}]"));
    }
}

#[test]
fn a_time_namespace_that_is_only_for_children_is_there() {
    if !Path::new("/proc/self/ns/time").exists() {
        skip!("this kernel has no time namespaces");
    }
    // It never calls execve(2), which from Linux 6.2 on would enter the namespace.
    for &user in User::all() {
        let target = WithoutFirstThread::new(
            user,
            CloneFlags::CLONE_NEWUSER | CloneFlags::from_bits_retain(libc::CLONE_NEWTIME),
        );
        let pid = target.pid();
        let thread = format!("{pid}/task/{}", target.thread());
        let (now, later) = (inode(&thread, "time"), inode(&thread, "time_for_children"));
        assert_ne!(now, later);
        let map = Map::of(user);
        let row = map.row(&later);
        assert_kept_only_by(row, "for_children_of");
        assert_eq!(row["for_children_of"].to_string(), format!("[{pid}]"));
    }
}

#[test]
fn all_that_lsns_lists_is_there_with_the_same_owner_parent_and_process() {
    require_programs!("lsns");
    let user = User::all()[0];
    let _processes: Vec<_> = (0..MANY).map(|_| isolated(user, CloneFlags::CLONE_NEWUTS)).collect();
    let _holders = [waiting(user, || keep_open(MANY)), waiting(user, || keep_mounted(MANY))];
    let _for_children: Vec<_> = (0..MANY).map(|_| waiting(user, keep_for_children)).collect();
    // lsns prints nothing if any process of the machine ends while it looks, and it may see one
    // that was there only for a moment: what differs by chance does not differ again.
    let mut told = BTreeSet::new();
    wait_until("lsns lists namespaces, and step15-map has the same", || {
        let before = Map::of(user);
        let columns = ["-n", "-r", "-o", "TYPE,NS,PNS,ONS,PID"];
        let lsns = Command::new("lsns").args(columns).output().unwrap();
        let lsns = String::from_utf8(lsns.stdout).unwrap();
        let after = Map::of(user);
        let mut rows = 0;
        for line in lsns.lines() {
            let cells: Vec<_> = line.split_whitespace().collect();
            let [kind, inode, parent, owner, ref pid @ ..] = cells[..] else { panic!("{line}") };
            // What other tests start or end between the two maps may be in neither.
            let row = before.find(inode).filter(|row| after.find(inode) == Some(row));
            let Some(row) = row else { continue };
            // lsns repeats the owner of a user namespace as its parent, and writes 0 for one
            // that is not to be seen. From version 2.39 on it lists some without processes.
            let number = |cell: &str| cell.parse().ok().filter(|inode| *inode != 0);
            let parent = if kind == "pid" { number(parent) } else { None };
            let same = row["kind"] == kind
                && row["owner"].as_u64() == number(owner)
                && row["parent"].as_u64() == parent
                && pid.iter().all(|pid| row["processes"][0].as_u64() == number(pid));
            if !same {
                if told.insert(line.to_owned()) {
                    log(&format!("lsns has {line}, and step15-map {row:?}"));
                }
                return false;
            }
            rows += 1;
        }
        rows >= 2 * MANY
    });
}

/// The inode numbers of all namespaces that the kernel lists. None if it has no such list.
fn listns() -> Option<BTreeSet<String>> {
    let mut request = [0_u32; 8]; // struct ns_id_req
    request[0] = size_of_val(&request) as u32;
    let mut ids = vec![0_u64; 100_000];
    let (buffer, size) = (ids.as_mut_ptr(), ids.len());
    // SAFETY: the kernel reads the request, and writes at most `size` numbers.
    let count = unsafe { libc::syscall(SYS_LISTNS, request.as_ptr(), buffer, size, 0) };
    ids.truncate(Errno::result(count).ok()?.try_into().unwrap());
    let inodes = ids.into_iter().filter_map(|id| {
        // struct file_handle with a struct nsfs_file_handle: FILEID_NSFS, FD_NSFS_ROOT.
        let handle = [16, 0xf1, id as u32, (id >> 32) as u32, 0, 0];
        // SAFETY: the kernel only reads the handle.
        let fd = unsafe { libc::syscall(SYS_open_by_handle_at, -10003, handle.as_ptr(), 0) };
        let fd = Errno::result(fd).ok()?.try_into().unwrap();
        // SAFETY: the kernel has just created this descriptor.
        let file = unsafe { File::from_raw_fd(fd) };
        Some(file.metadata().unwrap().ino().to_string())
    });
    Some(inodes.collect())
}

#[test]
fn what_the_kernel_lists_is_found_by_the_search_and_what_is_hidden_from_the_search_is_listed() {
    require_root!("to list the namespaces of all users");
    if listns().is_none() {
        skip!("this kernel has no listns(2)");
    }
    let user = User::Root;
    let _processes: Vec<_> = (0..MANY).map(|_| isolated(user, CloneFlags::CLONE_NEWUTS)).collect();
    let _holders = [waiting(user, || keep_open(MANY)), waiting(user, || keep_mounted(MANY))];
    let _for_children: Vec<_> = (0..MANY).map(|_| waiting(user, keep_for_children)).collect();
    let nested = || (0..=MANY).try_for_each(|_| own_user_namespace(CloneFlags::empty()));
    let _nested = waiting(user, nested);
    // Only this process can reach the mounts in it, and so the UTS namespace.
    let hidden = waiting(user, || {
        own_mounts()?;
        cover("/tmp")?;
        unshare(CloneFlags::CLONE_NEWUTS)?;
        bind("/proc/self/ns/uts", "/tmp/uts")
    });
    let uts = inode(hidden.pid(), "uts");
    let place = File::open(format!("/proc/{}/ns/mnt", hidden.pid())).unwrap();
    drop(hidden);

    wait_until("listns(2) and the search agree", || {
        let search = step_without_listns(user).args(["--json"]).run();
        let (search, listed) = (Map::parse(&search), listns().unwrap());
        let missed: Vec<_> = listed.iter().filter(|it| search.find(it).is_none()).collect();
        eprintln!("{} are listed, of which the search missed {missed:?}", listed.len());
        listed.len() > 5 * MANY && missed == [&uts]
    });
    let tree = step(user).run().stdout;
    assert_eq!(held(&tree, &format!("uts:[{uts}]")), "nothing in /proc leads to it");
    drop(place);
}

#[test]
fn without_listns_the_output_says_what_is_missing() {
    for errno in [Errno::ENOSYS, Errno::EPERM] {
        for &user in User::all() {
            let no_list = move || refuse(&[(SYS_LISTNS, CloneFlags::empty(), errno)]);
            let output = step(user).with_obstacle(no_list).run();
            let reason = format!("\n- what only listns(2) lists: {errno}");
            assert!(output.assert_ok().stdout.contains(&reason), "{output:?}");
        }
    }
}

#[test]
fn the_last_line_counts_the_namespaces_by_what_keeps_them_alive() {
    let user = User::Ordinary;
    let holders = [
        waiting(user, || keep_open(2)),
        waiting(user, || keep_mounted(3)),
        waiting(user, keep_for_children),
    ];
    // Other tests keep some alive at the same time.
    let text = step(user).run().stdout;
    let last = text.lines().last().unwrap().to_owned();
    let count_of = |what: &str| -> u32 {
        let part = last.split(", ").find(|part| part.ends_with(what));
        let part = part.unwrap_or_else(|| panic!("no {what:?} in {last}"));
        part.split(' ').next().unwrap().parse().unwrap()
    };
    assert!(count_of("kept by a descriptor") >= 2, "{last}");
    assert!(count_of("kept by a bind mount") >= 3, "{last}");
    assert!(count_of("kept for children") >= 1, "{last}");
    let total: u32 = last.split(' ').next().unwrap().parse().unwrap();
    let tree = text.split("\n\n").next().unwrap();
    assert_eq!(tree.lines().count(), total as usize, "{text}");
    let parts = last.split(": ").nth(1).unwrap().split(", ");
    let sum: u32 = parts.map(|it| it.split(' ').next().unwrap().parse::<u32>().unwrap()).sum();
    assert_eq!(sum, total, "{last}");
    drop(holders);
}

#[test]
fn a_namespace_outlives_its_last_process_while_its_file_is_open() {
    for &user in User::all() {
        let target = isolated(user, CloneFlags::CLONE_NEWUTS);
        let (uts, pid) = (inode(target.pid(), "uts"), target.pid());
        let holder = waiting(user, move || Ok(_ = open_for_good(&format!("/proc/{pid}/ns/uts"))?));
        drop(target);
        assert_kept_only_by(Map::of(user).row(&uts), "descriptors");
        assert_eq!(open_namespaces(holder.pid(), "uts")[0].1, uts);
    }
}

#[test]
fn its_own_descriptors_are_not_shown() {
    let user = User::all()[0];
    let holder = waiting(user, || keep_open(1));
    let (number, uts) = open_namespaces(holder.pid(), "uts").remove(0);
    let path = format!("/proc/{}/fd/{number}", holder.pid());
    let inherit = move || Ok(_ = open_for_good(&path)?);
    let map = Map::parse(&step(user).args(["--json"]).with_obstacle(inherit).run());
    let descriptors = format!(r#"[{{"fd":{number},"pid":{}}}]"#, holder.pid());
    assert_eq!(map.row(&uts)["descriptors"].to_string(), descriptors);
}

#[test]
fn the_namespaces_of_a_second_thread_are_there_when_the_first_has_ended() {
    for &user in User::all() {
        let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS;
        let target = WithoutFirstThread::new(user, flags);
        let uts = inode(format!("{}/task/{}", target.pid(), target.thread()), "uts");
        let map = Map::of(user);
        assert_eq!(map.row(&uts)["processes"].to_string(), format!("[{}]", target.pid()));
    }
}

#[test]
fn a_zombie_keeps_its_user_namespace_alive_and_no_uts_namespace() {
    for &user in User::all() {
        let mut target = isolated(user, CloneFlags::CLONE_NEWUTS);
        let (pid, uts, owner) =
            (target.pid(), inode(target.pid(), "uts"), inode(target.pid(), "user"));
        target.close_stdin();
        wait_until("the target is a zombie", || status(pid, "State").starts_with('Z'));
        let map = Map::of(user);
        // Another test may have got the number of the namespace meanwhile.
        let others = map.find(&uts).map_or("[]".to_owned(), |row| row["processes"].to_string());
        assert!(!others.contains(&pid.to_string()), "{others}");
        assert_eq!(map.row(&owner)["processes"].to_string(), format!("[{pid}]"));
    }
}

#[test]
fn a_pid_namespace_without_a_first_process_is_told_of() {
    for &user in User::all() {
        let target = isolated(user, CloneFlags::CLONE_NEWPID);
        let file = format!("/proc/{}/ns/pid_for_children", target.pid());
        let map = Map::of(user);
        // Newer kernels (seen on 7.3) have the link before the first child is created.
        match fs::read_link(&file) {
            Ok(_) => _ = map.row(&inode(target.pid(), "pid_for_children")),
            Err(_) => {
                let reason = "a PID namespace that has no process yet";
                assert!(map.reasons().contains(reason), "{}", map.reasons());
            }
        }
    }
}

#[test]
fn of_a_mount_namespace_without_processes_it_says_that_its_mounts_are_not_known() {
    for &user in sample(User::all()) {
        let holder = waiting(user, || {
            own_user_namespace(CloneFlags::CLONE_NEWNS)?;
            open_for_good("/proc/self/ns/mnt")?;
            Ok(unshare(CloneFlags::CLONE_NEWNS)?)
        });
        let (_, place) = open_namespaces(holder.pid(), "mnt").remove(0);
        let map = Map::of(user);
        assert_kept_only_by(map.row(&place), "descriptors");
        let reason = format!("mounts in mnt:[{place}]: no process in it could be asked");
        assert!(map.reasons().contains(&reason), "{}", map.reasons());
    }
}

#[test]
fn a_covered_mount_is_shown_though_its_owner_cannot_be_asked_for() {
    for &user in sample(User::all()) {
        let holder = waiting(user, || {
            own_mounts()?;
            cover("/tmp")?;
            unshare(CloneFlags::CLONE_NEWIPC)?;
            bind("/proc/self/ns/ipc", "/tmp/ipc")?;
            unshare(CloneFlags::CLONE_NEWIPC)?;
            cover("/tmp")
        });
        let mounts = fs::read_to_string(format!("/proc/{}/mountinfo", holder.pid())).unwrap();
        let name = mounts.split(' ').find(|field| field.starts_with("ipc:[")).unwrap();
        let ipc = name.trim_start_matches("ipc:[").trim_end_matches(']');
        let map = Map::parse(&step_without_listns(user).args(["--json"]).run());
        let tree = step_without_listns(user).run().stdout;
        assert_kept_only_by(map.row(ipc), "mounts");
        assert!(map.row(ipc)["owner"].is_null());
        assert!(held(&tree, name).ends_with("; its owner cannot be seen from here"), "{tree}");
    }
}

#[test]
fn in_a_user_namespace_the_owners_outside_are_said_to_be_invisible() {
    for &user in User::all() {
        let inside = || own_user_namespace(CloneFlags::CLONE_NEWUTS);
        let output = step(user).with_obstacle(inside).run();
        let tree = &output.assert_ok().stdout;
        let net = held(tree, &link("/proc/self/ns/net"));
        assert!(net.ends_with("; its owner cannot be seen from here"), "{tree}");
        assert!(!tree.contains(&link("/proc/self/ns/user")), "{tree}");
        let reason = match user {
            User::Root => "EACCES: Permission denied; you are root only in this user namespace",
            User::Ordinary => "EACCES: Permission denied; they are outside of this user namespace",
        };
        assert!(tree.contains(reason), "{tree}");
    }
}

#[test]
fn an_ordinary_user_is_told_how_many_processes_are_unreadable_and_why() {
    require_root!("to be sure that other users have processes");
    let output = step(User::Ordinary).run();
    let reason = " processes: EACCES: Permission denied; they are of another user, or privileged: \
                  sudo target/debug/step15-map\n";
    assert!(output.assert_ok().stdout.contains(reason), "{output:?}");
}

#[test]
fn where_proc_hides_or_closes_processes_the_output_says_so() {
    require_root!("to mount /proc with hidepid");
    let output = step(User::Root).with_obstacle(hidden_processes).run();
    let reason = "\n- processes of others: /proc is mounted with hidepid\n";
    assert!(output.assert_ok().stdout.contains(reason), "{output:?}");
    let output = step(User::Root).with_obstacle(closed_processes).run();
    let reason = " processes: EPERM: Operation not permitted; they are of another user";
    assert!(output.assert_ok().stdout.contains(reason), "{output:?}");
    assert!(!output.stdout.contains("hidepid"), "{output:?}");
}

#[test]
fn in_a_pid_namespace_the_processes_outside_are_said_to_be_missing() {
    require_programs!("unshare");
    for &user in User::all() {
        let command = ["-Urpf", "--mount-proc", EXE];
        let (_dir, program) = testkit::copy_program(EXE, 0o755);
        let command = command.map(|it| if it == EXE { program.to_str().unwrap() } else { it });
        let output = Step::new("/usr/bin/unshare", user).args(command).run();
        let reason = "\n- processes outside of this PID namespace: ";
        assert!(output.assert_ok().stdout.contains(reason), "{output:?}");
        assert!(!output.stdout.contains("hidepid"), "{output:?}");
    }
}

#[test]
fn with_the_proc_of_another_pid_namespace_it_shows_nothing() {
    require_programs!("unshare");
    let (_dir, program) = testkit::copy_program(EXE, 0o755);
    for args in [&[][..], &["--json"]] {
        let mut command = vec!["-Urpf", program.to_str().unwrap()];
        command.extend(args);
        let output = Step::new("/usr/bin/unshare", User::all()[0]).args(command).run();
        assert_eq!((output.code(), output.stdout.as_str()), (Some(1), ""), "{output:?}");
        assert!(output.stderr.contains("/proc belongs to another PID namespace"), "{output:?}");
        assert!(output.stderr.contains("hint: unshare --mount-proc"), "{output:?}");
    }
}

#[test]
fn without_proc_the_hint_says_how_to_mount_it() {
    let without_proc = || {
        own_mounts()?;
        cover("/proc")
    };
    let output = Host::unchanged(|| step(User::all()[0]).with_obstacle(without_proc).run());
    let hint = "/proc is not mounted: mount -t proc proc /proc";
    output.assert_error("readlink(/proc/self): ENOENT: No such file or directory", hint);
}

#[test]
fn at_the_limit_of_open_files_the_hint_names_it() {
    let no_files = || {
        let limit = libc::rlimit { rlim_cur: 4, rlim_max: 4 };
        // SAFETY: the limit is read during the call only.
        Ok(_ = Errno::result(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) })?)
    };
    let output = step(User::all()[0]).with_obstacle(no_files).run();
    assert_eq!((output.code(), output.stdout.as_str()), (Some(1), ""), "{output:?}");
    assert!(output.stderr.contains("EMFILE: Too many open files\nhint: limit of"), "{output:?}");
}

#[test]
fn control_characters_in_names_and_mount_points_are_escaped() {
    for &user in User::all() {
        let dir = temp_dir(user);
        let evil = dir.path().join(OsStr::from_bytes(b"\x1b[31m\nred"));
        symlink("/bin/cat", &evil).unwrap(); // the process is named after the link
        let prepare = move || {
            become_user(user)?;
            own_mounts()?;
            cover("/mnt")?;
            unshare(CloneFlags::CLONE_NEWIPC)?;
            bind("/proc/self/ns/ipc", "/mnt/\x1b[31m \n\\\"")?;
            Ok(unshare(CloneFlags::CLONE_NEWIPC)?)
        };
        let target = WaitingProcess::new(&evil, prepare);
        let output = step(user).run();
        assert!(!output.assert_ok().stdout.contains('\x1b'), "{output:?}");
        let process = format!("process {} (\\u{{1b}}[31m\\nred)", target.pid());
        assert!(output.stdout.contains(&process), "{output:?}");
        let mounted = r#"bind mount /mnt/\u{1b}[31m \n\\" in mnt:["#;
        assert!(output.stdout.contains(mounted), "{output:?}");
        let map = Map::of(user);
        let mounts = map.rows().iter().flat_map(|it| it["mounts"].as_array().unwrap());
        let points: Vec<_> = mounts.map(|it| it["mount_point"].as_str().unwrap()).collect();
        assert!(points.contains(&"/mnt/\x1b[31m \n\\\""), "{points:?}");
    }
}

#[test]
fn wrong_use_is_one_line_and_status_2() {
    for (args, error) in [
        (&["1"][..], "unexpected argument \"1\""),
        (&["--json", "--json=x"], "unexpected argument for option '--json': \"x\""),
        (&["--tree"], "invalid option '--tree'"),
        (&["-\x1b"], r"invalid option '-\u{1b}'"),
    ] {
        step(User::Ordinary).args(args).run().assert_usage_error(error);
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error_and_a_full_device_is_one() {
    for args in [&["--json"][..], &[]] {
        Step::assert_stdout_errors(|| step(User::Ordinary).args(args));
    }
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_behind_and_no_part_of_its_output() {
    require_programs!("strace");
    for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT] {
        // Some processors have only the second of two calls that do the same.
        for call in sample(["getdents64", "?readlink,readlinkat", "ioctl"]) {
            let output = SignalAt::new(call, signal).run(EXE, &[], User::Ordinary);
            assert_eq!(output.stdout, "", "{signal} at {call}");
        }
    }
}

#[test]
fn color_appears_only_on_request() {
    let _holder = waiting(User::Ordinary, || keep_open(1));
    Step::assert_color_on_request(|| step(User::Ordinary));
}

#[test]
fn help_names_the_manual_and_an_example() {
    let example = "cargo run -p step15-map";
    step(User::Ordinary).assert_help(&["Usage: step15-map [--json]", example, "namespaces(7)"]);
}
