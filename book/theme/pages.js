// What both books add to mdBook: a way to the other language, a search that
// knows Hangul, copying that leaves the output out, Korean labels.
(() => {
    'use strict';

    const isKorean = () => document.documentElement.lang === 'ko';

    /** Links to the same page in the other language, if the two books stand side by side. */
    function linkToOtherLanguage() {
        const [here, there] = isKorean() ? ['/ko/', '/en/'] : ['/en/', '/ko/'];
        const path = decodeURI(location.pathname);
        const at = path.lastIndexOf(here);
        document.querySelector('.other-language')?.remove();
        if (at >= 0) {
            const link = document.createElement('a');
            link.className = 'other-language';
            link.href = path.slice(0, at) + there + path.slice(at + here.length);
            link.lang = link.hreflang = isKorean() ? 'en' : 'ko';
            link.textContent = isKorean() ? 'English' : '한국어';
            document.querySelector('.right-buttons').prepend(link);
        }
    }

    // elasticlunr drops every word that is not ASCII from its index, but keeps
    // the pages' text: a query with such a word is looked up in that.
    function find(index, query) {
        const words = query.toLowerCase().split(/\s+/).filter((word) => word);
        const found = [];
        for (const [ref, doc] of Object.entries(index.documentStore.docs)) {
            const title = doc.title.toLowerCase();
            const body = doc.body.toLowerCase();
            const count = (word) => 20 * (title.split(word).length - 1) + body.split(word).length - 1;
            const counts = words.map(count);
            if (counts.every((it) => it > 0)) {
                found.push({ ref, doc, score: counts.reduce((sum, it) => sum + it, 0) });
            }
        }
        return found.sort((a, b) => b.score - a.score);
    }

    if (window.elasticlunr) {
        const load = elasticlunr.Index.load;
        elasticlunr.Index.load = function (stored) {
            const index = load.call(this, stored);
            const search = index.search;
            index.search = function (query, options) {
                return /[^\x00-\x7f]/.test(query) ? find(this, query) : search.call(this, query, options);
            };
            return index;
        };
    }

    /** Copies a text, also where the browser has no clipboard for the page: on plain http. */
    async function copy(text) {
        try {
            await navigator.clipboard.writeText(text);
            return true;
        } catch {
            const focused = document.activeElement;
            const field = Object.assign(document.createElement('textarea'), { value: text, className: 'copied', ariaHidden: 'true' });
            document.body.append(field);
            field.select();
            const copied = document.execCommand('copy');
            field.remove();
            focused?.focus();
            return copied;
        }
    }

    /** Tells the cells of tables what their columns are called: a phone shows rows as cards. */
    function labelCells() {
        for (const table of document.querySelectorAll('main .table-wrapper > table')) {
            const heads = [...table.querySelectorAll('thead th')].map((head) => head.textContent);
            // What is a little wider than a phone is narrower with its words on two lines.
            table.style.width = 'max-content';
            table.parentElement.classList.toggle('cards', table.offsetWidth > 480);
            table.style.width = '';
            // As cards they are no table for the browser, unless it is told.
            table.setAttribute('role', 'table');
            for (const row of table.rows) {
                row.setAttribute('role', 'row');
                [...row.cells].forEach((cell, column) => {
                    const isHead = cell.tagName === 'TH';
                    cell.setAttribute('role', isHead ? 'columnheader' : 'cell');
                    if (!isHead) {
                        cell.dataset.label = heads[column] ?? '';
                    }
                });
            }
        }
    }

    /** Lets the name of a file or setting in a table break where its parts end. */
    function breakNames() {
        for (const code of document.querySelectorAll('main .table-wrapper code')) {
            for (const text of [...code.childNodes].filter((it) => it instanceof Text)) {
                const parts = text.data.split(/(?<=\w[/._])(?=\w)/);
                text.replaceWith(...parts.flatMap((part, index) => (index ? [document.createElement('wbr'), part] : [part])));
            }
        }
    }

    // The copy button of a terminal takes what is typed, not what appears.
    document.addEventListener('click', (event) => {
        const button = event.target.closest('.clip-button');
        const code = button && button.closest('pre').querySelector('code.language-console');
        if (code) {
            event.stopImmediatePropagation();
            const typed = code.textContent.split('\n').filter((line) => /^[$#] /.test(line));
            copy(typed.map((line) => line.slice(2)).join('\n')).then((copied) => {
                // As mdBook shows it; it hides it, too.
                button.firstChild.textContent = (copied ? ['Copied!', '복사했습니다'] : ['Failed', '복사하지 못했습니다'])[Number(isKorean())];
                button.classList.add('tooltipped');
                button.focus();
            });
        }
    }, true);

    // mdBook's labels, and the Korean ones.
    const labels = {
        'Note': '참고', 'Tip': '도움말', 'Important': '중요', 'Warning': '주의', 'Caution': '경고',
        'Toggle Table of Contents': '차례', 'Change theme': '테마', 'Toggle Searchbar': '찾기 (/)',
        'Search this book ...': '이 책에서 찾기', 'Print this book': '인쇄',
        'Next chapter': '다음 장', 'Previous chapter': '앞 장', 'Copy to clipboard': '복사',
        'Auto': '자동', 'Light': '밝게', 'Dark': '어둡게',
    };
    const english = Object.fromEntries(Object.entries(labels).map(([ours, korean]) => [korean, ours]));

    /** Puts the labels into the language of the page. */
    function label() {
        const names = isKorean() ? labels : english;
        for (const title of document.querySelectorAll('.blockquote-tag-title, .theme')) {
            const text = title.lastChild;
            text.textContent = names[text.textContent.trim()] ?? text.textContent;
        }
        for (const name of ['title', 'aria-label', 'placeholder']) {
            for (const element of document.querySelectorAll(`[${name}]`)) {
                const label = names[element.getAttribute(name)];
                if (label) {
                    element.setAttribute(name, label);
                }
            }
        }
    }

    // When the reader turns back, mdBook puts its bar above what was in sight. After a jump, as to
    // a session that runs, that is in the middle of the window; the next event would correct it.
    const bar = document.getElementById('mdbook-menu-bar');
    document.addEventListener('scroll', () => {
        if (!bar.classList.contains('sticky') && bar.getBoundingClientRect().top > 0) {
            document.dispatchEvent(new Event('scroll'));
        }
    }, { passive: true });

    const header = document.getElementById('mdbook-searchresults-header');
    new MutationObserver(() => {
        const [count] = header.textContent.match(/^\d+/) ?? ['0'];
        const said = `찾은 곳: ${count}`;
        if (isKorean() && header.textContent && header.textContent !== said) {
            header.textContent = said;
        }
    }).observe(header, { childList: true });

    /** Keeps an option on one line: browsers break after the hyphens of --option. */
    function keepOptionsWhole() {
        for (const code of document.querySelectorAll('main code:not([class*="language-"], .hljs *)')) {
            for (const text of [...code.childNodes].filter((it) => it instanceof Text)) {
                const parts = text.data.split(/(?<![\w-])(--[a-z][\w-]*)/);
                const whole = (part) => Object.assign(document.createElement('span'), { className: 'option', textContent: part });
                if (parts.length > 1) {
                    text.replaceWith(...parts.map((part, index) => (index % 2 ? whole(part) : part)));
                }
            }
        }
    }

    /** Sets up the page's content; called again when that was replaced (lab/page/content.js). */
    function setUp() {
        linkToOtherLanguage();
        label();
        keepOptionsWhole();
        labelCells();
        breakNames();
        // A keyboard must be able to scroll what is wider than the page.
        for (const code of document.querySelectorAll('main pre > code, main .table-wrapper')) {
            code.tabIndex = 0;
        }
    }
    setUp();
    window.book = { setUp, copy };
})();
