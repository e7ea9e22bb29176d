//! On which ports the sockets of a process listen, and in which network namespace.

use std::fs;
use std::net::UdpSocket;

use nix::unistd::Pid;

use crate::language::{CHECK_MACHINE, text};
use crate::verdict::{Finding, unavailable};

/// Checks that the C library can create sockets in the sandbox. On 32-bit x86 it may use a
/// system call for that whose arguments no filter can read, so that the sandbox refuses it.
pub fn check_sockets() -> Result<(), Finding> {
    UdpSocket::bind("0.0.0.0:0").map(drop).map_err(|error| {
        let advice = match error.raw_os_error() {
            Some(libc::ENOSYS) => {
                text!(
                    "The C library of this machine calls socketcall(2), which the sandbox refuses",
                    "이 컴퓨터의 C 라이브러리는 샌드박스가 거부하는 socketcall(2)를 호출합니다",
                )
            }
            _ => CHECK_MACHINE.into(),
        };
        unavailable("socket()", error, advice)
    })
}

/// What a descriptor of a process stands for, such as `socket:[20544]`, or the error instead.
pub fn descriptor(process: Pid, fd: &str) -> String {
    let path = format!("/proc/{process}/fd/{fd}");
    match fs::read_link(&path) {
        Ok(target) => target.to_string_lossy().into_owned(),
        Err(error) => format!("{path}: {error}"),
    }
}

/// The TCP port on which a socket listens, if it does so in the network namespace of `process`
/// (`proc_pid_net(5)`).
pub fn port(socket: &str, process: Pid) -> Option<u16> {
    ["tcp", "tcp6"].iter().find_map(|file| {
        let table = fs::read_to_string(format!("/proc/{process}/net/{file}")).unwrap_or_default();
        table.lines().skip(1).find_map(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let (address, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
            let listens = *state == "0A" && socket == format!("socket:[{inode}]");
            let (_, port) = address.rsplit_once(':').filter(|_| listens)?;
            u16::from_str_radix(port, 16).ok()
        })
    })
}
