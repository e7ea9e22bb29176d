//! Checks the code that the book includes: whole items, or whole statements of a function.
//!
//! mdBook prints nothing for a missing anchor and the rest of the file for a misspelt
//! `ANCHOR_END`, and it exits with 0 in both cases.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod markdown;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use book_tests::{LANGUAGES, Page, pages, project};
use markdown::{none, place};
use regex::Regex;

static INCLUDE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\{\{ *#(?<how>\w+) +(?<what>[^}]*?) *\}\}").expect("a regular expression")
});

/// The beginning of an item, or of its attributes or documentation.
static ITEM: LazyLock<Regex> = LazyLock::new(|| {
    let beginnings = [
        r"///|//!|#\[",
        r"(pub(\([^)]*\))? +)?(const|static|fn|unsafe|async|extern|struct|enum|union|trait|impl|type|mod|use)\b",
        r"macro_rules!",
    ];
    Regex::new(&format!("^({})", beginnings.join("|"))).expect("a regular expression")
});

/// A `{{#include FILE}}` or `{{#include FILE:ANCHOR}}` of a page.
struct Include {
    place: String,
    language: &'static str,
    file: PathBuf,
    anchor: Option<String>,
}

/// The includes of a page. An error is a directive of mdBook other than these.
fn includes(page: &Page) -> Vec<Result<Include, String>> {
    let mut found = Vec::new();
    for (index, line) in page.text.lines().enumerate() {
        let place = place(page, index + 1);
        for include in INCLUDE.captures_iter(line) {
            let (how, what) = (&include["how"], &include["what"]);
            if !["include", "rustdoc_include"].contains(&how) {
                found.push(Err(format!("{place}: {{{{#{how}}}}} is not allowed here")));
                continue;
            }
            let (file, anchor) = match what.split_once(':') {
                Some((file, anchor)) => (file, Some(anchor.to_owned())),
                None => (what, None),
            };
            let dir = page.path.parent().expect("a folder");
            let (file, language) = (normal(&dir.join(file)), page.language);
            found.push(Ok(Include { place, language, file, anchor }));
            break;
        }
    }
    found
}

/// The path without `..`, so that paths to the same file are equal.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part.as_os_str().to_str() {
            Some("..") => drop(normal.pop()),
            _ => normal.push(part),
        }
    }
    normal
}

/// The name in an `ANCHOR` or `ANCHOR_END` comment.
fn marks<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    let name = line.split_once(&format!("{mark}:"))?.1;
    name.split_whitespace().next()
}

/// The lines between `ANCHOR: name` and `ANCHOR_END: name`.
fn cut<'a>(text: &'a str, name: &str) -> Result<Vec<&'a str>, String> {
    let lines: Vec<_> = text.lines().collect();
    let only = |mark: &str| {
        let has = |line: &&str| marks(line, mark) == Some(name);
        let places: Vec<_> = (0..lines.len()).filter(|&index| has(&lines[index])).collect();
        match places[..] {
            [place] => Ok(place),
            _ => Err(format!("{mark}: {name} occurs {} times", places.len())),
        }
    };
    let (start, end) = (only("ANCHOR")?, only("ANCHOR_END")?);
    if end < start {
        return Err(format!("{name} ends before it begins"));
    }
    let before = lines[..start].iter().rev().find(|line| !line.trim().is_empty());
    if before.is_some_and(|line| line.trim_start().starts_with("///") || line.trim() == "#[") {
        return Err(format!("the anchor {name} leaves out the documentation above it"));
    }
    let inside = lines[start + 1..end].iter().copied();
    Ok(inside
        .filter(|line| marks(line, "ANCHOR").or(marks(line, "ANCHOR_END")).is_none())
        .collect())
}

/// Returns an error unless the lines are whole items, or whole statements in a function.
fn whole(lines: &[&str]) -> Result<(), String> {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return Err("it is empty".to_owned());
    };
    if first.trim().is_empty() || last.trim().is_empty() {
        return Err("it begins or ends with an empty line".to_owned());
    }
    let indent = |line: &str| line.len() - line.trim_start().len();
    let goes_on = |line: &str| line.starts_with(['.', '?', ')', ']', '}', '+', '|', '&']);
    let statement =
        indent(first) > 0 && !goes_on(first.trim()) && !first.trim().starts_with("else");
    if !ITEM.is_match(first.trim_start()) && !statement {
        return Err(format!("no item or statement begins with {:?}", first.trim()));
    }
    // rustfmt indents the last call of a chain: `f()`, and below it `    .hint(…)?;`.
    let chain = indent(last) > indent(first) && last.trim().starts_with('.') && last.ends_with(';');
    let level = indent(first) == indent(last) && (last.ends_with('}') || last.ends_with(';'));
    if !(chain || level) {
        return Err(format!("no item or statement ends with {:?}", last.trim()));
    }
    if let Some(line) = lines.iter().find(|line| !line.is_empty() && indent(line) < indent(first)) {
        return Err(format!("{:?} is outside of it", line.trim()));
    }
    let mut open = Vec::new();
    for bracket in brackets(&lines.join("\n")) {
        match bracket {
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            closing if open.pop() != Some(closing) => {
                return Err(format!("one {closing:?} too many"));
            }
            _ => {}
        }
    }
    match open.pop() {
        Some(missing) => Err(format!("a {missing:?} is missing")),
        None => Ok(()),
    }
}

/// The brackets of Rust code, without those in comments, strings and characters.
fn brackets(code: &str) -> Vec<char> {
    static SKIPPED: LazyLock<Regex> = LazyLock::new(|| {
        let skipped = [r"//.*", r#"b?"(?:\\[\s\S]|[^"\\])*""#, r"b?'(?:\\.[^']*|[^'\\])'"];
        Regex::new(&skipped.join("|")).expect("a regular expression")
    });
    SKIPPED.replace_all(code, "").chars().filter(|it| "()[]{}".contains(*it)).collect()
}

/// Returns an error if mdBook would include nothing, or only a part of an item.
fn check(include: &Include) -> Result<(), String> {
    if !include.file.starts_with(project()) {
        return Err(format!("{} is outside of the project", include.file.display()));
    }
    let text = fs::read_to_string(&include.file)
        .map_err(|error| format!("{}: {error}", include.file.display()))?;
    match &include.anchor {
        Some(anchor) => whole(&cut(&text, anchor)?).map_err(|error| format!("{anchor}: {error}")),
        None if text.trim().is_empty() => Err(format!("{} is empty", include.file.display())),
        None => Ok(()),
    }
}

/// The source files of the packages at the top of the project.
fn sources() -> Vec<PathBuf> {
    let mut dirs: Vec<_> = entries(&project()).iter().map(|package| package.join("src")).collect();
    let mut sources = Vec::new();
    while let Some(dir) = dirs.pop() {
        for path in entries(&dir) {
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                sources.push(path);
            }
        }
    }
    sources.sort();
    sources
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

#[test]
fn every_include_is_whole_items_or_statements() {
    let mut wrong = Vec::new();
    for include in LANGUAGES.into_iter().flat_map(pages).flat_map(|page| includes(&page)) {
        let checked =
            include.and_then(|it| check(&it).map_err(|error| format!("{}: {error}", it.place)));
        wrong.extend(checked.err());
    }
    none(wrong);
}

#[test]
fn every_anchor_is_shown_in_every_language() {
    let shown: BTreeSet<_> = LANGUAGES
        .into_iter()
        .flat_map(pages)
        .flat_map(|page| includes(&page))
        .flatten()
        .map(|include| (include.language, include.file, include.anchor.unwrap_or_default()))
        .collect();
    let mut wrong = Vec::new();
    for file in sources() {
        let text = fs::read_to_string(&file).expect("a source file");
        for anchor in text.lines().filter_map(|line| marks(line, "ANCHOR")) {
            for language in LANGUAGES {
                if !shown.contains(&(language, file.clone(), anchor.to_owned())) {
                    let file = file.strip_prefix(project()).expect("below the project").display();
                    wrong.push(format!("{file}: {anchor} is not shown in book/{language}"));
                }
            }
        }
    }
    none(wrong);
}

#[test]
fn an_include_that_is_not_whole_is_found() {
    let whole = |text: &str| self::whole(&text.lines().collect::<Vec<_>>());
    let item = "/// Does it.\nfn f() {\n    g('{', \"}\\\"(\\\n(\", b'['); // )\n}";
    assert_eq!(whole(item), Ok(()));
    assert_eq!(whole("    fn f(&'a self) {\n\n    }"), Ok(()));
    assert_eq!(whole("const A: [u8; 2] = [\n    1,\n    2,\n];"), Ok(()));
    assert_eq!(whole("    let a = g()\n        .h()\n        .i()?;"), Ok(()), "a chain");
    assert!(whole("    let a = g()\n        .h()").is_err(), "the chain goes on");
    assert!(whole("    g(\n        h();").is_err(), "not the end of a chain");
    assert!(whole("").is_err());
    assert!(whole("\nfn f() {}").is_err(), "an empty line");
    assert_eq!(whole("    g();\n    if h() {\n        i();\n    }"), Ok(()), "statements");
    assert!(whole("g();\nh();").is_err(), "statements outside of a function");
    assert!(whole("        .g();\n        h();").is_err(), "the end of a statement");
    assert!(whole("fn f() {\n    g();").is_err(), "no end");
    assert!(whole("fn f() {\n    g(;\n}").is_err(), "a bracket");
    assert!(whole("fn f() {\n}\n\n/// For g.").is_err(), "half of the next item");
    assert!(whole("    fn f() {\n    }\n}").is_err(), "the end of the impl around it");
}

#[test]
fn a_wrong_anchor_is_found() {
    let good = "// ANCHOR: a\nfn f() {}\n// ANCHOR_END: a\n";
    assert_eq!(cut(good, "a"), Ok(vec!["fn f() {}"]));
    assert!(cut(good, "b").is_err(), "missing");
    assert!(cut(&good.replace("_END: a", "_END: aa"), "a").is_err(), "not closed");
    assert!(cut(&format!("{good}{good}"), "a").is_err(), "twice");
    assert!(cut("// ANCHOR_END: a\n// ANCHOR: a\n", "a").is_err(), "the wrong way round");
    assert!(cut(&format!("/// Does it.\n{good}"), "a").is_err(), "without its documentation");
}
