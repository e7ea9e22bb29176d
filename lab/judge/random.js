// Commands that solve nothing, at random: whoever only tries things is not to have solved a challenge.

import { parseLine } from './script.js';

const COMMANDS = [
    '1$ ls -l /proc/self/ns', '2$ lsns', '1$ hostname', '2$ ps', '1$ unshare --user --map-root-user true', '2$ sudo unshare --pid --fork true',
    '1$ mount', '2$ cat /proc/self/cgroup', '1$ ip address', '2$ sleep 0.2', '1$ sudo lsns', '2$ id', '1$ echo $$', '2$ sh -c "exit 3"',
    '1$ sudo mkdir -p /sys/fs/cgroup/x && sudo rmdir /sys/fs/cgroup/x', '2$ unshare --user --net ip link', '1$ cat /proc/uptime', '2$ sudo cat /etc/shadow',
];

/** How many are tried. */
const TRIED = 5;

/**
 * The same for the same name (FNV-1a).
 *
 * @param {string} name
 * @param {number[]} terminals those that have a prompt
 */
export function randomScript(name, terminals) {
    const commands = COMMANDS.map(parseLine).filter(({ terminal }) => terminals.includes(terminal));
    let state = 0x811c9dc5;
    for (const char of name) {
        state = Math.imul(state ^ char.charCodeAt(0), 0x01000193) >>> 0;
    }
    return Array.from({ length: TRIED }, () => {
        state = Math.imul(state, 0x01000193) + 0x9e37 >>> 0;
        return commands[(state >>> 8) % commands.length];
    });
}
