//! Each manual page that the book mentions is in the table from which the book takes what it is
//! about, and where it is on the web.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod markdown;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use book_tests::{LANGUAGES, address_of_man_page, man_pages, pages};
use markdown::{events, none, place};
use pulldown_cmark::{Event, Tag, TagEnd};
use regex::Regex;

/// A summary is shown at the pointer, and a row of it has to do.
const LONGEST: usize = 90;

static MENTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^\w/.-])([a-z_][\w.+-]*\([0-9]\))").expect("a regular expression")
});

/// A mention of a manual page: its line, the page's name, and where it links to.
type Mention = (usize, String, Option<String>);

/// The manual pages that a page mentions in its prose, as maintain/ci/finish-pages.mjs finds them.
fn mentions(text: &str) -> Vec<Mention> {
    let mut mentions = Vec::new();
    let (mut skipped, mut link) = (0, None);
    for (line, event) in events(text) {
        match event {
            Event::Start(Tag::CodeBlock(_) | Tag::Heading { .. }) => skipped += 1,
            Event::End(TagEnd::CodeBlock | TagEnd::Heading(_)) => skipped -= 1,
            Event::Start(Tag::Link { dest_url, .. }) => link = Some(dest_url.to_string()),
            Event::End(TagEnd::Link) => link = None,
            Event::Text(text) | Event::Code(text) if skipped == 0 => {
                let found = MENTION.captures_iter(&text);
                mentions.extend(found.map(|it| (line, it[1].to_owned(), link.clone())));
            }
            _ => {}
        }
    }
    mentions
}

/// The names of a language's table.
fn names(language: &str) -> Vec<String> {
    man_pages(language).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn every_manual_page_that_is_mentioned_is_in_the_table() {
    let mut wrong = Vec::new();
    for language in LANGUAGES {
        let table = names(language);
        for page in pages(language) {
            for (line, name, link) in mentions(&page.text) {
                let place = place(&page, line);
                if !table.contains(&name) {
                    wrong.push(format!("{place}: {name} is not in book/{language}/man-pages.md"));
                }
                if link.is_some_and(|link| Some(link) != address_of_man_page(&name)) {
                    wrong.push(format!("{place}: {name} links to something else"));
                }
            }
        }
    }
    none(wrong);
}

#[test]
fn every_manual_page_in_the_table_is_mentioned() {
    let mentioned: BTreeSet<_> = LANGUAGES
        .into_iter()
        .flat_map(pages)
        .flat_map(|page| mentions(&page.text))
        .map(|(_, name, _)| name)
        .collect();
    let unused = LANGUAGES.into_iter().flat_map(names).filter(|name| !mentioned.contains(name));
    none(unused.map(|name| format!("man-pages.md: {name} is on no page")).collect());
}

#[test]
fn the_tables_have_the_same_pages_in_order_each_with_a_line_of_its_own() {
    let [korean, english] = LANGUAGES.map(names);
    assert_eq!(korean, english);
    let order = |name: &String| name.replace(['(', '_'], " ");
    assert!(korean.is_sorted_by_key(order), "{korean:?}");
    for language in LANGUAGES {
        let table = man_pages(language);
        let summaries: BTreeSet<_> = table.iter().map(|(_, summary)| summary).collect();
        assert_eq!(summaries.len(), table.len(), "{language}: a summary stands there twice");
        for (name, summary) in &table {
            assert!(address_of_man_page(name).is_some(), "{language}: {name}");
            let length = summary.chars().count();
            assert!((8..=LONGEST).contains(&length), "{language}: {name}: {length} characters");
        }
    }
}

#[test]
fn a_mention_is_found_in_prose_and_nowhere_else() {
    let text = "# `clone(2)`\n\nSee setns(2), `lsns(8)`가, [pipe(7)](https://a). f(x) a/b(2) g(12)\n\n```\nfork(2)\n```\n";
    let found = mentions(text);
    let names: Vec<_> = found.iter().map(|(_, name, _)| name.as_str()).collect();
    assert_eq!(names, ["setns(2)", "lsns(8)", "pipe(7)"]);
    assert_eq!(found[0].0, 3, "its line");
    assert_eq!(found[2].2.as_deref(), Some("https://a"));
}

#[test]
fn a_name_that_is_none_has_no_address() {
    let clone = "https://man7.org/linux/man-pages/man2/clone.2.html";
    assert_eq!(address_of_man_page("clone(2)").as_deref(), Some(clone));
    for bad in ["clone", "clone()", "clone(2", "clone(x)", "clone(22)"] {
        assert_eq!(address_of_man_page(bad), None, "{bad}");
    }
}
