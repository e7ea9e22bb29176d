//! mdBook says nothing when an include finds nothing. So this asks whether each
//! one finds a whole item, and whether each item that is marked for the book is
//! in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use book::{LANGUAGES, Page, book, pages, read};
use regex::Regex;

/// What `{{#include file:anchor}}` asks for.
struct Include {
    place: String,
    file: PathBuf,
    anchor: Option<String>,
}

fn includes(page: &Page) -> Vec<Include> {
    let pattern = Regex::new(r"\{\{#\w+ ([^:}]+)(?::([^}]+))?\}\}").expect("a pattern");
    let folder = page.path.parent().expect("a folder");
    pattern
        .captures_iter(&page.text)
        .map(|found| Include {
            place: format!("{}: {}", page.path.display(), &found[0]),
            file: folder.join(&found[1]).canonicalize().unwrap_or_else(|_| panic!("{}", &found[0])),
            anchor: found.get(2).map(|anchor| anchor.as_str().to_owned()),
        })
        .collect()
}

/// The text between an anchor's marks, each of which must stand there once.
fn anchored<'a>(text: &'a str, anchor: &str, place: &str) -> &'a str {
    let mark = |word: &str| {
        let pattern = Regex::new(&format!(r"(?m)^ *// {word}: {anchor}$")).expect("a pattern");
        let found: Vec<_> = pattern.find_iter(text).collect();
        assert_eq!(found.len(), 1, "{place}: {word}: {anchor} stands there {} times", found.len());
        found[0].range()
    };
    let (start, end) = (mark("ANCHOR"), mark("ANCHOR_END"));
    assert!(start.end < end.start, "{place}: {anchor} ends before it begins");
    text[start.end..end.start].trim_matches('\n')
}

#[test]
fn every_include_is_a_whole_item_that_begins_with_its_documentation() {
    let mut count = 0;
    for page in LANGUAGES.into_iter().flat_map(pages) {
        for include in includes(&page) {
            let text = read(&include.file);
            let Some(anchor) = &include.anchor else {
                assert!(!text.trim().is_empty(), "{} is empty", include.place);
                continue;
            };
            let item = anchored(&text, anchor, &include.place);
            assert!(item.trim_start().starts_with("/// "), "{}: no doc comment", include.place);
            assert_eq!(item.matches('{').count(), item.matches('}').count(), "{}", include.place);
            let indent = item.len() - item.trim_start().len();
            let last = item.lines().last().expect("a line");
            let closes = [format!("{}}}", " ".repeat(indent)), format!("{}];", " ".repeat(indent))];
            assert!(
                closes.iter().any(|close| close == last),
                "{}: ends in {last:?}",
                include.place
            );
            count += 1;
        }
    }
    assert!(count > 20, "only {count} includes of code were found");
}

#[test]
fn what_is_marked_for_the_book_is_in_it_in_every_language() {
    let mark = Regex::new(r"(?m)^ *// ANCHOR: (\w+)$").expect("a pattern");
    let mut marked = BTreeSet::new();
    for file in sources(book().parent().expect("the project")) {
        for found in mark.captures_iter(&read(&file)) {
            marked.insert((file.clone(), found[1].to_owned()));
        }
    }
    for language in LANGUAGES {
        let shown = pages(language)
            .iter()
            .flat_map(includes)
            .filter_map(|it| Some((it.file, it.anchor?)))
            .collect::<BTreeSet<_>>();
        let missing: Vec<_> = marked.difference(&shown).collect();
        assert!(missing.is_empty(), "marked, but not in {language}: {missing:#?}");
    }
}

/// The source files of the steps.
fn sources(project: &Path) -> Vec<PathBuf> {
    let mut folders = vec![project.to_owned()];
    let steps = fs::read_dir(project).expect("the project").flatten().map(|entry| entry.path());
    folders.extend(steps.filter(|path| path.join("src/main.rs").exists()).map(|it| it.join("src")));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("a folder").flatten());
    files
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.canonicalize().expect("it is there"))
        .collect()
}
