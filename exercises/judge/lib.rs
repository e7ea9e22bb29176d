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

mod cgroup;
mod clone;
mod files;
mod filter;
mod hang;
mod limits;
mod links;
mod process;
mod sandbox;
mod setns;
mod streams;
mod unshare;
mod uts;
mod verdict;

pub use cgroup::{Cgroup, cgroup1, cgroup2, cgroup3, cgroup4};
pub use clone::{clone1, clone2, clone3};
pub use links::{links1, links2};
pub use setns::{setns1, setns2, setns3, setns4, setns5};
pub use step_support::cgroup::Version;
pub use unshare::{unshare1, unshare2, unshare3, unshare4};
pub use uts::{uts1, uts2, uts3};
pub use verdict::Guess::{self, Different, Same, Unknown};
