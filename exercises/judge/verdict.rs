//! The result of a check, and how it is printed.

use std::fmt::Display;

use crate::language::{Text, text};

/// A prediction about two links in `/proc/PID/ns`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// Both name the same namespace.
    Same,
    /// They name two namespaces.
    Different,
    /// No prediction yet.
    Unknown,
}

/// Why an exercise is not solved, or cannot be checked.
pub enum Finding {
    /// The answer is wrong.
    Wrong {
        /// What the exercise asks for.
        expected: Text,
        /// What the kernel shows, or what the answer returned.
        found: Text,
        /// What the difference means, in a sentence.
        reason: Text,
    },
    /// This machine cannot run the check. The answer may be right.
    Unavailable {
        /// The call that failed, and its error.
        call: String,
        /// What to type.
        advice: Text,
    },
}

/// `Ok` with what the kernel shows if the answer is right.
pub type Verdict = Result<Text, Finding>;

/// The answer is wrong.
pub fn wrong(
    expected: impl Into<Text>,
    found: impl Into<Text>,
    reason: impl Into<Text>,
) -> Finding {
    Finding::Wrong { expected: expected.into(), found: found.into(), reason: reason.into() }
}

/// This machine cannot run the check.
pub fn unavailable(call: impl Display, error: impl Display, advice: impl Into<Text>) -> Finding {
    Finding::Unavailable { call: format!("{call}: {error}"), advice: advice.into() }
}

/// `Ok` if the condition holds, else the finding.
pub fn ensure(condition: bool, finding: impl FnOnce() -> Finding) -> Result<(), Finding> {
    if condition { Ok(()) } else { Err(finding()) }
}

/// Prints a verdict. Returns the exit status.
pub fn print_verdict(verdict: Verdict) -> i32 {
    let (text, status) = text_and_status(verdict);
    eprintln!("{text}");
    status
}

/// What to print for a verdict, and the exit status.
pub fn text_and_status(verdict: Verdict) -> (Text, i32) {
    match verdict {
        Ok(found) => (text!("✓ the kernel agrees: {found}", "✓ 커널이 확인했습니다: {found}"), 0),
        Err(Finding::Wrong { expected, found, reason }) => (
            text!(
                "✗ expected: {expected}\n  found:    {found}\n  reason:   {reason}",
                "✗ 기대: {expected}\n  실제: {found}\n  이유: {reason}",
            ),
            1,
        ),
        Err(Finding::Unavailable { call, advice }) => (
            text!(
                "? This machine cannot check your answer. The answer is not the problem.\n  {call}\n  {advice}\n  To do another exercise: press l for the list, select one, press c.",
                "? 이 컴퓨터에서는 답을 채점할 수 없습니다. 답이 틀린 것은 아닙니다.\n  {call}\n  {advice}\n  다른 문제를 풀려면: l을 눌러 목록을 열고, 문제를 고르고, c를 누릅니다.",
            ),
            3,
        ),
    }
}
