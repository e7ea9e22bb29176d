//! A frozen process looks like one that sleeps: its State is S. Two files of its cgroup
//! tell more. cgroup.freeze contains what somebody has asked for. The line `frozen` in
//! cgroup.events is what is true, and a cgroup is frozen, too, while one above it is
//! asked to be. Somewhere below the cgroup `top`, which is not frozen, is the cgroup
//! `own`, which is. Both are of version 2, on a hybrid machine too.
//!
//! Let the process of `own` run again, without moving it. All other cgroups that somebody
//! has asked to freeze stay frozen, unless `own` is below them.
//!
//! Manual: "Control Group v2" (docs.kernel.org): Core Interface Files

use std::fs;
use std::io;
use std::path::Path;

fn thaw(top: &Path, own: &Path) -> io::Result<()> {
    for dir in own.ancestors().take_while(|dir| *dir != top) {
        fs::write(dir.join("cgroup.freeze"), "0")?;
    }
    Ok(())
}

fn main() -> ! {
    judge::resources2(thaw)
}
