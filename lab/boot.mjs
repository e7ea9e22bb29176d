// Boots the machine and saves its state as soon as both terminals have a prompt:
//
//     node boot.mjs FOLDER    with bios.bin, initramfs, layout.json, vgabios.bin, vmlinuz; makes
//                             state.bin, and kernel.json: where the kernel's structures are

import { readFile, writeFile } from 'node:fs/promises';
import { locate } from './kernel/locate.js';
import { start } from './machine.mjs';

const folder = process.argv[2];
const begin = performance.now();
const { emulator, lines } = await start({
    bios: { url: `${folder}/bios.bin` },
    vga_bios: { url: `${folder}/vgabios.bin` },
    bzimage: { url: `${folder}/vmlinuz` },
    initrd: { url: `${folder}/initramfs` },
    cmdline: [
        'console=ttyS0 quiet panic=1',
        // The emulated processor has a reliable clock and needs no mitigations.
        'tsc=reliable mitigations=off random.trust_cpu=on nokaslr',
        // A machine stands still in a page that is left, or on a computer that sleeps: that is
        // no lockup, which the kernel would report on the terminals.
        'nosoftlockup',
        // Freed memory is zeroed, so that it compresses to nothing in the state.
        'init_on_free=1',
        // Also for the size: this disables tracefs, whose ten thousand inodes stay in memory.
        'lockdown=confidentiality',
    ].join(' '),
});
const [first, second, control] = lines;
const prompt = /^\$ $/m;
const PATIENCE = 1200; // seconds; one minute will do where nothing else is computed
await Promise.all([first.until(prompt, PATIENCE), second.until(prompt, PATIENCE), control.until(/^ready\n/m, PATIENCE)]);
control.type('echo 3 >/proc/sys/vm/drop_caches; echo dropped\n');
await control.until(/dropped\n/);
await emulator.stop();
const kernel = locate(emulator.v86.cpu, JSON.parse(await readFile(`${folder}/layout.json`)));
await writeFile(`${folder}/kernel.json`, JSON.stringify(kernel));
await writeFile(`${folder}/state.bin`, new Uint8Array(await emulator.save_state()));
console.log(`booted in ${((performance.now() - begin) / 1000).toFixed(1)} s`);
process.exit(); // the timers of the emulator keep Node alive
