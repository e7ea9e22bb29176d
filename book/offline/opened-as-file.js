// On a page of the book that is open as a file (book/theme/pages.js loads this there): says what does
// not work, and what to do. build.mjs puts WORDS before it.

/* global WORDS */

document.querySelector('main h1')?.after(Object.assign(document.createElement('p'), {
    className: 'lab-note', textContent: WORDS[document.documentElement.lang],
}));
