// What both books add to mdBook: a way to the other language, copying that leaves the output out,
// Korean labels. The scripts beside this one add the search (search.js), the reader's progress
// (progress.js, reading.js) and what manual pages are about (manual.js).
(() => {
    'use strict';

    const isKorean = () => document.documentElement.lang === 'ko';

    /** The site's first page, too, is shown in the language that was chosen. */
    function rememberLanguage({ currentTarget }) {
        try {
            localStorage.setItem('book-language', currentTarget.hreflang);
        } catch {
            // It lasts as long as the page.
        }
    }

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
            link.addEventListener('click', rememberLanguage);
            document.querySelector('.right-buttons').prepend(link);
        }
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
        'Toggle Table of Contents': '차례', 'Table of contents': '차례', 'Change theme': '테마', 'Themes': '테마',
        'Search (`/`)': '찾기 (/)', 'Toggle Searchbar': '찾기', 'Search this book ...': '이 책에서 찾기',
        'Search Result Teaser': '찾은 곳의 내용', 'Print this book': '인쇄', 'Git repository': '소스 저장소',
        'Suggest an edit': '이 페이지 고치기', 'Page navigation': '앞뒤 장',
        'Next chapter': '다음 장', 'Previous chapter': '앞 장', 'Copy to clipboard': '복사',
        'Auto': '자동', 'Light': '밝게', 'Dark': '어둡게',
    };
    const english = Object.fromEntries(Object.entries(labels).map(([ours, korean]) => [korean, ours]));

    // What mdBook's help says, line by line; the keys are elements in between.
    const help = [
        ['Keyboard shortcuts', '단축키'],
        ['Press ', ''], [' or ', ' 또는 '], [' to navigate between chapters', ': 앞뒤 장으로'],
        [' to search in the book', ': 책에서 찾기'], [' to show this help', ': 이 도움말 보기'], [' to hide this help', ': 도움말 닫기'],
    ];

    /** Puts mdBook's help into the language of the page. */
    function labelHelp() {
        const popup = document.getElementById('mdbook-help-popup');
        if (!popup || (popup.lang || 'en') === document.documentElement.lang) {
            return;
        }
        popup.lang = document.documentElement.lang;
        const texts = document.createTreeWalker(popup, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            // What was there at first is needed again when the language changes.
            const text = texts.currentNode;
            text.english ??= text.data;
            const korean = help.find(([english]) => english === text.english)?.[1];
            text.data = isKorean() ? korean ?? text.english : text.english;
        }
    }

    /** mdBook's link to the source of the page that was loaded leads to the source of this one. */
    function linkToSource() {
        const link = document.querySelector('.right-buttons a[href*="/edit/"]');
        const source = document.querySelector('.page-links a[href*="/edit/"]');
        if (link && source) {
            link.href = source.href;
        }
    }

    /** Puts the labels into the language of the page. */
    function label() {
        labelHelp();
        const names = isKorean() ? labels : english;
        for (const theme of document.querySelectorAll('.theme')) {
            const text = theme.lastChild;
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

    /** A label that stays when something is typed. */
    function labelSearch() {
        const bar = document.getElementById('mdbook-searchbar');
        bar?.setAttribute('aria-label', bar.placeholder);
    }

    /** Sets up the page's content; called again when that was replaced (lab/page/content.js). */
    function setUp() {
        linkToOtherLanguage();
        linkToSource();
        label();
        labelSearch();
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
    // There is no machine: browsers load no modules from files.
    if (location.protocol === 'file:') {
        document.head.append(Object.assign(document.createElement('script'), { src: '../opened-as-file.js' }));
    }
})();
