//! Runs ip(8), which speaks netlink(7) with the kernel: the only way to make a veth pair.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use step_support::error::failure;
use step_support::status::describe;
use step_support::{Hint, printable, refusal};

/// What `ip` needs in the user namespace that owns the network namespace.
const CAP_NET_ADMIN: u32 = 12;

/// Runs `ip` with these arguments in the caller's namespaces.
pub fn ip(arguments: &str) -> Result<()> {
    let mut command = Command::new("ip");
    command.args(arguments.split(' ')).stdin(Stdio::null());
    // SAFETY: the closure makes one system call.
    unsafe { command.pre_exec(|| Ok(set_pdeathsig(Signal::SIGKILL)?)) };
    let output = command.output().hint(not_run).with_context(|| format!("ip {arguments}"))?;
    let end = describe(output.status);
    match output.status.code() {
        Some(0) => Ok(()),
        None => bail!("ip {arguments}: {end}"),
        Some(_) => {
            let text = printable(String::from_utf8_lossy(&output.stderr).trim());
            Err(failure(format!("ip {arguments}: {end}: {text}"), refused(&text)))
        }
    }
}

/// Why there is no such program.
fn not_run(errno: Errno) -> Vec<String> {
    match errno {
        Errno::ENOENT | Errno::EACCES => vec![
            "ip(8) is not in any directory of PATH; it is in the package iproute2 (Debian, \
             Ubuntu, Alpine, Arch) or iproute (Fedora)"
                .to_owned(),
        ],
        Errno::EAGAIN => refusal::forking(errno).into_iter().collect(),
        _ => refusal::any_call(errno),
    }
}

/// Why `ip` failed, by what it wrote: it passes on the kernel's text, not the errno.
fn refused(text: &str) -> String {
    if text.contains("Unknown device type") || text.contains("Operation not supported") {
        "this kernel has no veth devices: as root, try modprobe veth; a kernel that was built \
         without CONFIG_VETH cannot have them"
            .to_owned()
    } else if !refusal::has_capability(CAP_NET_ADMIN) {
        "you lack CAP_NET_ADMIN; check: grep CapEff /proc/self/status".to_owned()
    } else if text.contains("Operation not permitted") {
        refusal::in_new_namespace(Errno::EPERM).join("; ")
    } else {
        "this needs the ip(8) of iproute2; check: ip -V".to_owned()
    }
}
