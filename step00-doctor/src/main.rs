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
//! | File | What it does |
//! | --- | --- |
//! | `check` | runs one check in a child, as one user, and receives what failed |
//! | `calls` | what the checks of steps 01 to 06 and of the exercises try |
//! | `kinds` | what those of steps 07 to 15 try |
//! | `facts` | the kernel and the environment |
//! | `report` | prints facts and findings, for people or as JSON |
//!
//! Manual: namespaces(7), user_namespaces(7), cgroups(7)

use std::process::ExitCode;

use anyhow::Result;
use nix::unistd::geteuid;
use step_support::output::print_help;
use step_support::process::DefaultSigchld;
use step_support::{exit_code, print};
use step06_cgroup::hints;

mod calls;
mod check;
mod facts;
mod kinds;
mod report;
use check::{Check, Failure, RunAs};

const HELP: &str = "\
Tells whether the steps and exercises will work on this machine, and if not, why.

Usage: step00-doctor [--json]

  --json  print JSON, for programs

Exit status: 0 if everything will work for this user, 1 if not.
Manual:      namespaces(7), user_namespaces(7), cgroups(7)";

/// What a learner runs, and the checks that it has to pass.
const CHECKS_BY_STEP: [(&str, &[Check]); 18] = [
    ("step01-proc-ns", &[calls::LINKS]),
    ("step02-clone", &[calls::LINKS, calls::CLONE]),
    ("step03-uts", &[calls::HOSTNAME]),
    ("step04-setns", &[calls::LINKS, calls::SETNS]),
    ("step05-unshare", &[calls::OWN_LINKS, calls::UNSHARE, calls::PROC]),
    ("step06-cgroup", &[calls::PIDFD, calls::CGROUP]),
    ("step07-user", &[calls::LINKS, kinds::USER, kinds::OWNER]),
    ("step08-pid", &[calls::LINKS, kinds::PID, calls::PIDFD]),
    ("step09-mount", &[calls::PIDFD, kinds::MOUNT]),
    ("step10-image", &[kinds::OVERLAY]),
    ("step11-net", &[calls::LINKS, kinds::NET, calls::PIDFD]),
    ("step12-ipc-time-cgroup", &[calls::LINKS, calls::PIDFD, kinds::IPC_TIME_CGROUP]),
    ("step13-privilege", &[calls::LINKS, calls::PIDFD, kinds::PRIVILEGE]),
    ("step14-resources", &[calls::PIDFD, calls::CGROUP_V2]),
    ("step15-map", &[calls::LINKS, kinds::OWNER]),
    ("step16-container", &[calls::LINKS, calls::PROC, kinds::CONTAINER]),
    ("exercises", &[calls::LINKS, calls::PIDFD, calls::SANDBOX]),
    ("cgroup-exercises", &[calls::EXERCISE_CGROUPS]),
];

/// The outcome of the checks of one step, for one user.
struct Finding {
    part: &'static str,
    user: RunAs,
    /// What failed first.
    failed: Option<Failure>,
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
    let facts = facts::all()?;
    let findings = run_checks()?;
    if json {
        print(&report::in_json(&facts, &findings))?
    } else {
        report::table(&facts, &findings)?
    }
    let user = if geteuid().is_root() { RunAs::Root } else { RunAs::Ordinary };
    let healthy = findings.iter().all(|it| it.user != user || it.failed.is_none());
    Ok(u8::from(!healthy))
}

/// Runs all checks, as each user that this process can be.
fn run_checks() -> Result<Vec<Finding>> {
    let root_and_other = [RunAs::Root, RunAs::Ordinary];
    let users = match geteuid().is_root() {
        true if calls::OTHER_USER.run(RunAs::Ordinary)?.is_none() => &root_and_other[..],
        true => &root_and_other[..1],
        false => &root_and_other[1..],
    };
    let mut findings = Vec::new();
    for (part, checks) in CHECKS_BY_STEP {
        for &user in users {
            let mut failed = None;
            for check in checks {
                failed = check.run(user)?;
                if let Some(failure) = &mut failed {
                    // A hint has the command of the program that asks: here, of the doctor.
                    let command = format!("target/debug/{part} ...");
                    failure.advice = failure.advice.replace(&hints::command(), &command);
                    break;
                }
            }
            findings.push(Finding { part, user, failed });
        }
    }
    Ok(findings)
}
