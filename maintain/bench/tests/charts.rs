//! The charts in the book show the figures that are beside them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

#[test]
fn the_charts_of_the_book_are_drawn_from_its_table() -> Result<()> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/img/cost");
    let table = fs::read_to_string(dir.join("cost.csv"))?;
    let files = bench::plot::files(&table)?;
    assert_eq!(files.len(), 8 + 1, "a chart for each group, and the figures");
    for (name, content) in files {
        let file = fs::read_to_string(dir.join(&name)).unwrap_or_default();
        assert!(file == content, "{name} is another: cargo run -p bench --bin redraw-charts");
    }
    Ok(())
}

#[test]
fn a_longer_bar_is_a_larger_figure() -> Result<()> {
    let table = |fork| {
        format!(
            "group,what,unit,median,low,high\nways,\"fork\",ns,{fork},{fork},{fork}\nways,\"clone\",ns,200000,150000,250000\n"
        )
    };
    // The bars are the rectangles in the first color, from top to bottom.
    let widths = |fork| {
        let (_, svg) = bench::plot::files(&table(fork))?.swap_remove(0);
        let width =
            |line: &str| line.split_once("width=\"")?.1.split_once('"')?.0.parse::<u32>().ok();
        let bars =
            svg.lines().filter(|line| line.starts_with("<rect") && line.contains("var(--first)"));
        anyhow::Ok(bars.filter_map(width).collect::<Vec<_>>())
    };
    let [short, clone] = widths(100_000)?[..] else { bail!("two bars") };
    let [long, same] = widths(400_000)?[..] else { bail!("two bars") };
    assert_eq!(clone, same);
    assert!(
        short.abs_diff(clone / 2) <= 1 && long.abs_diff(clone * 2) <= 2,
        "{short} {clone} {long}"
    );
    Ok(())
}

#[test]
fn a_bar_does_not_leave_its_axis() -> Result<()> {
    let table = "group,what,unit,median,low,high\nways,\"fork\",ns,1,1,1000001\n";
    let error = bench::plot::files(table).err().context("a bar that is too long")?;
    assert!(error.to_string().contains("beyond the end of its axis"), "{error}");
    Ok(())
}
