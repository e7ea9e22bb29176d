//! What can be left out of the container, to see what it is good for.

/// A protection, by its name on the command line and in the table of `--verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    User,
    Pid,
    Net,
    Ipc,
    Uts,
    Time,
    Cgroup,
    Root,
    ReadOnly,
    Masks,
    Descriptors,
    Keyring,
    Capabilities,
    NoNewPrivs,
    Seccomp,
    Dumpable,
    Init,
}

impl Protection {
    /// All of them, and their names.
    pub const ALL: [(Protection, &str); 17] = [
        (Protection::User, "user"),
        (Protection::Pid, "pid"),
        (Protection::Net, "net"),
        (Protection::Ipc, "ipc"),
        (Protection::Uts, "uts"),
        (Protection::Time, "time"),
        (Protection::Cgroup, "cgroup"),
        (Protection::Root, "root"),
        (Protection::ReadOnly, "read-only"),
        (Protection::Masks, "masks"),
        (Protection::Descriptors, "descriptors"),
        (Protection::Keyring, "keyring"),
        (Protection::Capabilities, "capabilities"),
        (Protection::NoNewPrivs, "no_new_privs"),
        (Protection::Seccomp, "seccomp"),
        (Protection::Dumpable, "dumpable"),
        (Protection::Init, "init"),
    ];

    /// The protection with this name.
    pub fn parse(name: &str) -> Result<Protection, String> {
        let found = Protection::ALL.iter().find(|(_, it)| *it == name).map(|(it, _)| *it);
        found.ok_or_else(|| {
            let names: Vec<_> = Protection::ALL.iter().map(|(_, name)| *name).collect();
            format!("one of {}", names.join(", "))
        })
    }
}
