// Adds to the pages of the books what the kernel held when their terminal sessions had run:
//
//     node pictures.mjs BOOKS    with lab/recordings/PAGE.json beside the books ko and en

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { h } from 'preact';
import { html } from 'htm/preact';
import { renderToString } from 'preact-render-to-string';
import { buildFor } from './page/language.js';
import { AtEnd } from './view/recorded.js';
import { words } from './view/words.js';

const [books] = process.argv.slice(2);

/** A session of a page, and the classes that tell whether the machine can run it. */
const SESSION = /<pre><code class="(language-console[^"]*)">[^]*?<\/code><\/pre>/g;

/** A session's picture, which opens without a script. */
const picture = (session, index) => renderToString(html`<details class="kernel-recorded" data-session=${index}>
    <summary>${words().recorded}</summary>
    <div><p>${words().recordedNote}</p>${h(AtEnd, { session })}</div>
</details>`);

/** Adds the pictures to a page. */
function add(path, { sessions }) {
    let count = 0;
    const page = readFileSync(path, 'utf8').replace(SESSION, (found, classes) => {
        const words = classes.split(' ');
        if (words.includes('norun') && !words.includes('lab')) {
            return found;
        }
        count += 1;
        return found + picture(sessions[count - 1], count - 1);
    });
    if (count !== sessions.length) {
        throw new Error(`${path} has ${count} sessions, and ${sessions.length} are recorded`);
    }
    writeFileSync(path, page);
}

for (const language of ['ko', 'en']) {
    buildFor(language);
    for (const name of readdirSync(`${books}/lab/recordings`)) {
        const path = `${books}/${language}/${name.replace('.json', '.html')}`;
        if (existsSync(path)) {
            add(path, JSON.parse(readFileSync(`${books}/lab/recordings/${name}`)));
        }
    }
}
