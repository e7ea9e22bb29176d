//! Why a controller is not available, and what to do about it.

use std::fs;
use std::path::Path;

use step_support::cgroup::{Mounted, words};
use step_support::printable;

use crate::hints::systemd_run;
use crate::place::is_root;

/// Why a controller is not available in the current cgroup, and what to do about it: of
/// v2, or of v1 if no directory is given.
pub fn missing_controller(name: &str, v2: Option<&Mounted>) -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    if is_disabled(name, &read("/proc/cgroups"), &read("/proc/cmdline")) {
        return format!(
            "the kernel has disabled it: remove cgroup_disable={name} from its command line, or on \
             a Raspberry Pi add cgroup_enable={name} to it (/boot/firmware/cmdline.txt)"
        );
    }
    let Some(Mounted { top, current, .. }) = v2 else {
        return format!(
            "no v1 hierarchy has it; if the kernel has it for v1 and v2 does not use it, as root: \
             mount -t cgroup -o {name} cgroup /mnt"
        );
    };
    let has = |dir: &&Path| {
        words(&dir.join("cgroup.controllers")).is_ok_and(|it| it.iter().any(|it| it == name))
    };
    let visible = current.ancestors().take_while(|dir| dir.starts_with(top));
    match (visible.skip(1).find(has), systemd_run(true)) {
        (Some(above), Some(systemd)) => format!(
            "{} does not enable it for its children; systemd does, for a new cgroup: sudo {systemd}",
            printable(above)
        ),
        (Some(above), None) => {
            let file = printable(above.join("cgroup.subtree_control"));
            format!("a cgroup above does not enable it; as root: echo +{name} > {file}")
        }
        (None, _) if is_root(top) => format!("this kernel is built without it ({})", config(name)),
        (None, _) => format!(
            "a cgroup above {}, which is not visible here, does not enable it: run the step outside \
             of this container or cgroup namespace",
            printable(top)
        ),
    }
}

/// Whether the kernel was booted with a controller disabled. `/proc/cgroups` says so, but may
/// list only the controllers that v1 has, too.
fn is_disabled(name: &str, cgroups: &str, command_line: &str) -> bool {
    let mut rows = cgroups.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
    let options = command_line.split_whitespace();
    let mut disabled = options.filter_map(|it| it.strip_prefix("cgroup_disable="));
    rows.any(|row| row.first() == Some(&name) && row.last() == Some(&"0"))
        || disabled.any(|names| names.split(',').any(|it| it == name))
}

/// The option that builds a controller into the kernel.
fn config(name: &str) -> &'static str {
    match name {
        "memory" => "CONFIG_MEMCG",
        "pids" => "CONFIG_CGROUP_PIDS",
        _ => "CONFIG_CGROUP_SCHED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_controller_is_disabled_if_either_file_says_so() {
        let head = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n";
        let cgroups = head.to_owned() + "cpu\t0\t1\t1\nmemory\t0\t1\t0\npids\t0\t1\t1\n";
        assert!(is_disabled("memory", &cgroups, ""));
        assert!(!is_disabled("cpu", &cgroups, "") && !is_disabled("mem", &cgroups, ""));
        let command_line = "coherent_pool=1M snd_bcm2835.enable_hdmi=0 cgroup_disable=memory \
                            console=tty1 root=PARTUUID=dc9a3a3f-02 rootfstype=ext4 rootwait\n";
        assert!(is_disabled("memory", head, command_line));
        assert!(!is_disabled("pids", head, command_line));
        assert!(is_disabled("cpu", "", "cgroup_disable=memory,cpu"));
    }
}
