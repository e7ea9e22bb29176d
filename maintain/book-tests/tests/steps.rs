//! Every step is in all places where somebody looks for it. A new step fails here until it
//! is in each of them; CONTRIBUTING.md names them, too.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod markdown;

use std::path::Path;

use book_tests::{LANGUAGES, book, read};
use markdown::none;
use testkit::steps;

/// The places where a step has to be, and what is there.
fn places(step: &str) -> Vec<(String, String)> {
    let chapter = format!("]({step}.md)");
    let mut places: Vec<_> = LANGUAGES
        .map(|language| (format!("book/{language}/src/SUMMARY.md"), chapter.clone()))
        .into();
    let row = format!("| [`{step}`]({step}/src/main.rs) |");
    places.extend(["README.md", "README.ko.md"].map(|file| (file.to_owned(), row.clone())));
    places.push(("book/landing/words.mjs".to_owned(), format!("'{step}':")));
    let quoted = format!("\"{step}");
    for file in [
        "step00-doctor/src/main.rs",
        "maintain/system-tests/tests/obstacles.rs",
        "maintain/system-tests/tests/random_signals.rs",
    ] {
        places.push((file.to_owned(), quoted.clone()));
    }
    places
}

#[test]
fn every_step_is_in_every_place_where_somebody_looks_for_it() {
    let project = book().join("..");
    // The doctor is no lesson.
    let lessons: Vec<_> = steps().iter().filter(|step| *step != "step00-doctor").collect();
    assert!(lessons.len() >= 6, "{lessons:?}");
    let mut missing = Vec::new();
    for step in lessons {
        for (file, text) in places(step) {
            if !read(&project.join(&file)).contains(&text) {
                missing.push(format!("{step}: {file} does not contain {text}"));
            }
        }
    }
    none(missing);
}

#[test]
fn a_place_that_lacks_a_step_is_found() {
    let readme = read(&book().join(Path::new("../README.md")));
    let row = places("step99-none").into_iter().find(|(file, _)| file == "README.md").unwrap().1;
    assert!(!readme.contains(&row));
}
