// The predictions of a page that is built, and whether the recording makes exactly one choice of
// each true. A page has them as
//
//     <div class="prediction" id="ID" data-if="CONDITION; CONDITION">   a question, and a list of choices
//     <div class="answer" data-for="ID">                                a list of answers, after the session
//
// and the first session that the machine can run after the question is the one that is predicted.

import { gradedBy, parseConditions, seenIn } from '../page/conditions.js';

/** The parts of a page that matter here, in their order; no <div> is within one of these. */
const PARTS = /<div\b(?=[^>]* class="(prediction|answer)")((?:"[^"]*"|[^">])*)>([^]*?)<\/div>|<pre><code class="(language-console[^"]*)">/g;

/** What attributes of a built page have for the characters that HTML would take as its own; others have numbers. */
const ENTITIES = /** @type {Record<string, string>} */ ({ lt: '<', gt: '>', quot: '"', amp: '&' });

/**
 * @param {string} attributes
 * @param {string} name
 */
function attribute(attributes, name) {
    const text = attributes.match(new RegExp(`(?:^|\\s)${name}="([^"]*)"`))?.[1];
    return text?.replace(/&(?:(lt|gt|quot|amp)|#(\d+)|#x([\da-f]+));/gi, (_, name, decimal, hexadecimal) =>
        ENTITIES[name] ?? String.fromCodePoint(Number(decimal ?? `0x${hexadecimal}`)));
}

/** How many items the only list of a part has. @param {string} part */
const items = (part) => part.split('<li>').length - 1;

/** @param {string} classes */
export function isRun(classes) {
    const names = classes.split(' ');
    return !names.includes('norun') || names.includes('lab');
}

/**
 * Checks the predictions of a page; returns it with the choice that the recording makes true in
 * each, as data-recorded.
 *
 * @param {string} page
 * @param {import('./recording.js').Recording} recording
 */
export function checkPredictions(page, { sessions }) {
    const parts = [...page.matchAll(PARTS)].map(([, what, attributes = '', content = '', classes]) => ({ what, attributes, content, classes }));
    let session = -1; // the last one before
    /** @type {Map<string, string>} */
    const recorded = new Map();
    /** @type {Map<string, { choices: number, session: number }>} */
    const open = new Map();
    const answered = new Set();
    for (const { what, attributes, content, classes } of parts) {
        if (what === undefined) {
            session += isRun(classes) ? 1 : 0;
        } else if (what === 'prediction') {
            const id = attribute(attributes, 'id');
            if (id === undefined || open.has(id)) {
                throw new Error(`a prediction has ${id === undefined ? 'no id' : `the id of another, "${id}"`}`);
            }
            open.set(id, { choices: items(content), session: session + 1 });
            recorded.set(id, String(choiceOf(id, attribute(attributes, 'data-if'), items(content), sessions[session + 1])));
        } else {
            const id = attribute(attributes, 'data-for') ?? '';
            const prediction = open.get(id);
            if (!prediction) {
                throw new Error(`an answer is for "${id}", and no prediction before it has that id`);
            }
            if (session < prediction.session) {
                throw new Error(`prediction "${id}": its answer comes before its session`);
            }
            if (items(content) !== prediction.choices) {
                throw new Error(`prediction "${id}" has ${prediction.choices} choices, and its answer ${items(content)} items`);
            }
            if (answered.has(id)) {
                throw new Error(`prediction "${id}" has two answers`);
            }
            answered.add(id);
        }
    }
    const unanswered = [...open.keys()].find((id) => !answered.has(id));
    if (unanswered !== undefined) {
        throw new Error(`prediction "${unanswered}" has no answer`);
    }
    return page.replace(PARTS, (found, what, attributes) => (what === 'prediction'
        ? found.replace(attributes, `${attributes} data-recorded="${recorded.get(attribute(attributes, 'id') ?? '')}"`) : found));
}

/**
 * The choice that a recorded session makes true.
 *
 * @param {string} id
 * @param {string | undefined} text
 * @param {number} choices
 * @param {import('./recording.js').Session | undefined} session
 */
function choiceOf(id, text, choices, session) {
    const fail = (/** @type {string} */ why) => new Error(`prediction "${id}" ${why}`);
    if (text === undefined) {
        throw fail('has no data-if');
    }
    if (!session) {
        throw fail('has no session after it');
    }
    /** @type {ReturnType<typeof parseConditions>} */
    let conditions;
    try {
        conditions = parseConditions(text);
    } catch (error) {
        throw fail(`has a data-if that cannot be read: ${/** @type {Error} */ (error).message}`);
    }
    if (conditions.length !== choices) {
        throw fail(`has ${choices} choices and ${conditions.length} conditions`);
    }
    const held = gradedBy(conditions, seenIn(session));
    if (held.length !== 1) {
        throw fail(`is to have exactly one true condition, and in the recording there are ${held.length}: ${held.join(', ') || 'none'}`);
    }
    return held[0];
}
