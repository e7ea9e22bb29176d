//! A child sets the hostname, then its parent reads it. How does the parent know
//! when? A sleep is too long on one machine and too short on another.
//!
//! Fork a child that calls `set_name`. In the parent call `get_name` once, as soon
//! as the child has set the name, and not before. Return what it returned.
//!
//! Manual: fork(2), pipe(2), read(2)

use std::process::exit;

use nix::unistd::{ForkResult, fork, pipe, read, write};

fn set_then_get(set_name: fn(), get_name: fn() -> String) -> nix::Result<String> {
    let (reader, writer) = pipe()?;
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Child => {
            set_name();
            write(&writer, b".")?;
            exit(0)
        }
        ForkResult::Parent { .. } => {
            read(&reader, &mut [0])?;
            Ok(get_name())
        }
    }
}

fn main() -> ! {
    judge::uts2(set_then_get)
}
