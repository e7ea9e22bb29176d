// Restores the machine, types on its two terminals as a reader does, and asks the kernel
// what has happened.
//
//     node test.mjs FOLDER    with the files that lab/build made

import { count } from './tests/harness.mjs';

// One after the other, as there is one machine.
const subjects = [
    'page', 'steps', 'namespaces', 'networks', 'kernel', 'changes', 'privileges', 'refused', 'mounts', 'rest', 'noticing', 'pictures', 'view', 'control',
    'watching', 'idle', 'progress', 'codes', 'conditions', 'predictions', 'points', 'marks', 'experiments', 'judging',
];
for (const subject of subjects) {
    await import(`./tests/${subject}.mjs`);
}
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed > 0 ? 1 : 0);
