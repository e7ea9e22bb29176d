//! Where the tests of all steps find them.

/// The path of a step's binary, which cargo builds two folders above the tests.
pub fn step(name: &str) -> String {
    let test = std::env::current_exe().unwrap_or_default();
    let exe = test.ancestors().nth(2).unwrap_or(&test).join(name);
    assert!(exe.is_file(), "{} is not there: cargo build --workspace makes it", exe.display());
    exe.to_string_lossy().into_owned()
}
