// Sets of capabilities, in the names of include/uapi/linux/capability.h. It has no DOM.

import { SETS } from '../kernel/processes.js';
import { words } from './words.js';

/** Each at the place of its bit. */
export const NAMES = `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
    NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE
    SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL
    SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`
    .split(/\s+/).map((name) => `CAP_${name}`);

/** In a sentence, more are only counted. */
const NAMED = 3;

/**
 * The capabilities in a set, in words.
 *
 * @param {string} set in hexadecimal
 * @param {number} most how many names may be said
 */
export function inWords(set, most = NAMES.length) {
    const bits = BigInt(`0x${set}`);
    const [has, lacks] = [1n, 0n].map((bit) => NAMES.filter((_, at) => (bits >> BigInt(at) & 1n) === bit));
    if (has.length === 0) {
        return words().noCapability;
    }
    if (lacks.length === 0) {
        return words().allCapabilities(NAMES.length);
    }
    const [names, say] = lacks.length < has.length ? [lacks, words().allBut] : [has, String];
    return names.length <= most ? say(names.join(', ')) : words().capabilities(has.length);
}

/**
 * What sets have lost and got; those in which that is the same are told together.
 *
 * @param {import('../kernel/processes.js').Capabilities} before
 * @param {import('../kernel/processes.js').Capabilities} after
 */
export function differences(before, after) {
    /** @type {Map<string, string[]>} */
    const found = new Map();
    for (const name of SETS) {
        const [had, has] = [before, after].map((sets) => BigInt(`0x${sets[name]}`));
        for (const [bits, say] of /** @type {const} */ ([[had & ~has, words().lost], [has & ~had, words().got]])) {
            if (bits) {
                const said = say(inWords(bits.toString(16), NAMED));
                found.set(said, [...(found.get(said) ?? []), name]);
            }
        }
    }
    return [...found].map(([said, names]) => `${said} (${names.join(', ')})`).join('; ');
}
