//! Arguments, help, and hints for what a machine lacks.

use anyhow::Error;
use nix::errno::Errno;
use step_support::cgroup::{self, Version};
use step_support::error::with_hint;
use step_support::output::print_help;
use step06_cgroup::controllers::missing_controller;

const HELP: &str = "\
Shows what a cgroup does besides limiting. Without arguments: two groups, each
with a process that never sleeps, share one CPU; they get weights, one of them is
frozen, and both are killed. The kernel's counters tell who ran and who waited.

Usage: step14-resources [memory | delegate]

  memory    the same process under memory.max and under memory.high
  delegate  what another user may do in a group that was given to it

The groups are cgroups of v2. They are removed at the end, also after Ctrl-C.

Example: sudo target/debug/step14-resources
Manual:  cgroups(7), poll(2), sched(7)";

/// What to show.
pub enum Lesson {
    /// Weights, freezing, pressure and the end of a group.
    Cpu,
    /// Two limits of memory.
    Memory,
    /// A group for another user.
    Delegate,
}

/// Parses the command line.
pub fn parse_args() -> Result<Lesson, lexopt::Error> {
    use lexopt::prelude::*;

    let mut lesson = None;
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => print_help(HELP),
            Value(name) if lesson.is_none() && name == "memory" => lesson = Some(Lesson::Memory),
            Value(name) if lesson.is_none() && name == "delegate" => {
                lesson = Some(Lesson::Delegate)
            }
            _ => return Err(arg.unexpected()),
        }
    }
    Ok(lesson.unwrap_or(Lesson::Cpu))
}

/// Why the groups have no `cpu.weight`.
pub fn no_cpu_weight() -> String {
    format!("note: no cpu.weight here: {}", no_controller("cpu"))
}

/// The error for groups without `memory.max`.
pub fn no_memory_controller() -> Error {
    let cause = Error::from(Errno::ENODEV).context("cgroup.controllers: no memory controller here");
    with_hint(cause, no_controller("memory"))
}

/// Why the v2 hierarchy does not have a controller. A controller is in one hierarchy at a time.
fn no_controller(name: &str) -> String {
    let hierarchies = cgroup::all().unwrap_or_default();
    let has = |it: &&cgroup::Hierarchy| it.controllers.iter().any(|it| it == name);
    let v1 = hierarchies.iter().filter(|it| it.version == Version::V1).find(has);
    let v2 = hierarchies.iter().find(|it| it.version == Version::V2);
    match (v1, v2.and_then(|it| it.mounted.as_ref())) {
        (Some(_), _) => format!(
            "a v1 hierarchy has the {name} controller, so v2 has not; a machine with v2 alone has \
             it there (for systemd, boot with systemd.unified_cgroup_hierarchy=1)"
        ),
        (None, v2) => missing_controller(name, v2),
    }
}
