//! What the kernel counted in a group: reading it and printing it.

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;

use anyhow::Error;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use step_support::cgroup::value;
use step_support::error::explained;
use step_support::note;

/// The unit of a counter.
#[derive(Clone, Copy)]
pub enum Unit {
    /// How often.
    Times,
    /// Bytes.
    Bytes,
    /// Millionths of a second.
    Microseconds,
    /// Billionths of a second.
    Nanoseconds,
}

/// A counter: its name, its file, its key there ("" if the file has only one number), its unit.
pub type Counter = (&'static str, &'static str, &'static str, Unit);

/// Reads the counters. Each line says what, how much, and which file says so.
pub fn read(counters: &[Counter], dirs: &[PathBuf]) -> Vec<String> {
    let read = |file: &str| dirs.iter().find_map(|dir| fs::read_to_string(dir.join(file)).ok());
    let line = |&(name, file, key, unit): &Counter| {
        let value = read(file).and_then(|text| value(&text, key));
        let value = value.map_or("unknown".to_owned(), |value| format(value, unit));
        format!("  {name:<14} {value:>12}   {file} {key}").trim_end().to_owned()
    };
    counters.iter().map(line).collect()
}

fn format(value: u64, unit: Unit) -> String {
    match unit {
        Unit::Times if value == 0 => "none".to_owned(),
        Unit::Times => value.to_string(),
        Unit::Bytes => format!("{:.1} MiB", value as f64 / 1024.0 / 1024.0),
        Unit::Microseconds => format!("{:.3} s", value as f64 / 1e6),
        Unit::Nanoseconds => format!("{:.3} s", value as f64 / 1e9),
    }
}

/// What a run ended with.
pub struct Report {
    /// The name of the command.
    pub command_name: String,
    /// What the kernel counted, a line for each counter.
    pub counted: Vec<String>,
    /// How many processes the command left in the group.
    pub left: usize,
}

impl Report {
    /// Prints it. `removed` tells whether the processes that were left have been killed.
    pub fn print(&self, removed: bool) {
        let Report { command_name, counted, left } = self;
        let end = match removed {
            true => format!(
                "The group of {command_name} is empty; processes that had to be killed: {left}"
            ),
            false => format!("The group of {command_name} is left; what the kernel has counted:"),
        };
        note_in_time(&[&[end], &counted[..]].concat().join("\n"));
    }
}

/// Prints, as a note of one line, what went wrong without being the fault of the command.
pub fn note_error(consequence: &str, error: &Error) {
    let cause = explained(error).replace("\nhint: ", "; ");
    note_in_time(&format!("note: {consequence}: {cause}"));
}

/// Prints to stderr, unless its reader has not read for five seconds: the group has to be
/// removed in any case.
pub fn note_in_time(text: &str) {
    let stderr = io::stderr();
    let mut ends = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
    if poll(&mut ends, PollTimeout::from(5000_u16)) != Ok(0) {
        note(text);
    }
}
