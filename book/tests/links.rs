//! Every link leads somewhere: inside the book to a page and a heading, outside
//! to an address that is listed in `external-links.txt`.

use std::collections::BTreeSet;

use book::{LANGUAGES, Page, book, pages, read};
use regex::Regex;

/// The targets of a page's links.
fn links(page: &Page) -> Vec<String> {
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("a pattern");
    link.captures_iter(&page.text).map(|found| found[1].to_owned()).collect()
}

#[test]
fn every_link_inside_the_book_leads_to_a_page_and_a_heading() {
    let mut count = 0;
    for language in LANGUAGES {
        let pages = pages(language);
        for page in &pages {
            for link in links(page).iter().filter(|link| !link.contains("://")) {
                let (name, id) = link.split_once('#').unwrap_or((link, ""));
                let name = if name.is_empty() { &page.name } else { name };
                let target = pages.iter().find(|it| it.name == name);
                let target = target.unwrap_or_else(|| panic!("{}: {link}", page.path.display()));
                let heading = format!("{{#{id}}}");
                assert!(id.is_empty() || target.text.contains(&heading), "{}: {link}", page.name);
                count += 1;
            }
        }
    }
    assert!(count > 50, "only {count} links were found");
}

#[test]
fn every_address_outside_is_listed_and_every_one_listed_is_used() {
    let list = read(&book().join("external-links.txt"));
    let listed: Vec<_> = list.lines().collect();
    assert!(listed.is_sorted(), "external-links.txt is not sorted");
    for language in LANGUAGES {
        let used: BTreeSet<_> =
            pages(language).iter().flat_map(links).filter(|link| link.contains("://")).collect();
        assert_eq!(used.iter().collect::<Vec<_>>(), listed, "{language}");
        assert!(used.iter().all(|link| link.starts_with("https://")), "{language}");
    }
}

#[test]
fn the_readers_browser_is_asked_to_load_nothing_from_elsewhere() {
    let source = Regex::new(r#"(?:src|url\()\s*=?\s*["']?https?:"#).expect("a pattern");
    for file in ["theme/pages.css", "theme/pages.js", "start/index.html"] {
        assert!(!source.is_match(&read(&book().join(file))), "{file}");
    }
    for page in LANGUAGES.into_iter().flat_map(pages) {
        assert!(!source.is_match(&page.text), "{}", page.path.display());
    }
}
