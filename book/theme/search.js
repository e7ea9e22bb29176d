// The search of both books. mdBook's index has no Hangul, splits --mount-proc at its hyphens,
// and does not know that /proc/PID/uid_map has uid_map in it; but it comes with the text of
// every section, a few hundred kilobytes, and that is what is searched here.
(() => {
    'use strict';

    const isKorean = () => document.documentElement.lang === 'ko';

    /** The words of a text, in lower case. */
    const wordsOf = (text) => text.match(/[\p{L}\p{N}]+/gu) ?? [];

    /**
     * Counts the words of a section that an English word means: its stem has to be the same
     * (mounting, mounts), or it is the beginning of the word, which may still be typed.
     */
    function countWord(word) {
        const stem = elasticlunr.stemmer(word);
        return ({ stems, words }) => stems.filter((it, index) => it === stem || words[index].startsWith(word)).length;
    }

    /** Counts where a text has this: Korean, whose words have particles, or a name such as --mount-proc. */
    const countPart = (part) => ({ text }) => text.split(part).length - 1;

    const isWord = (word) => /^[a-z]+$/.test(word);
    const counter = (word) => (isWord(word) ? countWord(word) : countPart(word));

    /** A text as it is searched. */
    function prepare(original) {
        const text = original.toLowerCase();
        const words = wordsOf(text);
        return { text, words, stems: words.map((word) => elasticlunr.stemmer(word)) };
    }

    /**
     * The words of a query. "the" and the like count only if there is nothing else; a mark at the
     * end, as in "what is nsfs?", and the parentheses of a function belong to no name.
     */
    function parse(query) {
        const words = query.toLowerCase().split(/\s+/).filter((word) => word)
            .map((word) => word.replace(/^["'(]+(?=\S)/, '').replace(/(?<=\S)(\(\)|["',;:.?!])+$/, ''));
        const telling = words.filter((word) => elasticlunr.stopWordFilter(word));
        return telling.length > 0 ? telling : words;
    }

    /** The part of a section that has the most of what was searched: mdBook shows thirty words of it. */
    function around(body, words) {
        const places = words.map((word) => {
            const stem = isWord(word) ? elasticlunr.stemmer(word) : word;
            return body.toLowerCase().indexOf(stem);
        }).filter((place) => place >= 0);
        const from = Math.max(0, Math.min(...places.length > 0 ? places : [0]) - 60);
        const start = from === 0 ? 0 : body.indexOf(' ', from) + 1;
        return (start > 0 ? '… ' : '') + body.slice(start);
    }

    /** Searches all sections; the ones with the words in their titles, or in the name of their page, come first. */
    function find(sections, query) {
        const words = parse(query);
        const counters = words.map(counter);
        const found = [];
        for (const { ref, doc, title, body, address } of sections) {
            const counts = counters.map((count) => ({ title: count(title), body: count(body), address: count(address) }));
            if (counts.every((it) => it.title + it.body > 0)) {
                const whole = words.join(' ');
                // The second mention of a word in a section tells less than the first.
                const score = counts.reduce((sum, it) => sum + 20 * Math.min(it.title, 1) + 8 * Math.min(it.address, 1) + 10 * it.body / (it.body + 3), 0)
                    + (title.text.includes(whole) ? 10 : 0) + (body.text.includes(whole) ? 3 : 0)
                    // A page of the book before one of its sections.
                    + (doc.isPage ? 2 : 0);
                found.push({ ref, score, doc: { ...doc, body: around(doc.body, words) } });
            }
        }
        return found.sort((a, b) => b.score - a.score);
    }

    /** The sections of an index, with what is shown of them. */
    function sectionsOf(index) {
        const docs = Object.entries(index.documentStore.docs);
        return docs.map(([ref, doc], place) => {
            // "Step 3 » Step 3" is the page itself. One that starts with a heading shows its first section.
            const parts = doc.breadcrumbs.split(' » ');
            const isPage = parts.length > 1 && parts.at(-1) === parts.at(-2);
            const shown = { ...doc, isPage, breadcrumbs: parts.slice(0, isPage ? -1 : undefined).join(' » ') };
            shown.body ||= docs[place + 1]?.[1].body ?? '';
            // As user-namespaces.html#owner.
            const address = prepare((window.search.doc_urls?.[ref] ?? '').replace('.html', ' ').replace(/[-#]/g, ' '));
            return { ref, doc: shown, title: prepare(doc.title), body: prepare(doc.body), address };
        });
    }

    if (window.elasticlunr) {
        const load = elasticlunr.Index.load;
        elasticlunr.Index.load = function (stored) {
            const index = load.call(this, stored);
            let sections;
            index.search = (query) => find(sections ??= sectionsOf(index), query);
            return index;
        };
    }

    const bar = document.getElementById('mdbook-searchbar');
    const header = document.getElementById('mdbook-searchresults-header');
    const results = document.getElementById('mdbook-searchresults');

    // mdBook waits for a key to be released: text that is pasted or dictated, and Hangul on many
    // phones, comes without one.
    bar?.addEventListener('input', () => bar.dispatchEvent(new KeyboardEvent('keyup')));

    if (header) {
        // mdBook names an element here that does not exist, and nobody hears how many were found.
        bar.setAttribute('aria-describedby', header.id);
        header.setAttribute('role', 'status');
        // Our own text is a change, too.
        new MutationObserver(() => {
            if (isKorean() && header.textContent && !header.textContent.startsWith('찾은')) {
                const [count] = header.textContent.match(/^\d+/) ?? [0];
                header.textContent = `찾은 곳: ${count}`;
            }
        }).observe(header, { childList: true });

        // mdBook marks words that begin with what was searched; this marks what is inside of one.
        new MutationObserver(() => {
            const words = parse(bar.value).filter((word) => !isWord(word));
            for (const teaser of results.querySelectorAll('.teaser:not(:has(em))')) {
                new Mark(teaser).mark(words, { element: 'em', separateWordSearch: false });
            }
        }).observe(results, { childList: true });
    }
})();
