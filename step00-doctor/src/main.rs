//! Step 00: what will work on this machine, for this user, and what to type where
//! it will not?
//!
//! A setting in `/proc/sys` tells what should be, a system call what is: each need
//! of a step is tried in a child process, by the very call that the step makes.
//!
//! ```text
//! cargo run -p step00-doctor
//! ```
//!
//! Privilege: none. Root is told about itself and, beside it, about an ordinary
//! user (uid 65534); an ordinary user only about itself.
//!
//! Simplified: what a step needs for its usual run is tried, not each option.
//!
//! Manual: namespaces(7), user_namespaces(7), cgroups(7)

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use colored::{ColoredString, Colorize};
use nix::errno::Errno;
use nix::sys::utsname::uname;
use nix::unistd::geteuid;

#[path = "../../step06-cgroup/src/cgroupfs.rs"]
#[expect(dead_code, reason = "step 06 uses the rest")]
mod cgroupfs;
#[path = "../../command.rs"]
#[expect(dead_code, reason = "step 06 uses the rest")]
mod command;
#[path = "../../step06-cgroup/src/hierarchy.rs"]
#[expect(dead_code, reason = "step 06 uses the rest")]
mod hierarchy;
#[path = "../../report.rs"]
mod report;
mod trial;
use report::{print, printable, report, walls};
use trial::{As, Trial};

const HELP: &str = "\
Tells whether the steps and exercises will work on this machine, and if not, why.

Usage: step00-doctor [--json]

  --json  the same in JSON, for whoever collects it from many machines

Exit status: 0 all will work for this user, 1 something will not.
Manual:      namespaces(7), user_namespaces(7), cgroups(7)";

/// What a learner runs, and the trials that it has to pass.
const PARTS: [(&str, &[Trial]); 7] = [
    ("step01-proc-ns", &[trial::LINKS]),
    ("step02-clone", &[trial::LINKS, trial::CLONE]),
    ("step03-uts", &[trial::CLONE]),
    ("step04-setns", &[trial::SETNS, trial::PIDFD]),
    ("step05-unshare", &[trial::UNSHARE, trial::MOUNT]),
    ("step06-cgroup", &[trial::PIDFD, trial::CGROUP]),
    ("exercises", &[trial::LINKS, trial::PIDFD, trial::SANDBOX]),
];

/// What came of the trials of one part, for one user.
struct Finding {
    part: &'static str,
    user: As,
    /// The first trial that failed, how, and the way past it.
    failed: Option<(&'static str, Errno, String)>,
}

fn main() -> ExitCode {
    ExitCode::from(report(run(), |_| None))
}

fn run() -> Result<u8> {
    use lexopt::prelude::*;

    let mut json = false;
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return print(HELP).map(|()| 0),
            Long("json") => json = true,
            _ => return Err(arg.unexpected().into()),
        }
    }

    let facts = facts()?;
    let findings = examine()?;
    if json {
        print(&in_json(&facts, &findings))?
    } else {
        table(&facts, &findings)?
    }
    let user = if geteuid().is_root() { As::Root } else { As::Ordinary };
    let healthy = findings.iter().all(|it| it.user != user || it.failed.is_none());
    Ok(u8::from(!healthy))
}

/// What the kernel and its surroundings are, as name and value.
fn facts() -> Result<Vec<(&'static str, String)>> {
    let release = printable(uname().context("uname()")?.release());
    let wsl = if release.contains("microsoft") { " (WSL)" } else { "" };
    let mut facts = vec![("kernel", format!("{release}{wsl}"))];

    let mut kinds: Vec<_> = fs::read_dir("/proc/self/ns").into_iter().flatten().flatten().collect();
    kinds.retain(|it| !it.file_name().to_string_lossy().contains("_for_"));
    let mut kinds: Vec<_> = kinds.iter().map(|it| printable(it.file_name())).collect();
    kinds.sort();
    facts.push(("namespaces", if kinds.is_empty() { "no /proc".into() } else { kinds.join(" ") }));

    let exists = |file: &str| Path::new(file).exists();
    let container = match (exists("/.dockerenv"), exists("/run/.containerenv")) {
        (true, _) => "Docker",
        (_, true) => "Podman",
        _ => "none seen",
    };
    facts.push(("container", container.into()));
    facts.push(("clone3", said(trial::clone3())));
    facts.push(("cgroup", trial::cgroup_mode()));

    let settings = [
        "user.max_user_namespaces",
        "user.max_uts_namespaces",
        "kernel.unprivileged_userns_clone",
        "kernel.apparmor_restrict_unprivileged_userns",
    ];
    for setting in settings {
        let value = fs::read_to_string(format!("/proc/sys/{}", setting.replace('.', "/")));
        facts.push((setting, value.map_or("not there".into(), |it| printable(it.trim()))));
    }
    Ok(facts)
}

/// Tries everything, as each user that this process can be.
fn examine() -> Result<Vec<Finding>> {
    let root_and_other = [As::Root, As::Ordinary];
    let users = match geteuid().is_root() {
        true if trial::NOTHING.run(As::Ordinary)?.is_ok() => &root_and_other[..],
        true => &root_and_other[..1],
        false => &root_and_other[1..],
    };
    let mut findings = Vec::new();
    for (part, trials) in PARTS {
        for &user in users {
            let mut failed = None;
            for trial in trials {
                if let Err(errno) = trial.run(user)? {
                    failed = Some((trial.call, errno, advice(trial, errno)));
                    break;
                }
            }
            findings.push(Finding { part, user, failed });
        }
    }
    Ok(findings)
}

/// The way past a failure, on this machine.
fn advice(trial: &Trial, errno: Errno) -> String {
    if trial.call == trial::CGROUP.call {
        let user = if geteuid().is_root() { "" } else { "--user " };
        let systemd = Path::new("/run/systemd/system").exists();
        return match (trial::cgroup_mode().as_str(), errno) {
            ("v2", _) if systemd => {
                format!("systemd-run {user}--scope -p Delegate=yes target/debug/step06-cgroup …")
            }
            ("v2", Errno::EBUSY) => "see the book's page about errors (errno), under EBUSY".into(),
            ("v2", _) => {
                "no cgroup is delegated: sudo target/debug/step06-cgroup …; in a container: \
                 --privileged"
                    .into()
            }
            _ => "an ordinary user has no cgroup on v1: sudo target/debug/step06-cgroup …".into(),
        };
    }
    match (walls().into_iter().next(), errno) {
        (_, Errno::ENOENT) => "/proc is not mounted: mount -t proc proc /proc".into(),
        (Some(wall), _) => wall,
        (_, Errno::ENOSPC) => "raise the limit that is 0: grep . /proc/sys/user/max_*".into(),
        (_, Errno::ENOSYS) => "a newer kernel is needed".into(),
        (_, Errno::EPERM | Errno::EACCES) => "as root: sudo …; in a container: --privileged".into(),
        _ => "see the book's page about errors (errno)".into(),
    }
}

/// Prints facts and findings for a reader.
fn table(facts: &[(&str, String)], findings: &[Finding]) -> Result<()> {
    for (name, value) in facts {
        print(&format!("{name:<46}{value}"))?;
    }
    print("")?;
    let ordinary = if geteuid().is_root() { "uid 65534" } else { "you" };
    for Finding { part, user, failed } in findings {
        let who = if *user == As::Root { "root" } else { ordinary };
        let (verdict, why): (ColoredString, _) = match failed {
            None => ("works".green(), String::new()),
            Some((call, errno, advice)) => {
                ("fails".red(), format!("  {call}: {errno}\n{:36}{advice}", ""))
            }
        };
        print(&format!("{part:<18}{who:<11}{verdict}{why}"))?;
    }
    if !geteuid().is_root() {
        print("\nas root: not tried; sudo target/debug/step00-doctor does")?;
    }
    Ok(())
}

/// The same for a program.
fn in_json(facts: &[(&str, String)], findings: &[Finding]) -> String {
    let facts: Vec<_> = facts.iter().map(|(k, v)| format!("{}:{}", quoted(k), quoted(v))).collect();
    let findings = findings.iter().map(|Finding { part, user, failed }| {
        let user = if *user == As::Root { "root" } else { "ordinary" };
        let failed = failed.as_ref().map_or("null".to_owned(), |(call, errno, advice)| {
            let error = format!("{call}: {errno}");
            format!("{{\"error\":{},\"advice\":{}}}", quoted(&error), quoted(advice))
        });
        format!("{{\"part\":{},\"user\":\"{user}\",\"failed\":{failed}}}", quoted(part))
    });
    let findings: Vec<_> = findings.collect();
    format!("{{\"facts\":{{{}}},\"findings\":[{}]}}", facts.join(","), findings.join(","))
}

/// A string of JSON. Control characters have been escaped already.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn said(result: nix::Result<()>) -> String {
    result.map_or_else(|errno| errno.to_string(), |()| "yes".to_owned())
}
