//! Checks the links of the book: internal links have a target, and `external-links.txt`
//! lists all external ones.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod markdown;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use book_tests::{LANGUAGES, Page, address_of_man_page, book, man_pages, pages, read};
use markdown::{events, none, place};
use pulldown_cmark::{Event, Tag};
use regex::Regex;

/// Hosts that pages often load fonts and scripts from.
const CDNS: [&str; 9] = [
    "//cdn.",
    "bootstrapcdn",
    "cdnjs",
    "cloudfront.net",
    "fonts.googleapis",
    "gstatic",
    "jsdelivr",
    "skypack",
    "unpkg",
];

static HTML_LINK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\b(?:href|src|action|poster)\s*=\s*["']?([^"'\s>]+)"#)
        .expect("a regular expression")
});

/// The targets of a page's links and images, in Markdown and in HTML.
fn targets(text: &str) -> Vec<(usize, String)> {
    let mut targets = Vec::new();
    for (line, event) in events(text) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                targets.push((line, dest_url.to_string()));
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                targets.extend(HTML_LINK.captures_iter(&html).map(|it| (line, it[1].to_owned())));
            }
            _ => {}
        }
    }
    targets
}

fn external(target: &str) -> bool {
    target.starts_with("http://") || target.starts_with("https://")
}

/// The ids of a page, which links can have as a fragment.
fn ids(text: &str) -> BTreeSet<String> {
    static HTML_ID: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"\bid\s*=\s*["']([^"']+)"#).expect("a regular expression"));
    let mut ids = BTreeSet::new();
    for (_, event) in events(text) {
        match event {
            Event::Start(Tag::Heading { id: Some(id), .. }) => drop(ids.insert(id.to_string())),
            Event::Html(html) | Event::InlineHtml(html) => {
                ids.extend(HTML_ID.captures_iter(&html).map(|it| it[1].to_owned()));
            }
            _ => {}
        }
    }
    ids
}

/// Returns an error if an internal link, to a page or to a file of the project, has no target.
fn check(
    page: &Page,
    target: &str,
    ids: &BTreeMap<PathBuf, BTreeSet<String>>,
) -> Result<(), String> {
    let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
    if path.is_empty() && fragment.is_empty() {
        return Err("an empty link".to_owned());
    }
    if path.starts_with('/') || path.contains(':') {
        return Err("a link must be a web address or a relative path".to_owned());
    }
    let dir = page.path.parent().expect("a folder");
    let file = if path.is_empty() { page.path.clone() } else { dir.join(path) };
    if !file.exists() {
        return Err("no such file".to_owned());
    }
    match ids.get(&file.canonicalize().expect("a path")) {
        Some(ids) if !fragment.is_empty() && !ids.contains(fragment) => {
            Err(format!("that page has no #{fragment}"))
        }
        None if path.ends_with(".md") => Err("that page is not in SUMMARY.md".to_owned()),
        _ => Ok(()),
    }
}

#[test]
fn every_internal_link_has_a_target() {
    let mut wrong = Vec::new();
    for language in LANGUAGES {
        let pages = pages(language);
        let ids =
            pages.iter().map(|page| (page.path.canonicalize().expect("a path"), ids(&page.text)));
        let ids = ids.collect();
        for page in &pages {
            for (line, target) in targets(&page.text) {
                if !external(&target) {
                    let error = check(page, &target, &ids).err();
                    wrong.extend(
                        error.map(|error| format!("{}: {target}: {error}", place(page, line))),
                    );
                }
            }
        }
    }
    none(wrong);
}

#[test]
fn every_footnote_has_a_text() {
    let mut wrong = Vec::new();
    for page in LANGUAGES.into_iter().flat_map(pages) {
        wrong.extend(
            dangling(&page.text)
                .into_iter()
                .map(|(line, text)| format!("{}: {text}", place(&page, line))),
        );
    }
    none(wrong);
}

/// References to missing footnotes, which mdBook prints literally.
fn dangling(text: &str) -> Vec<(usize, String)> {
    let mut code = false;
    // pulldown-cmark reports the bracket as a separate piece of text.
    let mut dangling = Vec::new();
    let mut last = String::new();
    for (line, event) in events(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => code = true,
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => code = false,
            Event::Text(part) if !code => {
                if last.ends_with('[') && part.starts_with('^') {
                    dangling.push((line, format!("[{part}] is missing")));
                }
                last = part.to_string();
                continue;
            }
            _ => {}
        }
        last.clear();
    }
    dangling
}

#[test]
fn every_external_link_is_listed_and_every_listed_one_is_used() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("external-links.txt");
    let text = fs::read_to_string(&list).unwrap_or_default();
    let listed: Vec<_> = text.lines().collect();
    let mut used = BTreeMap::new();
    for page in LANGUAGES.into_iter().flat_map(pages) {
        for (line, target) in targets(&page.text) {
            if external(&target) {
                used.entry(target).or_insert_with(|| place(&page, line));
            }
        }
    }
    // The links that maintain/ci/finish-pages.mjs makes of their names.
    for (name, _) in LANGUAGES.into_iter().flat_map(man_pages) {
        let address = address_of_man_page(&name).expect("the name of a manual page");
        used.entry(address).or_insert_with(|| format!("man-pages.md: {name}"));
    }
    if std::env::var_os("UPDATE").is_some() {
        let lines: String = used.keys().map(|target| format!("{target}\n")).collect();
        return fs::write(list, lines).expect("the list is writable");
    }
    let mut wrong: Vec<_> = used
        .iter()
        .filter(|(target, _)| !listed.contains(&target.as_str()))
        .map(|(target, place)| format!("{place}: {target} is missing in external-links.txt"))
        .collect();
    let unused = listed.iter().filter(|target| !used.contains_key(**target));
    wrong.extend(unused.map(|target| format!("external-links.txt: {target} is on no page")));
    if !listed.is_sorted() {
        wrong.push("external-links.txt: the lines must be sorted".to_owned());
    }
    if !wrong.is_empty() {
        wrong.push("UPDATE=1 cargo test -p book-tests --test links writes the list".to_owned());
    }
    none(wrong);
}

#[test]
fn nothing_is_loaded_from_the_network() {
    let mut files: Vec<_> =
        ["theme", "img"].iter().flat_map(|dir| files(&book().join(dir))).collect();
    for language in LANGUAGES {
        files.extend(files_of(language));
    }
    let mut wrong = Vec::new();
    for file in files {
        let found = loads(&read(&file)).into_iter();
        wrong.extend(found.map(|what| format!("{}: {what}", file.display())));
    }
    none(wrong);
}

fn files_of(language: &str) -> Vec<PathBuf> {
    let mut files = files(&book().join(language).join("src"));
    files.push(book().join(language).join("book.toml"));
    files
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()) {
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

/// What a text loads from the network: from a CDN, or an image, script, font or style.
fn loads(text: &str) -> Vec<String> {
    static LOADED: LazyLock<Regex> = LazyLock::new(|| {
        let loaded = [
            r#"\bsrc\s*=\s*["']?https?:[^"'\s>]+"#,
            r#"<link\b[^>]*https?:[^"'\s>]+"#,
            r#"url\(\s*["']?https?:[^)]+"#,
            r"@import[^;]*https?:[^;]+",
            r"!\[[^\]]*\]\(https?:[^)]+",
        ];
        Regex::new(&loaded.join("|")).expect("a regular expression")
    });
    let cdns = CDNS.into_iter().filter(|cdn| text.contains(cdn)).map(|cdn| format!("{cdn:?}"));
    cdns.chain(LOADED.find_iter(text).map(|it| it.as_str().to_owned())).collect()
}

#[test]
fn a_link_without_a_target_is_found() {
    let path = book().join("ko/src/isolation.md");
    let text = "# A {#a}\n\n<p id=\"b\">[a](#a)</p>\n".to_owned();
    let ids = BTreeMap::from([(path.canonicalize().expect("a path"), ids(&text))]);
    let page = Page { path, language: "ko", name: "isolation.md".to_owned(), text };
    for good in ["#a", "#b", "isolation.md", "isolation.md#a", "../../../Cargo.toml"] {
        assert_eq!(check(&page, good, &ids), Ok(()), "{good}");
    }
    for bad in ["", "#c", "nowhere.md", "isolation.md#c", "SUMMARY.md", "/etc/passwd", "file:a"] {
        assert!(check(&page, bad, &ids).is_err(), "{bad}");
    }
}

#[test]
fn links_are_found_in_markdown_and_in_html() {
    let text = "[a](b) <https://c> ![d](e)\n\n[f]\n\n<a href='g'>h</a>\n\n`[i](j)`\n\n[f]: k\n";
    let found: Vec<_> = targets(text).into_iter().map(|(_, target)| target).collect();
    assert_eq!(found, ["b", "https://c", "e", "k", "g"]);
    assert_eq!(targets(text)[4].0, 5, "its line");
}

#[test]
fn a_footnote_without_text_is_found() {
    assert_eq!(dangling("a[^1]\n\n[^1]: b\n"), []);
    assert_eq!(dangling("a\n\nb[^2]\n").len(), 1);
    assert_eq!(dangling("```\na[^2]\n```\n"), []);
}

#[test]
fn what_is_loaded_from_the_network_is_found() {
    for bad in [
        "<script src=\"https://example.org/a.js\">",
        "@import url(https://example.org/a.css);",
        "url('https://example.org/a.woff2')",
        "<link rel=\"stylesheet\" href=\"https://example.org/a.css\">",
        "![a](https://example.org/a.png)",
        "https://cdn.example.org/a.js",
    ] {
        assert!(!loads(bad).is_empty(), "{bad}");
    }
    let good = "<a href=\"https://example.org\">a</a> xmlns=\"http://www.w3.org/2000/svg\" url(#a)";
    assert_eq!(loads(good), [""; 0]);
}
