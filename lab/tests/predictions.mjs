// A page whose predictions and recording do not agree is not built.

import assert from 'node:assert/strict';
import { checkPredictions } from '../recording/predictions.js';
import { test } from './harness.mjs';

const picture = (...letters) => ({ processes: [], namespaces: letters.map((letter) => ({ kind: 'uts', letter })) });
const session = (printed, letters = []) => ({ terminal: 1, before: picture(), steps: [{ printed, after: picture(...letters) }] });
const SESSIONS = [session(['first']), session(['a &lt; b', 'a < b'], ['A'])];

const IF = 'prints ^a &lt; &quot;b; new uts; else';
const prediction = (conditions = IF, id = 'one') => `<div class="prediction" id="${id}" data-if="${conditions}">\n<p>Which?</p>\n<ol>\n<li>one</li>\n<li>two</li>\n<li>three</li>\n</ol>\n</div>`;
const answer = (id = 'one', items = 3) => `<div class="answer" data-for="${id}">\n<ol>\n${'<li>this</li>\n'.repeat(items)}</ol>\n</div>`;
const console = (classes = '') => `<pre><code class="language-console${classes}">$ true\n</code></pre>`;

/** A page with a session before. */
const page = (...parts) => [console(), '<p>Text</p>', ...parts].join('\n');
const check = (...parts) => checkPredictions(page(...parts), { sessions: SESSIONS });

await test('a prediction gets the choice that the recording makes true', () => {
    const built = check(prediction(), '<div class="table-wrapper"></div>', console(' norun'), console(' norun lab'), answer());
    assert.match(built, new RegExp(`<div class="prediction" id="one" data-if="${IF.replace('^', '\\^')}" data-recorded="2">`));
    assert.equal(built.replace(' data-recorded="2"', ''), page(prediction(), '<div class="table-wrapper"></div>', console(' norun'), console(' norun lab'), answer()));
    assert.match(check(prediction('prints a > b; prints a < b; else'), console(), answer()), /data-recorded="2"/, 'a sign of HTML in a condition');
    assert.match(check(prediction('prints b &#x26;; prints a &#92;S b; else'), console(), answer()), /data-recorded="2"/, 'a sign by its number');
    assert.equal(check(), page(), 'a page without any is as it was');
});

await test('two predictions are of their own sessions', () => {
    const built = checkPredictions(`${prediction('prints first; new uts; else')}${console()}${answer()}${prediction('prints first; new uts; else', 'two')}${console()}${answer('two')}`, { sessions: SESSIONS });
    assert.deepEqual([...built.matchAll(/data-recorded="(.)"/g)].map(([, choice]) => choice), ['1', '2']);
});

await test('what does not agree is told with the name of the prediction', () => {
    for (const [parts, told] of [
        [[prediction('prints x; new uts'), console(), answer()], 'prediction "one" has 3 choices and 2 conditions'],
        [[prediction('prints x; prints y; prints z'), console(), answer()], 'prediction "one" is to have exactly one true condition, and in the recording there are 0: none'],
        [[prediction('new uts; prints a; else'), console(), answer()], 'there are 2: 1, 2'],
        [[prediction('print a; prints b; else'), console(), answer()], 'prediction "one" has a data-if that cannot be read: "print a" is no condition'],
        [[prediction(), answer(), console()], 'prediction "one": its answer comes before its session'],
        [[prediction(), console(), answer('one', 2)], 'prediction "one" has 3 choices, and its answer 2 items'],
        [[prediction(), console()], 'prediction "one" has no answer'],
        [[prediction(), console(), answer('two')], 'an answer is for "two"'],
        [[console(), prediction(), answer()], 'prediction "one" has no session after it'],
        [[prediction(), prediction(), console(), answer()], 'the id of another, "one"'],
        [[prediction().replace(' id="one"', ''), console(), answer()], 'has no id'],
        [[prediction().replace(/ data-if="[^"]*"/, ''), console(), answer()], 'prediction "one" has no data-if'],
        [[prediction(), console(), answer(), answer()], 'prediction "one" has two answers'],
    ]) {
        assert.throws(() => check(...parts), ({ message }) => message.includes(told), told);
    }
});
