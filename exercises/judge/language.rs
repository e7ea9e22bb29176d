//! The two languages of the exercises. English is the language of the folder `exercises`, Korean
//! that of `exercises/ko`, whose package enables the feature `korean` of this one.

use std::fmt::{self, Display, Formatter};

/// A language of the exercises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `exercises`
    English,
    /// `exercises/ko`
    Korean,
}

/// The language in which this judge speaks.
pub const LANGUAGE: Language =
    if cfg!(feature = "korean") { Language::Korean } else { Language::English };

/// A text in English and in Korean.
#[derive(Clone, Copy, Debug)]
pub struct Both(pub &'static str, pub &'static str);

impl Both {
    /// What is the same in both languages, such as code.
    pub const fn same(text: &'static str) -> Both {
        Both(text, text)
    }

    /// The text in a language.
    pub const fn in_language(self, language: Language) -> &'static str {
        match language {
            Language::English => self.0,
            Language::Korean => self.1,
        }
    }

    /// The text in the language of this judge.
    pub const fn here(self) -> &'static str {
        self.in_language(LANGUAGE)
    }
}

/// What stands between things that a message lists.
pub const AND: &str = Both(" and ", ", ").here();

/// What stands for an empty list.
pub const NONE: &str = Both("none", "없음").here();

/// What to type to check the whole machine.
pub const CHECK_MACHINE: Both = Both(
    "To check this machine, run: (cd .. && cargo run -p step00-doctor)",
    "이 컴퓨터를 점검하려면: (cd ../.. && cargo run -p step00-doctor)",
);

/// A part of a message, in the language of this judge. Nothing but `text!`, `shown!` and `Both`
/// makes one, so that no message lacks a language.
#[derive(Clone, Debug)]
pub struct Text(pub(crate) String);

impl Display for Text {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl From<Both> for Text {
    fn from(both: Both) -> Text {
        Text(both.here().to_owned())
    }
}

/// A text in English and in Korean, and the values that `format!` puts into both.
macro_rules! text {
    ($english:literal, $korean:literal $(, $value:expr)* $(,)?) => {{
        const _: () = assert!($crate::language::has_hangul($korean));
        $crate::language::Text(match $crate::language::LANGUAGE {
            $crate::language::Language::English => format!($english $(, $value)*),
            $crate::language::Language::Korean => format!($korean $(, $value)*),
        })
    }};
}

/// What the kernel shows, or what to type: the same in both languages, with the values as
/// `format!` has them.
macro_rules! shown {
    ($($argument:tt)*) => {
        $crate::language::Text(format!($($argument)*))
    };
}

pub(crate) use {shown, text};

/// Whether a text has a Korean syllable, or else it is not translated.
pub const fn has_hangul(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        // The first byte of the syllables, U+AC00 to U+D7A3, in UTF-8.
        if matches!(bytes[index], 0xea..=0xed) {
            return true;
        }
        index += 1;
    }
    false
}
