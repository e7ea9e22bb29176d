// Records what the kernel holds while the terminal sessions of the book's pages run:
//
//     node record.mjs FOLDER TEXTS    with the files that lab/build made; writes a recording of
//                                     each page into FOLDER/recordings, and its text into TEXTS
//
// PAGE=step03 records only the pages with this in their names.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from './recording/machine.mjs';
import { blocksOf, pageNames } from './recording/pages.mjs';
import { Recorder } from './recording/recording.js';
import { restOf } from './recording/rest.js';
import { textOf } from './recording/text.js';

const [folder, texts] = process.argv.slice(2);
const description = JSON.parse(readFileSync(`${folder}/machine.json`));
const { emulator, restore } = await open(folder, description);
const takePicture = restOf(emulator, description.kernel);

/** How long, in ms, a page may take on a computer that is busy with other work. */
const PATIENCE = 300_000;

/** Records a page on a machine that nobody has used; returns the number of its sessions. */
async function record(name, blocks) {
    const shells = await restore();
    const late = setTimeout(() => {
        const seen = shells.map((shell) => shell.lines(0).slice(-5).join('\n')).join('\n\n');
        throw new Error(`${name} does not end; the terminals show\n\n${seen}`);
    }, PATIENCE);
    const recording = await new Recorder(shells, takePicture).record(blocks);
    clearTimeout(late);
    writeFileSync(`${folder}/recordings/${name}.json`, JSON.stringify(recording));
    writeFileSync(`${texts}/${name}.txt`, textOf(recording, blocks));
    return recording.sessions.length;
}

[`${folder}/recordings`, texts].forEach((path) => mkdirSync(path, { recursive: true }));
for (const name of pageNames().filter((name) => name.includes(process.env.PAGE ?? ''))) {
    const blocks = blocksOf(name);
    if (blocks.length > 0) {
        console.log(`recorded ${await record(name, blocks)} sessions of ${name}`);
    }
}
const { user, system } = process.cpuUsage();
console.log(`in ${((user + system) / 1e6).toFixed(1)} s of a processor`);
process.exit(); // the timers of the emulator keep Node alive
