//! Bar charts as SVG for the book, which styles them with the colours of the page.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::Result;

/// One measurement.
pub struct Bar {
    /// What was measured.
    pub name: String,
    /// The median of its samples.
    pub median: f64,
    /// The lower bound: from criterion that of the 95% confidence interval.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

impl Bar {
    /// The median of a few samples, with the smallest and the largest as bounds.
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

/// The unit of the numbers.
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

    /// The number for people: three digits and a unit.
    fn format(self, value: f64) -> String {
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
    let mut description = Vec::new();
    for (row, Bar { name, median, low, high }) in bars.iter().enumerate() {
        let (y, width) = (row * ROW + 6, (median / longest * WIDTH).max(1.0));
        // If most samples are 0, only the bound is known.
        let text = match *median > 0.0 {
            true => unit.format(*median),
            false => format!("&lt; {}", unit.format(high.max(1.0))),
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
        description.push(format!("{name}: {text}"));
        writeln!(table, "{group},\"{name}\",{},{median:.0},{low:.0},{high:.0}", unit.name())?;
    }
    let text = format!(
        "<svg class=\"picture\" viewBox=\"0 0 420 {height}\" role=\"img\" \
         aria-labelledby=\"cost-{group}-title\" xmlns=\"http://www.w3.org/2000/svg\">\n\
         <title id=\"cost-{group}-title\">{}</title>\n{rows}\n</svg>\n",
        description.join(", ")
    );
    fs::write(dir.join(format!("{group}.svg")), text)?;
    Ok(())
}
