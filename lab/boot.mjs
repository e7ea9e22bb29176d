// Boots the machine and saves its state: node boot.mjs BOOT_FOLDER STATE

import { writeFile } from "node:fs/promises";
import { image, start } from "./machine.mjs";

const [folder, state] = process.argv.slice(2);
const begin = Date.now();
const { emulator, lines } = await start({
    bios: image(`${folder}/bios.bin`),
    vga_bios: image(`${folder}/vgabios.bin`),
    bzimage: image(`${folder}/vmlinuz`),
    initrd: image(`${folder}/initramfs`),
    cmdline: "console=ttyS0 tsc=reliable mitigations=off random.trust_cpu=on quiet panic=1 nokaslr init_on_free=1 8250.nr_uarts=4",
});
emulator.add_listener("serial0-output-byte", (byte) => process.stderr.write(Uint8Array.of(byte)));
emulator.add_listener("serial1-output-byte", (byte) => process.stderr.write(Uint8Array.of(byte)));
emulator.add_listener("serial2-output-byte", (byte) => process.stderr.write(Uint8Array.of(byte)));
const [first, second, control] = lines;
await Promise.all([first.until(/\$ $/, 120), second.until(/\$ $/, 120), control.until(/ready\n/, 120)]);
control.type("sync; echo 3 >/proc/sys/vm/drop_caches; echo dropped\n");
await control.until(/dropped\n/);
console.log(`booted in ${((Date.now() - begin) / 1000).toFixed(1)} s`);
await emulator.stop();
await writeFile(state, new Uint8Array(await emulator.save_state()));
await emulator.destroy();
