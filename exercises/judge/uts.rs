//! Step 03: UTS namespaces, and a parent that waits for its child.

use std::fs::{self, File};
use std::io::{self, Write};

use nix::sys::utsname::uname;
use nix::unistd::{Pid, gethostname, getpid, getppid, sethostname};

use crate::process::{Task, differing_kinds, link, run_answer, status, uts_names};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

/// Returns the hostname that the caller sees.
pub type GetHostname = fn() -> String;

/// Checks that the answer moves its process into a new UTS namespace with hostname `helo`.
pub fn uts1(answer: fn() -> nix::Result<()>) -> ! {
    judge(|| {
        let before = gethostname().unwrap_or_default();
        let process = run_answer(|| answer().map(|()| ""))?;
        let kernel = link(process.pid, "uts");
        ensure(gethostname().is_ok_and(|now| now == before), || {
            wrong(
                "the same hostname as before outside of your process",
                format!("the hostname of {kernel}, which other processes share, has changed"),
                "the process was still in the shared UTS namespace when it set the hostname",
            )
        })?;
        ensure(kernel != link(Pid::this(), "uts"), || {
            wrong(
                "a new UTS namespace",
                format!("{kernel}, which other processes share"),
                "the process has not called unshare(2) with the flag for UTS namespaces",
            )
        })?;
        let (name, _) = uts_names(format!("/proc/{}/ns/uts", process.pid))?;
        ensure(name == "helo", || {
            wrong(
                "hostname helo in the new UTS namespace",
                format!("{name:?}"),
                "the hostname was not set, or not to helo",
            )
        })?;
        let different = differing_kinds(Pid::this(), process.pid);
        ensure(different == ["uts"], || {
            wrong(
                "no other new namespace",
                format!("new namespaces: {}", different.join(", ")),
                "each further flag isolates more than the exercise asks for",
            )
        })?;
        Ok(format!("the hostname is helo in {kernel}, and still {before:?} outside"))
    })
}

/// Checks that the parent reads the hostname as soon as its child has set it.
pub fn uts2(answer: fn(Task, GetHostname) -> nix::Result<String>) -> ! {
    judge(|| {
        let process = run_answer(|| answer(set_when_parent_waits, current_hostname))?;
        let caller = process.pid.to_string();
        let setter = fs::read_to_string(SETTER).unwrap_or_default();
        ensure(setter.split_once(' ').is_some_and(|(_, parent)| parent == caller), || {
            wrong(
                "set_name in a child of the caller",
                match setter.split_once(' ') {
                    Some((pid, parent)) => format!("process {pid} called it, a child of {parent}"),
                    None => "nobody called it".to_owned(),
                },
                format!("the caller is process {caller}; its child is the one that sets the name"),
            )
        })?;
        let getters = fs::read_to_string(GETTERS).unwrap_or_default();
        ensure(getters.lines().all(|getter| getter == caller), || {
            wrong(
                format!("get_name in the caller, process {caller}"),
                format!("called by process {}", getters.lines().collect::<Vec<_>>().join(", ")),
                "a parent that only hands on what its child has read has not looked itself",
            )
        })?;
        ensure(process.output == "slow", || {
            wrong(
                "the hostname slow, which the child sets once its parent waits",
                format!("your function returned {:?}", process.output),
                "the parent read the hostname before the child had set it",
            )
        })?;
        let slept = fs::read_to_string("/tmp/slept").unwrap_or_default();
        ensure(slept.is_empty(), || {
            wrong(
                "a parent that waits for a message from its child",
                format!("it waits in {slept}"),
                "a sleep is too short on some machine and too long on all others",
            )
        })?;
        Ok("the parent waited for its child's message and then read the hostname".to_owned())
    })
}

/// Checks that the answer moves its process into a new UTS namespace and sets both names.
pub fn uts3(answer: fn() -> io::Result<()>) -> ! {
    judge(|| {
        let names = || uname().map(|it| (it.nodename().to_owned(), it.domainname().to_owned()));
        let before = names();
        let process = run_answer(|| answer().map(|()| ""))?;
        let kernel = link(process.pid, "uts");
        ensure(kernel != link(Pid::this(), "uts") && names() == before, || {
            wrong(
                "a new UTS namespace, and the same names as before outside",
                format!("{kernel}, and outside {:?}", names().unwrap_or_default()),
                "the process set a name in the UTS namespace that other processes share",
            )
        })?;
        let (node, domain) = uts_names(format!("/proc/{}/ns/uts", process.pid))?;
        ensure(node == "helo", || {
            wrong(
                "hostname helo",
                format!("{node:?}"),
                "to the kernel a dot is an ordinary character of the hostname",
            )
        })?;
        ensure(domain == "goldilocks", || {
            wrong(
                "NIS domain name goldilocks",
                format!("{domain:?}"),
                "sethostname(2) does not change the domain name",
            )
        })?;
        Ok(format!("in {kernel}, uname(2) returns {node:?} and {domain:?}"))
    })
}

/// Where the process that sets the hostname records its PID and that of its parent.
const SETTER: &str = "/tmp/setter";
/// Where each process that reads the hostname adds its PID.
const GETTERS: &str = "/tmp/getters";

/// Sets the hostname once the parent sleeps in a system call, and records that call if
/// it is `clock_nanosleep(2)`.
fn set_when_parent_waits() {
    let parent = getppid();
    let _ = fs::write(SETTER, format!("{} {parent}", getpid()));
    let call = loop {
        // A parent that is running may be on its way into the call, or out of it.
        let asleep = status(parent, "State").starts_with('S');
        let text = fs::read_to_string(format!("/proc/{parent}/syscall")).unwrap_or_default();
        let number: Option<libc::c_long> =
            text.split(' ').next().and_then(|word| word.parse().ok());
        match number {
            Some(number) if asleep && number >= 0 => break number,
            _ => std::thread::yield_now(),
        }
    };
    if call == libc::SYS_clock_nanosleep {
        let _ = fs::write("/tmp/slept", "clock_nanosleep(2)");
    }
    let _ = sethostname("slow");
}

fn current_hostname() -> String {
    let getters = File::options().append(true).create(true).open(GETTERS);
    let _ = getters.and_then(|mut file| writeln!(file, "{}", getpid()));
    gethostname().unwrap_or_default().to_string_lossy().into_owned()
}
