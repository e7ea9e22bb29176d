//! Nothing: what any Rust program costs before and after `main`.
fn main() {}
