//! The files that rustlings and the learner need are those that `judge/exercises` describes, in
//! English here, and in Korean in `ko`.
//!
//! `UPDATE=1 cargo test --test files` writes them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use judge::{Both, COMMENTS, EXERCISES, Exercise, Language, comment, has_hangul};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folders for rustlings.
const FOLDERS: [(&str, Language); 2] = [(".", Language::English), ("ko", Language::Korean)];

/// Where the file of an exercise is, in `exercises` or `solutions`.
fn path(tree: &str, Exercise { dir, name, .. }: &Exercise) -> PathBuf {
    PathBuf::from(format!("{tree}/{dir}/{name}.rs"))
}

/// What rustlings has to know about an exercise. Clippy's opinion does not count
/// (`strict_clippy`): the kernel judges. Whether starters fail is a test of ours, which knows
/// what a machine cannot check (`skip_check_unsolved`).
fn entry(exercise: &Exercise, language: Language) -> String {
    format!(
        "[[exercises]]\nname = {:?}\ndir = {:?}\ntest = false\nstrict_clippy = false\n\
         skip_check_unsolved = true\nhint = '''\n{}'''\n",
        exercise.name,
        exercise.dir,
        exercise.hint_in_language(1, language).expect("a question"),
    )
}

/// The programs of an exercise, as `rustlings dev update` writes them into Cargo.toml.
fn programs(exercise: &Exercise) -> String {
    let program = |name: String, tree: &str| {
        format!("  {{ name = {name:?}, path = {:?} }},\n", path(tree, exercise))
    };
    let name = exercise.name;
    program(name.to_owned(), "exercises") + &program(format!("{name}_sol"), "solutions")
}

/// The generated files of a folder, with their contents.
fn files(folder: &Path, language: Language) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for exercise in EXERCISES {
        let solution = exercise.solutions[0].1;
        files.push((path("exercises", exercise), exercise.file(exercise.starter, language)));
        files.push((path("solutions", exercise), exercise.file(solution, language)));
    }
    // What stands before the list is written by hand.
    let read = |file| fs::read_to_string(folder.join(file)).expect(file);
    let info = read("info.toml");
    let (head, _) = info.split_once("[[exercises]]").expect("a list of exercises");
    let entries: Vec<_> = EXERCISES.iter().map(|it| entry(it, language)).collect();
    files.push(("info.toml".into(), head.to_owned() + &entries.join("\n")));
    let manifest = read("Cargo.toml");
    let (head, rest) = manifest.split_once("bin = [\n").expect("a list of programs");
    let (_, tail) = rest.split_once("]\n").expect("the end of the list");
    let programs: String = EXERCISES.iter().map(programs).collect();
    files.push(("Cargo.toml".into(), format!("{head}bin = [\n{programs}]\n{tail}")));
    files.into_iter().map(|(path, content)| (folder.join(path), content)).collect()
}

/// The Rust files below a directory.
fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("a directory").map(|it| it.expect("an entry").path());
    entries
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|it| it == "rs"))
        .collect()
}

#[test]
fn the_files_are_those_that_the_exercises_describe() {
    for (folder, language) in FOLDERS {
        let folder = root().join(folder);
        check_files(&folder, files(&folder, language));
    }
}

/// Checks the generated files of a folder, or writes them.
fn check_files(folder: &Path, files: Vec<(PathBuf, String)>) {
    let wanted: BTreeSet<_> = files.iter().map(|(path, _)| path.clone()).collect();
    let trees = ["exercises", "solutions"].map(|tree| folder.join(tree));
    if std::env::var_os("UPDATE").is_some() {
        for (path, content) in &files {
            fs::create_dir_all(path.parent().expect("a directory")).expect("mkdir");
            fs::write(path, content).expect("write");
        }
    }
    let found = trees.iter().flat_map(|tree| rust_files(tree));
    let stale: Vec<_> = found.filter(|it| !wanted.contains(it)).collect();
    if std::env::var_os("UPDATE").is_some() {
        return stale.iter().for_each(|path| fs::remove_file(path).expect("rm"));
    }
    let update = "run: UPDATE=1 cargo test --test files";
    assert!(stale.is_empty(), "{stale:?} belong to no exercise; {update}");
    for (path, content) in files {
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == content, "{} differs; {update}", path.display());
    }
}

#[test]
fn each_file_of_an_exercise_is_in_the_list() {
    let files = rust_files(&root().join("judge/exercises"));
    let names = files.iter().filter_map(|path| path.file_stem()?.to_str());
    let files: BTreeSet<_> = names.filter(|name| *name != "mod").collect();
    assert_eq!(files, EXERCISES.iter().map(|it| it.name).collect());
}

/// The text of a sentence, on one line.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_sentence_of_a_task_is_judged() {
    let mut missing = Vec::new();
    for exercise in EXERCISES {
        let task = on_one_line(exercise.task.0);
        let clauses: Vec<_> = exercise.wrong.iter().map(|it| on_one_line(it.clause)).collect();
        for clause in &clauses {
            assert!(task.contains(clause), "{}: {clause:?} is not in its task", exercise.name);
        }
        for sentence in task.split_inclusive(". ").map(str::trim) {
            if !clauses.iter().any(|clause| sentence.contains(clause.as_str())) {
                missing.push(format!("{}: {sentence}", exercise.name));
            }
        }
    }
    assert!(missing.is_empty(), "no wrong answer violates:\n{}", missing.join("\n"));
}

#[test]
fn each_exercise_has_hints_and_two_solutions() {
    for exercise in EXERCISES {
        let Both(english, korean) = exercise.hints[0];
        let question = english.ends_with('?') && korean.ends_with('?');
        assert!(question, "{}: the first is a question", exercise.name);
        assert!(exercise.hints.iter().all(|hint| hint.0.len() > 9), "{}", exercise.name);
        assert!(exercise.solutions.len() >= 2, "{} has one solution", exercise.name);
    }
}

/// What the judge says needs no test: without its translation it does not compile.
#[test]
fn what_the_learner_reads_is_in_both_languages() {
    for exercise in EXERCISES {
        let texts = [exercise.background, exercise.task, exercise.hints[0], exercise.hints[1]];
        let errors = exercise.errors.iter().map(|(_, text)| *text);
        for Both(english, korean) in texts.into_iter().chain(errors) {
            let translated = has_hangul(korean) && !has_hangul(english);
            assert!(translated, "{}: {english:?}: {korean:?}", exercise.name);
        }
    }
}

#[test]
fn each_comment_of_a_program_is_translated() {
    let programs = EXERCISES.iter().flat_map(|it| [it.starter, it.solutions[0].1]);
    let comments = programs.flat_map(str::lines).filter_map(|line| Some(comment(line)?.2));
    let found: BTreeSet<_> = comments.collect();
    assert_eq!(found, COMMENTS.iter().map(|it| it.0).collect());
    assert!(COMMENTS.iter().all(|it| has_hangul(it.1) && !has_hangul(it.0)));
}
