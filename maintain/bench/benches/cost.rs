//! Measures what isolation costs on this machine: `cargo bench -p bench`.
//!
//! Prints the results of criterion, and writes a table (`cost.csv`) and a chart for each
//! group to `target/cost`, or with `BOOK=1` to `book/img/cost`, where the book includes them.

use std::fs::{self, File};
use std::hint::black_box;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bench::plot::{self, Bar, Unit};
use bench::{
    KINDS, all, become_root, by_clone, by_clone3, by_fork, enter, inside, into_cgroup,
    kernel_memory, pinned_namespace, teardown, then_moved, unshare_flags,
};
use criterion::{Bencher, Criterion};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{getpid, getppid};
use step_support::cgroup::{self, Version};

const UTS: u64 = libc::CLONE_NEWUTS as u64;
const NET: u64 = libc::CLONE_NEWNET as u64;

/// How many namespaces are alive at once.
const ALIVE: [usize; 4] = [1, 10, 100, 1000];
/// How many are created, three times, to measure the memory of one.
const SAMPLES: usize = 500;
/// How many network namespaces are torn down at once.
const TEARDOWNS: [u64; 3] = [1, 10, 100];

/// The benchmarks, and the names of those that have run: groups and their members.
struct Measure {
    criterion: Criterion,
    done: Vec<(&'static str, Vec<String>)>,
}

impl Measure {
    /// Measures `what`, after one run that must succeed.
    fn time(
        &mut self,
        group: &'static str,
        name: &str,
        mut what: impl FnMut() -> io::Result<()>,
    ) -> Result<()> {
        what().with_context(|| name.to_owned())?;
        self.run(group, name, |bencher| bencher.iter(|| must(what())));
        Ok(())
    }

    fn run(&mut self, group: &'static str, name: &str, run: impl FnMut(&mut Bencher)) {
        self.criterion.benchmark_group(group).bench_function(name, run);
        match self.done.last_mut() {
            Some((last, names)) if *last == group => names.push(name.to_owned()),
            _ => self.done.push((group, vec![name.to_owned()])),
        }
    }
}

fn main() -> Result<()> {
    let criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(30)
        .configure_from_args();
    let mut measure = Measure { criterion, done: Vec::new() };
    // Before the new user namespace, in which this process may not create cgroups.
    let cgroup = Cgroup::new();
    become_root().context("unshare(CLONE_NEWUSER): see cargo run -p step00-doctor")?;

    // `--test` runs everything once and measures nothing.
    let test_only = std::env::args().any(|arg| arg == "--test");
    let memory = if test_only { Vec::new() } else { memory()? };
    creation(&mut measure)?;
    ways(&mut measure)?;
    alive(&mut measure)?;
    setns_cost(&mut measure)?;
    if let Some(cgroup) = &cgroup {
        cgroups(&mut measure, cgroup)?;
    } else {
        eprintln!("cgroups are not measured: this user may not create any on v2");
    }
    work(&mut measure)?;
    measure.criterion.final_summary();
    drop(cgroup);
    if test_only { Ok(()) } else { report(&measure.done, &memory) }
}

/// A child in each kind of namespace, and in all of them.
fn creation(measure: &mut Measure) -> Result<()> {
    const GROUP: &str = "birth";
    measure.time(GROUP, "none", || by_clone3(0))?;
    for (kind, flag) in KINDS {
        measure.time(GROUP, kind, || by_clone3(flag))?;
    }
    measure.time(GROUP, "all eight", || by_clone3(all()))
}

/// Three ways to create a child in a new UTS namespace.
fn ways(measure: &mut Measure) -> Result<()> {
    const GROUP: &str = "ways";
    measure.time(GROUP, "fork, unshare", || by_fork(|| unshare_flags(UTS)))?;
    measure.time(GROUP, "clone", || by_clone(UTS))?;
    measure.time(GROUP, "clone3", || by_clone3(UTS))
}

/// Creating one more namespace while many of its kind are alive.
fn alive(measure: &mut Measure) -> Result<()> {
    const GROUP: &str = "alive";
    for (kind, flag) in [("uts", UTS), ("net", NET)] {
        let mut kept = Vec::new();
        for count in ALIVE {
            while kept.len() < count {
                kept.push(pinned_namespace(kind, flag).with_context(|| format!("{kind} {count}"))?);
            }
            measure.time(GROUP, &format!("{kind}, {count} alive"), || by_clone3(flag))?;
        }
    }
    Ok(())
}

/// Joining another namespace and returning.
fn setns_cost(measure: &mut Measure) -> Result<()> {
    const GROUP: &str = "setns";
    for (kind, flag) in [("uts", UTS), ("net", NET)] {
        let home = File::open(format!("/proc/self/ns/{kind}"))?;
        let away = pinned_namespace(kind, flag)?;
        measure.time(GROUP, kind, || enter(&away).and_then(|()| enter(&home)))?;
    }
    Ok(())
}

/// Creating a cgroup, and two ways to put a child into one.
fn cgroups(measure: &mut Measure, cgroup: &Cgroup) -> Result<()> {
    const GROUP: &str = "cgroup";
    let (dir, file) = (cgroup.0.join("another"), File::open(&cgroup.0)?);
    let procs = cgroup.0.join("cgroup.procs");
    measure.time(GROUP, "clone3", || by_clone3(0))?;
    measure.time(GROUP, "clone3, move", || then_moved(&procs))?;
    measure.time(GROUP, "clone3 into", || into_cgroup(&file))?;
    measure.time(GROUP, "mkdir, rmdir", || fs::create_dir(&dir).and_then(|()| fs::remove_dir(&dir)))
}

/// What ordinary work costs outside and inside of all eight namespaces.
fn work(measure: &mut Measure) -> Result<()> {
    const GROUP: &str = "work";
    let works: [(&str, fn()); 3] = [("count", count), ("getppid", parent), ("clock", clock)];
    for (name, work) in works {
        for (place, flags) in [("outside", 0), ("inside", all())] {
            inside(flags, work)?;
            measure.run(GROUP, &format!("{name} {place}"), |bencher| {
                bencher
                    .iter_custom(|times| must(inside(flags, || (0..times).for_each(|_| work()))));
            });
        }
    }
    Ok(())
}

fn count() {
    black_box((0..1000_u32).fold(0, |sum: u32, it| black_box(sum.wrapping_add(it))));
}

fn parent() {
    black_box(getppid());
}

fn clock() {
    black_box(Instant::now());
}

/// The result of a call that succeeded before; ends the program if it fails now.
fn must<T>(result: io::Result<T>) -> T {
    result.unwrap_or_else(|error| {
        eprintln!("bench: {error}");
        exit(1)
    })
}

/// A cgroup of version 2 for the measurements, removed on drop.
struct Cgroup(PathBuf);

impl Cgroup {
    fn new() -> Option<Cgroup> {
        let all = cgroup::all().ok()?;
        let v2 = all.into_iter().find(|it| it.version == Version::V2)?;
        let dir = v2.mounted?.current.join(format!("cost-{}", getpid()));
        fs::create_dir(&dir).ok()?;
        let cgroup = Cgroup(dir);
        then_moved(&cgroup.0.join("cgroup.procs")).ok()?;
        Some(cgroup)
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Writes the table and the charts.
fn report(done: &[(&str, Vec<String>)], memory: &[Bar]) -> Result<()> {
    let project =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("the project")?;
    let for_book = std::env::var_os("BOOK").is_some();
    let out = project.join(if for_book { "book/img/cost" } else { "target/cost" });
    fs::create_dir_all(&out)?;
    let mut table = String::new();
    for (group, names) in done {
        table += &plot::table(group, Unit::Nanoseconds, &estimates(group, names)?);
    }
    table += &plot::table("memory", Unit::Bytes, memory);
    table += &plot::table("end", Unit::Nanoseconds, &teardowns()?);
    plot::write(&out, &table, for_book)?;
    fs::write(out.join("machine.md"), machine()?)?;
    println!("\nwritten to {}", out.display());
    Ok(())
}

/// The medians that criterion found, with their confidence intervals.
fn estimates(group: &str, names: &[String]) -> Result<Vec<Bar>> {
    let exe = std::env::current_exe()?;
    let target = exe.ancestors().nth(3).context("target")?;
    let mut bars = Vec::new();
    for name in names {
        let file = target.join("criterion").join(group).join(name).join("new/estimates.json");
        let all: serde_json::Value = serde_json::from_slice(&fs::read(file)?)?;
        let median = &all["median"];
        let number = |value: &serde_json::Value| value.as_f64().context("a number");
        bars.push(Bar {
            name: name.clone(),
            median: number(&median["point_estimate"])?,
            low: number(&median["confidence_interval"]["lower_bound"])?,
            high: number(&median["confidence_interval"]["upper_bound"])?,
        });
    }
    Ok(bars)
}

/// The kernel memory of one namespace of each kind without processes. This runs before
/// everything else, with network namespaces last: the kernel frees their memory late.
fn memory() -> Result<Vec<Bar>> {
    let files = getrlimit(Resource::RLIMIT_NOFILE)?.1;
    setrlimit(Resource::RLIMIT_NOFILE, files, files)?;
    let (net, others): (Vec<_>, Vec<_>) = KINDS.into_iter().partition(|(_, flag)| *flag == NET);
    let mut bars = Vec::new();
    for (kind, flag) in others.into_iter().chain(net) {
        let (mut each, mut kept) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let before = kernel_memory()?;
            for _ in 0..SAMPLES {
                kept.push(pinned_namespace(kind, flag).with_context(|| kind)?);
            }
            each.push(kernel_memory()?.saturating_sub(before) as f64 / SAMPLES as f64);
        }
        bars.push(Bar::of(kind, each));
    }
    Ok(bars)
}

/// How long the teardown of network namespaces takes, for one and for many at once.
fn teardowns() -> Result<Vec<Bar>> {
    let mut bars = Vec::new();
    for count in TEARDOWNS {
        let mut times = (0..5).map(|_| teardown(count)).collect::<io::Result<Vec<_>>>()?;
        let nanos = |it: Duration| it.as_nanos() as f64;
        bars.push(Bar::of(
            &format!("first of {count}"),
            times.iter().map(|it| nanos(it.0)).collect(),
        ));
        bars.push(Bar::of(
            &format!("all {count}"),
            times.drain(..).map(|it| nanos(it.1)).collect(),
        ));
    }
    Ok(bars)
}

/// The machine and the date, for the book to include.
fn machine() -> Result<String> {
    let uname = nix::sys::utsname::uname()?;
    let info = fs::read_to_string("/proc/cpuinfo")?;
    let line = |name| info.lines().find_map(|line| line.strip_prefix(name)?.split_once(": "));
    let processor = line("model name").map_or("unknown processor", |(_, name)| name);
    let count = std::thread::available_parallelism()?;
    let date = Command::new("date").arg("+%F").output()?.stdout;
    Ok(format!(
        "{processor}, {count} CPUs, Linux {}, {}\n",
        // Without the suffix of the distribution.
        uname.release().to_string_lossy().split('-').next().unwrap_or_default(),
        String::from_utf8_lossy(&date).trim()
    ))
}
