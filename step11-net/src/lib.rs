//! What the doctor also does: it makes a veth pair, and says why that fails.

pub mod ip;
