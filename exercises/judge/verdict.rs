//! What the judge finds, and how it says so.

use std::fmt::Display;

/// What an answer predicts of a thing before and after, or here and there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// Both are one and the same.
    Same,
    /// They are two.
    Different,
    /// No guess yet.
    Unknown,
}

/// Why an exercise is not solved, or cannot be tried.
pub enum Finding {
    /// The kernel shows something else.
    Wrong {
        /// What was to be.
        expected: String,
        /// What the kernel shows.
        kernel: String,
        /// What that means, in a sentence.
        meaning: String,
    },
    /// This machine does not let the judge look: nobody's fault.
    Cannot {
        /// What failed, and how.
        call: String,
        /// What to type, or where to go.
        advice: String,
    },
}

/// What the kernel shows if it agrees, or what is wrong.
pub type Verdict = Result<String, Finding>;

/// A finding that something else was expected.
pub fn wrong(expected: impl Display, kernel: impl Display, meaning: impl Display) -> Finding {
    Finding::Wrong {
        expected: expected.to_string(),
        kernel: kernel.to_string(),
        meaning: meaning.to_string(),
    }
}

/// A finding that this machine cannot tell.
pub fn cannot(call: impl Display, error: impl Display, advice: impl Display) -> Finding {
    Finding::Cannot { call: format!("{call}: {error}"), advice: advice.to_string() }
}

/// `Ok` if the condition holds, else the finding.
pub fn ensure(condition: bool, finding: impl FnOnce() -> Finding) -> Result<(), Finding> {
    if condition { Ok(()) } else { Err(finding()) }
}

/// Prints a verdict; returns the exit status.
pub fn say(verdict: Verdict) -> i32 {
    let (text, status) = match verdict {
        Ok(kernel) => (format!("✓ the kernel agrees: {kernel}"), 0),
        Err(Finding::Wrong { expected, kernel, meaning }) => {
            (format!("✗ expected:  {expected}\n  the kernel: {kernel}\n  that means: {meaning}"), 1)
        }
        Err(Finding::Cannot { call, advice }) => (
            format!(
                "? This machine does not let the judge look; nothing is wrong with your answer.\n  \
                 {call}\n  {advice}\n  To go on with another exercise: press l for the list, choose it, press c."
            ),
            3,
        ),
    };
    eprintln!("{text}");
    status
}
