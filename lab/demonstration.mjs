// A recorded run for the site's first page, where it plays by itself: what was typed and printed,
// and the processes before and after it in one table, in which those that came with the run are marked.

import { renderToString } from 'preact-render-to-string';
import { html } from 'htm/preact';
import { changes } from './kernel/changes.js';
import { buildFor } from './page/language.js';
import { newsOf } from './view/news.js';
import { tableOf } from './view/rows.js';
import { Table } from './view/table.js';
import { words } from './view/words.js';

/**
 * The first command of a session. Its table without the rows that are new is the one before it: a
 * run that also changes what was there before cannot be shown like that.
 *
 * @param {import('./recording/recording.js').Session} session
 * @param {string} language
 */
export function demonstration({ before, steps: [{ prompt, command, printed, after }] }, language) {
    buildFor(language);
    const changed = changes(before, after);
    const known = new Set(before.namespaces.map(({ inode }) => inode));
    const other = changed.filter((change) => change.what !== 'born' && !('name' in change && !known.has(change.name.inode)));
    if (changed.length === 0 || other.length > 0) {
        throw new Error(`a demonstration shows new processes and nothing else; here: ${JSON.stringify(changed)}`);
    }
    const news = newsOf([{ number: 1, at: 0, changes: changed, entered: [0], picture: '' }]);
    const table = tableOf(after, news, { kinds: false, processes: false });
    return {
        prompt, command, printed, title: words().title, legend: words().legend,
        table: renderToString(html`<${Table} table=${table} />`),
    };
}
