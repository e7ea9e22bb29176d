// What is new in a picture: what has changed since the reader last pressed Enter.

/**
 * Processes by PID, cells of the table as "PID KIND", namespaces as "KIND INODE", cgroups by path.
 *
 * @typedef {Record<'processes' | 'cells' | 'namespaces' | 'cgroups', Set<string>>} News
 */

/** @typedef {import('../kernel/history.js').Entry} Entry */

/**
 * The entries up to one, from the first after the last Enter before it.
 *
 * @param {Entry[]} entries
 * @param {number} index
 */
export function sinceEnter(entries, index) {
    let first = index;
    while (first > 0 && entries[first].entered.length === 0) {
        first -= 1;
    }
    return entries.slice(first, index + 1);
}

/**
 * What the entries have brought.
 *
 * @param {Entry[]} entries
 * @returns {News}
 */
export function newsOf(entries) {
    /** @type {News} */
    const news = { processes: new Set(), cells: new Set(), namespaces: new Set(), cgroups: new Set() };
    const named = (/** @type {import('../kernel/changes.js').Name} */ { kind, inode }) => news.namespaces.add(`${kind} ${inode}`);
    for (const change of entries.flatMap(({ changes }) => changes)) {
        if (change.what === 'born') {
            news.processes.add(String(change.pid));
            change.fresh.forEach(named);
        } else if (change.what === 'namespace' || change.what === 'for children') {
            news.cells.add(`${change.pid} ${change.name.kind}`);
        } else if (change.what === 'moved') {
            news.cells.add(`${change.pid} in`);
        } else if ('name' in change) {
            named(change.name);
        } else if ('path' in change) {
            news.cgroups.add(change.path);
        }
    }
    return news;
}
