use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// What a finished run wrote, and how it ended.
#[derive(Debug, Default)]
pub struct Output {
    /// Everything on stdout.
    pub stdout: String,
    /// Everything on stderr.
    pub stderr: String,
    /// The file name of the program, as its error messages begin.
    pub(crate) program: String,
    pub(crate) status: Option<ExitStatus>,
}

impl Output {
    /// The exit status; none if a signal ended the process.
    pub fn code(&self) -> Option<i32> {
        self.status.and_then(|status| status.code())
    }

    /// The signal that ended the process.
    pub fn signal(&self) -> Option<i32> {
        self.status.and_then(|status| status.signal())
    }

    /// The lines on stderr that are not a `note:`.
    pub fn errors(&self) -> Vec<&str> {
        self.stderr.lines().filter(|line| !line.starts_with("note: ")).collect()
    }

    /// Asserts exit status 0. Returns the output, for further assertions.
    #[track_caller]
    pub fn assert_ok(&self) -> &Output {
        assert_eq!(self.code(), Some(0), "{self:?}");
        self
    }

    /// Asserts exit status 1 and the error `PROGRAM: error`, first on stderr after any
    /// notes. Then come hints: one of them contains `hint`; if that is empty, there is none.
    #[track_caller]
    pub fn assert_error(&self, error: &str, hint: &str) -> &Output {
        assert_eq!(self.code(), Some(1), "{self:?}");
        let errors = self.errors();
        let (first, hints) = errors.split_first().unwrap_or_else(|| panic!("no error: {self:?}"));
        assert_eq!(*first, format!("{}: {error}", self.program), "{self:?}");
        assert!(hints.iter().all(|line| line.starts_with("hint: ")), "{self:?}");
        match hint {
            "" => assert!(hints.is_empty(), "{self:?}"),
            _ => assert!(
                hints.iter().any(|line| line.contains(hint)),
                "no hint with {hint:?}: {self:?}"
            ),
        }
        self
    }

    /// Asserts that the arguments were refused: exit status 2, one line, no other output.
    #[track_caller]
    pub fn assert_usage_error(&self, error: &str) -> &Output {
        assert_eq!(self.code(), Some(2), "{self:?}");
        assert_eq!(self.stderr, format!("{}: {error} (try --help)\n", self.program));
        assert_eq!(self.stdout, "");
        self
    }
}
