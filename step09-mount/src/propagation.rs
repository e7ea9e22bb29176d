//! `propagation`: which mounts appear in a second place?
//!
//! A bind mount shows a directory in a second place. If something is then mounted below one
//! of the two, the propagation of both decides whether it appears below the other one, too.
//! The copies of mounts in a new mount namespace follow the same rules: a copy of a shared
//! mount is its peer, and its slave if the namespace belongs to another user namespace.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use colored::Colorize;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use step_support::{Hint, print};

use crate::{DIR, cli, mount_tmpfs, mountinfo, unshare_mounts};

/// A file system in four places, and the propagation that each mount of it is given. The
/// original comes first: the others are bind mounts of it.
const PLACES: [(&str, MsFlags); 4] = [
    ("original", MsFlags::MS_SHARED),
    ("peer", MsFlags::MS_SHARED),
    ("slave", MsFlags::MS_SLAVE),
    ("private", MsFlags::MS_PRIVATE),
];

/// Mounts something in each place, and prints where it appears.
pub fn run() -> Result<u8> {
    unshare_mounts()?;
    mount_tmpfs(DIR)?;
    mount_places()?;
    for (place, _) in PLACES {
        let propagation = mountinfo::of(path(place), "self")?.propagation;
        print(&format!("{place:<10}{propagation}"))?;
    }
    for (place, _) in PLACES {
        mount_and_look(place)?;
    }
    Ok(0)
}

// ANCHOR: mount_places
/// Mounts the file system in all places, each with its propagation (`mount(2)`).
fn mount_places() -> Result<()> {
    let (original, none) = (path("original"), None::<&str>);
    for (name, propagation) in PLACES {
        let place = path(name);
        fs::create_dir(&place).with_context(|| format!("mkdir({name})"))?;
        if place == original {
            mount_tmpfs(&original)?;
            fs::create_dir(original.join("new")).context("mkdir(original/new)")?;
        } else {
            mount(Some(&original), &place, none, MsFlags::MS_BIND, none)
                .hint(cli::mount_hints)
                .with_context(|| format!("mount(original, {name}, MS_BIND)"))?;
        }
        mount(none, &place, none, propagation, none)
            .hint(cli::mount_hints)
            .with_context(|| format!("mount({name}, {})", cli::flag_names(propagation)))?;
    }
    Ok(())
}
// ANCHOR_END: mount_places

/// Mounts something on the directory `new` in one place, prints in which places `new` is on
/// another mount than the directory above it now, and unmounts it.
fn mount_and_look(place: &str) -> Result<()> {
    let new = path(place).join("new");
    mount_tmpfs(&new)?;
    let mut found = Vec::new();
    for (name, _) in PLACES {
        let place = path(name);
        if mountinfo::of(place.join("new"), "self")? != mountinfo::of(place, "self")? {
            found.push(name);
        }
    }
    print(&format!("mounted in {place:<10}appears in {}", found.join(" ").green()))?;
    umount2(&new, MntFlags::empty()).with_context(|| format!("umount({})", new.display()))
}

fn path(place: &str) -> PathBuf {
    Path::new(DIR).join(place)
}
