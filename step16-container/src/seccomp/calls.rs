//! System calls by their numbers, which differ from processor to processor.

use libc::c_long;

/// Calls that are refused. Some are there on certain processors only.
pub const REFUSED: &[c_long] = &[
    // The clock of the machine
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_clock_settime,
    libc::SYS_settimeofday,
    // The kernel, its modules, its log, and how it starts
    libc::SYS_acct,
    libc::SYS_delete_module,
    libc::SYS_finit_module,
    libc::SYS_init_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_syslog,
    // Mounts and namespaces
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_pivot_root,
    libc::SYS_setns,
    libc::SYS_umount2,
    libc::SYS_unshare,
    // Files by numbers that are valid anywhere on the file system, as an early escape from Docker used them
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_quotactl,
    // Keys, which no namespace separates
    libc::SYS_add_key,
    libc::SYS_keyctl,
    libc::SYS_request_key,
    // Other processes and their memory
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    // Where bugs of the kernel were found again and again
    libc::SYS_bpf,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    // Memory by the node of the machine
    libc::SYS_get_mempolicy,
    libc::SYS_mbind,
    libc::SYS_move_pages,
    libc::SYS_set_mempolicy,
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    libc::SYS_ioperm,
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    libc::SYS_iopl,
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    libc::SYS_uselib,
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    libc::SYS_ustat,
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    libc::SYS_kexec_file_load,
    #[cfg(target_arch = "x86")]
    CLOCK_SETTIME64,
    #[cfg(target_arch = "x86")]
    CLOCK_ADJTIME64,
    #[cfg(target_arch = "x86")]
    libc::SYS_stime,
    #[cfg(target_arch = "x86")]
    libc::SYS_umount,
    #[cfg(target_arch = "x86")]
    libc::SYS_vm86,
    #[cfg(target_arch = "x86")]
    libc::SYS_vm86old,
];

/// What the crate libc does not name yet, from the kernel's `syscall_32.tbl`.
#[cfg(target_arch = "x86")]
const CLOCK_SETTIME64: libc::c_long = 404;
#[cfg(target_arch = "x86")]
const CLOCK_ADJTIME64: libc::c_long = 405;

/// The first number of the second set of calls on x86-64; there is none elsewhere.
pub const X32: u32 = if cfg!(target_arch = "x86_64") { 0x4000_0000 } else { u32::MAX };

/// The architecture of this program's calls, as `<linux/audit.h>` composes it: the machine of
/// an ELF file, a bit for 64 bits, a bit for little-endian.
pub const AUDIT_ARCH: u32 = MACHINE as u32
    | if cfg!(target_pointer_width = "64") { 0x8000_0000 } else { 0 }
    | if cfg!(target_endian = "little") { 0x4000_0000 } else { 0 };

const MACHINE: u16 = if cfg!(target_arch = "x86_64") {
    libc::EM_X86_64
} else if cfg!(target_arch = "x86") {
    libc::EM_386
} else if cfg!(target_arch = "aarch64") {
    libc::EM_AARCH64
} else if cfg!(target_arch = "arm") {
    libc::EM_ARM
} else if cfg!(target_arch = "riscv64") {
    libc::EM_RISCV
} else if cfg!(target_arch = "powerpc64") {
    libc::EM_PPC64
} else if cfg!(target_arch = "s390x") {
    libc::EM_S390
} else {
    panic!("add the EM_... of this processor")
};
