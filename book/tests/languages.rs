//! Both languages say the same: page by page the same headings, code, terminal
//! sessions, notes, pictures, tables and links, in the same order.

use std::collections::BTreeSet;
use std::process::Command;

use book::{LANGUAGES, Page, book, pages, read};
use regex::Regex;

/// Everything in a page that does not depend on its language, in order.
fn structure(page: &Page) -> Vec<String> {
    let pattern = Regex::new(concat!(
        r"(?m)^(?<heading>#+) .*\{#(?<id>[\w-]+)\}$|",
        r"^(?<fence>```.*)$|",
        r"^> \[!(?<note>\w+)\]|",
        r"^(?<row>\|.*\|)$|",
        r"(?<include>\{\{#[^}]+\}\})|",
        r"(?<html></?(?:details|summary)>)|",
        r"\]\((?<link>[^)]+)\)|",
        r"^(?<term>: )|",
        r"^(?<item>- )",
    ))
    .expect("a pattern");
    pattern
        .captures_iter(&page.text)
        .map(|found| {
            let part = |name| found.name(name).map(|part| part.as_str().to_owned());
            let heading = part("heading").map(|it| format!("{it} {}", &found["id"]));
            let row = part("row").map(|it| format!("a row of {}", it.matches('|').count() - 1));
            let others = ["fence", "note", "include", "html", "link", "term", "item"];
            heading
                .or(row)
                .or_else(|| others.into_iter().find_map(part))
                .expect("one of the alternatives")
        })
        .collect()
}

#[test]
fn both_books_have_the_same_pages_in_the_same_order() {
    let names = |language| pages(language).into_iter().map(|it| it.name).collect::<Vec<_>>();
    assert_eq!(names(LANGUAGES[0]), names(LANGUAGES[1]));
    for language in LANGUAGES {
        let listed: BTreeSet<_> = names(language).into_iter().collect();
        let src = book().join(language).join("src");
        let there: BTreeSet<_> = std::fs::read_dir(src)
            .expect("src")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
            .filter(|name| name != "SUMMARY.md")
            .collect();
        assert_eq!(listed, there, "in {language}, a page is not in the table of contents");
    }
}

#[test]
fn both_languages_of_a_page_are_built_alike() {
    for (ko, en) in pages("ko").iter().zip(&pages("en")) {
        for (index, (ko_part, en_part)) in structure(ko).iter().zip(&structure(en)).enumerate() {
            assert_eq!(ko_part, en_part, "part {index} of {}", ko.name);
        }
        assert_eq!(structure(ko).len(), structure(en).len(), "{}", ko.name);
        assert!(structure(ko).len() > 5, "{} is empty", ko.name);
    }
}

#[test]
fn both_languages_show_the_same_terminal_sessions() {
    for (ko, en) in pages("ko").iter().zip(&pages("en")) {
        for (ko_block, en_block) in ko.blocks().iter().zip(&en.blocks()) {
            let places = format!("{}: lines {} and {}", ko.name, ko_block.line, en_block.line);
            assert_eq!(ko_block.lines, en_block.lines, "{places}");
        }
    }
}

#[test]
fn every_heading_has_an_id_of_its_own() {
    let heading = Regex::new(r"(?m)^#+ .*$").expect("a pattern");
    let id = Regex::new(r"\{#([\w-]+)\}$").expect("a pattern");
    for page in LANGUAGES.into_iter().flat_map(pages) {
        let mut seen = BTreeSet::new();
        // A `# ` in a terminal session is root's prompt.
        let code = Regex::new(r"(?ms)^```.*?^```$").expect("a pattern");
        for found in heading.find_iter(&code.replace_all(&page.text, "")) {
            let id = id.captures(found.as_str());
            let id = id.unwrap_or_else(|| panic!("{}: no id: {}", page.name, found.as_str()));
            assert!(seen.insert(id[1].to_owned()), "{}: twice: {}", page.name, found.as_str());
        }
    }
}

/// The first line of an English page names the Korean text that it was written
/// after, by the hash that git gives to that file.
#[test]
fn every_english_page_follows_the_korean_page_as_it_is_now() {
    for (ko, en) in pages("ko").iter().zip(&pages("en")) {
        let git = Command::new("git").arg("hash-object").arg(&ko.path).output().expect("git");
        let now = String::from_utf8(git.stdout).expect("a hash").trim().to_owned();
        let file = format!("book/ko/src/{}", ko.name);
        let wanted = format!("<!-- follows {file} at {now} -->");
        let first = read(&en.path).lines().next().unwrap_or_default().to_owned();
        let old = first.trim_end_matches(" -->").rsplit(' ').next().unwrap_or_default().to_owned();
        assert_eq!(
            first, wanted,
            "\nthe Korean page has moved on; look at\n    git diff {old} {file}\n\
             follow it in book/en/src/{}, and then let its first line be the one on the right",
            en.name
        );
    }
}
