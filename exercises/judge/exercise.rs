//! An exercise: what the learner reads and begins with, and answers to it.

use crate::comments::in_korean;
use crate::language::{Both, LANGUAGE, Language, Text};

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
    pub background: Both,
    /// What is to be done. Each sentence of it is judged.
    pub task: Both,
    /// Where to read on.
    pub manual: &'static str,
    /// The program to begin with.
    pub starter: &'static str,
    /// Programs that the judge accepts, and in what they differ. The first one is for the learner.
    pub solutions: &'static [(&'static str, &'static str)],
    /// A question, a direction, and the code.
    pub hints: [Both; 3],
    /// What the errors that a call in an answer may return mean in this exercise: `("EINVAL", …)`.
    pub errors: &'static [(&'static str, Both)],
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
    /// A part of the judge's message in English.
    pub says: &'static str,
}

impl Exercise {
    /// What an exercise's own file leaves out.
    pub(crate) const NEW: Exercise = Exercise {
        name: "",
        dir: "",
        background: Both::same(""),
        task: Both::same(""),
        manual: "",
        starter: "",
        solutions: &[],
        hints: [Both::same(""); 3],
        errors: &[],
        wrong: &[],
    };

    /// The file for the learner: the statement, and `program`.
    pub fn file(&self, program: &str, language: Language) -> String {
        let manual = self.manual(language);
        let parts = [self.background, self.task].map(|it| it.in_language(language));
        let parts = parts.into_iter().chain([manual.as_str()]).map(str::trim);
        let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
        let statement = parts.join("\n\n");
        let lines = statement.lines().map(|line| format!("//! {line}"));
        let lines: Vec<_> = lines.map(|line| line.trim_end().to_owned()).collect();
        let program = match language {
            Language::English => program.to_owned(),
            Language::Korean => in_korean(program),
        };
        format!("{}\n\n{}", lines.join("\n"), program.trim_start())
    }

    /// Where to read on, after the word for it.
    fn manual(&self, language: Language) -> String {
        let word = Both("Manual", "매뉴얼").in_language(language);
        format!("{word}: {}", self.manual)
    }

    /// What it means here that a call failed with `error`, such as "EINVAL: Invalid argument".
    pub(crate) fn explain(&self, error: &str) -> Text {
        let errno = error.split(':').next().unwrap_or_default();
        let here = self.errors.iter().find(|(name, _)| *name == errno);
        here.map_or_else(|| explain(errno), |&(_, text)| text).into()
    }

    /// A hint in the language of this judge, counted from 1, and how to see the next one.
    pub fn hint(&self, number: usize) -> Option<String> {
        self.hint_in_language(number, LANGUAGE)
    }

    /// The same in a language.
    pub fn hint_in_language(&self, number: usize, language: Language) -> Option<String> {
        let hint = self.hints.get(number.checked_sub(1)?)?.in_language(language).trim();
        let last = number == self.hints.len();
        let next = Both("The next hint", "다음 힌트").in_language(language);
        Some(match last {
            true => format!("{hint}\n{}", self.manual(language)),
            false => {
                format!("{hint}\n{next}: cargo run -q --bin hint {} {}", self.name, number + 1)
            }
        })
    }
}

/// What an error means wherever it appears.
fn explain(errno: &str) -> Both {
    match errno {
        "EPERM" => Both(
            "the process lacks a capability in the user namespace against which the kernel checks \
             it",
            "커널이 확인하는 user namespace에서 프로세스에게 필요한 capability가 없습니다",
        ),
        "EINVAL" => Both(
            "the arguments do not fit together: a wrong flag, or a descriptor of the wrong kind",
            "인자가 서로 맞지 않습니다. 플래그가 잘못되었거나 파일 디스크립터의 종류가 다릅니다",
        ),
        "ENOENT" => {
            Both("the file that the call names does not exist", "호출에 적은 파일이 없습니다")
        }
        "ENOMEM" => Both(
            "fork(2) fails with this in a PID namespace whose PID 1 has died",
            "PID 1이 끝난 PID namespace에서는 fork(2)가 이렇게 실패합니다",
        ),
        _ => Both("a system call failed", "시스템 콜이 실패했습니다"),
    }
}
