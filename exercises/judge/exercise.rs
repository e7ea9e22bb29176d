//! An exercise: what the learner reads and begins with, and answers to it.

/// Everything about an exercise but how it is judged.
///
/// Texts are as long as a line may be; a newline at their beginning does not count.
#[derive(Clone, Copy, Debug)]
pub struct Exercise {
    /// Its name, which is also that of its file and of the function that judges it.
    pub name: &'static str,
    /// The directory of its file: the step it belongs to.
    pub dir: &'static str,
    /// What one has to know.
    pub background: &'static str,
    /// What is to be done. Each sentence of it is judged.
    pub task: &'static str,
    /// Where to read on.
    pub manual: &'static str,
    /// The program to begin with.
    pub starter: &'static str,
    /// Programs that the judge accepts, and in what they differ. The first one is for the learner.
    pub solutions: &'static [(&'static str, &'static str)],
    /// A question, a direction, and the code.
    pub hints: [&'static str; 3],
    /// What the errors that a call in an answer may return mean in this exercise: `("EINVAL", …)`.
    pub errors: &'static [(&'static str, &'static str)],
    /// Programs that the judge refuses.
    pub wrong: &'static [Wrong],
}

/// The first solution with a change, which makes it wrong.
#[derive(Clone, Copy, Debug)]
pub struct Wrong {
    /// The words of the task that it violates.
    pub clause: &'static str,
    /// A part of the solution.
    pub change: &'static str,
    /// What the wrong answer has instead.
    pub to: &'static str,
    /// A part of the judge's message.
    pub says: &'static str,
}

impl Exercise {
    /// What an exercise's own file leaves out.
    pub(crate) const NEW: Exercise = Exercise {
        name: "",
        dir: "",
        background: "",
        task: "",
        manual: "",
        starter: "",
        solutions: &[],
        hints: [""; 3],
        errors: &[],
        wrong: &[],
    };

    /// The file for the learner: the statement, and `program`.
    pub fn file(&self, program: &str) -> String {
        let manual = format!("Manual: {}", self.manual);
        let parts = [self.background, self.task, &manual].map(str::trim);
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let statement = parts.join("\n\n");
        let lines = statement.lines().map(|line| format!("//! {line}"));
        let lines: Vec<_> = lines.map(|line| line.trim_end().to_owned()).collect();
        format!("{}\n\n{}", lines.join("\n"), program.trim_start())
    }

    /// What it means here that a call failed with `error`, such as "EINVAL: Invalid argument".
    pub(crate) fn explain(&self, error: &str) -> &'static str {
        let errno = error.split(':').next().unwrap_or_default();
        let here = self.errors.iter().find(|(name, _)| *name == errno);
        here.map_or_else(|| explain(errno), |(_, text)| text)
    }

    /// A hint, counted from 1, and how to see the next one.
    pub fn hint(&self, number: usize) -> Option<String> {
        let hint = self.hints.get(number.checked_sub(1)?)?.trim();
        let last = number == self.hints.len();
        let next = format!("cargo run -q --bin hint {} {}", self.name, number + 1);
        Some(match last {
            true => format!("{hint}\nManual: {}", self.manual),
            false => format!("{hint}\nThe next hint: {next}"),
        })
    }
}

/// What an error means wherever it appears.
fn explain(errno: &str) -> &'static str {
    match errno {
        "EPERM" => {
            "the process lacks a capability in the user namespace against which the kernel checks it"
        }
        "EINVAL" => {
            "the arguments do not fit together: a wrong flag, or a descriptor of the wrong kind"
        }
        "ENOENT" => "the file that the call names does not exist",
        "ENOMEM" => "fork(2) fails with this in a PID namespace whose PID 1 has died",
        _ => "a system call failed",
    }
}
