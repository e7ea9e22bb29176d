//! Markdown as mdBook reads it, with line numbers.

#![allow(dead_code, reason = "not every test uses all of it")]

use book_tests::Page;
use pulldown_cmark::{Event, Options, Parser};

/// The elements of a page, each with its line number.
pub fn events(text: &str) -> impl Iterator<Item = (usize, Event<'_>)> {
    // The options of mdBook with our book.toml.
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM;
    let (mut line, mut counted) = (1, 0);
    Parser::new_ext(text, options).into_offset_iter().map(move |(event, range)| {
        if let Some(passed) = text.get(counted..range.start) {
            line += passed.matches('\n').count();
            counted = range.start;
        }
        (line, event)
    })
}

/// A place in a page, as `book/ko/src/step03-uts.md:42`.
pub fn place(page: &Page, line: usize) -> String {
    format!("book/{}/src/{}:{line}", page.language, page.name)
}

/// Fails unless the list of errors is empty. Prints each error as a paragraph.
pub fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n\n{}\n", wrong.join("\n\n"));
}
