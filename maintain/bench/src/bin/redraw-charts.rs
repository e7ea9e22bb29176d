//! Draws the charts of the book again, from the figures in `book/img/cost/cost.csv`:
//! `cargo run -p bench --bin redraw-charts`. Nothing is measured.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let dir = project.context("the project")?.join("book/img/cost");
    for (name, content) in bench::plot::files(&fs::read_to_string(dir.join("cost.csv"))?)? {
        fs::write(dir.join(name), content)?;
    }
    Ok(())
}
