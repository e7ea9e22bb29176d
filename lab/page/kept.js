// What the browser keeps of the reader's choices. Private windows may forbid it: then a choice
// lasts as long as the page.

/**
 * The kept value; null where there is none.
 *
 * @param {string} name
 */
export function kept(name) {
    try {
        return localStorage.getItem(name);
    } catch {
        return null;
    }
}

/**
 * Keeps a value.
 *
 * @param {string} name
 * @param {string} value
 */
export function keep(name, value) {
    try {
        localStorage.setItem(name, value);
    } catch {
        // It lasts as long as the page.
    }
}
