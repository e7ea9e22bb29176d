//! The result of a check, and how it is printed.

use std::fmt::Display;

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
        expected: String,
        /// What the kernel shows, or what the answer returned.
        found: String,
        /// What the difference means, in a sentence.
        reason: String,
    },
    /// This machine cannot run the check. The answer may be right.
    Unavailable {
        /// The call that failed, and its error.
        call: String,
        /// What to type.
        advice: String,
    },
}

/// `Ok` with what the kernel shows if the answer is right.
pub type Verdict = Result<String, Finding>;

/// The answer is wrong.
pub fn wrong(expected: impl Display, found: impl Display, reason: impl Display) -> Finding {
    Finding::Wrong {
        expected: expected.to_string(),
        found: found.to_string(),
        reason: reason.to_string(),
    }
}

/// This machine cannot run the check.
pub fn unavailable(call: impl Display, error: impl Display, advice: impl Display) -> Finding {
    Finding::Unavailable { call: format!("{call}: {error}"), advice: advice.to_string() }
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
pub fn text_and_status(verdict: Verdict) -> (String, i32) {
    match verdict {
        Ok(found) => (format!("✓ the kernel agrees: {found}"), 0),
        Err(Finding::Wrong { expected, found, reason }) => {
            (format!("✗ expected: {expected}\n  found:    {found}\n  reason:   {reason}"), 1)
        }
        Err(Finding::Unavailable { call, advice }) => (
            format!(
                "? This machine cannot check your answer. The answer is not the problem.\n  \
                 {call}\n  {advice}\n  To do another exercise: press l for the list, select one, press c."
            ),
            3,
        ),
    }
}
