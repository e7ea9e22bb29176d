//! `listns(2)`: the kernel's own list of namespaces, from Linux 6.19 on.

use std::fs::File;
use std::io;
use std::os::fd::FromRawFd;

use libc::{c_int, c_long, c_uint};
use nix::errno::Errno;

use crate::Map;

/// The number of the call on all processors that these steps run on. The C library has no
/// name for it yet.
const SYS_LISTNS: c_long = 470;

/// Which namespaces to list (`struct ns_id_req` in `linux/nsfs.h`). Zeros mean all.
#[repr(C)]
#[derive(Default)]
struct NsIdReq {
    size: u32,
    spare: u32,
    ns_id: u64,
    ns_type: u32,
    spare2: u32,
    user_ns_id: u64,
}

// ANCHOR: listns
/// Asks for the IDs of all namespaces. They are not the inode numbers: unlike those, the
/// kernel never uses one again.
fn listns() -> nix::Result<Vec<u64>> {
    let request = NsIdReq { size: size_of::<NsIdReq>() as u32, ..NsIdReq::default() };
    let mut ids = vec![0_u64; 1024];
    loop {
        let (buffer, size) = (ids.as_mut_ptr(), ids.len());
        // SAFETY: the kernel reads `request`, and writes at most `size` numbers to `buffer`.
        let count = unsafe { libc::syscall(SYS_LISTNS, &raw const request, buffer, size, 0) };
        let count = Errno::result(count)? as usize;
        if count < size {
            ids.truncate(count);
            return Ok(ids);
        }
        // There may be more. A list in parts has gaps: the next part cannot begin with a
        // namespace that is just ending.
        ids.resize(2 * size, 0);
    }
}
// ANCHOR_END: listns

/// Stands for the file system of all namespace files (`FD_NSFS_ROOT` in `linux/fcntl.h`).
const FD_NSFS_ROOT: c_int = -10003;

/// The type of the handles of its files (`FILEID_NSFS` in the kernel's `exportfs.h`).
const FILEID_NSFS: c_int = 0xf1;

/// A handle of a namespace's file (`struct file_handle` and `struct nsfs_file_handle`).
#[repr(C)]
struct Handle {
    handle_bytes: c_uint,
    handle_type: c_int,
    ns_id: u64,
    ns_type: u32,
    ns_inum: u32,
}

/// Opens the file of the namespace with this ID (`open_by_handle_at(2)`).
fn open_by_id(ns_id: u64) -> nix::Result<File> {
    let (call, flags) = (libc::SYS_open_by_handle_at, libc::O_RDONLY | libc::O_CLOEXEC);
    // The kernel finds the kind and the inode number by itself.
    let (handle_bytes, handle_type, ns_type, ns_inum) = (16, FILEID_NSFS, 0, 0);
    let handle = Handle { handle_bytes, handle_type, ns_id, ns_type, ns_inum };
    // SAFETY: the handle has as many bytes as it says, and the kernel only reads them.
    let fd = unsafe { libc::syscall(call, FD_NSFS_ROOT, &raw const handle, flags) };
    // SAFETY: the kernel has just created this descriptor, and nobody else owns it.
    Ok(unsafe { File::from_raw_fd(Errno::result(fd)? as c_int) })
}

/// Adds the namespaces that the kernel lists.
pub fn add_all(map: &mut Map) -> io::Result<()> {
    for id in listns()? {
        match open_by_id(id) {
            Ok(file) => _ = map.add(&file)?,
            Err(Errno::ESTALE) => {} // it has ended since
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}
