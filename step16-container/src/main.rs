//! Step 16: what is a container?
//!
//! The kernel has no such object. A container is a process that was started with the calls of
//! the other steps, in an order that works: namespaces first, then what they contain, and last
//! what takes privileges away. This file is the order, and each line names the step that
//! explains it. The other files are one subject each.
//!
//! ```text
//! cargo run -p step16-container
//! cargo run -p step16-container -- --verify
//! ```
//!
//! Privilege: none. Root also gets a user namespace. Limits require a cgroup that is delegated
//! to this user, and more users than one a range in `/etc/subuid`.
//!
//! Simplified: nothing enters a container that runs already, so there is no daemon, no `exec`
//! and no network but a cable. A production runtime also has AppArmor or SELinux profiles, a
//! list of the system calls that it allows instead of one of those that it refuses, and
//! people who answer for it day and night.
//!
//! Manual: namespaces(7), pid_namespaces(7), pivot_root(2), capabilities(7), seccomp(2)

use std::process::{self, ExitCode};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sched::{CloneFlags, clone, unshare};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{Pid, sethostname};
use step_support::handshake::{self, Side};
use step_support::namespace::{KINDS, check_proc, flag_names};
use step_support::status::pass_on;
use step_support::{Hint, exit_code, exit_status, refusal};

mod binds;
mod capabilities;
mod cli;
mod clocks;
mod command;
mod descriptors;
mod dev;
mod ids;
mod init;
mod keyring;
mod layers;
mod limits;
mod network;
mod options;
mod proc;
mod protection;
mod relay;
mod restrict;
mod root;
mod seccomp;
mod status;
mod system;
mod target;
mod terminal;
mod tree;
mod verify;
use options::{Network, Options, Task};
use protection::Protection;
use status::Status;
use terminal::Terminal;
use verify::Witness;

/// Bytes of stack for PID 1: `clone(2)` leaves it to its caller to provide one.
const STACK_SIZE: usize = 256 * 1024;

/// The namespaces that PID 1 enters only when it is in its cgroup and has a clock to set.
const LATER: [Protection; 2] = [Protection::Cgroup, Protection::Time];

fn main() -> ExitCode {
    exit_code(run())
}

/// Outside: starts PID 1, gives it what only its parent can give, and waits for its end.
fn run() -> Result<u8> {
    let options = cli::parse_args()?;
    if let Task::HasCapabilities = options.task {
        return Ok(verify::has_capabilities());
    }
    check_proc()?; // or PIDs would be those of other processes in /proc
    verify::leak(&options)?;
    descriptors::close_inherited(&options)?;
    let terminal = Terminal::open();
    let group = limits::Group::create(&options.limits)?; // step 06
    let witness = Witness::of(&options, group.as_ref())?;
    network::enter_owner(options.network)?; // step 04
    SigSet::all().thread_block().context("sigprocmask()")?; // the relay passes them on

    let (outside, inside) = handshake::pair()?;
    let (status, report) = status::pair()?;
    let flags = namespaces(&options, |it| !LATER.contains(&it));
    let init = start(flags, || run_init(&options, &inside, &report, &witness))?; // step 02
    drop((inside, report)); // it has its own; ours would hide its death

    ids::map(init, &options)?; // step 07
    if let Some(group) = &group {
        group.add(init)?; // step 06
    }
    network::connect(options.network, init)?; // step 11
    outside.notify();
    let ending = relay::run(init, &outside, terminal)?;
    drop(group);
    Ok(pass_on(status.read().unwrap_or(ending)))
}

// ANCHOR: inside
/// Inside: builds the container around itself, and becomes its PID 1.
fn run_init(options: &Options, inside: &Side, report: &Status, witness: &Witness) -> Result<u8> {
    inside.die_with_parent()?;
    wait_for_turn(inside); // until this process is mapped, limited and connected
    ids::become_root(options)?; // step 07
    inside.die_with_parent()?; // for a new uid the kernel has forgotten it
    unshare_later(options)?; // steps 05 and 12
    clocks::start_at_zero(options)?; // step 12
    set_hostname(options)?; // step 03

    let root = root::build(options)?; // steps 09 and 10
    proc::mount_new(&root, options)?; // step 08
    dev::mount_new(&root, options)?;
    binds::show_all(&root)?; // step 09
    root::enter(root, options)?; // step 09

    network::bring_up_loopback(options)?; // step 11
    keyring::join_new(options)?;
    inside.notify(); // there is a terminal
    wait_for_turn(inside);

    descriptors::hide_this_process(options)?;
    capabilities::set_no_new_privs(options)?; // step 13
    seccomp::install(options)?; // step 13
    capabilities::keep_few(options)?; // step 13
    init::run(options, report, || match &options.task {
        Task::Command(argv) => command::exec(argv, options),
        Task::Verify | Task::HasCapabilities => exit_status(verify::run(witness, options)),
    }) // step 08
}
// ANCHOR_END: inside

/// Waits for the process outside. If it has failed, it has said why.
fn wait_for_turn(inside: &Side) {
    if !inside.wait() {
        process::exit(1);
    }
}

/// The namespaces that are wanted, of those for which the condition holds.
fn namespaces(options: &Options, condition: impl Fn(Protection) -> bool) -> CloneFlags {
    let all = KINDS.iter().filter(|kind| match Protection::parse(kind.name) {
        Ok(Protection::Net) if options.network == Network::Host => false,
        Ok(it) => options.has(it) && condition(it),
        Err(_) => condition(Protection::Root), // mnt: without it, the host would be changed
    });
    all.map(|kind| kind.flag).collect()
}

/// Starts PID 1 of the container, which dies with this process (`clone(2)`). It needs no
/// watchdog, unlike the commands of other steps: it never becomes another program or user by
/// which the kernel would forget that.
fn start(flags: CloneFlags, mut main: impl FnMut() -> Result<u8>) -> Result<Pid> {
    let child_main = Box::new(|| exit_status(main()).into());
    let mut stack = vec![0; STACK_SIZE];
    // SAFETY: this process has one thread, and without CLONE_VM the child runs on a copy of
    // its memory, stack included, so neither process can disturb the other.
    unsafe { clone(child_main, &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
        .hint(|errno| refusal::creation_without_root(errno, flags, "target/debug/step16-container"))
        .with_context(|| format!("clone({})", flag_names(flags)))
}

/// Enters the namespaces whose contents depend on where the caller is already.
fn unshare_later(options: &Options) -> Result<()> {
    let flags = namespaces(options, |it| LATER.contains(&it));
    unshare(flags)
        .hint(|errno| refusal::creation_in_new_namespace(errno, flags))
        .with_context(|| format!("unshare({})", flag_names(flags)))
}

/// Gives the container a name of its own.
fn set_hostname(options: &Options) -> Result<()> {
    if !options.has(Protection::Uts) {
        return Ok(());
    }
    sethostname(&options.hostname).hint(hostname_hints).context("sethostname()")
}

/// Why `sethostname(2)` failed.
fn hostname_hints(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EINVAL => vec!["a hostname has at most 64 bytes".to_owned()],
        _ => refusal::in_new_namespace(errno),
    }
}
