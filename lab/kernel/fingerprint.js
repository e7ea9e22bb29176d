// Noticing that something has changed, for much less than a picture costs: a number that
// another state of processes, namespaces and cgroups hardly ever has, too. It is taken after
// each slice of the machine's time, so all that can be is worked out before.

/** The fields of a task_struct that change when a process does something that a picture shows. */
const OF_TASK = ['nsproxy', 'real_cred', 'cgroups', 'thread_pid', 'real_parent', 'exit_state'];

/** The limits and counts of each controller, by the constant that numbers it. */
const OF_CONTROLLER = {
    pids_cgrp_id: ['pids_cgroup.limit', 'pids_cgroup.events_limit'],
    memory_cgrp_id: ['mem_cgroup.memory.max'],
    cpu_cgrp_id: ['task_group.cfs_bandwidth.quota', 'task_group.cfs_bandwidth.period', 'task_group.cfs_bandwidth.nr_throttled'],
};

/** TASK_COMM_LEN */
const COMM = 16;

/** More processes or cgroups are not looked at, and none that is deeper. */
const [MOST, DEEPEST] = [10_000, 100];

/**
 * What gives the number for the machine's memory. It reads whatever lies at an address: the
 * number then tells nothing, but a picture will be none.
 *
 * @param {import('./picture.js').Kernel} kernel
 * @returns {(bytes: Uint8Array) => number}
 */
export function fingerprintOf({ init, layout }) {
    const tasks = layout['task_struct.tasks'];
    const flags = layout['task_struct.flags'];
    const comm = layout['task_struct.comm'];
    const nsproxy = layout['task_struct.nsproxy'];
    const cred = layout['task_struct.real_cred'];
    const ofTask = OF_TASK.map((field) => layout[`task_struct.${field}`]);
    const uts = layout['nsproxy.uts_ns'];
    const names = ['nodename', 'domainname'].map((name) => layout['uts_namespace.name'] + layout[`new_utsname.${name}`]);
    const user = layout['cred.user_ns'];
    // A map is written once.
    const ofUser = [layout['user_namespace.flags'],
        ...['uid_map', 'gid_map'].map((map) => layout[`user_namespace.${map}`] + layout['uid_gid_map.nr_extents'])];
    const states = Object.entries(OF_CONTROLLER).map(([id, fields]) =>
        ({ state: layout['cgroup.subsys'] + layout[id] * 4, fields: fields.map((field) => layout[field]) }));
    const [children, sibling, owner] = ['children', 'sibling', 'cgroup'].map((field) => layout[`cgroup_subsys_state.${field}`]);

    return (bytes) => {
        const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
        const word = (/** @type {number} */ address) => words[(address - layout.PAGE_OFFSET) >>> 2];
        const seen = new Set();
        let hash = 0;
        let count = 0;
        const add = (/** @type {number} */ value) => { hash = Math.imul(hash ^ value, 0x01000193) ^ (hash >>> 15); };
        const once = (/** @type {number} */ address, /** @type {() => void} */ work) => {
            if (!seen.has(address)) {
                seen.add(address);
                work();
            }
        };
        const addCgroup = (/** @type {number} */ cgroup, depth = 0) => {
            add(cgroup);
            for (const { state, fields } of states) {
                const controller = word(cgroup + state);
                add(controller);
                if (controller) {
                    fields.forEach((field) => add(word(controller + field)));
                }
            }
            const head = cgroup + layout['cgroup.self'] + children;
            for (let at = word(head); at !== (head | 0) && count < MOST && depth < DEEPEST; at = word(at)) {
                count += 1;
                addCgroup(word(at - sibling + owner), depth + 1);
            }
        };

        for (let at = word(init + tasks); at !== ((init + tasks) | 0) && count < MOST; at = word(at)) {
            const task = at - tasks;
            count += 1;
            if (word(task + flags) & layout.PF_KTHREAD) {
                continue;
            }
            add(task);
            ofTask.forEach((field) => add(word(task + field)));
            for (let part = 0; part < COMM; part += 4) {
                add(word(task + comm + part));
            }
            const proxy = word(task + nsproxy);
            if (proxy) {
                once(word(proxy + uts), () => names.forEach((name) => {
                    for (let part = 0; part < layout.UTS_LENGTH + 3; part += 4) {
                        add(word(word(proxy + uts) + name + part));
                    }
                }));
            }
            const space = word(word(task + cred) + user);
            once(space, () => ofUser.forEach((field) => add(word(space + field))));
        }
        addCgroup(word(word(init + layout['task_struct.cgroups']) + layout['css_set.dfl_cgrp']));
        return hash;
    };
}
