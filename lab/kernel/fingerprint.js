// Noticing that something has changed, for much less than a picture costs: a number that
// another state of processes, namespaces and cgroups hardly ever has, too. It is taken after
// each slice of the machine's time, so all that can be is worked out before.
//
// What a picture only measures is not in it: memory and time used, references counted, and
// whether a process runs or waits.

/**
 * The fields of a task_struct that change when a process does something that a picture shows.
 * Credentials, struct pids and css_sets are replaced, not changed; another process may get
 * the address of one that has ended, but not its PID.
 */
const OF_TASK = ['tgid', 'nsproxy', 'real_cred', 'cgroups', 'thread_pid', 'real_parent', 'exit_state',
    'atomic_flags', 'seccomp.mode', 'seccomp.filter_count'];

/** An nsproxy that is given up is free at once, and the same process may get its address again. */
const OF_NSPROXY = ['uts_ns', 'ipc_ns', 'mnt_ns', 'net_ns', 'cgroup_ns', 'time_ns', 'pid_ns_for_children', 'time_ns_for_children'];

/** TASK_COMM_LEN */
const COMM = 16;

/** __TASK_STOPPED: by ^Z, for example. A tracer stops its process too often. */
const STOPPED = 0x04;

/** More processes, cgroups, mounts or devices are not looked at, and no cgroup or directory that is deeper. */
const [MOST, DEEPEST] = [10_000, 100];

/**
 * What gives the number for the machine's memory. It reads whatever lies at an address: the
 * number then tells nothing, but a picture will be none.
 *
 * @param {import('./picture.js').Kernel} kernel
 * @returns {(bytes: Uint8Array) => number}
 */
export function fingerprintOf(kernel) {
    const fingerprint = new Fingerprint(kernel);
    return (bytes) => fingerprint.of(bytes);
}

class Fingerprint {
    /** @type {Int32Array} */
    #words = new Int32Array(0);

    #hash = 0;

    /** How many links of lists have been followed. */
    #count = 0;

    /** The structures that are in the number. */
    #seen = new Set();

    /** @param {import('./picture.js').Kernel} kernel */
    constructor({ init, layout }) {
        const at = (/** @type {string[]} */ ...fields) => fields.reduce((sum, field) => sum + layout[field], 0);
        const words = (/** @type {number} */ begin, /** @type {number} */ length) =>
            Array.from({ length: Math.ceil(length / 4) }, (_, index) => begin + index * 4);
        const long = (/** @type {string[]} */ ...fields) => words(at(...fields), 8);
        this.init = init;
        // A prototype's fields are found at once, those of an object with so many are looked up.
        this.at = Object.create(layout);
        this.ofTask = [...OF_TASK.map((field) => at(`task_struct.${field}`)), ...words(at('task_struct.comm'), COMM)];
        this.ofProxy = OF_NSPROXY.map((field) => at(`nsproxy.${field}`));
        // A name need not begin at a word.
        this.ofUts = ['nodename', 'domainname'].flatMap((name) =>
            words(at('uts_namespace.name', `new_utsname.${name}`), layout.UTS_LENGTH + 3));
        this.ofRoot = ['mnt', 'dentry'].map((field) => at(`fs_struct.root.${field}`));
        this.ofMounts = ['mounts', 'root'].map((field) => at(`mnt_namespace.${field}`));
        this.ofMount = ['mnt_parent', 'mnt_mountpoint', 'mnt_devname', 'mnt.mnt_sb', 'mnt.mnt_root'].map((field) => at(`mount.${field}`));
        this.ofEntry = ['hash', 'name'].map((field) => at(`dentry.d_name.${field}`));
        this.ofDevice = words(at('net_device.name'), layout.IFNAMSIZ);
        this.ofTime = ['monotonic', 'boottime'].map((clock) => ['time_namespace.offsets', `timens_offsets.${clock}`])
            .flatMap((fields) => [...long(...fields, 'timespec64.tv_sec'), at(...fields, 'timespec64.tv_nsec')]);
        // A map is written once.
        this.ofUser = [at('user_namespace.flags'),
            ...Object.keys(layout).filter((name) => name.startsWith('UCOUNT_')).map((name) => at('user_namespace.ucount_max') + layout[name] * 4),
            ...['uid_map', 'gid_map'].map((map) => at(`user_namespace.${map}`, 'uid_gid_map.nr_extents'))];
        this.ofCgroup = [at('cgroup.self', 'cgroup_subsys_state.flags')];
        this.controllers = [
            { id: 'pids_cgrp_id', fields: ['limit', 'events_limit'].flatMap((field) => long(`pids_cgroup.${field}`)) },
            { id: 'memory_cgrp_id', fields: [at('mem_cgroup.memory.max'), at('mem_cgroup.memory_events') + layout.MEMCG_OOM_KILL * 4] },
            {
                id: 'cpu_cgrp_id',
                fields: [...['quota', 'period'].flatMap((field) => long(`task_group.cfs_bandwidth.${field}`)),
                    at('task_group.cfs_bandwidth.nr_throttled')],
            },
        ].map(({ id, fields }) => ({ state: at('cgroup.subsys') + layout[id] * 4, fields }));
    }

    /** @param {Uint8Array} bytes */
    of(bytes) {
        const { init, at } = this;
        this.#words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
        this.#hash = this.#count = 0;
        this.#seen.clear();
        this.#each(init + at['task_struct.tasks'], (link) => this.#addTask(link - at['task_struct.tasks']));
        this.#addCgroup(this.#word(this.#word(init + at['task_struct.cgroups']) + at['css_set.dfl_cgrp']), 0);
        return this.#hash;
    }

    /** @param {number} address */
    #word(address) {
        return this.#words[(address - this.at.PAGE_OFFSET) >>> 2];
    }

    /** @param {number} value */
    #add(value) {
        this.#hash = Math.imul(this.#hash ^ value, 0x01000193) ^ (this.#hash >>> 15);
    }

    /**
     * @param {number} structure
     * @param {number[]} fields where in it they are
     */
    #addFields(structure, fields) {
        for (const field of fields) {
            this.#add(this.#word(structure + field));
        }
    }

    /**
     * What several processes share is added with the first of them.
     *
     * @param {number} structure
     * @param {number[]} fields
     */
    #addOnce(structure, fields) {
        if (this.#isNew(structure)) {
            this.#addFields(structure, fields);
        }
    }

    /** @param {number} structure */
    #isNew(structure) {
        const { size } = this.#seen;
        return this.#seen.add(structure).size > size;
    }

    /**
     * Follows a list (include/linux/list.h).
     *
     * @param {number} head
     * @param {(link: number) => void} work
     */
    #each(head, work) {
        for (let link = this.#word(head); link !== (head | 0) && this.#count < MOST; link = this.#word(link)) {
            this.#count += 1;
            work(link);
        }
    }

    /** @param {number} task */
    #addTask(task) {
        const { at } = this;
        if (this.#word(task + at['task_struct.flags']) & at.PF_KTHREAD) {
            return;
        }
        this.#add(task);
        this.#addFields(task, this.ofTask);
        this.#add(this.#word(task + at['task_struct.__state']) & STOPPED);
        const signal = this.#word(task + at['task_struct.signal']);
        this.#add(signal && this.#word(signal + at['signal_struct.tty']));
        const fs = this.#word(task + at['task_struct.fs']);
        if (fs) {
            this.#addFields(fs, this.ofRoot);
        }
        this.#addOnce(this.#word(this.#word(task + at['task_struct.real_cred']) + at['cred.user_ns']), this.ofUser);
        const proxy = this.#word(task + at['task_struct.nsproxy']);
        if (proxy && this.#isNew(proxy)) {
            this.#addNamespaces(proxy);
        }
    }

    /** @param {number} proxy */
    #addNamespaces(proxy) {
        const { at } = this;
        this.#addFields(proxy, this.ofProxy);
        this.#addOnce(this.#word(proxy + at['nsproxy.uts_ns']), this.ofUts);
        const mnt = this.#word(proxy + at['nsproxy.mnt_ns']);
        if (this.#isNew(mnt)) {
            this.#addFields(mnt, this.ofMounts);
            this.#each(mnt + at['mnt_namespace.list'], (link) => this.#addMount(link - at['mount.mnt_list']));
        }
        this.#addOnce(this.#word(proxy + at['nsproxy.time_ns_for_children']), this.ofTime);
        const net = this.#word(proxy + at['nsproxy.net_ns']);
        if (this.#isNew(net)) {
            this.#each(net + at['net.dev_base_head'], (link) => this.#addDevice(link - at['net_device.dev_list']));
        }
    }

    /** @param {number} mount */
    #addMount(mount) {
        const { at } = this;
        const flags = this.#word(mount + at['mount.mnt.mnt_flags']);
        if (flags & at.MNT_CURSOR) {
            return;
        }
        this.#add(mount);
        this.#add(flags & at.MNT_LOCKED);
        this.#addFields(mount, this.ofMount);
        // The directories of its mount point may get other names.
        const root = this.#word(this.#word(mount + at['mount.mnt_parent']) + at['mount.mnt.mnt_root']);
        let entry = this.#word(mount + at['mount.mnt_mountpoint']);
        for (let depth = 0; entry !== root && depth < DEEPEST; depth += 1) {
            this.#addFields(entry, this.ofEntry);
            entry = this.#word(entry + at['dentry.d_parent']);
        }
    }

    /** @param {number} device */
    #addDevice(device) {
        this.#addFields(device, this.ofDevice);
        this.#add(this.#word(device + this.at['net_device.flags']) & this.at.IFF_UP);
    }

    /**
     * @param {number} cgroup
     * @param {number} depth
     */
    #addCgroup(cgroup, depth) {
        const { at } = this;
        this.#add(cgroup);
        this.#addFields(cgroup, this.ofCgroup);
        for (const { state, fields } of this.controllers) {
            const controller = this.#word(cgroup + state);
            this.#add(controller);
            if (controller) {
                this.#addFields(controller, fields);
            }
        }
        if (depth < DEEPEST) {
            this.#each(cgroup + at['cgroup.self'] + at['cgroup_subsys_state.children'], (link) =>
                this.#addCgroup(this.#word(link - at['cgroup_subsys_state.sibling'] + at['cgroup_subsys_state.cgroup']), depth + 1));
        }
    }
}
