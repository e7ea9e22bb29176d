// The language of the book: that of the page that is shown, or of one that is being built.

/** @type {string | undefined} */
let built;

/**
 * From now on pages of this language are built.
 *
 * @param {string} language
 */
export function buildFor(language) {
    built = language;
}

export const language = () => built ?? globalThis.document?.documentElement.lang ?? 'en';

export const isKorean = () => language() === 'ko';
