//! Checks that the languages agree: all but the prose is the same in both.
//!
//! The first line of an English page names the version of the Korean page that it follows.
//! When the Korean page has changed, the test shows the `git diff` to translate. Then
//! `TRANSLATED=step03-uts.md cargo test -p book-tests --test languages` updates that line.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod markdown;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::sync::LazyLock;

use book_tests::{LANGUAGES, Page, book, pages, project};
use markdown::{events, none, place};
use pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};
use regex::Regex;
use testkit::{installed, skip};

/// The language of the originals.
const LEADS: &str = LANGUAGES[0];

/// The language of the translations.
const FOLLOWS: &str = LANGUAGES[1];

static HTML: LazyLock<Regex> = LazyLock::new(|| {
    // Of a <div> all attributes count: what a prediction's conditions are, and which it is.
    Regex::new(r#"</?(?:details|summary)\b|<div\b(?:"[^"]*"|[^">])*>|</div>|\{\{[^}]*\}\}"#)
        .expect("a regular expression")
});

/// An element that every language must have, and its line.
#[derive(Debug)]
struct Element {
    line: usize,
    what: String,
}

/// The structure of a page, in order. Links and footnotes are sorted at the end of their
/// section, because the order of words differs between languages.
fn structure(text: &str) -> Vec<Element> {
    let mut structure = Vec::new();
    let mut inline = Vec::new();
    let (mut code, mut rows) = (None, None);
    for (line, event) in events(text) {
        let mut element = |what: String| structure.push(Element { line, what });
        match event {
            Event::Start(Tag::Heading { level, id, .. }) => {
                inline.sort_by(|a: &Element, b| a.what.cmp(&b.what));
                structure.append(&mut inline);
                let id = id.as_deref().unwrap_or_default();
                structure.push(Element { line, what: format!("{level} #{id}") });
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let info = match kind {
                    CodeBlockKind::Fenced(info) => info.to_string(),
                    CodeBlockKind::Indented => "(indented)".to_owned(),
                };
                code = Some((info, String::new()));
            }
            Event::Text(part) if code.is_some() => {
                code.as_mut().expect("a block").1.push_str(&part);
            }
            Event::End(TagEnd::CodeBlock) => {
                let (info, body) = code.take().expect("a block");
                // A comment in other code may be translated.
                let same = info.starts_with("console") || body.contains("{{#");
                element(format!("```{info}\n{}", if same { &body } else { "…" }));
            }
            Event::Start(Tag::BlockQuote(kind)) => element(format!("quotation {kind:?}")),
            Event::Start(Tag::Table(columns)) => rows = Some((columns.len(), 0)),
            Event::Start(Tag::TableRow) => rows.as_mut().expect("a table").1 += 1,
            Event::End(TagEnd::Table) => {
                let (columns, rows) = rows.take().expect("a table");
                element(format!("table, {columns} columns, {rows} rows"));
            }
            Event::Start(Tag::DefinitionList) => element("definition list".to_owned()),
            Event::Start(Tag::DefinitionListTitle) => element("term".to_owned()),
            Event::Start(Tag::List(first)) => element(format!("list {first:?}")),
            Event::Start(Tag::Image { dest_url, .. }) => {
                element(format!("image {}", without_language(&dest_url)));
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                inline
                    .push(Element { line, what: format!("link {}", without_language(&dest_url)) });
            }
            Event::FootnoteReference(label) => {
                inline.push(Element { line, what: format!("footnote [^{label}]") });
            }
            Event::Start(Tag::FootnoteDefinition(label)) => element(format!("[^{label}]:")),
            Event::Html(html) | Event::InlineHtml(html) | Event::Text(html) => {
                HTML.find_iter(&html).for_each(|found| element(found.as_str().to_owned()));
            }
            _ => {}
        }
    }
    inline.sort_by(|a, b| a.what.cmp(&b.what));
    structure.append(&mut inline);
    structure
}

/// The target of a link, without the parts that name a language.
fn without_language(target: &str) -> String {
    static PART: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?<before>[/.]|^)(?:ko|en)(?:-kr|-us)?(?<after>[/.])")
            .expect("a regular expression")
    });
    let text = PART.replace_all(target, "${before}LANGUAGE${after}");
    // The English file has no mark: README.md, README.ko.md.
    text.replace(".LANGUAGE.md", ".md").replace("en_us", "LANGUAGE").replace("ko_kr", "LANGUAGE")
}

/// The first place where two pages differ.
fn difference(leads: &Page, follows: &Page) -> Option<String> {
    let (here, there) = (structure(&leads.text), structure(&follows.text));
    let same = here.iter().zip(&there).take_while(|(a, b)| a.what == b.what).count();
    let show = |page: &Page, element: Option<&Element>| match element {
        Some(element) => format!("{}: {}", place(page, element.line), element.what.trim_end()),
        None => format!("{}: (the end)", place(page, page.text.lines().count())),
    };
    let (a, b) = (here.get(same), there.get(same));
    (a.is_some() || b.is_some()).then(|| format!("{}\n{}", show(leads, a), show(follows, b)))
}

#[test]
fn the_languages_have_the_same_pages_in_the_same_order() {
    let names = |language| pages(language).into_iter().map(|page| page.name).collect::<Vec<_>>();
    assert_eq!(names(LEADS), names(FOLLOWS));
    for language in LANGUAGES {
        let files = fs::read_dir(book().join(language).join("src")).expect("src").flatten();
        let files: BTreeSet<_> =
            files.map(|file| file.file_name().into_string().expect("UTF-8")).collect();
        let mut named: BTreeSet<_> = names(language).into_iter().collect();
        named.insert("SUMMARY.md".to_owned());
        assert_eq!(files, named, "book/{language}/src and its SUMMARY.md");
    }
}

#[test]
fn the_languages_have_the_same_structure() {
    let follows = pages(FOLLOWS);
    let differs =
        |page: Page| difference(&page, follows.iter().find(|other| other.name == page.name)?);
    none(pages(LEADS).into_iter().filter_map(differs).collect());
}

#[test]
fn every_heading_has_a_unique_id() {
    let mut wrong = Vec::new();
    for page in LANGUAGES.into_iter().flat_map(pages) {
        let mut ids = BTreeSet::new();
        for (line, event) in events(&page.text) {
            if let Event::Start(Tag::Heading { id, .. }) = event {
                let place = place(&page, line);
                match id {
                    None => wrong.push(format!("{place}: a heading without {{#id}}")),
                    Some(id) if !ids.insert(id.to_string()) => {
                        wrong.push(format!("{place}: #{id} is already used"));
                    }
                    Some(_) => {}
                }
            }
        }
    }
    none(wrong);
}

/// The output of `git` in the project's folder.
fn git(args: &[&str]) -> String {
    let output = Command::new("git").current_dir(project()).args(args).output().expect("git");
    let text = if output.status.success() { output.stdout } else { output.stderr };
    String::from_utf8_lossy(&text).into_owned()
}

/// The hash in the first line of a translation: the version of the original.
fn followed(page: &Page) -> Option<&str> {
    let file = format!("book/{LEADS}/src/{}", page.name);
    let line = page.text.lines().next()?;
    line.strip_prefix(&format!("<!-- follows {file} at "))?.strip_suffix(" -->")
}

#[test]
fn every_translation_follows_the_current_original() {
    if !installed("git") {
        skip!("git is not installed");
    }
    let translated = std::env::var("TRANSLATED").ok();
    let mut wrong = Vec::new();
    for page in pages(FOLLOWS) {
        let file = format!("book/{LEADS}/src/{}", page.name);
        let now = git(&["hash-object", &file]).trim().to_owned();
        let first_line = format!("<!-- follows {file} at {now} -->");
        let followed = followed(&page);
        if followed == Some(&now) {
            continue;
        }
        if translated.as_ref().is_some_and(|name| page.name.contains(name)) {
            let text = followed.and_then(|_| page.text.split_once('\n')).map(|it| it.1);
            let text = format!("{first_line}\n{}", text.unwrap_or(&page.text));
            fs::write(&page.path, text).expect("the page is writable");
            continue;
        }
        let diff = followed
            .map(|hash| format!("\ngit diff {hash} {file}\n{}", git(&["diff", hash, &file])));
        wrong.push(format!(
            "{}: {file} has changed. When the translation follows it: \
             TRANSLATED={} cargo test -p book-tests --test languages{}",
            place(&page, 1),
            page.name,
            diff.unwrap_or_default()
        ));
    }
    none(wrong);
}

#[test]
fn a_different_structure_is_found() {
    let page = "# A {#a}\n\nText with [a](b.md) and [c](d.md#e) and [^1].\n\n```console\n$ a\n1\n```\n\n\
                > [!NOTE]\n> Text.\n\n<div class=\"prediction\" id=\"p\" data-if=\"prints a > b; else\">\n\n\
                Text\n\n1. Text\n2. Text\n\n</div>\n\n<div class=\"answer\" data-for=\"p\">\n\n1. Text\n\n</div>\n\n<details>\n<summary>Text</summary>\n\nText\n\n</details>\n\n\
                | a | b |\n| - | - |\n| c | d |\n\n```rust\n{{#include a.rs:b}}\n```\n\n\
                ![a](b.svg)\n\n[^1]: Text.\n";
    let whats = |text: &str| structure(text).into_iter().map(|it| it.what).collect::<Vec<_>>();
    assert_eq!(whats(page), whats(&page.replace("Text", "글")));
    let reordered = page.replace("[a](b.md) and [c](d.md#e)", "[c](d.md#e) and [a](b.md)");
    assert_eq!(whats(page), whats(&reordered), "a different word order");
    for (from, to) in [
        ("{#a}", "{#b}"),
        ("# A", "## A"),
        ("\n1\n", "\n2\n"),
        ("```console", "```text"),
        ("[!NOTE]", "[!TIP]"),
        ("<summary>Text</summary>", "Text"),
        ("class=\"prediction\"", "class=\"answer\""),
        ("id=\"p\"", "id=\"q\""),
        ("prints a > b; else", "prints a > c; else"),
        ("data-for=\"p\"", "data-for=\"q\""),
        ("\n\n</div>", ""),
        ("| c | d |\n", "| c | d |\n| c | d |\n"),
        ("a.rs:b", "a.rs:c"),
        ("b.svg", "c.svg"),
        ("d.md#e", "d.md#f"),
        (" and [^1]", ""),
    ] {
        assert_ne!(whats(page), whats(&page.replacen(from, to, 1)), "{from} for {to}");
    }
}

#[test]
fn links_to_the_same_page_in_two_languages_are_equal() {
    for (ko, en) in [
        (
            "https://access.redhat.com/documentation/ko-kr/a",
            "https://access.redhat.com/documentation/en-us/a",
        ),
        ("https://ko.wikipedia.org/a", "https://en.wikipedia.org/a"),
        ("../en/a.html", "../ko/a.html"),
        ("README.ko.md", "README.md"),
    ] {
        assert_eq!(without_language(ko), without_language(en));
    }
    assert_ne!(without_language("step01.md"), without_language("step02.md"));
}

/// The test of the transcripts finds blocks by their fences only. It would never run a
/// block in a quotation or with a different fence.
#[test]
fn the_test_of_the_transcripts_sees_every_code_block() {
    let mut wrong = Vec::new();
    for page in LANGUAGES.into_iter().flat_map(pages) {
        let code = |event: &Event| matches!(event, Event::Start(Tag::CodeBlock(_)));
        let shown = events(&page.text).filter(|(_, event)| code(event)).count();
        let seen = page.blocks().len();
        if shown != seen {
            wrong
                .push(format!("{}: it shows {shown} code blocks, the test sees {seen}", page.name));
        }
    }
    none(wrong);
}
