//! The pages of the book, for the tests that check what they say.

use std::fs;
use std::path::{Path, PathBuf};

/// The languages; the first is the one that the others are translated from.
pub const LANGUAGES: [&str; 2] = ["ko", "en"];

/// A page of the book.
pub struct Page {
    /// The path of its file.
    pub path: PathBuf,
    /// Its language: a folder of `book/`.
    pub language: &'static str,
    /// Its file name, the same in all languages.
    pub name: String,
    /// Its Markdown.
    pub text: String,
}

/// The root of the project.
pub fn project() -> PathBuf {
    // Two folders above maintain/book-tests.
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("/")).to_owned()
}

/// The folder `book/`.
pub fn book() -> PathBuf {
    project().join("book")
}

/// The pages of one language, in the order of its table of contents.
pub fn pages(language: &'static str) -> Vec<Page> {
    let src = book().join(language).join("src");
    let summary = read(&src.join("SUMMARY.md"));
    let names = summary
        .lines()
        .filter_map(|line| Some(line.rsplit_once("](")?.1.split_once(')')?.0.to_owned()));
    names
        .map(|name| {
            let path = src.join(&name);
            Page { text: read(&path), path, language, name }
        })
        .collect()
}

/// The manual pages that the book mentions, such as `clone(2)`, with what they are about:
/// `book/LANGUAGE/man-pages.md`, a table that the glossary includes.
pub fn man_pages(language: &str) -> Vec<(String, String)> {
    let table = read(&book().join(language).join("man-pages.md"));
    let rows = table.lines().skip(2).map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [_, name, summary, _] = cells[..] else { panic!("{language}/man-pages.md: {line}") };
        (name.to_owned(), summary.to_owned())
    });
    rows.collect()
}

/// Where a manual page is on the web; `None` if the name is none of a manual page.
pub fn address_of_man_page(name: &str) -> Option<String> {
    let (name, section) = name.strip_suffix(')')?.split_once('(')?;
    let is_section = section.len() == 1 && section.chars().all(|it| it.is_ascii_digit());
    is_section
        .then(|| format!("https://man7.org/linux/man-pages/man{section}/{name}.{section}.html"))
}

/// The text of a file; panics with its name if it cannot be read.
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A fenced code block.
pub struct Block {
    /// The number of its opening fence's line, counted from 1.
    pub line: usize,
    /// The words after the opening fence: `console`, `terminal2` …
    pub words: Vec<String>,
    /// The lines between the fences.
    pub lines: Vec<String>,
}

impl Page {
    /// The fenced code blocks of the page.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (number, line) in self.text.lines().enumerate() {
            match (line.strip_prefix("```"), &mut open) {
                (Some(words), None) => {
                    let words = words.split(',').map(str::to_owned).collect();
                    open = Some(Block { line: number + 1, words, lines: Vec::new() });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (None, Some(block)) => block.lines.push(line.to_owned()),
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a code block is never closed", self.path.display());
        blocks
    }
}
