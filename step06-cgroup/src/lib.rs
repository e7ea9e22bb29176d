//! The parts of step 06, so that the doctor and the tests can use them.
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`v2`] | the lesson: a group is one directory, and six operations on files |
//! | [`v1`] | the same where each controller has its own hierarchy |
//! | [`start`] | starts the command inside of the group (`clone3(2)`) |
//! | [`place`] | decides where the group can be |
//! | [`fill`] | creates the group for processes that a caller has started itself |
//! | [`no_place`], [`controllers`] | why there is no place, or no controller |
//! | [`parent`] | enables controllers above the group, and undoes that |
//! | [`supervisor`] | removes the group even if the step is killed |
//! | [`leftovers`] | removes the groups of runs that were killed with their supervisor |
//! | [`signals`] | waits for the command, or for a signal that ends the step |
//! | [`report`] | reads and prints what the kernel counted |
//! | [`survey`] | without a command: shows the cgroups of this process |
//! | [`realtime`] | processes that may not be in every cgroup |
//! | [`cli`], [`limits`], [`hints`] | arguments, help, values of limits, hints |

pub mod cli;
pub mod controllers;
pub mod fill;
pub mod hints;
pub mod leftovers;
pub mod limits;
pub mod no_place;
pub mod parent;
pub mod place;
pub mod realtime;
pub mod report;
pub mod signals;
pub mod start;
pub mod supervisor;
pub mod survey;
pub mod v1;
pub mod v2;
