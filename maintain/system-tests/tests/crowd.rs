//! A crowd: thousands of processes, and as many namespaces of each kind as the machine
//! can hold, up to a thousand. `step01-proc-ns --all` has to agree with `lsns`, and both
//! with the links, while processes come and go.
//!
//! The crowd is in a PID namespace that has its own `/proc`, so that nobody else is in
//! it, and whatever is left of it dies with its PID 1, a shell.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::Pid;
use system_tests::{Folder, descendants, say};
use testkit::{Running, Step, User, installed, link, skip, until};

/// The kinds, and the options of step 05 for all of them.
const KINDS: [&str; 8] = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];
const ALL_KINDS: &str = "-UrCimnpTuf";

/// As many namespaces of each kind, and as many processes, if there is room.
const NAMESPACES: u64 = 1000;
const PROCESSES: u64 = 10_000;

/// What they take, in kilobytes: a namespace of each kind with the two processes that
/// hold it, and a process; measured, and rounded up.
const NAMESPACES_TAKE: u64 = 700;
const PROCESS_TAKES: u64 = 200;

/// How many processes are in each namespace: `uts:[4026531838]` and the number.
type Listing = BTreeMap<String, usize>;

/// A crowd around a shell that does what is typed into it.
struct Crowd {
    shell: Running,
    folder: Folder,
}

impl Crowd {
    fn new(user: User) -> Crowd {
        let folder = Folder::new("crowd", user);
        let mut words = vec!["-pf", "--mount-proc", "sh"];
        if user != User::Root {
            words.insert(0, "-Ur");
        }
        let step = Step::new(&system_tests::step("step05-unshare"), user).args(words).with(|it| {
            it.current_dir(&*folder).env("STEP01", system_tests::step("step01-proc-ns"));
            it.env("STEP05", system_tests::step("step05-unshare"));
        });
        let mut shell = step.start();
        // Whoever reads from descriptor 3 waits for ever.
        shell.type_in("mkfifo never; exec 3<>never\n");
        Crowd { shell, folder }
    }

    /// Has the shell do something, and returns what it prints.
    fn ask(&mut self, command: &str) -> Vec<String> {
        self.shell.type_in(&format!("{command}; echo end\n"));
        std::iter::from_fn(|| Some(self.shell.line()).filter(|line| line != "end")).collect()
    }

    /// Lets so many of them come, who say that they are in, and waits for the last.
    fn gather(&mut self, times: u64, who: &str, each: u64) {
        self.shell.type_in(&format!("for i in $(seq {times}); do {who} & done\n"));
        for _ in 0..times * each {
            assert_eq!(self.shell.line(), "in");
        }
    }

    /// PID 1 of the crowd and all others in it, as they are called outside.
    fn processes(&self) -> Vec<Pid> {
        descendants(self.shell.pid())
    }

    /// What the links say, of processes that stay.
    fn links(&self) -> Listing {
        let mut listing = Listing::new();
        for pid in self.processes() {
            for kind in KINDS {
                *listing.entry(link(format!("/proc/{pid}/ns/{kind}"))).or_default() += 1;
            }
        }
        listing
    }

    fn step01(&mut self) -> Listing {
        let lines = self.ask("$STEP01 --all");
        let (last, lines) = lines.split_last().unwrap();
        assert_eq!(last, "0 processes could not be read");
        assert_eq!(lines[0].split_whitespace().next(), Some("KIND"));
        let namespace = |line: &String| {
            let cells: Vec<_> = line.split_whitespace().collect();
            (format!("{}:[{}]", cells[0], cells[1]), cells[2].parse().unwrap())
        };
        let listing: Listing = lines[1..].iter().map(namespace).collect();
        assert_eq!(listing.len(), lines.len() - 1, "a namespace is listed twice");
        listing
    }

    fn lsns(&mut self) -> Listing {
        let lines = self.ask("lsns --noheadings --raw --output TYPE,NS,NPROCS");
        let namespace = |line: String| {
            let cells: Vec<_> = line.split_whitespace().collect();
            (format!("{}:[{}]", cells[0], cells[1]), cells[2].parse().unwrap())
        };
        // It knows of namespaces, too, that only own others or are mounted.
        lines.into_iter().map(namespace).filter(|(_, processes)| *processes > 0).collect()
    }
}

fn number(file: &str) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// How many namespaces of each kind and how many processes there is room for.
fn room() -> (u64, u64) {
    let memory = fs::read_to_string("/proc/meminfo").unwrap();
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemAvailable:")).unwrap();
    let memory: u64 = memory.trim().trim_end_matches(" kB").parse().unwrap();
    let limits = KINDS.map(|kind| number(&format!("/proc/sys/user/max_{kind}_namespaces")));
    let namespaces = limits.into_iter().flatten().min().unwrap_or(0);
    let (soft, _) = getrlimit(Resource::RLIMIT_NPROC).unwrap();
    let pids = number("/proc/sys/kernel/pid_max").unwrap().min(soft);
    // Half of everything is for others.
    let namespaces = NAMESPACES.min(namespaces / 2).min(memory / 4 / NAMESPACES_TAKE).min(pids / 8);
    (namespaces, PROCESSES.min(memory / 4 / PROCESS_TAKES).min(pids / 2).max(2 * namespaces))
}

#[test]
fn in_a_crowd_all_agrees_with_lsns_while_processes_come_and_go() {
    let user = User::all()[0];
    let (namespaces, processes) = room();
    if !installed("lsns") {
        skip!("lsns is not installed");
    }
    if namespaces < 10 {
        skip!(
            "there is no room for a crowd here: memory, ulimit -u, pid_max, user.max_*_namespaces"
        );
    }
    if (namespaces, processes) != (NAMESPACES, PROCESSES) {
        say(&format!(
            "crowd: room for {namespaces} namespaces of each kind, {processes} processes"
        ));
    }

    let mut crowd = Crowd::new(user);
    let holder = format!("$STEP05 {ALL_KINDS} sh -c 'echo in; read x <&3' 2>/dev/null");
    crowd.gather(namespaces, &holder, 1);
    // In families, because what a shell knows of its children is copied to each of them.
    let family = "(for i in $(seq 49); do (echo in; read x <&3) & done; echo in; read x <&3)";
    crowd.gather((processes - 2 * namespaces).div_ceil(50), family, 50);
    assert!(crowd.processes().len() as u64 >= processes);

    // Each of them sits still, so the links are the truth. Who counts is counted as well.
    let mut still = crowd.links();
    let home = KINDS.map(|kind| link(format!("/proc/{}/ns/{kind}", crowd.processes()[0])));
    for kind in KINDS {
        let of_the_kind = still.keys().filter(|it| it.starts_with(kind)).count() as u64;
        assert!(of_the_kind > namespaces, "{of_the_kind} of {kind}");
    }
    home.iter().for_each(|namespace| *still.get_mut(namespace).unwrap() += 1);
    assert_eq!(crowd.step01(), still);
    assert_eq!(crowd.lsns(), still);

    // Now others come into new namespaces, say which, and go.
    let links = "readlink /proc/self/ns/pid /proc/self/ns/time";
    let come_and_go = format!("while [ ! -e stop ]; do $STEP05 {ALL_KINDS} {links}; done");
    crowd.shell.type_in(&format!("({come_and_go} >guests 2>&1; echo gone) &\n"));
    until("guests", || fs::metadata(crowd.folder.join("guests")).is_ok_and(|it| it.len() > 0));
    // Nobody enters or leaves what is held, but for the namespaces in which guests are born.
    let held = |listing: &Listing| {
        let mut held = listing.clone();
        held.retain(|it, _| still.contains_key(it) && !home.contains(it));
        held
    };
    let expected = held(&still);
    let mut listed = Vec::new();
    for _ in 0..3 {
        listed.push(crowd.step01());
    }
    listed.push(crowd.lsns());
    listed.push(crowd.step01());
    fs::write(crowd.folder.join("stop"), "").unwrap();
    assert_eq!(crowd.shell.line(), "gone");

    let guests = fs::read_to_string(crowd.folder.join("guests")).unwrap();
    let words = guests.split_whitespace();
    let guests: BTreeSet<_> = words.filter(|it| it.contains(":[")).collect();
    assert!(guests.len() > KINDS.len());
    for listing in listed {
        assert_eq!(held(&listing), expected);
        for namespace in listing.keys() {
            let existed = still.contains_key(namespace) || guests.contains(namespace.as_str());
            assert!(existed, "{namespace} has never existed");
        }
    }
    assert_eq!(crowd.step01(), still);

    // PID 1 reads the end of its stdin and ends, and with it all others.
    assert_eq!(crowd.shell.wait().code(), Some(0));
}
