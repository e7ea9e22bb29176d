// Where the kernel's structures have their fields: compiled with the headers of exactly the
// kernel in the machine (see the script beside it), never run. Each FIELD becomes a line
// "#AT STRUCTURE FIELD OFFSET" of the assembly; each VALUE a line "#AT - NAME NUMBER".

#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/fs_struct.h>
#include <linux/ipc_namespace.h>
#include <linux/kernfs.h>
#include <linux/memcontrol.h>
#include <linux/mm_types.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/time_namespace.h>
#include <linux/tty.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>
// Not in the headers, but in the source of the same version: kernel/sched/sched.h (task_group),
// fs/mount.h (mnt_namespace), kernel/cgroup/pids.c (pids_cgroup).
#include "sched.h"
#include "mount.h"
#include "pids_cgroup.h"

#define VALUE(name, value) asm volatile("\n#AT - " #name " %c0" :: "i"(value))
#define FIELD(structure, field) asm volatile("\n#AT " #structure " " #field " %c0" :: "i"(offsetof(struct structure, field)))
#define SIZE(structure) asm volatile("\n#AT " #structure " sizeof %c0" :: "i"(sizeof(struct structure)))

void layout(void)
{
	VALUE(PAGE_OFFSET, PAGE_OFFSET);

	FIELD(task_struct, tasks);
	FIELD(task_struct, pid);
	FIELD(task_struct, tgid);
	FIELD(task_struct, comm);
	FIELD(task_struct, flags);
	FIELD(task_struct, __state);
	FIELD(task_struct, exit_state);
	FIELD(task_struct, real_parent);
	FIELD(task_struct, thread_pid);
	FIELD(task_struct, nsproxy);
	FIELD(task_struct, real_cred);
	FIELD(task_struct, cgroups);
	FIELD(task_struct, signal);
	FIELD(signal_struct, tty);
	FIELD(tty_struct, name);
	VALUE(TTY_NAME_LENGTH, sizeof(((struct tty_struct *)0)->name));
	FIELD(task_struct, atomic_flags);
	VALUE(PFA_NO_NEW_PRIVS, PFA_NO_NEW_PRIVS);
	FIELD(task_struct, seccomp.mode);
	FIELD(task_struct, seccomp.filter_count);
	FIELD(task_struct, mm);
	FIELD(mm_struct, pgd);
	FIELD(task_struct, fs);
	FIELD(fs_struct, root.mnt);
	FIELD(fs_struct, root.dentry);
	VALUE(PF_KTHREAD, PF_KTHREAD);

	FIELD(pid, level);
	FIELD(pid, numbers);
	SIZE(upid);
	FIELD(upid, nr);
	FIELD(upid, ns);

	FIELD(cred, uid);
	FIELD(cred, gid);
	FIELD(cred, euid);
	FIELD(cred, egid);
	FIELD(cred, cap_inheritable);
	FIELD(cred, cap_permitted);
	FIELD(cred, cap_effective);
	FIELD(cred, cap_bset);
	FIELD(cred, cap_ambient);
	FIELD(cred, user_ns);
	FIELD(cred, ucounts);

	FIELD(nsproxy, uts_ns);
	FIELD(nsproxy, ipc_ns);
	FIELD(nsproxy, mnt_ns);
	FIELD(nsproxy, pid_ns_for_children);
	FIELD(nsproxy, net_ns);
	FIELD(nsproxy, time_ns);
	FIELD(nsproxy, time_ns_for_children);
	FIELD(nsproxy, cgroup_ns);

	FIELD(ns_common, inum);
	FIELD(ns_common, count);
	FIELD(uts_namespace, ns);
	FIELD(uts_namespace, user_ns);
	FIELD(uts_namespace, name);
	FIELD(new_utsname, nodename);
	FIELD(new_utsname, release);
	FIELD(new_utsname, domainname);
	VALUE(UTS_LENGTH, sizeof(((struct new_utsname *)0)->nodename));
	FIELD(ipc_namespace, ns);
	FIELD(ipc_namespace, user_ns);
	FIELD(mnt_namespace, ns);
	FIELD(mnt_namespace, user_ns);
	FIELD(mnt_namespace, mounts);
	FIELD(mnt_namespace, list);
	FIELD(mnt_namespace, root);
	FIELD(mount, mnt_list);
	FIELD(mount, mnt_parent);
	FIELD(mount, mnt_mountpoint);
	FIELD(mount, mnt_devname);
	FIELD(mount, mnt);
	FIELD(mount, mnt.mnt_root);
	FIELD(mount, mnt.mnt_sb);
	FIELD(mount, mnt.mnt_flags);
	VALUE(MNT_CURSOR, MNT_CURSOR);
	VALUE(MNT_LOCKED, MNT_LOCKED);
	FIELD(dentry, d_parent);
	FIELD(dentry, d_name.hash);
	FIELD(dentry, d_name.name);
	FIELD(super_block, s_type);
	FIELD(file_system_type, name);
	FIELD(pid_namespace, ns);
	FIELD(pid_namespace, user_ns);
	FIELD(pid_namespace, level);
	FIELD(pid_namespace, parent);
	FIELD(net, ns);
	FIELD(net, user_ns);
	FIELD(net, dev_base_head);
	FIELD(net_device, dev_list);
	FIELD(net_device, name);
	FIELD(net_device, flags);
	VALUE(IFNAMSIZ, IFNAMSIZ);
	VALUE(IFF_UP, IFF_UP);
	FIELD(time_namespace, ns);
	FIELD(time_namespace, user_ns);
	FIELD(time_namespace, offsets);
	FIELD(timens_offsets, monotonic);
	FIELD(timens_offsets, boottime);
	FIELD(timespec64, tv_sec);
	FIELD(timespec64, tv_nsec);
	FIELD(cgroup_namespace, ns);
	FIELD(cgroup_namespace, user_ns);
	FIELD(cgroup_namespace, root_cset);
	FIELD(user_namespace, ns);
	FIELD(user_namespace, parent);
	FIELD(user_namespace, level);
	FIELD(user_namespace, owner);
	FIELD(user_namespace, group);
	FIELD(user_namespace, flags);
	FIELD(user_namespace, uid_map);
	FIELD(user_namespace, gid_map);
	FIELD(user_namespace, ucounts);
	FIELD(user_namespace, ucount_max);
	FIELD(ucounts, ns);
	FIELD(ucounts, uid);
	FIELD(ucounts, ucount);
	VALUE(UCOUNT_USER_NAMESPACES, UCOUNT_USER_NAMESPACES);
	VALUE(UCOUNT_PID_NAMESPACES, UCOUNT_PID_NAMESPACES);
	VALUE(UCOUNT_MNT_NAMESPACES, UCOUNT_MNT_NAMESPACES);
	VALUE(UCOUNT_UTS_NAMESPACES, UCOUNT_UTS_NAMESPACES);
	VALUE(UCOUNT_IPC_NAMESPACES, UCOUNT_IPC_NAMESPACES);
	VALUE(UCOUNT_NET_NAMESPACES, UCOUNT_NET_NAMESPACES);
	VALUE(UCOUNT_TIME_NAMESPACES, UCOUNT_TIME_NAMESPACES);
	VALUE(UCOUNT_CGROUP_NAMESPACES, UCOUNT_CGROUP_NAMESPACES);
	FIELD(uid_gid_map, nr_extents);
	FIELD(uid_gid_map, extent);
	FIELD(uid_gid_map, forward);
	SIZE(uid_gid_extent);
	FIELD(uid_gid_extent, first);
	FIELD(uid_gid_extent, lower_first);
	FIELD(uid_gid_extent, count);
	VALUE(UID_GID_MAP_MAX_BASE_EXTENTS, UID_GID_MAP_MAX_BASE_EXTENTS);
	VALUE(UID_GID_MAP_MAX_EXTENTS, UID_GID_MAP_MAX_EXTENTS);

	FIELD(css_set, dfl_cgrp);
	FIELD(cgroup, self);
	FIELD(cgroup, kn);
	FIELD(cgroup, subsys);
	FIELD(cgroup, bstat);
	FIELD(cgroup, last_bstat);
	FIELD(cgroup, rstat_cpu);
	FIELD(cgroup_rstat_cpu, bstat);
	FIELD(cgroup_rstat_cpu, last_bstat);
	FIELD(cgroup_base_stat, cputime.sum_exec_runtime);
	FIELD(cgroup_subsys_state, children);
	FIELD(cgroup_subsys_state, sibling);
	FIELD(cgroup_subsys_state, cgroup);
	FIELD(cgroup_subsys_state, flags);
	FIELD(kernfs_node, name);
	FIELD(kernfs_node, parent);
	VALUE(pids_cgrp_id, pids_cgrp_id);
	VALUE(memory_cgrp_id, memory_cgrp_id);
	VALUE(cpu_cgrp_id, cpu_cgrp_id);
	FIELD(pids_cgroup, counter);
	FIELD(pids_cgroup, limit);
	FIELD(pids_cgroup, events_limit);
	FIELD(mem_cgroup, memory.usage);
	FIELD(mem_cgroup, memory.max);
	FIELD(mem_cgroup, memory_events);
	VALUE(MEMCG_OOM_KILL, MEMCG_OOM_KILL);
	VALUE(PAGE_COUNTER_MAX, PAGE_COUNTER_MAX);
	VALUE(PIDS_MAX, PIDS_MAX);
	FIELD(task_group, cfs_bandwidth.period);
	FIELD(task_group, cfs_bandwidth.quota);
	FIELD(task_group, cfs_bandwidth.nr_throttled);
}
