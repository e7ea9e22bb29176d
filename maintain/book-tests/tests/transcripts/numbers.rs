//! Compares the output in the book with that of a run.
//!
//! PIDs and inode numbers differ from run to run. Two numbers that are equal in the book
//! must be equal in the run, and two that differ in the book must differ in the run. So a
//! page has a table of pairs, from the book's numbers to the run's and back, that grows
//! line by line.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

/// The parts of a line that differ from run to run.
static VARYING: LazyLock<Regex> = LazyLock::new(|| {
    let parts = [
        r"(?<date>\b[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d\b)",
        r"(?<run>run-\d+-[0-9a-f]+)",
        r"(?<address>\b\d+(?:\.\d+){3}\b)",
        r"(?<amount>\b\d+(?:\.\d+\b| s\b))",
        r"(?<inode>\b4026\d{6}\b)",
        r"(?<group>\b(?:shared|master):\d+\b)",
        r"(?<pid>\b[1-9]\d{2,}\b)",
    ];
    Regex::new(&parts.join("|")).expect("a regular expression")
});

/// Large numbers that are not PIDs: the uids of the learner and of nobody, the number of
/// uids, and a port.
const CONSTANTS: [&str; 4] = ["1000", "65534", "4294967295", "8080"];

/// The pairs of a page.
#[derive(Clone, Default)]
pub struct Pairs {
    to_run: HashMap<String, String>,
    to_book: HashMap<String, String>,
    /// From the book's numbers of namespaces that are gone to the run's, for readers who look
    /// for one all the same.
    gone: HashMap<String, String>,
}

impl Pairs {
    /// Whether a line of the book can be a line of the run; if so, remembers the pairs of
    /// numbers. Where the widths of two numbers differ, the text after them moves, so then
    /// a run of spaces counts as one.
    pub fn matches(&mut self, book: &str, run: &str) -> bool {
        let (book_text, book_parts) = split(book);
        let (run_text, run_parts) = split(run);
        let widths = |parts: &[Part]| parts.iter().map(|(_, part)| part.len()).collect::<Vec<_>>();
        let spaced = |text: &str| match widths(&book_parts) == widths(&run_parts) {
            true => text.trim_end().to_owned(),
            false => text.split_whitespace().collect::<Vec<_>>().join(" "),
        };
        if spaced(&book_text) != spaced(&run_text) {
            return false;
        }
        let mut pairs = self.clone();
        let all = book_parts
            .iter()
            .zip(&run_parts)
            .all(|((_, book), (kind, run))| kind.is_none() || pairs.pair(book, run));
        if all {
            *self = pairs;
        }
        all
    }

    /// Adds a pair; false if one of the two already has a different partner.
    fn pair(&mut self, book: &str, run: &str) -> bool {
        let to_run = self.to_run.entry(book.to_owned()).or_insert_with(|| run.to_owned());
        let to_book = self.to_book.entry(run.to_owned()).or_insert_with(|| book.to_owned());
        to_run == run && to_book == book
    }

    /// Forgets inode numbers that are no longer in use: the kernel reuses them for the next
    /// namespace.
    pub fn forget_inodes(&mut self, in_use: impl Fn(&str) -> bool) {
        let gone = |run: &str| run.starts_with("4026") && !in_use(run);
        let all = std::mem::take(&mut self.to_run);
        let (old, known): (HashMap<_, _>, _) = all.into_iter().partition(|(_, run)| gone(run));
        self.gone.extend(old);
        self.to_run = known;
        self.to_book.retain(|run, _| !gone(run));
    }

    /// A command of the book with the run's numbers.
    pub fn for_run(&self, command: &str) -> String {
        let mut known = self.gone.clone();
        known.extend(self.to_run.clone());
        replace(command, &known)
    }

    /// A line of the run with the book's numbers, where it has them.
    pub fn for_book(&self, line: &str) -> String {
        replace(line, &self.to_book)
    }
}

/// A part of a line, with a mark if it must be paired. Amounts and dates need not be.
type Part<'a> = (Option<&'static str>, &'a str);

/// The line with a mark in place of each varying part, and the parts.
fn split(line: &str) -> (String, Vec<Part<'_>>) {
    let mut parts = Vec::new();
    let is_constant =
        |found: &regex::Captures| found.name("address").is_some() || CONSTANTS.contains(&&found[0]);
    let text = VARYING.replace_all(line, |found: &regex::Captures| {
        let kind = ["date", "run", "address", "amount", "inode", "group", "pid"]
            .into_iter()
            .find(|kind| found.name(kind).is_some())
            .expect("one of them");
        match is_constant(found) {
            true => found[0].to_owned(),
            false => format!("<{kind}>"),
        }
    });
    for found in VARYING.captures_iter(line) {
        let part = found.get(0).expect("the whole").as_str();
        if is_constant(&found) {
            continue;
        }
        let paired = ["run", "inode", "group", "pid"].into_iter().find_map(|it| found.name(it));
        parts.push((paired.map(|_| "paired"), part));
    }
    (text.into_owned(), parts)
}

fn replace(text: &str, pairs: &HashMap<String, String>) -> String {
    VARYING
        .replace_all(text, |found: &regex::Captures| {
            let part = &found[0];
            pairs.get(part).cloned().unwrap_or_else(|| part.to_owned())
        })
        .into_owned()
}

#[test]
fn equal_numbers_in_the_book_must_be_equal_in_the_run() {
    let mut pairs = Pairs::default();
    assert!(pairs.matches("PID is 11120", "PID is 734"));
    assert!(pairs.matches("11120 uts:[4026531838]", "734 uts:[4026531838]"));
    assert!(!pairs.matches("child 11120", "child 735"));
    assert!(!pairs.matches("child 11121", "child 734"));
}

#[test]
fn two_namespaces_in_the_book_must_be_two_in_the_run() {
    let mut pairs = Pairs::default();
    assert!(pairs.matches("uts:[4026531838]", "uts:[4026531838]"));
    assert!(!pairs.matches("uts:[4026532182]", "uts:[4026531838]"));
    assert!(pairs.matches("uts:[4026532182]", "uts:[4026532999]"));
}

#[test]
fn peers_in_the_book_must_be_peers_in_the_run() {
    let mut pairs = Pairs::default();
    assert!(pairs.matches("original  shared:1", "original  shared:27"));
    assert!(pairs.matches("peer      shared:1", "peer      shared:27"));
    assert!(!pairs.matches("peer      shared:1", "peer      shared:28"));
}

#[test]
fn spaces_count_unless_the_width_of_a_number_moves_them() {
    let mut pairs = Pairs::default();
    assert!(!pairs.matches("uts.nodename in child:  helo", "uts.nodename in child: helo"));
    assert!(pairs.matches("11100                new", "734                  new"));
}

#[test]
fn small_numbers_must_be_the_same() {
    let mut pairs = Pairs::default();
    assert!(pairs.matches("PID 1, parent 0", "PID 1, parent 0"));
    assert!(!pairs.matches("PID 1", "PID 2"));
    assert!(!pairs.matches("status 11", "status 12"));
    assert!(!pairs.matches("uid 1000", "uid 65534"));
    assert!(!pairs.matches("uid 1000", "uid 734"));
    assert!(!pairs.matches("10.11.0.1:8080", "10.11.0.1:734"));
}

#[test]
fn an_address_must_be_the_same() {
    let mut pairs = Pairs::default();
    assert!(pairs.matches("10.11.0.1:48608 -> 10.11.0.2", "10.11.0.1:734 -> 10.11.0.2"));
    assert!(!pairs.matches("10.11.0.2:48608", "10.11.0.1:734"));
}

#[test]
fn amounts_and_dates_may_differ() {
    let mut pairs = Pairs::default();
    assert!(pairs.matches("CPU used  0.013 s", "CPU used 12.5 s"));
    assert!(pairs.matches("106951 s, 20551 s", "86412 s, 12 s"));
    assert!(pairs.matches("Jan  4 13:45 x", "Nov 24 03:46 x"));
    assert!(!pairs.matches("0.013 s", "13 s"));
}

#[test]
fn commands_and_lines_are_translated() {
    let mut pairs = Pairs::default();
    assert!(pairs.matches("PID is 11120", "PID is 734"));
    assert_eq!(pairs.for_run("readlink /proc/11120/ns/uts"), "readlink /proc/734/ns/uts");
    assert_eq!(pairs.for_book("734 and 735"), "11120 and 735");
    assert_eq!(pairs.for_run("sleep 1000"), "sleep 1000");
}

#[test]
fn a_namespace_that_is_gone_is_looked_for_by_the_number_that_it_had() {
    let mut pairs = Pairs::default();
    assert!(pairs.matches("uts:[4026532182]", "uts:[4026532177]"));
    pairs.forget_inodes(|_| false);
    assert_eq!(pairs.for_run("grep -c 4026532182"), "grep -c 4026532177");
    // The next namespace with this number in the book is another one.
    assert!(pairs.matches("uts:[4026532182]", "uts:[4026532180]"));
    assert_eq!(pairs.for_run("grep -c 4026532182"), "grep -c 4026532180");
}
