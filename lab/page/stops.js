// Why a terminal session of the page stops before its end.

/** The reader or another session uses the terminal now, or it is closed. */
export class Interrupted extends Error {
    /** @param {string} [by] what the other session begins with */
    constructor(by) {
        super('interrupted');
        this.by = by;
    }
}

/** What a reader has to do first. */
export class Stopped extends Error {
    /**
     * @param {string} message
     * @param {import('./blocks.js').Block} [source] the session that has to be run before
     */
    constructor(message, source) {
        super(message);
        this.source = source;
    }
}
