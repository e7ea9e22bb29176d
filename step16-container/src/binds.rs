//! What the container shows of the host. Step 09 explains it.

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::mount::MsFlags;
use step_support::{Hint, printable, refusal};

use crate::options::{Bind, Options};
use crate::root::{NO_PRIVILEGES, NewRoot};
use crate::tree::Tree;
use crate::{restrict, target};

/// Copies what is to be shown, while the host's paths still lead there.
pub fn copy(options: &Options) -> Result<Vec<(Tree, &Bind)>> {
    options.binds.iter().map(|it| Ok((Tree::copy(&it.source)?, it))).collect()
}

/// Shows in the container what the user wants of the host.
pub fn show_all(root: &NewRoot) -> Result<()> {
    for (tree, bind) in &root.binds {
        let what = tree.what()?;
        let (source, place) = (&bind.source, &bind.target);
        tree.show(&target::named(&root.dir, place, what)?)
            .hint(hints)
            .with_context(|| format!("move_mount({}, {})", printable(source), printable(place)))?;
        // What is open is below the new mount: the place has to be opened again.
        let flags = if bind.is_read_only { MsFlags::MS_RDONLY } else { MsFlags::empty() };
        restrict::tree(&target::named(&root.dir, place, what)?.file(), NO_PRIVILEGES | flags)?;
    }
    Ok(())
}

fn hints(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EINVAL | Errno::ENOTDIR => vec![
            "a directory can be shown only in the place of a directory, and a file in that of a \
             file"
                .to_owned(),
        ],
        _ => refusal::in_new_namespace(errno),
    }
}
