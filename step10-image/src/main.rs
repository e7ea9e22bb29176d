//! Step 10: what is an image layer?
//!
//! overlayfs shows several directories as one. It only reads the lower ones, the layers.
//! What a program changes goes into the upper one, in three forms: a changed file is there as
//! a copy, a removed one as a device 0:0, a replaced directory with an attribute that says
//! "opaque". Later the upper directory can be a layer itself. So an image is a stack of
//! directories, and a JSON file that lists them in order.
//!
//! ```text
//! cargo run -p step10-image
//! ```
//!
//! Privilege: mounting requires CAP_SYS_ADMIN, which an unprivileged user has inside a new
//! user namespace. There overlayfs needs the option `userxattr`, because attributes of the
//! class `trusted` are for root of the host only.
//!
//! Simplified: a registry has each layer as a tar archive, in which the empty file
//! `.wh.NAME` stands for a removed NAME, and lists the archives by their SHA-256 digests.
//! overlayfs has more attributes than the one shown, such as `origin` and `impure`.
//!
//! Manual: mount(2), xattr(7), mount_namespaces(7), overlayfs in the kernel's documentation

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use colored::Colorize;
use nix::mount::{MsFlags, mount, umount};
use step_support::process::exec;
use step_support::refusal::{self, in_initial_user_namespace};
use step_support::{Hint, exit_code, print};

mod cli;
mod entry;
mod own_mounts;

/// The names in the layers.
const NAMES: [&str; 4] = ["etc/motd", "etc/issue", "cache", "cache/old"];

fn main() -> ExitCode {
    exit_code(run())
}

/// Stacks two layers, changes the result, and stacks the change as a third layer.
fn run() -> Result<u8> {
    let command = cli::parse_args()?;
    own_mounts::enter()?;
    make_layers()?;
    let options = mount_overlay("lowerdir=app:base,upperdir=upper,workdir=work")?;
    if let Some(command) = command {
        return Ok(exec(command));
    }

    print(&format!("merged is mounted with {options}"))?;
    print_row(["", "base", "app", "upper", "merged"])?;
    NAMES.iter().try_for_each(|name| print_entry(name))?;
    change_merged()?;

    // ANCHOR: image
    let changed = merged_entries()?;
    umount("merged").context("umount(merged)")?;
    let mut layers = ["base", "app", "upper"];
    print(&format!("an image of three layers: {{\"layers\": {layers:?}}}"))?;
    layers.reverse(); // an image begins with the lowest, `lowerdir` with the highest
    let options = mount_overlay(&format!("lowerdir={}", layers.join(":")))?;
    print(&format!("merged is mounted with {options}"))?;
    print(match merged_entries()? == changed {
        true => "merged shows the same: what was upper is a layer like the others",
        false => "merged shows something else",
    })?;
    // ANCHOR_END: image
    Ok(0)
}

/// Makes two layers, in a tmpfs that ends with this mount namespace.
fn make_layers() -> Result<()> {
    mount(Some("tmpfs"), "/tmp", Some("tmpfs"), MsFlags::empty(), None::<&str>)
        .hint(refusal::in_new_namespace)
        .context("mount(tmpfs, /tmp)")?;
    env::set_current_dir("/tmp").context("chdir(/tmp)")?;
    for dir in ["base/etc", "base/cache", "app/etc", "upper", "work", "merged"] {
        fs::create_dir_all(dir).with_context(|| format!("mkdir({dir})"))?;
    }
    let files = [
        ("base/etc/motd", "welcome"),
        ("base/etc/issue", "Linux"),
        ("base/cache/old", "data"),
        ("app/etc/motd", "hello"),
    ];
    files.iter().try_for_each(|(file, content)| {
        fs::write(file, content).with_context(|| format!("write({file})"))
    })
}

// ANCHOR: mount_overlay
/// Mounts directories as one, `merged` (`mount(2)`). Returns the options.
fn mount_overlay(directories: &str) -> Result<String> {
    let mut options = directories.to_owned();
    if !in_initial_user_namespace() {
        options += ",userxattr"; // attributes of the class `trusted` are for root of the host
    }
    mount(Some("overlay"), "merged", Some("overlay"), MsFlags::empty(), Some(options.as_str()))
        .hint(refusal::overlay)
        .with_context(|| format!("mount(overlay, merged, {options})"))?;
    Ok(options)
}
// ANCHOR_END: mount_overlay

/// Changes what the lower layers hold, as any program would, and prints where it went.
fn change_merged() -> Result<()> {
    let mut motd = File::options()
        .append(true)
        .open("merged/etc/motd")
        .context("open(merged/etc/motd, O_APPEND)")?;
    motd.write_all(b" again").context("write(merged/etc/motd)")?;
    print("merged/etc/motd: appended to")?;
    print_entry("etc/motd")?;

    fs::remove_file("merged/etc/issue").context("unlink(merged/etc/issue)")?;
    print("merged/etc/issue: removed")?;
    print_entry("etc/issue")?;

    // ANCHOR: replace
    fs::remove_file("merged/cache/old").context("unlink(merged/cache/old)")?;
    fs::remove_dir("merged/cache").hint(refusal::opaque_dir).context("rmdir(merged/cache)")?;
    fs::create_dir("merged/cache").hint(refusal::opaque_dir).context("mkdir(merged/cache)")?;
    // ANCHOR_END: replace
    print("merged/cache: removed and made again")?;
    print_entry("cache")?;
    print_entry("cache/old")
}

/// Prints what each directory holds under a name.
fn print_entry(name: &str) -> Result<()> {
    let at = |dir: &str| entry::describe(&Path::new(dir).join(name));
    print_row([name, &at("base")?, &at("app")?, &at("upper")?, &at("merged")?])
}

/// Prints a row of the table.
fn print_row([name, base, app, upper, merged]: [&str; 5]) -> Result<()> {
    let upper = upper.green();
    print(&format!("{name:<11}{base:<11}{app:<9}{upper:<30}{merged}"))
}

/// What merged holds under all names.
fn merged_entries() -> Result<Vec<String>> {
    NAMES.iter().map(|name| entry::describe(&Path::new("merged").join(name))).collect()
}
