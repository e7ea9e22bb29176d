use std::collections::BTreeSet;
use std::fs;

use nix::sys::utsname::uname;

/// What a step must not change, as far as a test can see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    hostname: String,
    domainname: String,
    mounts: BTreeSet<String>,
    interfaces: BTreeSet<String>,
}

/// Where container engines, login managers and package managers mount while tests run.
const MOUNTED_BY_OTHERS: [&str; 5] = ["/media/", "/run/", "/snap/", "/var/lib/", "/var/run/"];

/// Interfaces that container engines and hypervisors create while tests run.
const CREATED_BY_OTHERS: [&str; 6] = ["br-", "docker", "tap", "veth", "virbr", "vnet"];

impl Host {
    /// The current state, as the calling thread sees it.
    pub fn now() -> Host {
        let uts = uname().expect("uname");
        let read = |file: &str| fs::read_to_string(file).expect(file);
        let mount_point = |line: &str| line.split(' ').nth(4).unwrap_or_default().to_owned();
        let own_mount = |line: &&str| {
            let point = mount_point(line);
            !MOUNTED_BY_OTHERS.iter().any(|dir| point.starts_with(dir))
        };
        let devices = read("/proc/thread-self/net/dev");
        let names = devices.lines().filter_map(|line| Some(line.split_once(':')?.0.trim()));
        let own_interface =
            |name: &&str| !CREATED_BY_OTHERS.iter().any(|prefix| name.starts_with(prefix));
        Host {
            hostname: uts.nodename().to_string_lossy().into_owned(),
            domainname: uts.domainname().to_string_lossy().into_owned(),
            mounts: read("/proc/thread-self/mountinfo")
                .lines()
                .filter(own_mount)
                .map(str::to_owned)
                .collect(),
            interfaces: names.filter(own_interface).map(str::to_owned).collect(),
        }
    }

    /// Runs `action` and panics if the host is different afterwards.
    pub fn unchanged<T>(action: impl FnOnce() -> T) -> T {
        let before = Host::now();
        let result = action();
        assert_eq!(Host::now(), before, "the step changed the host");
        result
    }
}
