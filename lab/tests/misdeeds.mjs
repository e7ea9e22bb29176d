// What readers do wrong, and what the page is to find then (../misdeeds.mjs does it):
//
//     goes on   the shell comes back with a prompt, and nothing is wrong
//     renewed   so it does, when init has started shells again that had been ended
//     others    a kind of trouble: see ../page/health.js
//
// What is typed after "# " is typed by root. `ends` are keys that are typed a moment later, `isUsed` tells that the page needs its
// own shell then, and `heals` is what root types in the other terminal, after which nothing is wrong any more.

const ROOT = '/sys/fs/cgroup';

/** Makes a cgroup, and moves the shell there. */
const into = (name) => `mkdir "${ROOT}/${name}"; echo $$ >"${ROOT}/${name}/cgroup.procs"`;

/** Moves the page's own shell into a cgroup. */
const control = (name) => `mkdir ${ROOT}/${name}; pidof control >${ROOT}/${name}/cgroup.procs`;

/** @type {{ name: string, typed: string, finds: string, ends?: string, isUsed?: true, heals?: string }[]} */
export const misdeeds = [
    // The reader's own shell.
    { name: 'leaves the shell', typed: '$ exit', finds: 'goes on' },
    { name: 'kills the shell', typed: '$ kill -9 $$', finds: 'goes on' },
    { name: 'replaces the shell', typed: '$ exec true', finds: 'goes on' },
    { name: 'stops the shell', typed: '$ kill -STOP $$', finds: 'goes on' },
    { name: 'closes the shell\'s output', typed: '$ exec >/dev/null 2>&1', ends: '\x04', finds: 'goes on' },
    { name: 'hides what is typed', typed: '$ stty -echo', ends: 'stty sane\r\r', finds: 'goes on' },
    { name: 'prints forever', typed: '$ yes', ends: '\x03', finds: 'goes on' },
    { name: 'computes forever', typed: '$ while :; do :; done', ends: '\x03', finds: 'goes on' },
    { name: 'ignores Ctrl-C', typed: '$ trap "" INT; cat', ends: '\x04', finds: 'goes on' },
    { name: 'ends the login', typed: '# kill -9 $(cat /run/ttyS0)', finds: 'renewed' },

    // All processes.
    { name: 'kills all processes', typed: '# kill -9 -1', finds: 'renewed' },
    { name: 'kills all of its own', typed: '$ kill -9 -1', finds: 'goes on' },
    { name: 'lets the kernel kill all', typed: '# echo i >/proc/sysrq-trigger', finds: 'renewed' },
    { name: 'kills init', typed: '# kill -9 1; kill -STOP 1', finds: 'goes on' },
    { name: 'makes processes that make processes', typed: '$ bomb() { bomb | bomb & }; bomb', finds: 'crowded' },
    { name: 'makes them as root', typed: '# bomb() { bomb | bomb & }; bomb', finds: 'crowded' },
    { name: 'makes threads impossible', typed: '# echo 20 >/proc/sys/kernel/threads-max; sleep 0', ends: '\x03', finds: 'goes on' },
    { name: 'allows no memory', typed: '# echo 0 >/proc/sys/vm/overcommit_ratio; echo 2 >/proc/sys/vm/overcommit_memory; ls', finds: 'goes on' },

    // The page's own shell.
    { name: 'kills the page\'s shell', typed: '# kill -9 $(pidof control)', finds: 'renewed' },
    { name: 'stops the page\'s shell', typed: '# kill -STOP $(pidof control)', finds: 'stopped', heals: 'kill -CONT $(pidof control)' },
    { name: 'kills it, and lets init start nothing', typed: '# kill -TSTP 1; kill -9 $(pidof control)', finds: 'gone', heals: 'kill -CONT 1' },
    { name: 'listens on the page\'s line', typed: '# stty -F /dev/ttyS2 raw; cat /dev/ttyS2 >/dev/null', isUsed: true, finds: 'silent' },
    { name: 'freezes the page\'s shell', typed: `# ${control('x')}; echo 1 >${ROOT}/x/cgroup.freeze`, finds: 'silent', heals: `echo 0 >${ROOT}/x/cgroup.freeze` },
    { name: 'lets the page\'s shell start nothing', typed: `# ${control('x')}; echo 0 >${ROOT}/x/pids.max`, finds: 'goes on' },
    { name: 'prints on the page\'s line', typed: '# head -c 5000 /dev/urandom >/dev/ttyS2; echo ready >/dev/ttyS2', finds: 'goes on' },

    // Cgroups.
    { name: 'may start no process', typed: `# ${into('x')}; echo 0 >${ROOT}/x/pids.max; sleep 0`, finds: 'full', heals: `echo max >${ROOT}/x/pids.max` },
    { name: 'may start none in a cgroup below', typed: `# ${into('x')}; ${into('x/y')}; echo +pids >${ROOT}/x/cgroup.subtree_control; echo 1 >${ROOT}/x/pids.max; sleep 0`, finds: 'full' },
    { name: 'freezes itself', typed: `# ${into('x')}; echo 1 >${ROOT}/x/cgroup.freeze`, ends: 'a', finds: 'frozen', heals: `echo 0 >${ROOT}/x/cgroup.freeze` },
    { name: 'freezes itself in a cgroup with a strange name', typed: `# ${into('it\'s; echo <b>')}; echo 1 >"${ROOT}/it's; echo <b>/cgroup.freeze"`, ends: 'a', finds: 'frozen' },
    { name: 'kills its cgroup', typed: `# ${into('x')}; echo 1 >${ROOT}/x/cgroup.kill`, finds: 'goes on' },
    { name: 'has no memory in its cgroup', typed: `# ${into('x')}; echo 1M >${ROOT}/x/memory.max; x=$(head -c 3000000 /dev/zero | tr "\\0" x)`, finds: 'goes on' },
    { name: 'makes many cgroups', typed: `# cd ${ROOT}; seq 200 | xargs mkdir; cd`, finds: 'goes on' },

    // Files and mounts.
    { name: 'removes all programs', typed: '# rm -rf /usr/bin /bin', finds: 'goes on' },
    { name: 'removes everything', typed: '# rm -rf --no-preserve-root /home /lib /usr /etc /run 2>/dev/null', finds: 'goes on' },
    { name: 'removes the loader', typed: '# rm /lib/ld-linux.so.2; ls', finds: 'goes on' },
    { name: 'unmounts /proc', typed: '# umount -l /proc', finds: 'goes on' },
    { name: 'unmounts /dev', typed: '# umount -l /dev', finds: 'goes on' },
    { name: 'unmounts the cgroups', typed: '# umount -l /sys/fs/cgroup', finds: 'goes on' },
    { name: 'mounts over the programs', typed: '# mount -t tmpfs none /usr', finds: 'goes on' },
    { name: 'forbids /', typed: '# chmod 000 /', finds: 'goes on' },
    { name: 'makes / read-only', typed: '# echo u >/proc/sysrq-trigger', finds: 'goes on' },
    { name: 'fills the disk', typed: '# dd if=/dev/zero of=/full bs=1M', finds: 'goes on' },

    // Memory and the clock.
    { name: 'fills the memory, and wants a panic then', typed: '# echo 1 >/proc/sys/vm/panic_on_oom; cd /dev/shm; mount -o remount,size=100% .; dd if=/dev/zero of=full bs=1M', finds: 'panicked' },
    { name: 'has a process killed for memory', typed: '# echo f >/proc/sysrq-trigger', finds: 'goes on' },
    { name: 'sets the clock back', typed: '# date -s 1970-01-02', finds: 'goes on' },
    { name: 'sets the clock ahead', typed: '# date -s 2037-12-31', finds: 'goes on' },

    // The machine.
    { name: 'lets the kernel panic', typed: '# echo c >/proc/sysrq-trigger', finds: 'panicked' },
    { name: 'restarts it', typed: '# reboot -f', finds: 'restarted' },
    { name: 'resets it', typed: '# echo b >/proc/sysrq-trigger', finds: 'restarted' },
    { name: 'switches it off', typed: '# poweroff -f', finds: 'halted' },
    { name: 'halts it by init', typed: '# kill -USR1 1', finds: 'halted' },
    { name: 'cuts its power', typed: '# echo o >/proc/sysrq-trigger', ends: 'a', finds: 'silent' },
];
