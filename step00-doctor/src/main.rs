//! Step 00: what will work on this machine, for this user, and what helps where it does not?
//!
//! A setting in `/proc/sys` tells what should work, a system call what does: a child
//! process tries what each step needs, with the same calls. The doctor changes nothing: in
//! the cgroups, which are not private to a child, it only looks.
//!
//! ```text
//! cargo run -p step00-doctor
//! ```
//!
//! Privilege: none. As root, the doctor also tries everything as an ordinary user (uid
//! 65534); an ordinary user learns only about that user.
//!
//! Simplified: it tries what a step needs for its usual run, not each option.
//!
//! Manual: namespaces(7), user_namespaces(7), cgroups(7)

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use colored::{ColoredString, Colorize};
use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::utsname::uname;
use nix::unistd::geteuid;

use step_support::output::print_help;
use step_support::process::DefaultSigchld;
use step_support::{exit_code, print, printable, refusal};
use step06_cgroup::hints;

mod checks;
use checks::{Check, Failure, RunAs};

const HELP: &str = "\
Tells whether the steps and exercises will work on this machine, and if not, why.

Usage: step00-doctor [--json]

  --json  print JSON, for programs

Exit status: 0 if everything will work for this user, 1 if not.
Manual:      namespaces(7), user_namespaces(7), cgroups(7)";

/// What a learner runs, and the checks that it has to pass.
const CHECKS_BY_STEP: [(&str, &[Check]); 7] = [
    ("step01-proc-ns", &[checks::LINKS]),
    ("step02-clone", &[checks::LINKS, checks::CLONE]),
    ("step03-uts", &[checks::CLONE]),
    ("step04-setns", &[checks::SETNS, checks::PIDFD]),
    ("step05-unshare", &[checks::UNSHARE, checks::PROC]),
    ("step06-cgroup", &[checks::PIDFD, checks::CGROUP]),
    ("exercises", &[checks::LINKS, checks::PIDFD, checks::SANDBOX]),
];

/// The outcome of the checks of one step, for one user.
struct Finding {
    part: &'static str,
    user: RunAs,
    /// The first check that failed, why, and what helps.
    failed: Option<(&'static str, Failure, String)>,
}

fn main() -> ExitCode {
    exit_code(run())
}

fn run() -> Result<u8> {
    use lexopt::prelude::*;

    let mut json = false;
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => print_help(HELP),
            Long("json") => json = true,
            _ => return Err(arg.unexpected().into()),
        }
    }

    DefaultSigchld::set(); // each check is a child that is waited for
    let facts = facts()?;
    let findings = run_checks()?;
    if json {
        print(&in_json(&facts, &findings))?
    } else {
        table(&facts, &findings)?
    }
    let user = if geteuid().is_root() { RunAs::Root } else { RunAs::Ordinary };
    let healthy = findings.iter().all(|it| it.user != user || it.failed.is_none());
    Ok(u8::from(!healthy))
}

/// Facts about the kernel and the environment, as name and value.
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
        _ => "none detected",
    };
    facts.push(("container", container.into()));
    let clone3 = checks::clone3().map_or_else(|errno| errno.to_string(), |()| "yes".to_owned());
    facts.push(("clone3", clone3));
    facts.push(("cgroup", checks::cgroup_mode()));

    let settings = [
        "user.max_user_namespaces",
        "user.max_uts_namespaces",
        "kernel.unprivileged_userns_clone",
        "kernel.apparmor_restrict_unprivileged_userns",
    ];
    for setting in settings {
        let value = fs::read_to_string(format!("/proc/sys/{}", setting.replace('.', "/")));
        facts.push((setting, value.map_or("does not exist".into(), |it| printable(it.trim()))));
    }
    Ok(facts)
}

/// Runs all checks, as each user that this process can be.
fn run_checks() -> Result<Vec<Finding>> {
    let root_and_other = [RunAs::Root, RunAs::Ordinary];
    let users = match geteuid().is_root() {
        true if checks::OTHER_USER.run(RunAs::Ordinary)?.is_ok() => &root_and_other[..],
        true => &root_and_other[..1],
        false => &root_and_other[1..],
    };
    let mut findings = Vec::new();
    for (part, checks) in CHECKS_BY_STEP {
        for &user in users {
            let mut failed = None;
            for check in checks {
                if let Err(failure) = check.run(user)? {
                    failed = Some((check.call, failure, advice(check, failure, user)));
                    break;
                }
            }
            findings.push(Finding { part, user, failed });
        }
    }
    Ok(findings)
}

/// What helps against a failure, on this machine.
fn advice(check: &Check, failure: Failure, user: RunAs) -> String {
    let errno = match failure {
        Failure::Errno(errno) => errno,
        Failure::Killed(Signal::SIGSYS) => {
            return "a seccomp filter kills programs that make this call".into();
        }
        Failure::Killed(_) => {
            return "the system may be out of memory, or a filter kills programs that make this \
                    call; see: dmesg"
                .into();
        }
    };
    let unknown = || "see the book's page about errors (errno)".to_owned();
    if check.call == checks::CGROUP.call {
        return hints::hint(errno, user == RunAs::Root).unwrap_or_else(unknown);
    }
    // What keeps users out of user namespaces does not keep root from the others.
    let refused = matches!(errno, Errno::EPERM | Errno::EACCES | Errno::ENOSPC);
    let reasons = match user {
        _ if !refused => Vec::new(),
        RunAs::Root => refusal::seccomp_filter().into_iter().collect(),
        RunAs::Ordinary => refusal::restrictions(),
    };
    match (reasons.into_iter().next(), errno) {
        (_, Errno::ENOENT) => "/proc is not mounted: mount -t proc proc /proc".into(),
        (Some(restriction), _) => restriction,
        (_, Errno::ENOSPC) => "raise the limit that is 0: grep . /proc/sys/user/max_*".into(),
        (_, Errno::ENOSYS) => "a newer kernel is needed".into(),
        (_, Errno::EPERM | Errno::EACCES) if check.call == checks::PROC.call => {
            "something is mounted over a part of /proc, as in containers; see: grep /proc/ \
             /proc/self/mountinfo"
                .into()
        }
        (_, Errno::EPERM | Errno::EACCES) if user == RunAs::Ordinary => "as root: sudo ...".into(),
        _ => unknown(),
    }
}

/// Prints facts and findings for people.
fn table(facts: &[(&str, String)], findings: &[Finding]) -> Result<()> {
    for (name, value) in facts {
        print(&format!("{name:<46}{value}"))?;
    }
    print("")?;
    let ordinary = if geteuid().is_root() { "uid 65534" } else { "you" };
    for Finding { part, user, failed } in findings {
        let who = if *user == RunAs::Root { "root" } else { ordinary };
        let (verdict, why): (ColoredString, _) = match failed {
            None => ("works".green(), String::new()),
            Some((call, errno, advice)) => {
                ("fails".red(), format!("  {call}: {errno}\n{:36}{advice}", ""))
            }
        };
        print(&format!("{part:<18}{who:<11}{verdict}{why}"))?;
    }
    if !geteuid().is_root() {
        print("\nas root: not tried; that needs sudo target/debug/step00-doctor")?;
    }
    Ok(())
}

/// The same for programs.
fn in_json(facts: &[(&str, String)], findings: &[Finding]) -> String {
    let facts: Vec<_> = facts.iter().map(|(k, v)| format!("{}:{}", quoted(k), quoted(v))).collect();
    let findings = findings.iter().map(|Finding { part, user, failed }| {
        let user = if *user == RunAs::Root { "root" } else { "ordinary" };
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
