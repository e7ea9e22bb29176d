//! What the steps share and no lesson is about.
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`output`] | prints results to stdout and notes to stderr, with control characters escaped |
//! | [`error`] | prints an error with its hints and turns it into an exit status |
//! | [`process`] | runs a command as a shell does; ties a child's life to its parent's |
//! | [`status`] | waits for processes, and ends this one as a command ended |
//! | [`handshake`] | lets a parent and its child take turns |
//! | [`watchdog`] | kills the command when the step dies, even by SIGKILL |
//! | [`terminal`] | shares the terminal with a command: Ctrl-C, background jobs |
//! | [`namespace`] | the kinds of namespace, their flags, and the links in `/proc/PID/ns` |
//! | [`user_namespace`] | maps the caller to root in its new user namespace |
//! | [`subid`] | the IDs that are lent to a user, and the programs that map them |
//! | [`target`] | which text is a PID, and why the namespaces of a process cannot be read |
//! | [`mountinfo`] | reads the list of mounts of a process |
//! | [`mount`] | which mount a path leads to |
//! | [`refusal`] | why the kernel refused a call on this machine |
//! | [`cgroup`] | finds the cgroup hierarchies and reads their files |
//!
//! A system call that a chapter teaches stays in that step's own `main.rs`, where the reader
//! can see it.

pub mod cgroup;
pub mod error;
pub mod handshake;
pub mod mount;
pub mod mountinfo;
pub mod namespace;
pub mod output;
pub mod process;
pub mod refusal;
pub mod status;
pub mod subid;
pub mod target;
pub mod terminal;
pub mod user_namespace;
pub mod watchdog;

pub use error::{Hint, exit_code, exit_status};
pub use output::{note, print, printable};
