//! A child gives the machine a name, its parent then looks at it. "Then" is the
//! difficult word: sleep(1) is too long on one machine and too short on another.
//!
//! Fork a child that calls `name`. Let the parent call `look` when the child has
//! done so, no sooner and no later, and return what it saw.
//!
//! Manual: fork(2), pipe(2), read(2)

use std::process::exit;

use nix::unistd::{ForkResult, fork, pipe, read, write};

fn name_then_look(name: fn(), look: fn() -> String) -> nix::Result<String> {
    let (hears, says) = pipe()?;
    // SAFETY: there is one thread.
    match unsafe { fork() }? {
        ForkResult::Child => {
            name();
            write(&says, b".")?;
            exit(0)
        }
        ForkResult::Parent { .. } => {
            read(&hears, &mut [0])?;
            Ok(look())
        }
    }
}

fn main() {
    judge::uts2(name_then_look)
}
