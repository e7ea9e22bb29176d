//! Load: a hundred namespaces of each kind, ten times as many processes, or as many as the
//! machine has room for. `step01-proc-ns --all` must agree with `lsns`, and both with the links
//! in `/proc`, while processes start and end.
//!
//! `MANY_NAMESPACES=1000 cargo test -p system-tests --test many_processes` is a greater one.
//!
//! All of it is in a PID namespace with its own `/proc`, so no other process is listed,
//! and everything dies with its PID 1, a shell.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::Pid;
use testkit::tempfile::TempDir;
use testkit::{
    Running, Step, User, descendants, log, namespace, require_programs, setting, skip, step_binary,
    temp_dir, wait_until,
};

/// The kinds of namespace, and the options of step 05 for all of them.
const KINDS: [&str; 8] = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];
const ALL_KINDS: &str = "-UrCimnpTuf";

/// How many processes there are for each namespace of a kind.
const PROCESSES_EACH: u64 = 10;

/// Measured and rounded up, in kilobytes: one namespace of each kind, with the three
/// processes that keep them alive; and one process.
const KB_PER_NAMESPACES: u64 = 900;
const KB_PER_PROCESS: u64 = 200;

/// The number of processes in each namespace: `uts:[4026531838]` and the number.
type Listing = BTreeMap<String, usize>;

/// A PID namespace whose PID 1 is a shell that runs the commands of the test.
struct Container {
    shell: Running,
    dir: TempDir,
}

impl Container {
    fn new(user: User) -> Container {
        let dir = temp_dir(user);
        let mut args = vec!["-pf", "--mount-proc", "sh"];
        if user != User::Root {
            args.insert(0, "-Ur");
        }
        let step = Step::new(&step_binary("step05-unshare"), user)
            .args(args)
            .with(|it| _ = it.current_dir(dir.path()))
            .env("STEP01", step_binary("step01-proc-ns"))
            .env("STEP05", step_binary("step05-unshare"));
        let mut shell = step.start();
        // A read from descriptor 3 never ends.
        shell.type_in("mkfifo never; exec 3<>never\n");
        Container { shell, dir }
    }

    /// Runs a command in the shell; returns the lines that it prints.
    fn run(&mut self, command: &str) -> Vec<String> {
        self.shell.type_in(&format!("{command}; echo end\n"));
        std::iter::from_fn(|| Some(self.shell.line()).filter(|line| line != "end")).collect()
    }

    /// Starts a command `times` times in the background and waits until each has printed
    /// `each` times that it is ready.
    fn start(&mut self, times: u64, command: &str, each: u64) {
        self.shell.type_in(&format!("for i in $(seq {times}); do {command} & done\n"));
        for _ in 0..times * each {
            assert_eq!(self.shell.line(), "ready");
        }
    }

    /// All its processes, PID 1 first, by their PIDs outside.
    fn processes(&self) -> Vec<Pid> {
        let mut processes = descendants(self.shell.pid());
        // The watchdog of the container's step is outside.
        let outside = namespace("self", "pid");
        processes.retain(|pid| namespace(pid, "pid") != outside);
        processes
    }

    /// The listing according to the links in `/proc/PID/ns`. No process may start or end
    /// meanwhile.
    fn links(&self) -> Listing {
        let mut listing = Listing::new();
        for pid in self.processes() {
            for kind in KINDS {
                *listing.entry(namespace(pid, kind)).or_default() += 1;
            }
        }
        listing
    }

    fn step01(&mut self) -> Listing {
        let lines = self.run("$STEP01 --all");
        let [lines @ .., missing, unread] = &lines[..] else { panic!("{lines:?}") };
        assert!(missing.starts_with("Not listed: "), "{missing}");
        assert_eq!(unread, "0 processes could not be read");
        assert_eq!(lines[0].split_whitespace().next(), Some("KIND"));
        let listing: Listing = lines[1..].iter().map(|line| row(line)).collect();
        assert_eq!(listing.len(), lines.len() - 1, "a namespace is listed twice");
        listing
    }

    fn lsns(&mut self) -> Listing {
        let lines = self.run("lsns --noheadings --raw --output TYPE,NS,NPROCS");
        // lsns also lists namespaces without processes: owners of others, and bind mounts.
        lines.iter().map(|line| row(line)).filter(|(_, processes)| *processes > 0).collect()
    }
}

/// Kind, inode number and number of processes, as both programs print them.
fn row(line: &str) -> (String, usize) {
    let cells: Vec<_> = line.split_whitespace().collect();
    (format!("{}:[{}]", cells[0], cells[1]), cells[2].parse().unwrap())
}

fn number(file: &str) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// How many namespaces of each kind there are, if there is room.
fn wanted() -> u64 {
    setting("MANY_NAMESPACES").unwrap_or(100)
}

/// How many namespaces of each kind, and how many processes, there is room for.
fn room() -> (u64, u64) {
    let memory = fs::read_to_string("/proc/meminfo").unwrap();
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemAvailable:")).unwrap();
    let memory: u64 = memory.trim().trim_end_matches(" kB").parse().unwrap();
    let limits = KINDS.map(|kind| number(&format!("/proc/sys/user/max_{kind}_namespaces")));
    let limit = limits.into_iter().flatten().min().unwrap_or(0);
    let (soft, _) = getrlimit(Resource::RLIMIT_NPROC).unwrap();
    let pids = number("/proc/sys/kernel/pid_max").unwrap().min(soft);
    // Half of everything stays free for others.
    let namespaces = wanted().min(limit / 2).min(memory / 4 / KB_PER_NAMESPACES).min(pids / 8);
    let processes = (PROCESSES_EACH * wanted()).min(memory / 4 / KB_PER_PROCESS).min(pids / 2);
    (namespaces, processes.max(3 * namespaces))
}

#[test]
fn among_many_processes_all_agrees_with_lsns_while_processes_start_and_end() {
    require_programs!("lsns");
    let (namespaces, processes) = room();
    if namespaces < 10 {
        skip!("too little room: memory, ulimit -u, pid_max, user.max_*_namespaces");
    }
    if (namespaces, processes) != (wanted(), PROCESSES_EACH * wanted()) {
        log(&format!(
            "many_processes: room for {namespaces} namespaces of each kind, {processes} processes"
        ));
    }

    let mut container = Container::new(User::all()[0]);
    let holder = format!("$STEP05 {ALL_KINDS} sh -c 'echo ready; read x <&3' 2>/dev/null");
    container.start(namespaces, &holder, 1);
    // In groups of 50, because each child of a shell gets a copy of its table of children.
    let group = "(for i in $(seq 49); do (echo ready; read x <&3) & done; echo ready; read x <&3)";
    container.start((processes - 3 * namespaces).div_ceil(50), group, 50);
    assert!(container.processes().len() as u64 >= processes);

    // Nothing starts or ends now, so the links are the truth. The listing program itself
    // is in each of the container's own namespaces.
    let mut at_rest = container.links();
    let home = KINDS.map(|kind| namespace(container.processes()[0], kind));
    for kind in KINDS {
        let of_the_kind = at_rest.keys().filter(|it| it.starts_with(kind)).count() as u64;
        assert!(of_the_kind > namespaces, "{of_the_kind} of {kind}");
    }
    home.iter().for_each(|namespace| *at_rest.get_mut(namespace).unwrap() += 1);
    assert_eq!(container.step01(), at_rest);
    assert_eq!(container.lsns(), at_rest);

    // Now other processes start in new namespaces, print two of them, and end.
    let links = "readlink /proc/self/ns/pid /proc/self/ns/time";
    let start_and_end = format!("while [ ! -e stop ]; do $STEP05 {ALL_KINDS} {links}; done");
    container.shell.type_in(&format!("({start_and_end} >started 2>&1; echo stopped) &\n"));
    let started = container.dir.path().join("started");
    wait_until("the first of the other processes", || {
        fs::metadata(&started).is_ok_and(|it| it.len() > 0)
    });
    // The processes that stay keep their namespaces; the others start in those of PID 1.
    let staying = |listing: &Listing| {
        let mut staying = listing.clone();
        staying.retain(|it, _| at_rest.contains_key(it) && !home.contains(it));
        staying
    };
    let expected = staying(&at_rest);
    let mut listings = Vec::new();
    for _ in 0..3 {
        listings.push(container.step01());
    }
    listings.push(container.lsns());
    listings.push(container.step01());
    fs::write(container.dir.path().join("stop"), "").unwrap();
    assert_eq!(container.shell.line(), "stopped");

    let started = fs::read_to_string(started).unwrap();
    let words = started.split_whitespace();
    let started: BTreeSet<_> = words.filter(|it| it.contains(":[")).collect();
    assert!(started.len() > KINDS.len());
    for listing in listings {
        assert_eq!(staying(&listing), expected);
        for namespace in listing.keys() {
            let existed = at_rest.contains_key(namespace) || started.contains(namespace.as_str());
            assert!(existed, "{namespace} never existed");
        }
    }
    assert_eq!(container.step01(), at_rest);

    // At the end of its stdin PID 1 exits, and with it all others.
    assert_eq!(container.shell.wait().code(), Some(0));
}
