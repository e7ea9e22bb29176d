//! Nothing: what any Rust program takes before `main` and after it.
fn main() {}
