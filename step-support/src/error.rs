//! Errors of all steps: one line that names the call and the kernel's errno, then
//! hints for this reader on this machine.
//!
//! A step writes `call().hint(why).context("call(ARGUMENTS)")?`. The hint belongs to
//! the call that failed, because the same errno means different things elsewhere.

use std::error::Error as StdError;
use std::fmt;
use std::fs;
use std::io;
use std::process::ExitCode;

use anyhow::{Error, Result};
use nix::errno::Errno;

use crate::output::{note, printable, program_name};

/// What went wrong, together with what the reader can do about it.
#[derive(Debug)]
struct Hinted {
    cause: String,
    errno: Option<Errno>,
    hints: Vec<String>,
}

impl fmt::Display for Hinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

impl StdError for Hinted {}

/// Adds hints to the error of a system call.
pub trait Hint<T> {
    /// On failure calls `explain` with the errno and keeps the hints that it returns:
    /// sentences without the word "hint:".
    fn hint<H>(self, explain: impl FnOnce(Errno) -> H) -> Result<T>
    where
        H: IntoIterator,
        H::Item: Into<String>;
}

impl<T, E: Into<io::Error>> Hint<T> for Result<T, E> {
    fn hint<H>(self, explain: impl FnOnce(Errno) -> H) -> Result<T>
    where
        H: IntoIterator,
        H::Item: Into<String>,
    {
        self.map_err(|error| {
            let errno = errno(&error.into());
            let hints = explain(errno).into_iter().map(Into::into).collect();
            Hinted { cause: errno.to_string(), errno: Some(errno), hints }.into()
        })
    }
}

/// An error that no system call reported, with a hint.
pub fn failure(cause: impl Into<String>, hint: impl Into<String>) -> Error {
    Hinted { cause: cause.into(), errno: None, hints: vec![hint.into()] }.into()
}

/// The same error with a hint, for a cause that takes more to find out than an errno.
pub fn with_hint(error: Error, hint: impl Into<String>) -> Error {
    Hinted { cause: message(&error), errno: errno_of(&error), hints: vec![hint.into()] }.into()
}

/// The errno of an error of the standard library.
pub fn errno(error: &io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or_default())
}

/// The errno at the bottom of an error, whichever way it came there.
pub fn errno_of(error: &Error) -> Option<Errno> {
    let hinted = error.downcast_ref::<Hinted>().and_then(|it| it.errno);
    let plain = || error.downcast_ref::<Errno>().copied();
    hinted.or_else(plain).or_else(|| error.downcast_ref::<io::Error>().map(errno))
}

/// [`exit_status`] for the end of `main`.
pub fn exit_code(result: Result<u8>) -> ExitCode {
    ExitCode::from(exit_status(result))
}

/// Prints an error and its hints to stderr. Returns the exit status of the program: the
/// one in `result`, 2 for a usage error, 1 for any other.
pub fn exit_status(result: Result<u8>) -> u8 {
    let error = match result {
        Ok(status) => return status,
        Err(error) => error,
    };
    let program = program_name();
    if let Some(usage) = error.downcast_ref::<lexopt::Error>() {
        note(&format!("{program}: {} (try --help)", printable(usage.to_string())));
        return 2;
    }
    if errno_of(&error) == Some(Errno::EPIPE) {
        return 0; // stdout was closed by its reader, as with `| head -1`
    }
    note(&format!("{program}: {}", explained(&error)));
    1
}

/// An error as it is printed: the chain of causes, and below it a line for each hint.
pub fn explained(error: &Error) -> String {
    hints(error).iter().fold(message(error), |text, hint| format!("{text}\nhint: {hint}"))
}

/// The hints of an error: its own, or else what holds for any call.
pub fn hints(error: &Error) -> Vec<String> {
    match own_hints(error) {
        [] => common_hint(errno_of(error)).map(str::to_owned).into_iter().collect(),
        own => own.to_vec(),
    }
}

/// The hints that the error was given.
pub fn own_hints(error: &Error) -> &[String] {
    error.downcast_ref::<Hinted>().map_or(&[], |it| &it.hints)
}

/// The chain of causes, as in `setns(3): EPERM: Operation not permitted`.
pub fn message(error: &Error) -> String {
    let causes = error.chain().map(|cause| match cause.downcast_ref::<io::Error>() {
        Some(error) if error.raw_os_error().is_some() => errno(error).to_string(),
        _ => cause.to_string(),
    });
    causes.collect::<Vec<_>>().join(": ")
}

/// What any call can run into: no `/proc`, or a limit (`getrlimit(2)`). An errno that means
/// something else for another call is not here.
fn common_hint(errno: Option<Errno>) -> Option<&'static str> {
    match errno? {
        Errno::ENOENT if fs::symlink_metadata("/proc/self").is_err() => {
            Some("/proc is not mounted: mount -t proc proc /proc")
        }
        Errno::EMFILE => Some("limit of open files reached; check: ulimit -n"),
        Errno::ENOMEM => Some("memory limit reached; check: ulimit -v"),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn a_message_names_the_call_and_the_errno_whatever_type_carries_it() {
        let nix = Err::<(), _>(Errno::EPERM).context("setns(3)").unwrap_err();
        let std = Err::<(), _>(io::Error::from_raw_os_error(1)).context("setns(3)").unwrap_err();
        let hinted = Err::<(), _>(Errno::EPERM).hint(|_| Some("be root")).context("setns(3)");
        let hinted = hinted.unwrap_err();
        for error in [nix, std, hinted] {
            assert_eq!(message(&error), "setns(3): EPERM: Operation not permitted");
            assert_eq!(errno_of(&error), Some(Errno::EPERM));
        }
        assert_eq!(message(&failure("1 is not 2", "count")), "1 is not 2");
    }

    #[test]
    fn a_hint_is_kept_through_the_context_of_outer_calls() {
        let error = Err::<(), _>(io::Error::from_raw_os_error(13))
            .hint(|errno| [format!("it was {errno:?}")])
            .context("open(file)")
            .context("outer")
            .unwrap_err();
        assert_eq!(error.downcast_ref::<Hinted>().unwrap().hints, ["it was EACCES"]);
    }

    #[test]
    fn an_explained_error_has_a_line_for_each_hint_and_a_limit_has_one_of_its_own() {
        let hinted =
            Err::<(), _>(Errno::EPERM).hint(|_| ["be root", "or wait"]).context("setns(3)");
        let text = "setns(3): EPERM: Operation not permitted\nhint: be root\nhint: or wait";
        assert_eq!(explained(&hinted.unwrap_err()), text);
        let limit = Err::<(), _>(Errno::EMFILE).context("open(file)").unwrap_err();
        let text = "open(file): EMFILE: Too many open files\nhint: limit of open files";
        assert!(explained(&limit).starts_with(text));
        // A full pipe gives EAGAIN, too.
        let full = Err::<(), _>(Errno::EAGAIN).context("write(stdout)").unwrap_err();
        assert_eq!(explained(&full), message(&full));
    }

    #[test]
    fn a_usage_error_is_2_a_closed_pipe_0_and_any_other_error_1() {
        assert_eq!(exit_status(Ok(7)), 7);
        assert_eq!(exit_status(Err(lexopt::Error::from("missing CMD").into())), 2);
        assert_eq!(exit_status(Err(Errno::EPIPE.into())), 0);
        assert_eq!(exit_status(Err(Errno::EINVAL.into())), 1);
    }
}
