//! The judge of the exercises.
//!
//! It never believes what an answer says. It runs the answer in a child process
//! inside a sandbox, looks at that process from outside, and asks the kernel:
//! `/proc/PID/ns`, `uid_map`, the mount table, the real hostname.
//!
//! Exit status: 0 the kernel agrees, 1 it does not, 3 this machine cannot tell.

mod cgroup;
mod cgroupfs;
mod clone;
mod links;
mod process;
mod sandbox;
mod setns;
mod unshare;
mod uts;
mod verdict;

pub use cgroup::{Cgroup, cgroup1, cgroup2, cgroup3, cgroup4};
pub use clone::{clone1, clone2, clone3};
pub use step_support::cgroup::Version;
pub use links::{links1, links2};
pub use setns::{setns1, setns2, setns3, setns4, setns5};
pub use unshare::{unshare1, unshare2, unshare3, unshare4};
pub use uts::{uts1, uts2, uts3};
pub use verdict::Guess::{self, Different, Same, Unknown};
