//! Output of all steps: results to stdout, notes to stderr, one whole line at a time.

use std::env;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::Path;
use std::process;

use anyhow::{Context, Result};

use crate::error::exit_status;

/// Writes a line to stdout and flushes it.
///
/// The line and its newline are one `write(2)`, so output of several processes never
/// mixes within a line. Flushing matters around `clone(2)` and `fork(2)`: a child would
/// print its parent's buffered text again, or lose its own when it ends.
///
/// # Errors
///
/// `write(stdout)` with the kernel's errno. [`exit_status`] treats
/// EPIPE, a reader that has left, as success.
pub fn print(line: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    let line = format!("{line}\n");
    stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()).context("write(stdout)")
}

/// Prints the help text and ends the program, with status 1 if stdout cannot be written.
pub fn print_help(text: &str) -> ! {
    process::exit(exit_status(print(text).map(|()| 0)).into())
}

/// Writes a line to stderr. Errors are ignored: there is nowhere left to report them.
pub fn note(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Escapes control characters and bytes that are not UTF-8, so that text from outside
/// (hostnames, process names, paths) cannot drive the terminal.
pub fn printable(text: impl AsRef<OsStr>) -> String {
    // `{:?}` escapes what we want escaped, and quotes, which we do not.
    let quoted = format!("{:?}", text.as_ref());
    quoted[1..quoted.len() - 1].replace("\\\"", "\"").replace("\\'", "'")
}

/// The name under which this program was started, as it begins error messages.
pub fn program_name() -> String {
    let path = env::args_os().next().unwrap_or_default();
    printable(Path::new(&path).file_name().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn control_characters_and_invalid_utf8_are_escaped_and_the_rest_is_not() {
        for (text, shown) in [
            (&b"helo"[..], "helo"),
            (b"\x1b[31mred\x07", r"\u{1b}[31mred\u{7}"),
            (b"two\nlines", r"two\nlines"),
            (b"h\xe9lo", r"h\xE9lo"),
            (b"back\\slash\\", r"back\\slash\\"),
            (b"it's \"it\"", "it's \"it\""),
            ("골디락스".as_bytes(), "골디락스"),
            ("left\u{202e}right".as_bytes(), r"left\u{202e}right"),
        ] {
            assert_eq!(printable(OsStr::from_bytes(text)), shown);
        }
    }
}
