// What is read from a file or a storage is whatever somebody has put there.

/** @param {unknown} it @returns {it is Record<string, unknown>} */
export const isRecord = (it) => typeof it === 'object' && it !== null && !Array.isArray(it);

/** Pages, predictions and challenges are called like that. @param {unknown} it */
export const isName = (it) => typeof it === 'string' && /^[a-z\d][a-z\d-]{0,79}$/.test(it);

/** A time in ms since 1970 that there is a date for. @param {unknown} it @returns {it is number} */
export const isTime = (it) => typeof it === 'number' && it >= 0 && it <= 8.64e15;

/**
 * A text as JSON, or nothing.
 *
 * @param {string} text
 * @returns {unknown}
 */
export function parse(text) {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}
