// The HTML that mdBook writes, read as tags and texts: enough to change it in some places and to
// leave the rest as it is, byte by byte.

/** A comment, a script or style as a whole, a tag, or a text. */
const TOKEN = /<!--[^]*?-->|<(script|style)\b[^]*?<\/\1>|<\/?[a-zA-Z!](?:[^>"']|"[^"]*"|'[^']*')*>|[^<]+|</g;

/** Elements without an end tag. */
const EMPTY = /^(area|br|col|embed|hr|img|input|link|meta|source|track|wbr)$/;

/**
 * Replaces texts of a page. Entities in them are left as they are.
 *
 * @param {string} html
 * @param {(text: string, inside: string[]) => string} replace gets the names of the elements that
 *     a text is in, the outermost first
 */
export function replaceTexts(html, replace) {
    const inside = [];
    return html.replace(TOKEN, (token) => {
        const [, closing, name] = token.match(/^<(\/?)([a-zA-Z][\w-]*)/) ?? [];
        if (!name) {
            return token.startsWith('<') ? token : replace(token, inside);
        }
        const element = name.toLowerCase();
        if (closing) {
            // An end tag that HTML lets one omit ends what is in it, too.
            const start = inside.lastIndexOf(element);
            inside.length = start < 0 ? inside.length : start;
        } else if (!EMPTY.test(element) && !token.endsWith('/>') && !/^(script|style)$/.test(element)) {
            inside.push(element);
        }
        return token;
    });
}

/** A text as an attribute or the content of an element. */
export const escape = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

/** The content of `<main>` in a page, and what stands before and after it. */
export function split(html, path) {
    const [start, end] = [html.indexOf('<main>') + '<main>'.length, html.lastIndexOf('</main>')];
    if (start < '<main>'.length || end < start) {
        throw new Error(`${path} has no <main>`);
    }
    return [html.slice(0, start), html.slice(start, end), html.slice(end)];
}
