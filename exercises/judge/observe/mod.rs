//! How the judge sees what an answer does: each of these asks the kernel, or takes down what
//! the functions report that an answer gets.

pub mod calls;
pub mod child;
pub mod container;
pub mod counter;
pub mod id_maps;
pub mod images;
pub mod init;
pub mod leftovers;
pub mod mounts;
pub mod namespaces;
pub mod sockets;
pub mod tasks;
pub mod waiting;
pub mod watch;
