//! The charts of the chapter on costs, drawn by plotters from the table `cost.csv`.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

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

    /// The largest unit of which `value` has at least one, and how much of ours that is.
    fn of(self, value: f64) -> (&'static str, f64) {
        let units = match self {
            Unit::Nanoseconds => [("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1.0)],
            Unit::Bytes => [
                ("GiB", f64::from(1 << 30)),
                ("MiB", f64::from(1 << 20)),
                ("KiB", 1024.0),
                ("B", 1.0),
            ],
        };
        units.into_iter().find(|(_, size)| value >= *size).unwrap_or(units[3])
    }

    /// The number for people: three digits and a unit.
    fn format(self, value: f64) -> String {
        let (name, size) = self.of(value);
        let value = value / size;
        let digits = match value {
            _ if size == 1.0 => 0,
            _ if value < 10.0 => 2,
            _ if value < 100.0 => 1,
            _ => 0,
        };
        format!("{value:.digits$} {name}")
    }
}

/// What a chart shows: the unit of its table, where its axis ends, how many labels that has,
/// and what the axis is called in English and in Korean.
struct Chart {
    group: &'static str,
    /// What a table calls it.
    title: [&'static str; 2],
    end: f64,
    ticks: usize,
    axis: [&'static str; 2],
    /// Which bars have the second color.
    second: fn(&str) -> bool,
}

/// Those that measure the birth of a child have the same axis, so they can be compared.
const CHARTS: [Chart; 8] = [
    Chart {
        group: "birth",
        title: ["birth", "태어나기"],
        end: 1e6,
        ticks: 5,
        axis: CHILD,
        second: |_| false,
    },
    Chart {
        group: "ways",
        title: ["three ways", "세 가지 방법"],
        end: 1e6,
        ticks: 5,
        axis: CHILD,
        second: |_| false,
    },
    Chart {
        group: "alive",
        title: ["many alive", "많을 때"],
        end: 1e6,
        ticks: 5,
        axis: CHILD,
        second: |name| name.starts_with("net"),
    },
    Chart {
        group: "setns",
        title: ["setns", "setns"],
        end: 2e3,
        ticks: 4,
        axis: ["µs for two calls, another scale", "호출 두 번, µs, 다른 눈금"],
        second: |_| false,
    },
    Chart {
        group: "cgroup",
        title: ["cgroup", "cgroup"],
        end: 1e6,
        ticks: 5,
        axis: ["µs each time", "한 번, µs"],
        second: |name| name.starts_with("mkdir"),
    },
    Chart {
        group: "work",
        title: ["inside", "안에서 살기"],
        end: 2e3,
        ticks: 4,
        axis: ["µs each time, another scale", "한 번, µs, 다른 눈금"],
        second: |name| name.ends_with("inside"),
    },
    Chart {
        group: "memory",
        title: ["memory", "메모리"],
        end: 250.0 * 1024.0,
        ticks: 5,
        axis: ["KiB for one namespace", "namespace 하나, KiB"],
        second: |_| false,
    },
    Chart {
        group: "end",
        title: ["end", "끝"],
        end: 200e6,
        ticks: 4,
        axis: ["ms", "ms"],
        second: |name| name.starts_with("all"),
    },
];
const CHILD: [&str; 2] = ["µs for one child", "자식 하나, µs"];

/// The Korean for names in the table; what a program is called, it is called in Korean, too.
fn in_korean(name: &str) -> Option<String> {
    let words = [
        ("none", "없음"),
        ("all eight", "여덟 개 모두"),
        (" alive", "개 있을 때"),
        ("fork, unshare", "fork 후 unshare"),
        ("clone3, move", "clone3 후 이동"),
        ("clone3 into", "clone3로 바로"),
        ("mkdir, rmdir", "mkdir와 rmdir"),
        (" outside", ", 밖"),
        (" inside", ", 안"),
        ("first of ", "첫째, 전체 "),
        ("all ", "전부, 전체 "),
    ];
    let (from, to) = words.iter().find(|(from, _)| name.contains(from))?;
    Some(name.replace(from, to))
}

/// The head of the table.
const COLUMNS: &str = "group,what,unit,median,low,high";

/// The lines of a group in the table.
pub fn table(group: &str, unit: Unit, bars: &[Bar]) -> String {
    bars.iter().fold(String::new(), |mut lines, Bar { name, median, low, high }| {
        let _ =
            writeln!(lines, "{group},\"{name}\",{},{median:.0},{low:.0},{high:.0}", unit.name());
        lines
    })
}

/// Writes the table of all groups, and from it the charts: for the book's pages, which have
/// a style for them, or to be looked at by themselves.
pub fn write(dir: &Path, groups: &str, for_book: bool) -> Result<()> {
    let table = format!("{COLUMNS}\n{groups}");
    fs::write(dir.join("cost.csv"), &table)?;
    for (name, content) in files(&table)? {
        let alone = !for_book && name.ends_with(".svg");
        let content = if alone { content.replacen('\n', STYLE, 1) } else { content };
        fs::write(dir.join(name), content)?;
    }
    Ok(())
}

const STYLE: &str = "
<style>
  svg { --first: #0a5ea8; --second: #9a4a00; --grid: #ccc; font: 13px sans-serif; background: white }
  rect { fill-opacity: 0.5 }
  [lang=ko] { display: none }
</style>
";

/// The files that are made from a table, a chart for each group and the rows of a table in
/// Markdown, all in both languages: their names and contents.
///
/// # Errors
///
/// A line of the table is not one of [`table`], or there is a group without a chart.
pub fn files(table: &str) -> Result<Vec<(String, String)>> {
    let mut lines = table.lines();
    ensure!(lines.next() == Some(COLUMNS), "the table begins with {COLUMNS}");
    let mut groups: Vec<(&Chart, Unit, Vec<Bar>)> = Vec::new();
    for line in lines {
        let (group, unit, bar) = parse(line).with_context(|| line.to_owned())?;
        match groups.last_mut() {
            Some((chart, _, bars)) if chart.group == group => bars.push(bar),
            _ => {
                let chart = CHARTS.iter().find(|chart| chart.group == group);
                groups.push((
                    chart.with_context(|| format!("a chart for {group}"))?,
                    unit,
                    vec![bar],
                ));
            }
        }
    }
    let mut files = Vec::new();
    let mut rows = String::new();
    for (chart, unit, bars) in groups {
        files.push((format!("{}.svg", chart.group), chart.svg(unit, &bars)?));
        rows += &chart.rows(unit, &bars);
    }
    files.push(("figures.md".to_owned(), rows));
    Ok(files)
}

fn parse(line: &str) -> Option<(&str, Unit, Bar)> {
    let (group, rest) = line.split_once(",\"")?;
    let (name, rest) = rest.split_once("\",")?;
    let [unit, median, low, high] = rest.split(',').collect::<Vec<_>>().try_into().ok()?;
    let unit = [Unit::Nanoseconds, Unit::Bytes].into_iter().find(|it| it.name() == unit)?;
    let [median, low, high] = [median, low, high].map(|number| number.parse().ok());
    Some((group, unit, Bar { name: name.to_owned(), median: median?, low: low?, high: high? }))
}

/// A median; where most samples are 0, only the bound is known.
fn shown(unit: Unit, bar: &Bar) -> String {
    if bar.median > 0.0 {
        unit.format(bar.median)
    } else {
        format!("< {}", unit.format(bar.high.max(1.0)))
    }
}

/// The width of all charts, and of what stands at both sides of the bars.
const WIDTH: i32 = 400;
const NAMES: i32 = 132;
const FIGURES: i32 = 66;
/// The height of a bar with the space around it, and of the axis with its name.
const ROW: i32 = 26;
const AXIS: i32 = 44;

// Stand for the colors of the page, which `for_page` puts in.
const TEXT: RGBColor = RGBColor(1, 1, 1);
const GRID: RGBColor = RGBColor(2, 2, 2);
const FIRST: RGBColor = RGBColor(3, 3, 3);
const SECOND: RGBColor = RGBColor(4, 4, 4);

impl Chart {
    /// The figures as rows of a table in Markdown, with a link to the part of the page that
    /// has the chart: name, median, lower and upper bound.
    fn rows(&self, unit: Unit, bars: &[Bar]) -> String {
        let words = |english: &str, korean: &str| {
            let word = |lang, text| format!("<span class=\"words\" lang=\"{lang}\">{text}</span>");
            word("en", english) + &word("ko", korean)
        };
        let mut rows = String::new();
        for bar in bars {
            let group = format!("[{}](#{})", words(self.title[0], self.title[1]), self.group);
            let name = in_korean(&bar.name)
                .map_or_else(|| bar.name.clone(), |korean| words(&bar.name, &korean));
            let [low, high] = [bar.low, bar.high].map(|bound| unit.format(bound));
            let median = shown(unit, bar).replace('<', "&lt;");
            let _ = writeln!(rows, "| {group} | {name} | {median} | {low} | {high} |");
        }
        rows
    }

    fn svg(&self, unit: Unit, bars: &[Bar]) -> Result<String> {
        let height = ROW * bars.len() as i32 + AXIS;
        let mut svg = String::new();
        let area =
            SVGBackend::with_string(&mut svg, (WIDTH as u32, height as u32)).into_drawing_area();
        self.draw(&area, unit, bars)?;
        area.present()?;
        drop(area);
        Ok(self.for_page(&svg, height, unit, bars))
    }

    fn draw(
        &self,
        area: &DrawingArea<SVGBackend<'_>, Shift>,
        unit: Unit,
        bars: &[Bar],
    ) -> Result<()> {
        let far = bars.iter().map(|bar| bar.high).fold(0.0, f64::max);
        ensure!(
            far <= self.end,
            "{} has {far}, beyond the end of its axis, {}",
            self.group,
            self.end
        );
        let size = unit.of(self.end * 0.99).1; // so that 1000 µs are not 1 ms
        // From the top to the bottom.
        let rows = bars.len() as f64..0.0;
        let mut chart = ChartBuilder::on(area)
            .set_label_area_size(LabelAreaPosition::Left, NAMES)
            .set_label_area_size(LabelAreaPosition::Bottom, AXIS)
            .margin_right(FIGURES)
            .build_cartesian_2d(0.0..self.end / size, rows)?;
        let font = |size: i32| ("sans-serif", size).into_font().color(&TEXT);
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .x_labels(self.ticks + 1)
            .y_labels(0)
            .x_label_formatter(&|value| value.to_string())
            .x_label_style(font(13))
            .axis_desc_style(font(14))
            .x_desc(self.axis[0])
            .axis_style(TEXT)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .draw()?;
        for (row, bar) in (0..).zip(bars) {
            let color = if (self.second)(&bar.name) { SECOND } else { FIRST };
            let top = f64::from(row);
            let [low, median, high] = [bar.low, bar.median, bar.high].map(|value| value / size);
            chart.draw_series([Rectangle::new(
                [(0.0, top + 0.2), (median, top + 0.8)],
                color.filled(),
            )])?;
            let middle = top + 0.5;
            let line = |from, to| PathElement::new([from, to], TEXT.stroke_width(2));
            let end = |value| line((value, top + 0.35), (value, top + 0.65));
            chart.draw_series([line((low, middle), (high, middle)), end(low), end(high)])?;
            let center = row * ROW + ROW / 2;
            let at = |side| font(13).pos(Pos::new(side, VPos::Center));
            area.draw_text(&bar.name, &at(HPos::Right), (NAMES - 8, center))?;
            area.draw_text(&shown(unit, bar), &at(HPos::Right), (WIDTH - 4, center))?;
        }
        Ok(())
    }

    /// What plotters has drawn, for the pages of the book: a line for each element, the
    /// colors of the page's theme, in both languages.
    fn for_page(&self, svg: &str, height: i32, unit: Unit, bars: &[Bar]) -> String {
        let id = format!("cost-{}", self.group);
        let figures = |translate: fn(&str) -> Option<String>| {
            let each = bars.iter().map(|bar| {
                let name = translate(&bar.name).unwrap_or_else(|| bar.name.clone());
                format!("{name}: {}", shown(unit, bar).replace('<', "&lt;"))
            });
            each.collect::<Vec<_>>().join("; ")
        };
        let [english_axis, korean_axis] = self.axis;
        let mut out = format!(
            "<svg class=\"picture chart\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
             aria-labelledby=\"{id} {id}-ko {id}-desc {id}-desc-ko\" xmlns=\"http://www.w3.org/2000/svg\">\n\
             <title id=\"{id}\" lang=\"en\">Bars: {english_axis}</title>\n\
             <title id=\"{id}-ko\" lang=\"ko\">막대그래프: {korean_axis}</title>\n\
             <desc id=\"{id}-desc\" lang=\"en\">{}</desc>\n\
             <desc id=\"{id}-desc-ko\" lang=\"ko\">{}</desc>\n",
            figures(|_| None),
            figures(in_korean),
        );
        let colors = [
            ("#010101", "currentColor"),
            ("#020202", "var(--grid)"),
            ("#030303", "var(--first)"),
            ("#040404", "var(--second)"),
        ];
        let themed =
            colors.iter().fold(svg.to_owned(), |svg, (drawn, of_page)| svg.replace(drawn, of_page));
        let mut lines =
            themed.lines().filter(|line| !line.starts_with("<svg") && !line.starts_with("</svg"));
        while let Some(line) = lines.next() {
            if !line.starts_with("<text") {
                let _ = writeln!(out, "{}", line.replace(" opacity=\"1\"", ""));
                continue;
            }
            // The style of the page says which font and how large.
            let (before, size) = line.split_once(" font-family").unwrap_or((line, ""));
            let start = match size.split_once(" fill") {
                Some((_, after)) => format!("{before} fill{}", after.trim_end_matches('>')),
                None => before.to_owned(),
            };
            let text = lines.next().unwrap_or_default();
            lines.next(); // </text>
            let translated =
                if text == english_axis { Some(korean_axis.to_owned()) } else { in_korean(text) };
            let _ = match translated {
                Some(korean) => write!(
                    out,
                    "{start} lang=\"en\">{text}</text>\n{start} lang=\"ko\">{korean}</text>\n"
                ),
                None => writeln!(out, "{start}>{text}</text>"),
            };
        }
        out + "</svg>\n"
    }
}
