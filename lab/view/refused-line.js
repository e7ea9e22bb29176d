// The line with which a program says that the kernel has refused a call. It is a hint of which call
// and whose: nothing that is told of the refusal comes from it. It has no DOM.

/**
 * A call that was refused, as a program has said.
 *
 * @typedef {object} Refused
 * @property {string} program
 * @property {string} call such as "unshare"
 * @property {string} [about] its arguments, or the file that is written, as far as they are told
 * @property {Errno} [errno] none, where the program does not tell
 */

/** @typedef {keyof typeof TEXTS} Errno */

/** What libc calls each errno. */
const TEXTS = {
    EPERM: 'Operation not permitted',
    EACCES: 'Permission denied',
    ENOSPC: 'No space left on device',
    EAGAIN: 'Resource temporarily unavailable',
    ENOMEM: 'Cannot allocate memory',
    EINVAL: 'Invalid argument',
};

const TEXT = `(?<text>${Object.values(TEXTS).join('|')})`;

/** The programs of the steps: calls and their arguments as the manual writes them. */
const OF_STEP = new RegExp(`^(?<program>step\\d\\d-[a-z0-9-]+): (?:.*: )?(?<call>[a-z_0-9]+)\\((?<about>.*)\\): (?<errno>${Object.keys(TEXTS).join('|')}): `);

/** Files whose writers the kernel judges by more than their modes. */
const FILE = '(?<about>/(?:proc/(?:\\d+|self)/(?:uid_map|gid_map|setgroups)|proc/sys/user/\\w+|sys/fs/cgroup/[^:’]*))';

/**
 * Other programs of the machine, each with the call that it means.
 *
 * @type {{ call: string, errno?: Errno, line: RegExp }[]}
 */
const OF_OTHERS = [
    { call: 'unshare', line: new RegExp(`^(?<program>unshare): unshare failed: ${TEXT}`) },
    { call: 'unshare', line: new RegExp(`^(?<program>unshare): unshare\\((?<about>0x[0-9a-f]+)\\): ${TEXT}`) },
    { call: 'fork', line: new RegExp(`^(?<program>unshare|nsenter|bash): fork(?: failed|: retry)?: ${TEXT}`) },
    { call: 'fork', line: /^(?<program>sh): \d+: Cannot fork/ },
    { call: 'write', line: new RegExp(`^(?<program>unshare): write failed ${FILE}: ${TEXT}`) },
    { call: 'open', line: new RegExp(`^(?<program>bash|sh): (?:line \\d+: |\\d+: cannot create )?${FILE}: ${TEXT}`) },
    { call: 'mkdir', line: new RegExp(`^(?<program>mkdir): cannot create directory ‘${FILE}’: ${TEXT}`) },
    { call: 'setns', line: new RegExp(`^(?<program>nsenter): reassociate to namespace '(?<about>ns/\\w+)' failed: ${TEXT}`) },
    { call: 'open', line: new RegExp(`^(?<program>nsenter): (?:cannot|can't) open '?(?<about>/proc/\\d+/ns/\\w+)'?: ${TEXT}`) },
    { call: 'mount', errno: 'EPERM', line: /^(?<program>mount): (?:.*: )?(?:must be superuser to use mount|permission denied)/ },
    { call: 'umount', errno: 'EINVAL', line: /^(?<program>umount): (?<about>\/.*): not mounted/ },
    { call: 'umount', errno: 'EPERM', line: /^(?<program>umount): .*must be superuser to unmount/ },
    { call: 'sethostname', errno: 'EPERM', line: /^(?<program>hostname): you must be root to change the host name/ },
    { call: 'sethostname', line: new RegExp(`^(?<program>hostname): sethostname: ${TEXT}`) },
    { call: 'chroot', line: new RegExp(`^(?<program>chroot): can(?:no|')t change root directory to .*: ${TEXT}`) },
    { call: 'pivot_root', line: new RegExp(`^(?<program>pivot_root): failed to change root .*: ${TEXT}`) },
    { call: 'execve', errno: 'EPERM', line: /^(?<program>su): must be suid to work properly/ },
    { call: 'setgroups', line: new RegExp(`^(?<program>setpriv): setgroups failed: ${TEXT}`) },
    { call: 'setresuid', line: new RegExp(`^(?<program>setpriv): setresuid failed: ${TEXT}`) },
    { call: 'setresgid', line: new RegExp(`^(?<program>setpriv): setresgid failed: ${TEXT}`) },
];

/** What ip(8) prints does not name it. */
const OF_IP = new RegExp(`^RTNETLINK answers: ${TEXT}`);

/**
 * The call that a line says was refused, if it says so.
 *
 * @param {string} line
 * @returns {Refused | undefined}
 */
export function refusedIn(line) {
    const step = line.match(OF_STEP)?.groups;
    if (step) {
        return { program: step.program, call: step.call, about: step.about, errno: /** @type {Errno} */ (step.errno) };
    }
    const ip = line.match(OF_IP)?.groups;
    if (ip) {
        return { program: 'ip', call: 'rtnetlink', ...errnoOf(ip.text) };
    }
    for (const { call, errno, line: pattern } of OF_OTHERS) {
        const found = line.match(pattern)?.groups;
        if (found) {
            return { program: found.program, call, ...(found.about ? { about: found.about } : {}), ...(errno ? { errno } : errnoOf(found.text)) };
        }
    }
    return undefined;
}

/** @param {string} [text] */
function errnoOf(text) {
    const found = Object.entries(TEXTS).find(([, it]) => it === text);
    return found ? { errno: /** @type {Errno} */ (found[0]) } : {};
}
