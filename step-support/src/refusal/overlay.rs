//! Why overlayfs could not do what an image needs of it.

use nix::errno::Errno;
use nix::sys::utsname::uname;

/// What to type where the caller's own user namespace is the obstacle.
const ON_HOST: &str = "on the host: sudo target/debug/step10-image";

/// Why overlayfs could not be mounted, where a tmpfs could.
pub fn overlay(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EPERM if !super::is_host_root() && kernel_is_before((5, 11)) => {
            vec![format!("before Linux 5.11, only root of the host may mount overlayfs; {ON_HOST}")]
        }
        Errno::ENODEV => vec![
            "this kernel has no overlayfs, or has not loaded it; on the host: sudo modprobe overlay"
                .to_owned(),
        ],
        _ => super::in_new_namespace(errno),
    }
}

/// Why a directory of a lower layer could not be removed, or made again.
pub fn opaque_dir(errno: Errno) -> Vec<String> {
    match errno {
        Errno::EIO if super::in_initial_user_namespace() => vec![
            "overlayfs could not mark a directory as opaque: this kernel's tmpfs keeps no \
             attributes (CONFIG_TMPFS_XATTR)"
                .to_owned(),
        ],
        Errno::EIO => vec![format!(
            "overlayfs could not mark a directory as opaque: in a user namespace it uses \
             attributes of the class user, which tmpfs keeps from Linux 6.6 on; root of the host \
             does not need them; {ON_HOST}"
        )],
        _ => Vec::new(),
    }
}

/// Whether this kernel is older than the version (`uname(2)`). Assumed to be new if its
/// release does not begin with two numbers.
fn kernel_is_before(version: (u32, u32)) -> bool {
    let Ok(uname) = uname() else { return false };
    let release = uname.release().to_string_lossy();
    let mut numbers = release.split(['.', '-']).map_while(|it| it.parse::<u32>().ok());
    numbers.next().zip(numbers.next()).is_some_and(|it| it < version)
}
