// Adds to the pages of the books what the kernel held when their terminal sessions had run, and
// checks what the pages say of it: predictions (page/conditions.js tells their grammar), what is to be
// marked, and what is pointed at.
//
//     node pictures.mjs BOOKS    with lab/recordings/PAGE.json beside the books ko and en

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { h } from 'preact';
import { html } from 'htm/preact';
import { renderToString } from 'preact-render-to-string';
import { changes } from './kernel/changes.js';
import { buildFor } from './page/language.js';
import { seenIn } from './page/conditions.js';
import { checkPredictions, isRun } from './recording/predictions.js';
import { marksOf } from './view/grading.js';
import { markWords } from './view/mark-words.js';
import { MarkingTable } from './view/marking-table.js';
import { UNMARKED } from './view/marks.js';
import { placeOf } from './view/point.js';
import { AtEnd, Still } from './view/recorded.js';
import { words } from './view/words.js';

const [books] = process.argv.slice(2);

/** A session of a page, and the classes that tell whether the machine can run it. */
const SESSION = /<pre><code class="(language-console[^"]*)">[^]*?<\/code><\/pre>/g;

/** Whether something was different after a command or key of a session. */
const changed = ({ before, steps }) => steps.some(({ after }) => changes(before, after).length > 0);

/** A session's picture, which opens without a script. */
const picture = (session, index) => renderToString(html`<details class="kernel-recorded" data-session=${index}>
    <summary>${words().recorded}</summary>
    <div><p>${words().recordedNote}</p>${h(AtEnd, { session })}</div>
</details>`);

/** The picture of a session whose text is about it: it stands open. `point` may be like uts-A. */
function figure(session, index, point) {
    const seen = seenIn(session);
    const [kind, letter] = point?.split('-') ?? [];
    const place = point && placeOf(seen, { kind, letter });
    if (point && !place) {
        throw new Error(`session ${index + 1} points at ${point}, and nothing in its picture is called so`);
    }
    return renderToString(html`<figure class="kernel-recorded" data-session=${index} data-point=${place && JSON.stringify(place)}>
        <figcaption><span>${words().figure}</span> <small>${words().legend}</small></figcaption>
        <div class="kernel-figure">${h(Still, { ...seen, point: point && { kind, letter } })}</div>
    </figure>`);
}

/** The picture before a session, on which the reader marks what will be different. */
function marking(session, index) {
    const { before, after } = seenIn(session);
    const { marks, born } = marksOf(before, after);
    if (marks.size + born.length === 0 && changes(before, after).length > 0) {
        throw new Error(`session ${index + 1} is to be marked, and what it changes cannot be`);
    }
    const { question, how } = markWords();
    return renderToString(html`<div class="prediction marking" id=${`mark-${index}`} data-session=${index}>
        <p><strong>${question}</strong></p><ul class="marking-how">${how.map((line) => html`<li>${line}</li>`)}</ul><div class="marking-place">${h(MarkingTable, { picture: before, expected: UNMARKED })}</div>
    </div>`);
}

/** The picture after a session, where it has one. */
function pictureOf(names, session, index) {
    if (names.includes('picture') && session) {
        return figure(session, index, names.find((name) => name.startsWith('point='))?.slice('point='.length));
    }
    return session && changed(session) ? picture(session, index) : '';
}

/** Adds the pictures to a page. */
function add(page, { sessions }) {
    let count = 0;
    let end = 0; // of the session before
    const added = page.replace(SESSION, (found, classes, at) => {
        if (!isRun(classes)) {
            return found;
        }
        const names = classes.split(' ');
        const session = sessions[count];
        const isPredicted = page.slice(end, at).includes('<div class="prediction"');
        [count, end] = [count + 1, at];
        if (session && names.includes('mark')) {
            if (isPredicted) {
                throw new Error(`session ${count} has a prediction, and is to be marked as well`);
            }
            return marking(session, count - 1) + found + pictureOf(names, session, count - 1);
        }
        return found + pictureOf(names, session, count - 1);
    });
    if (count !== sessions.length) {
        throw new Error(`it has ${count} sessions, and ${sessions.length} are recorded`);
    }
    return added;
}

for (const language of ['ko', 'en']) {
    buildFor(language);
    for (const name of readdirSync(`${books}/lab/recordings`)) {
        const path = `${books}/${language}/${name.replace('.json', '.html')}`;
        if (existsSync(path)) {
            try {
                const recording = JSON.parse(readFileSync(`${books}/lab/recordings/${name}`));
                writeFileSync(path, add(checkPredictions(readFileSync(path, 'utf8'), recording), recording));
            } catch (error) {
                console.error(`${path}: ${error.message}`);
                process.exitCode = 1;
            }
        }
    }
}
