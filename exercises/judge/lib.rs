//! The judge of the exercises.
//!
//! It does not trust what an answer prints or returns. It runs the answer in a child
//! process inside a sandbox, looks at that process from outside, and asks the kernel:
//! `/proc/PID/ns`, `uid_map`, the mount table, the hostname.
//!
//! Exit status: 0 the answer is right, 1 it is wrong, 3 this machine cannot run the check.

#![warn(missing_docs)]
#![deny(
    unsafe_op_in_unsafe_fn,
    clippy::expect_used,
    clippy::multiple_unsafe_ops_per_block,
    clippy::undocumented_unsafe_blocks,
    clippy::unwrap_used
)]

mod capabilities;
mod cgroup;
mod clone_args;
mod comments;
mod exercise;
mod exercises;
mod fork;
mod language;
mod observe;
mod process;
mod sandbox;
mod verdict;

pub use cgroup::Cgroup;
pub use clone_args::CloneArgs;
pub use comments::{COMMENTS, comment};
pub use exercise::{Exercise, Wrong};
pub use exercises::*;
pub use fork::{fork_child, fork_task};
pub use language::{Both, Language, has_hangul};
pub use step_support::cgroup::Version;
pub use step_support::process::pidfd_open;
pub use verdict::Guess::{self, Different, Same, Unknown};
