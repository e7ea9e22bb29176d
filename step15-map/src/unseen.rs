//! What the map cannot show, and why.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use nix::errno::Errno;
use nix::unistd::geteuid;
use step_support::error::errno;
use step_support::namespace::link;
use step_support::refusal::{self, in_initial_user_namespace, root_may_not_look_into};

use crate::search::Searched;
use crate::{Id, Map};

/// The PID namespace of the host (`PROC_PID_INIT_INO`).
const INITIAL_PID_NAMESPACE: &str = "pid:[4026531836]";

/// A sentence for each thing that is not in the map.
pub fn reasons(map: &Map, searched: &Searched, listed: io::Result<()>) -> Vec<String> {
    let is_initial = link("self", "pid").is_ok_and(|own| own == INITIAL_PID_NAMESPACE);
    let mut reasons = Vec::new();
    reasons.extend(forbidden(&searched.forbidden));
    if !Path::new("/proc/1").exists() {
        reasons.push("processes of others: /proc is mounted with hidepid".to_owned());
    }
    if !is_initial {
        reasons
            .push("processes outside of this PID namespace: /proc does not have them".to_owned());
    }
    if let Some(pid) = searched.without_first_child.first() {
        let others = searched.without_first_child.len() - 1;
        let others = if others > 0 { format!(", and {others} more") } else { String::new() };
        reasons.push(format!(
            "a PID namespace that has no process yet{others}: /proc/{pid}/ns/pid_for_children leads \
             nowhere before the first"
        ));
    }
    let read: BTreeSet<Id> = searched.mounts.iter().map(|(id, ..)| *id).collect();
    let unread = map.0.keys().filter(|id| id.kind == "mnt" && !read.contains(id));
    reasons.extend(unread.map(|id| format!("mounts in {id}: no process in it could be asked")));
    match listed.map_err(|error| errno(&error)) {
        Err(Errno::ENOSYS) => {
            reasons.push(format!("what only listns(2) lists: {}; Linux 6.19 has it", Errno::ENOSYS))
        }
        Err(errno) => reasons.push(format!("what only listns(2) lists: {errno}")),
        Ok(()) if is_initial && refusal::is_host_root() && refusal::has_sys_admin() => {}
        Ok(()) => reasons.push(
            "what listns(2) lists only for root of the host, in the initial PID namespace"
                .to_owned(),
        ),
    }
    reasons.push(
        "namespaces that only a socket or a mounted file system keeps alive: no file in /proc leads \
         to them"
            .to_owned(),
    );
    reasons
}

/// The processes that may not be looked into.
fn forbidden(errors: &[Errno]) -> Option<String> {
    let errno = errors.first()?;
    let (processes, they_are) = match errors.len() {
        1 => ("1 process".to_owned(), "it is"),
        count => (format!("{count} processes"), "they are"),
    };
    let reason = if geteuid().is_root() {
        root_may_not_look_into(they_are)
    } else {
        let outside =
            if in_initial_user_namespace() { "" } else { "outside of this user namespace, " };
        let command = refusal::as_root("target/debug/step15-map");
        format!("{they_are} {outside}of another user, or privileged: {command}")
    };
    Some(format!("{processes}: {errno}; {reason}"))
}
