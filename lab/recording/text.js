// A recording as a text to be reviewed, which two runs have in common: after each command the
// lines that are new (+) and gone (-), one for each process, namespace and cgroup. PIDs and
// addresses are numbered as they appear. The kernel may soon use an inode number again, so
// these are not told: a namespace's letter is what it is known by.

/** What is counted: another number in each run. */
const MEASURED = ['current', 'used', 'refused', 'killed', 'throttled'];

/** What is told of a clock that was set back to begin anew: by how much, the boot decides. */
const BEGINS = 'begins at 0';

/** The namespaces that the kernel has made when it booted. */
const BOOT = 'of boot';

/** @typedef {import('./recording.js').Picture} Picture */

/**
 * @param {Pick<import('./recording.js').Recording, 'sessions'>} recording
 * @param {import('./recording.js').Printed[]} blocks the sessions as the book has them
 * @param {(step: import('./recording.js').Step) => string[]} [say] more lines of a step
 * @returns {string}
 */
export function textOf({ sessions }, blocks, say = () => []) {
    const numbers = { processes: new Numbers(), runs: new Numbers() };
    let told = /** @type {string[]} */ ([]);
    const changes = (/** @type {Picture} */ picture) => {
        const before = told;
        told = linesOf(picture, numbers);
        return [
            ...before.filter((line) => !told.includes(line)).map((line) => `  - ${line}`),
            ...told.filter((line) => !before.includes(line)).map((line) => `  + ${line}`),
        ];
    };
    const parts = sessions.map(({ terminal, before, steps }, index) => [
        `terminal ${terminal}`,
        ...changes(before),
        ...steps.flatMap((step, at) => {
            const { prompt, command } = blocks[index].steps[at];
            return [step.key ?? `${prompt} ${command}`, ...say(step), ...changes(step.after)];
        }),
    ]);
    return parts.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

/** Things, by the order in which they appear. */
class Numbers {
    /** @type {Map<string, number>} */
    #known = new Map();

    /** @param {string} thing */
    of(thing) {
        const number = this.#known.get(thing) ?? this.#known.size + 1;
        this.#known.set(thing, number);
        return number;
    }
}

/**
 * The lines of a picture.
 *
 * @param {Picture} picture
 * @param {{ processes: Numbers, runs: Numbers }} numbers
 */
function linesOf({ processes: taken, namespaces, cgroups }, numbers) {
    // Which of the two shells is older, the boot decides.
    const processes = [...taken].sort((one, other) => (one.terminal ?? '').localeCompare(other.terminal ?? ''));
    // A name that step06-cgroup uses once.
    const path = (/** @type {string} */ path) => path.replace(/run-\d+-[0-9a-f]+/g, (run) => `run-${numbers.runs.of(run)}`);
    const names = new Map([
        ...namespaces.map(({ address, letter = BOOT }) => /** @type {const} */ ([address, letter])),
        ...cgroups.map((cgroup) => /** @type {const} */ ([cgroup.address, path(cgroup.path)])),
    ]);
    const number = new Map(processes.map(({ pid, address }) => [pid, numbers.processes.of(`${pid} ${address}`)]));
    const [{ namespaces: boot, capabilities: { bset: all } }] = taken;
    const tell = (/** @type {object} */ fields) => write(fields, names);
    return [
        ...processes.map(({ address: _, pid, pids: [, ...inner], parent, comm, state, ids, capabilities, namespaces: own, forChildren, ...rest }) =>
            `process ${number.get(pid)} ${comm}: ${tell({
                parent: number.get(parent) ?? 0, state, ids, ...setsOf(capabilities, all), ...rest, namespaces: differing(own, boot),
                'for children': forChildren && differing(forChildren, own), pids: inner.length > 0 ? inner : undefined,
            })}`),
        ...namespaces.map(({ address, kind, inode: _, letter: __, count: ___, list: ____, limits: _____, up, offsets, ...rest }) =>
            `${kind} ${names.get(address)}: ${path(tell({ ...offsets && { offsets: clocks(offsets) }, ...rest, down: without(rest.devices, up) }))}`),
        ...cgroups.map(({ address, path: _, ...rest }) => `cgroup ${names.get(address)}: ${tell(rest)}`),
    ];
}

/** @param {Record<string, number>} offsets in seconds */
const clocks = (offsets) => Object.fromEntries(Object.entries(offsets).map(([clock, seconds]) => [clock, seconds < 0 ? BEGINS : seconds]));

/**
 * The effective capabilities, and those sets that differ from what most processes have: the same
 * are permitted, none would be kept for programs, and the bounding set has all.
 *
 * @param {import('../kernel/processes.js').Capabilities} sets
 * @param {string} all
 */
function setsOf({ effective, ...sets }, all) {
    return { capabilities: effective, ...differing(sets, { permitted: effective, inheritable: '0', ambient: '0', bset: all }) };
}

/**
 * Those of some names that are not among others, if there are any.
 *
 * @param {string[]} [names]
 * @param {string[]} [others]
 */
function without(names = [], others = []) {
    const left = names.filter((name) => !others.includes(name));
    return left.length > 0 ? left : undefined;
}

/**
 * The fields that differ from those of another object.
 *
 * @param {Record<string, unknown>} one
 * @param {Record<string, unknown>} other
 */
const differing = (one, other) => Object.fromEntries(Object.entries(one).filter(([key, value]) => value !== other[key]));

/**
 * The fields of an object as text.
 *
 * @param {object} fields
 * @param {Map<string, string>} names those of addresses
 * @returns {string}
 */
function write(fields, names) {
    /** @type {(it: unknown) => string} */
    const value = (it) => {
        if (Array.isArray(it)) {
            return `[${it.map(value).join('; ')}]`;
        }
        return it !== null && typeof it === 'object' ? `(${write(it, names)})` : names.get(String(it)) ?? String(it);
    };
    const isEmpty = (/** @type {unknown} */ it) => it === undefined || JSON.stringify(it) === '{}';
    return Object.entries(fields)
        .filter(([, it]) => !isEmpty(it))
        .map(([key, it]) => (MEASURED.includes(key) && typeof it === 'number' ? key : `${key} ${value(it)}`))
        .join(', ');
}
