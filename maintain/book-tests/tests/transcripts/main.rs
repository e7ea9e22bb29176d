//! Runs every terminal session that the book shows, and compares.
//!
//! A block whose fence says `console` is a session: `$ ` begins what an ordinary
//! user types and `# ` what root types; `^Z`, `^C` and `⏎` alone on a line are
//! keys; everything else is what appears. The blocks of a page belong together.
//! `console,terminal2` is a second terminal on the same machine, and
//! `console,norun` is shown but not run, for the reason in the comment above it;
//! `console,norun,lab` is run on the machine in the page alone (see
//! `book/browser/lab.mjs`, which runs all of them there).
//!
//! `UPDATE=1 cargo test -p book --test transcripts` writes what really appears
//! into the book.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod numbers;
mod terminal;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use book_tests::{Block, LANGUAGES, Page, pages};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{geteuid, sethostname};
use numbers::Pairs;
use terminal::Terminal;
use testkit::{Host, skip, until};

/// How many blocks of each language cannot be run in a test.
const NOT_RUN: usize = 7;

/// The ordinary user of the book.
const LEARNER: u32 = 1000;

#[test]
fn every_transcript_is_what_really_appears() {
    if !geteuid().is_root() {
        skip!("it takes root to be the ordinary user and the root of the book");
    }
    let bin = build();
    let mut wrong = Vec::new();
    let filter = std::env::var("PAGE").unwrap_or_default();
    for page in LANGUAGES.into_iter().flat_map(pages).filter(|page| page.name.contains(&filter)) {
        // By chance the kernel may give a number again that the page knows from
        // before: what is wrong is wrong twice.
        let once = on_stage(&page, &bin);
        if !once.is_empty() {
            let _ = writeln!(std::io::stderr(), "once more, since\n{}", once.join("\n"));
            wrong.extend(on_stage(&page, &bin));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Runs a page in a thread of its own, whose namespaces are those of the stage.
fn on_stage(page: &Page, bin: &Path) -> Vec<String> {
    let found =
        Host::unchanged(|| std::thread::scope(|scope| scope.spawn(|| perform(page, bin)).join()));
    found.unwrap_or_else(|_| vec![format!("{} ended in a panic, see above", page.name)])
}

#[test]
fn few_blocks_are_only_shown() {
    for language in LANGUAGES {
        let not_run = |page: &Page| page.blocks().iter().filter(|it| it.has("norun")).count();
        assert_eq!(pages(language).iter().map(not_run).sum::<usize>(), NOT_RUN, "{language}");
    }
}

/// Builds the steps and returns the folder of their binaries.
fn build() -> PathBuf {
    let root = book::book().parent().expect("the project");
    let cargo = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--workspace", "--bins"])
        .current_dir(root)
        .status();
    assert!(cargo.expect("cargo").success());
    let test = std::env::current_exe().expect("a path");
    test.ancestors().nth(2).expect("target/debug").to_owned()
}

trait Has {
    fn has(&self, word: &str) -> bool;
}

impl Has for Block {
    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|it| it == word)
    }
}

/// Runs the blocks of a page; returns what is wrong, or rewrites the page.
fn perform(page: &Page, bin: &Path) -> Vec<String> {
    set_the_stage();
    let mark = format!("{}-{}-{}", page.language, page.name, std::process::id());
    let mut stage = Stage {
        bin,
        mark,
        terminals: HashMap::new(),
        by_root: HashSet::new(),
        pairs: Pairs::default(),
    };
    let blocks: Vec<_> =
        page.blocks().into_iter().filter(|it| it.has("console") && !it.has("norun")).collect();
    let mut wrong = Vec::new();
    let mut text: Vec<String> = page.text.lines().map(str::to_owned).collect();
    // From the last to the first, so that line numbers stay true while lines are replaced.
    let mut replaced = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        let goes_on = blocks[index + 1..]
            .iter()
            .find(|next| next.has("terminal2") == block.has("terminal2"))
            .is_some_and(|next| key(&next.lines[0]).is_some());
        let (seen, ok) = stage.play(block, goes_on);
        if !ok {
            let place = format!("{}:{}", page.path.display(), block.line);
            wrong.push(format!(
                "{place}: the book shows\n{}\nbut a run shows\n{}\n",
                indented(&block.lines),
                indented(&seen)
            ));
        }
        replaced.push((block.line, block.lines.len(), seen));
    }
    let mark = stage.mark.clone();
    drop(stage);
    until("the end of all that the page has started", || !left(&mark));
    if std::env::var_os("UPDATE").is_some() {
        for (line, count, seen) in replaced.into_iter().rev() {
            text.splice(line..line + count, seen);
        }
        fs::write(&page.path, text.join("\n") + "\n").expect("the page is ours to write");
        return Vec::new();
    }
    wrong
}

fn indented(lines: &[String]) -> String {
    lines.iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// Whether a process of the page is left.
fn left(mark: &str) -> bool {
    let wanted = format!("BOOK_RUN={mark}").into_bytes();
    fs::read_dir("/proc").expect("/proc").flatten().any(|entry| {
        fs::read(entry.path().join("environ"))
            .is_ok_and(|environ| environ.split(|&byte| byte == 0).any(|it| it == wanted))
    })
}

/// The inode numbers of the namespaces that some process is in.
fn inodes() -> HashSet<String> {
    let processes = fs::read_dir("/proc").expect("/proc").flatten();
    let links =
        processes.filter_map(|it| fs::read_dir(it.path().join("ns")).ok()).flatten().flatten();
    links
        .filter_map(|it| {
            let target = fs::read_link(it.path()).ok()?;
            Some(target.to_str()?.split_once('[')?.1.strip_suffix(']')?.to_owned())
        })
        .collect()
}

/// Moves this thread, and what it starts, to a machine that is called
/// goldilocks-web and on which uid 1000 is the user learner.
fn set_the_stage() {
    unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWNS).expect("unshare");
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).expect("mount");
    sethostname("goldilocks-web").expect("sethostname");
    for (file, line) in [
        ("passwd", format!("learner:x:{LEARNER}:{LEARNER}::/tmp:/bin/bash")),
        ("group", format!("learner:x:{LEARNER}:")),
    ] {
        let original = format!("/etc/{file}");
        let number = format!(":{LEARNER}:");
        let others = fs::read_to_string(&original).expect(file);
        let others = others.lines().filter(|it| !it.contains(&number)).collect::<Vec<_>>();
        let copy = std::env::temp_dir().join(format!("book-{}-{file}", std::process::id()));
        fs::write(&copy, format!("{}\n{line}\n", others.join("\n"))).expect(file);
        mount(Some(&copy), original.as_str(), none, MsFlags::MS_BIND, none).expect("bind");
        fs::remove_file(&copy).expect(file);
    }
}

/// The terminals of a page and the numbers that have appeared on them.
struct Stage<'a> {
    bin: &'a Path,
    mark: String,
    terminals: HashMap<(bool, bool), Terminal>,
    /// The terminals, first or second, at which it is root who types.
    by_root: HashSet<bool>,
    pairs: Pairs,
}

/// A key that a line of a block stands for.
fn key(line: &str) -> Option<&'static [u8]> {
    match line {
        "^C" => Some(b"\x03"),
        "^Z" => Some(b"\x1a"),
        "⏎" => Some(b"\n"),
        _ => None,
    }
}

/// What is typed, if a line is not output: whether by root, and what.
fn typed(line: &str) -> Option<(bool, &str)> {
    line.strip_prefix("$ ").map(|it| (false, it)).or(line.strip_prefix("# ").map(|it| (true, it)))
}

impl Stage<'_> {
    /// Types the commands of a block; returns the block as it really appears, in
    /// the book's numbers, and whether that is what the book shows.
    fn play(&mut self, block: &Block, goes_on: bool) -> (Vec<String>, bool) {
        let second = block.has("terminal2");
        let mut seen = Vec::new();
        let mut ok = true;
        let mut lines = block.lines.iter().peekable();
        while let Some(line) = lines.next() {
            let mut expected = Vec::new();
            while let Some(line) = lines.next_if(|it| typed(it).is_none() && key(it).is_none()) {
                expected.push(line.as_str());
            }
            // A program is left running if a key follows: here, or in the terminal's next block.
            let runs_on = match lines.peek() {
                Some(next) => key(next).is_some(),
                None => goes_on,
            };
            match typed(line) {
                Some((true, _)) => _ = self.by_root.insert(second),
                Some((false, _)) => _ = self.by_root.remove(&second),
                None => {}
            }
            let root = self.by_root.contains(&second);
            let uid = if root { 0 } else { LEARNER };
            let (bin, mark) = (self.bin, &self.mark);
            let dir = book::book().parent().expect("the project");
            let terminal = self
                .terminals
                .entry((second, root))
                .or_insert_with(|| Terminal::open(uid, dir, bin, mark));
            let command = typed(line).map(|(_, command)| self.pairs.for_run(command));
            let in_use = inodes();
            self.pairs.forget_inodes(|inode| in_use.contains(inode));
            match (command, key(line)) {
                (Some(command), _) => terminal.enter(&command),
                (None, Some(keys)) => terminal.press(keys),
                (None, None) => {
                    panic!("line {}: a block begins with a command or a key", block.line)
                }
            }
            let real = match runs_on {
                true => terminal.lines(expected.len()),
                false => terminal.until_prompt(),
            };
            let visible: Vec<_> = expected.iter().filter(|line| !line.is_empty()).collect();
            ok &= visible.len() == real.len()
                && visible.iter().zip(&real).all(|(book, run)| self.pairs.matches(book, run));
            seen.push(line.clone());
            match ok && visible.len() == real.len() {
                true => seen.extend(expected.iter().map(|&line| line.to_owned())),
                false => seen.extend(real.iter().map(|line| self.pairs.for_book(line))),
            }
        }
        (seen, ok)
    }
}
