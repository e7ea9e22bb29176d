use std::fs;
use std::ops::Deref;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

use testkit::User;

/// A folder for temporary files, removed on drop with all that is in it.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes it for a user.
    pub fn new(name: &str, user: User) -> Folder {
        let dir = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        let made = fs::create_dir(&dir).and_then(|()| chown(&dir, Some(user.uid().as_raw()), None));
        made.unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
        Folder(dir)
    }
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
