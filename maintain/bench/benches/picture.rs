//! Bars as an SVG that the book includes: it has the page's own colours.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::Result;

/// A measured thing.
pub struct Bar {
    /// What it is.
    pub name: String,
    /// The median of its samples.
    pub median: f64,
    /// What the median is not below: of criterion, with 95% confidence.
    pub low: f64,
    /// What it is not above.
    pub high: f64,
}

impl Bar {
    /// The median of a few, with the least and the greatest of them.
    pub fn of(name: &str, mut all: Vec<f64>) -> Bar {
        all.sort_by(f64::total_cmp);
        let (low, high) = (all.first().copied(), all.last().copied());
        Bar {
            name: name.to_owned(),
            median: all.get(all.len() / 2).copied().unwrap_or_default(),
            low: low.unwrap_or_default(),
            high: high.unwrap_or_default(),
        }
    }
}

/// What the numbers count.
#[derive(Clone, Copy)]
pub enum Unit {
    /// Time.
    Nanoseconds,
    /// Memory.
    Bytes,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Unit::Nanoseconds => "ns",
            Unit::Bytes => "bytes",
        }
    }

    /// The number as people say it: three digits and a unit.
    fn said(self, value: f64) -> String {
        let (step, names) = match self {
            Unit::Nanoseconds => (1000.0, ["ns", "µs", "ms", "s"]),
            Unit::Bytes => (1024.0, ["B", "KiB", "MiB", "GiB"]),
        };
        let mut value = value;
        let mut names = names.into_iter().peekable();
        while value >= step && names.len() > 1 {
            value /= step;
            names.next();
        }
        let digits = if value < 10.0 {
            2
        } else if value < 100.0 {
            1
        } else {
            0
        };
        format!("{value:.digits$} {}", names.next().unwrap_or_default())
    }
}

/// Writes the picture of a group and adds its lines to the table.
pub fn write(dir: &Path, group: &str, unit: Unit, bars: &[Bar], table: &mut String) -> Result<()> {
    const ROW: usize = 24;
    const LEFT: f64 = 140.0;
    const WIDTH: f64 = 180.0;
    let longest = bars.iter().map(|bar| bar.median).fold(f64::MIN_POSITIVE, f64::max);
    let height = bars.len() * ROW + 8;
    let mut rows = String::new();
    let mut said = Vec::new();
    for (row, Bar { name, median, low, high }) in bars.iter().enumerate() {
        let (y, width) = (row * ROW + 6, (median / longest * WIDTH).max(1.0));
        // Where most samples saw nothing, all that is known is a bound.
        let text = match *median > 0.0 {
            true => unit.said(*median),
            false => format!("&lt; {}", unit.said(high.max(1.0))),
        };
        write!(
            rows,
            "<text class=\"mono\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>\
             <rect class=\"ns used\" x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"18\" rx=\"3\"/>\
             <text class=\"mono\" x=\"{:.1}\" y=\"{}\">{text}</text>",
            LEFT - 6.0,
            y + 14,
            LEFT + width + 6.0,
            y + 14,
        )?;
        said.push(format!("{name}: {text}"));
        writeln!(table, "{group},\"{name}\",{},{median:.0},{low:.0},{high:.0}", unit.name())?;
    }
    let text = format!(
        "<svg class=\"picture\" viewBox=\"0 0 420 {height}\" role=\"img\" \
         aria-labelledby=\"cost-{group}-title\" xmlns=\"http://www.w3.org/2000/svg\">\n\
         <title id=\"cost-{group}-title\">{}</title>\n{rows}\n</svg>\n",
        said.join(", ")
    );
    fs::write(dir.join(format!("{group}.svg")), text)?;
    Ok(())
}
