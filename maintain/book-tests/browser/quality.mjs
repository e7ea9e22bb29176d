// Measures every page of the built books, one after the other, since times are among the figures:
// how soon its content is there, how much is loaded for it, where a chapter's first command is, and
// how large the words of its pictures are.
//
//     node quality.mjs SITE

import { gzipSync } from 'node:zlib';
import { file } from './books.mjs';
import { check, end, open, origin, pages } from './site.mjs';

/** The chapters begin with a puzzle and then something to type. */
const CHAPTER = /^(isolation|user-namespaces|step\d\d-.*)\.html$/;

/** After this time the largest part of a page has been painted. */
const PAINTED_MS = 1000;

/** What a page may take of the network without the machine, compressed as most servers do. */
const LOADED_KB = 400;

/** The smallest words in a picture, in pixels of the screen: of a window that leaves the page 750, and of a phone. */
const WORDS = [[750, 14], [390, 11]];

/** These have been compressed already. */
const COMPRESSED = /\.(woff2|png|zst)$/;

const sizes = new Map();

/** How many bytes of a file travel. */
async function size(path) {
    if (!sizes.has(path)) {
        const content = await file(path);
        sizes.set(path, COMPRESSED.test(path) ? content.length : gzipSync(content).length);
    }
    return sizes.get(path);
}

/** Opens a page that has nothing in its cache, and says when its largest part was painted. */
async function load(path) {
    const page = await open(1280, 'light', path);
    await page.setViewportSize({ width: 1280, height: 800 });
    const loaded = new Set();
    page.on('response', (response) => response.ok() && loaded.add(decodeURI(new URL(response.url()).pathname)));
    await page.goto(`${origin}/${path}`, { waitUntil: 'load' });
    const painted = await page.evaluate(() => new Promise((done) => {
        new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime))
            .observe({ type: 'largest-contentful-paint', buffered: true });
    }));
    return { page, painted, loaded };
}

/** The bottom of the first line of the first terminal session. */
const firstCommand = () => {
    const code = document.querySelector('main pre > code.language-console');
    const range = document.createRange();
    const text = code && document.createTreeWalker(code, NodeFilter.SHOW_TEXT).nextNode();
    if (!text) {
        return Infinity;
    }
    range.setStart(text, 0);
    range.setEnd(text, 1);
    return range.getBoundingClientRect().bottom + scrollY;
};

/** What is wrong with the words of the pictures: too small, outside of the picture or their box, on others. */
const wrongWords = (smallest) => {
    const wrong = [];
    for (const picture of document.querySelectorAll('main svg.picture')) {
        const frame = picture.getBoundingClientRect();
        const boxes = [...picture.querySelectorAll('rect')].map((it) => it.getBoundingClientRect());
        const words = [...picture.querySelectorAll('text')].map((it) => ({ it, text: it.textContent, at: it.getBoundingClientRect() }))
            .filter(({ at }) => at.width > 0);
        words.forEach(({ it, text, at }, index) => {
            const size = parseFloat(getComputedStyle(it).fontSize) * it.getScreenCTM().a;
            if (size < smallest) {
                wrong.push(`"${text}" has ${size.toFixed(1)} px, of ${smallest}`);
            }
            // Half a pixel: sizes are rounded.
            const leaves = (box) => at.left < box.left - 0.5 || at.right > box.right + 0.5;
            const [x, y] = [(at.left + at.right) / 2, (at.top + at.bottom) / 2];
            const around = boxes.filter((box) => box.left < x && x < box.right && box.top < y && y < box.bottom);
            if ([frame, ...around].some(leaves)) {
                wrong.push(`"${text}" is wider than its box`);
            }
            // Glyphs do not fill the height of their line.
            const on = words.slice(index + 1).find((other) => at.left < other.at.right && other.at.left < at.right
                && Math.min(at.bottom, other.at.bottom) - Math.max(at.top, other.at.top) > 0.4 * at.height);
            if (on) {
                wrong.push(`"${text}" and "${on.text}" are in the same place`);
            }
        });
    }
    return wrong;
};

// The first page of a browser waits for more than the page.
await (await load('en/isolation.html')).page.context().close();
const slowest = { painted: 0 };
const heaviest = { bytes: 0 };
for (const language of ['ko', 'en']) {
    for (const name of await pages(language)) {
        const path = `${language}/${name}`;
        let { page, painted, loaded } = await load(path);
        // What else the machine has to do may make some loads slow, but not five.
        for (let again = 0; painted > PAINTED_MS && again < 4; again += 1) {
            await page.context().close();
            ({ page, painted, loaded } = await load(path));
        }
        check(painted <= PAINTED_MS, `${path}: its largest part is painted after ${Math.round(painted)} ms`);

        const bytes = (await Promise.all([...loaded].map(size))).reduce((sum, it) => sum + it, 0);
        check(bytes <= LOADED_KB * 1000, `${path}: loads ${Math.round(bytes / 1000)} kB`);

        if (CHAPTER.test(name)) {
            const bottom = await page.evaluate(firstCommand);
            check(bottom <= 800, `${path}: the first command is at ${Math.round(bottom)} px, below the first screen`);
        }
        for (const [width, smallest] of WORDS) {
            await page.setViewportSize({ width, height: 800 });
            const wrong = await page.evaluate(wrongWords, smallest);
            check(wrong.length === 0, `${path} (${width} px): in pictures ${wrong.join('; ')}`);
        }
        Object.assign(slowest, painted > slowest.painted ? { path, painted } : {});
        Object.assign(heaviest, bytes > heaviest.bytes ? { path, bytes } : {});
        await page.context().close();
    }
}
console.log(`slowest: ${slowest.path}, ${Math.round(slowest.painted)} ms; heaviest: ${heaviest.path}, ${Math.round(heaviest.bytes / 1000)} kB`);
await end();
