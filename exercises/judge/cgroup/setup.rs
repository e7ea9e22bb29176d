//! What to type where this user has no cgroup for an exercise.

use std::env;
use std::path::Path;

use nix::unistd::geteuid;
use step_support::cgroup::Version;

/// The environment variable with which exercises pass that need a cgroup that is not there.
const SKIP: &str = "SKIP_CGROUP";

/// What to do about an error that has nothing to do with the answer or this user.
pub const TRY_AGAIN: &str = "Somebody may have changed the cgroups meanwhile. Save the file to try \
                             again";

/// What to do if only cgroup v1 is mounted.
pub const WITH_V2: &str = "cgroup v2 is not mounted. With systemd, add this to the kernel's \
                           command line: systemd.unified_cgroup_hierarchy=1";

/// What to do if v1 has the controllers.
pub const WITHOUT_V1: &str = "cgroup v1 has the controllers here. For v2, add this to the kernel's \
                              command line: cgroup_no_v1=all";

/// What the kernel has to be told when it boots, or how to do without.
pub fn boot(how: &str) -> String {
    format!("{how}\n  {WITHOUT}")
}

/// How this user gets a cgroup on this machine.
pub fn advice(version: Version) -> String {
    let has_systemd = Path::new("/run/systemd/system").exists();
    let how = match (has_systemd && version == Version::V2, geteuid().is_root()) {
        (true, false) => "Start it in one: systemd-run --user --scope -p Delegate=yes rustlings",
        (true, true) => "Start it in one: systemd-run --scope -p Delegate=yes rustlings",
        (false, false) => "Get one for this shell, and start rustlings again: sudo ./delegate $$",
        (false, true) => {
            "Get one for this shell: ./delegate $$ (in Docker that needs docker run --privileged)"
        }
    };
    format!("{how}\n  {WITHOUT}")
}

const WITHOUT: &str = "Or do without these exercises: SKIP_CGROUP=1 rustlings";

/// The exit status of an exercise that this machine cannot check, if the user does without.
pub fn skip() -> Option<i32> {
    env::var_os(SKIP)?;
    eprintln!("- Skipped, not solved: {SKIP} is set.");
    Some(0)
}
