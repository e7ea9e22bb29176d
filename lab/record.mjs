// Records what the kernel holds while the terminal sessions of the book's pages run:
//
//     node record.mjs FOLDER TEXTS    with the files that lab/build made; writes a recording of
//                                     each page into FOLDER/recordings, and its text into TEXTS
//
// PAGE=step03 records only the pages with this in their names.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from './recording/machine.mjs';
import { experimentsOf, recordExperiments } from './recording/experiments.mjs';
import { blocksOf, pageNames } from './recording/pages.mjs';
import { Recorder } from './recording/recording.js';
import { restOf } from './recording/rest.js';
import { textOf } from './recording/text.js';

const [folder, texts] = process.argv.slice(2);
const description = JSON.parse(readFileSync(`${folder}/machine.json`));
const { emulator, restore, keep } = await open(folder, description);
const takePicture = restOf(emulator, description.kernel);

/** How long, in ms, a page may take on a computer that is busy with other work. */
const PATIENCE = 300_000;

/** The machine as nobody has used it, for experiments. @type {(() => Promise<object[]>) | undefined} */
let again;

/** Records a page on a machine that nobody has used; returns the number of its sessions. */
async function record(name, blocks, experiments) {
    let shells = await restore();
    const late = setTimeout(() => {
        const seen = shells.map((shell) => shell.lines(0).slice(-5).join('\n')).join('\n\n');
        throw new Error(`${name} does not end; the terminals show\n\n${seen}`);
    }, PATIENCE);
    again ??= await keep(shells);
    const recording = await new Recorder(shells, takePicture).record(blocks);
    writeFileSync(`${folder}/recordings/${name}.json`, JSON.stringify(recording));
    let text = textOf(recording, blocks);
    if (experiments.length > 0) {
        const compared = await recordExperiments(experiments, async () => (shells = await again()), takePicture);
        writeFileSync(`${folder}/recordings/${name}.experiments.json`, JSON.stringify(compared.recorded));
        text += `\n${compared.text}`;
    }
    clearTimeout(late);
    writeFileSync(`${texts}/${name}.txt`, text);
    return recording.sessions.length;
}

[`${folder}/recordings`, texts].forEach((path) => mkdirSync(path, { recursive: true }));
for (const name of pageNames().filter((name) => name.includes(process.env.PAGE ?? ''))) {
    const blocks = blocksOf(name);
    if (blocks.length > 0) {
        const experiments = experimentsOf(name);
        const sessions = await record(name, blocks, experiments);
        console.log(`recorded ${sessions} sessions of ${name}${experiments.length > 0 ? `, and ${experiments.length} experiments` : ''}`);
    }
}
const { user, system } = process.cpuUsage();
console.log(`in ${((user + system) / 1e6).toFixed(1)} s of a processor`);
process.exit(); // the timers of the emulator keep Node alive
