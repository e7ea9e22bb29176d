//! Runs every terminal session that the book shows, and compares the output.
//!
//! A fenced block with the word `console` is a session: a line that begins with `$ ` is
//! typed by an ordinary user, one with `# ` by root; `^Z`, `^C` and `⏎` alone on a line are
//! keys; all other lines are output. The blocks of a page are one session.
//! `console,terminal2` is a second terminal on the same machine. `console,norun` is not
//! run, for the reason in the comment above it. `console,norun,lab` is run only on the
//! machine in the page (`browser/lab.mjs` runs all sessions there). The words `picture`,
//! `point=…` and `mark` are for what the page shows of the kernel (`lab/README.md`).
//!
//! `UPDATE=1 cargo test -p book-tests --test transcripts` writes the real output into the
//! book.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod numbers;
mod terminal;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use book_tests::{Block, LANGUAGES, Page, pages, project};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;
use numbers::Pairs;
use terminal::Terminal;
use testkit::{Host, binaries::binaries, log, require_root, tempfile, wait_until};

/// The uid of the ordinary user in the book.
const LEARNER: u32 = 1000;

#[test]
fn every_transcript_is_what_really_appears() {
    require_root!("to be both users of the book");
    let bin = binaries();
    let mut wrong = Vec::new();
    let filter = std::env::var("PAGE").unwrap_or_default();
    for page in LANGUAGES.into_iter().flat_map(pages).filter(|page| page.name.contains(&filter)) {
        // The kernel may reuse a number that the page knows from before. That is rare, so
        // a real difference appears twice.
        let first = in_namespaces(&page, bin);
        if !first.is_empty() {
            log(&format!("{} is run again, because\n{}", page.name, first.join("\n")));
            wrong.extend(in_namespaces(&page, bin));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Runs a page in a new thread, which has its own namespaces.
fn in_namespaces(page: &Page, bin: &Path) -> Vec<String> {
    let result =
        Host::unchanged(|| std::thread::scope(|scope| scope.spawn(|| run_page(page, bin)).join()));
    result.unwrap_or_else(|_| vec![format!("{} panicked, see above", page.name)])
}

#[test]
fn a_block_that_is_not_run_has_a_reason_above_it() {
    for page in LANGUAGES.into_iter().flat_map(pages) {
        for block in page.blocks().iter().filter(|it| it.has("norun")) {
            let above = page.text.lines().nth(block.line.wrapping_sub(2)).unwrap_or_default();
            let reason = above.strip_prefix("<!-- norun: ").and_then(|it| it.strip_suffix(" -->"));
            assert!(reason.is_some(), "{}:{}: no reason", page.path.display(), block.line);
        }
    }
}

trait Has {
    fn has(&self, word: &str) -> bool;
}

impl Has for Block {
    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|it| it == word)
    }
}

/// Runs the blocks of a page; returns the differences, or rewrites the page.
fn run_page(page: &Page, bin: &Path) -> Vec<String> {
    prepare();
    let mark = format!("{}-{}-{}", page.language, page.name, std::process::id());
    let mut session = Session {
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
    let mut replaced = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        let goes_on = blocks[index + 1..]
            .iter()
            .find(|next| next.has("terminal2") == block.has("terminal2"))
            .is_some_and(|next| key(&next.lines[0]).is_some());
        let (seen, ok) = session.run(block, goes_on);
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
    let mark = session.mark.clone();
    drop(session);
    wait_until("the end of all processes of the page", || !has_processes(&mark));
    if std::env::var_os("UPDATE").is_some() {
        // From the last to the first, so that the line numbers stay valid.
        for (line, count, seen) in replaced.into_iter().rev() {
            text.splice(line..line + count, seen);
        }
        fs::write(&page.path, text.join("\n") + "\n").expect("the page is writable");
        return Vec::new();
    }
    wrong
}

fn indented(lines: &[String]) -> String {
    lines.iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// Whether a process with this mark exists.
fn has_processes(mark: &str) -> bool {
    let wanted = format!("BOOK_RUN={mark}").into_bytes();
    fs::read_dir("/proc").expect("/proc").flatten().any(|entry| {
        fs::read(entry.path().join("environ"))
            .is_ok_and(|environ| environ.split(|&byte| byte == 0).any(|it| it == wanted))
    })
}

/// The inode numbers of all namespaces that have a process.
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

/// Gives this thread namespaces in which the machine is called goldilocks-web and uid 1000
/// is the user learner, to whom a range of IDs is lent, as on the machine in the page.
fn prepare() {
    unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWNS).expect("unshare");
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).expect("mount");
    sethostname("goldilocks-web").expect("sethostname");
    for (file, line) in [
        ("passwd", format!("learner:x:{LEARNER}:{LEARNER}::/tmp:/bin/bash")),
        ("group", format!("learner:x:{LEARNER}:")),
        ("subuid", "learner:100000:65536".to_owned()),
        ("subgid", "learner:100000:65536".to_owned()),
    ] {
        let original = format!("/etc/{file}");
        let number = format!(":{LEARNER}:");
        let others = fs::read_to_string(&original).expect(file);
        let is_other = |it: &&str| !it.contains(&number) && !it.starts_with("learner:");
        let others = others.lines().filter(is_other).collect::<Vec<_>>();
        let dir = tempfile::tempdir().expect("mkdir");
        let copy = dir.path().join(file);
        fs::write(&copy, format!("{}\n{line}\n", others.join("\n"))).expect(file);
        mount(Some(&copy), original.as_str(), none, MsFlags::MS_BIND, none).expect("bind");
    }
}

/// The terminals of a page, and the numbers on them.
struct Session<'a> {
    bin: &'a Path,
    mark: String,
    terminals: HashMap<(bool, bool), Terminal>,
    /// The terminals, first (false) or second, where root types now.
    by_root: HashSet<bool>,
    pairs: Pairs,
}

/// The key that a line stands for.
fn key(line: &str) -> Option<&'static [u8]> {
    match line {
        "^C" => Some(b"\x03"),
        "^Z" => Some(b"\x1a"),
        "⏎" => Some(b"\n"),
        _ => None,
    }
}

/// A line that is typed: whether root types it, and the command.
fn typed(line: &str) -> Option<(bool, &str)> {
    line.strip_prefix("$ ").map(|it| (false, it)).or(line.strip_prefix("# ").map(|it| (true, it)))
}

impl Session<'_> {
    /// Types the commands of a block. Returns the block with the real output, in the
    /// book's numbers, and whether it is the same as in the book.
    fn run(&mut self, block: &Block, goes_on: bool) -> (Vec<String>, bool) {
        let second = block.has("terminal2");
        let mut seen = Vec::new();
        let mut ok = true;
        let mut lines = block.lines.iter().peekable();
        while let Some(line) = lines.next() {
            let mut expected = Vec::new();
            while let Some(line) = lines.next_if(|it| typed(it).is_none() && key(it).is_none()) {
                expected.push(line.as_str());
            }
            // The program keeps running if a key follows, here or in the terminal's next block.
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
            let terminal = self
                .terminals
                .entry((second, root))
                .or_insert_with(|| Terminal::open(uid, &project(), bin, mark));
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
