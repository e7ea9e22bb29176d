//! Files of cgroups.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// A whole file.
pub fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("open({})", file.display()))
}

/// The words of a file; none if it cannot be read.
pub fn words(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}
