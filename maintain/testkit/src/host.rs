use std::collections::BTreeSet;
use std::fs;

use nix::sys::utsname::uname;

/// What a step must leave as it was: everything a test can see of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    hostname: String,
    domainname: String,
    mounts: BTreeSet<String>,
    interfaces: BTreeSet<String>,
}

impl Host {
    /// The host as it is now.
    pub fn now() -> Host {
        let uts = uname().expect("uname");
        let lines = |file: &str| -> BTreeSet<String> {
            fs::read_to_string(file).expect(file).lines().map(str::to_owned).collect()
        };
        let interfaces = lines("/proc/thread-self/net/dev");
        Host {
            hostname: uts.nodename().to_string_lossy().into_owned(),
            domainname: uts.domainname().to_string_lossy().into_owned(),
            mounts: lines("/proc/thread-self/mountinfo"),
            interfaces: interfaces
                .iter()
                .filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned()))
                .collect(),
        }
    }

    /// Runs `action` and panics if the host is different afterwards.
    pub fn unchanged<T>(action: impl FnOnce() -> T) -> T {
        let before = Host::now();
        let result = action();
        assert_eq!(Host::now(), before, "the host is not what it was");
        result
    }
}
