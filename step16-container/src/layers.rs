//! A root directory of several layers. Step 10 explains it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::mount::mount;
use step_support::{Hint, refusal};

use crate::root::{NEW, NO_PRIVILEGES, Source, mount_tmpfs};

/// Stacks directories by overlayfs. What is changed goes into a directory in memory, which
/// ends with the container.
pub fn stack(layers: &[PathBuf]) -> Result<&'static str> {
    let mut sources = Vec::new();
    for layer in layers.iter().rev() {
        sources.push(Source::open(layer)?); // an image begins with the lowest, lowerdir with the highest
    }
    mount_tmpfs(Path::new(NEW), "mode=0755")?;
    for dir in ["/tmp/upper", "/tmp/work", "/tmp/root"] {
        fs::create_dir(dir).with_context(|| format!("mkdir({dir})"))?;
    }
    // Not the layers' own paths: a colon or a comma in one would have a meaning here.
    let lower: Vec<_> = sources.iter().map(Source::path).collect();
    let lower = lower.join(":");
    let mut layers = format!("lowerdir={lower},upperdir=/tmp/upper,workdir=/tmp/work");
    if !refusal::in_initial_user_namespace() {
        layers += ",userxattr";
    }
    mount(Some("overlay"), "/tmp/root", Some("overlay"), NO_PRIVILEGES, Some(layers.as_str()))
        .hint(refusal::overlay)
        .with_context(|| format!("mount(overlay, {layers})"))?;
    Ok("/tmp/root")
}
