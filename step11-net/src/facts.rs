//! Reads what the kernel says about sockets and networks, and prints it: who, and then a fact.

use std::fmt::Display;
use std::fs;
use std::os::fd::AsRawFd;

use anyhow::{Context, Result};
use colored::{ColoredString, Colorize};
use nix::errno::Errno;
use step_support::error::{errno_of, message};
use step_support::namespace::link;
use step_support::{print, printable};

/// Prints a fact about one of the processes.
pub fn print_fact(who: &str, fact: impl Display) -> Result<()> {
    print(&format!("{who:<8}{fact}"))
}

/// Prints that a call failed with the expected errno: to the reader that is a fact. Any other
/// failure is an error.
pub fn print_refusal<T>(who: &str, expected: Errno, result: Result<T>) -> Result<u8> {
    match result {
        Err(error) if errno_of(&error) == Some(expected) => {
            print_fact(who, message(&error).red())?;
        }
        result => drop(result?),
    }
    Ok(0)
}

/// Prints the caller's network namespace, its devices and the number of its IPv4 routes.
pub fn print_network(who: &str) -> Result<()> {
    let read = |file| fs::read_to_string(file).with_context(|| format!("open({file})"));
    let devices = read("/proc/self/net/dev")?;
    let devices = devices.lines().filter_map(|line| Some(line.split_once(':')?.0.trim()));
    let devices = printable(devices.collect::<Vec<_>>().join(", "));
    let routes = read("/proc/self/net/route")?.lines().skip(1).count(); // below a header
    print_fact(who, format!("{}, devices: {devices}, routes: {routes}", network_namespace()?))
}

/// The caller's network namespace, as in `net:[4026532201]`.
pub fn network_namespace() -> Result<ColoredString> {
    Ok(link("self", "net").context("readlink(/proc/self/ns/net)")?.green())
}

/// A socket by the inode number that it has in `/proc/net/tcp`, as in `socket:[20544]`.
pub fn socket(socket: &impl AsRawFd) -> Result<ColoredString> {
    let file = format!("/proc/self/fd/{}", socket.as_raw_fd());
    let target = fs::read_link(&file).with_context(|| format!("readlink({file})"))?;
    Ok(printable(target).green())
}
