//! Which names of unix sockets belong to a network namespace: unix(7) has abstract names,
//! which only the kernel knows, and paths, which are files.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::CloneFlags;
use step_support::status::wait_for_child;
use step_support::{Hint, refusal};

use crate::facts::{network_namespace, print_fact, print_refusal, socket};
use crate::{start, user};

/// A name as it is printed, and as the kernel gets it.
type Name = (&'static str, SocketAddr);

/// Listens on a name of each kind, and connects to both from two children: one in the
/// parent's network namespace, one in a new one.
pub fn names() -> Result<u8> {
    user::enter_new(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS)?;
    cover_tmp()?;
    let names = [
        ("@step11", SocketAddr::from_abstract_name("step11")?),
        ("/tmp/step11", SocketAddr::from_pathname("/tmp/step11")?),
    ];
    print_fact("parent:", network_namespace()?)?;
    let _listeners = names.iter().map(listen).collect::<Result<Vec<_>>>()?;
    for (who, flags) in [("third:", CloneFlags::empty()), ("child:", CloneFlags::CLONE_NEWNET)] {
        let child = start(flags, || {
            print_fact(who, network_namespace()?)?;
            for name in &names {
                print_refusal(who, Errno::ECONNREFUSED, connect(who, name))?;
            }
            Ok(0)
        })?;
        if let failed @ 1.. = wait_for_child(child)? {
            return Ok(failed);
        }
    }
    Ok(0)
}

/// Keeps the path to the caller's mount namespace: no file is left when it ends.
fn cover_tmp() -> Result<()> {
    let none = None::<&str>;
    let flags = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(none, "/", none, flags, none)
        .hint(refusal::propagation)
        .context("mount(/, MS_REC | MS_PRIVATE)")?;
    mount(Some("tmpfs"), "/tmp", Some("tmpfs"), MsFlags::empty(), none)
        .hint(refusal::in_new_namespace)
        .context("mount(tmpfs, /tmp)")
}

fn listen((name, address): &Name) -> Result<UnixListener> {
    let listener = UnixListener::bind_addr(address)
        .hint(refusal::any_call)
        .with_context(|| format!("bind({name})"))?;
    print_fact("parent:", format!("listens on {name}, {}", socket(&listener)?))?;
    Ok(listener)
}

fn connect(who: &str, (name, address): &Name) -> Result<UnixStream> {
    let stream = UnixStream::connect_addr(address)
        .hint(refusal::any_call)
        .with_context(|| format!("connect({name})"))?;
    print_fact(who, format!("connect({name}): {}", socket(&stream)?))?;
    Ok(stream)
}
