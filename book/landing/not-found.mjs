// The page for addresses that are not there, in both languages. It is shown at any of them, so its
// links begin with the path of the site.

import { PAGES, WORDS } from './words.mjs';

const SAID = {
    en: { nothing: 'There is no such page', meant: 'Did you mean', first: 'First page', chapters: 'The chapters of the book:' },
    ko: { nothing: '그런 페이지가 없습니다', meant: '혹시 이 페이지를 찾으셨나요?', first: '첫 페이지', chapters: '책에 있는 장은 다음과 같습니다.' },
};

export function notFound({ css, theme, script, address, chapters }) {
    const root = address ? new URL(address).pathname.replace(/\/$/, '') : '';
    const link = (path, text) => `<a href="${root}${path}" data-path="${path}">${text}</a>`;
    const part = (language) => {
        const { nothing, meant, first, chapters: list } = SAID[language];
        return `
        <section lang="${language}">
            <h1>${nothing}</h1>
            <p class="meant" hidden>${meant} <span></span></p>
            <p>${link(`/${PAGES[language]}`, `${first}: ${WORDS[language].title}`)}</p>
            <p>${list}</p>
            <ul>${chapters[language].map(({ page, title }) => `
                <li>${link(`/${language}/${page}.html`, title)}</li>`).join('')}
            </ul>
        </section>`;
    };
    return `<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <title>404 · ${SAID.en.nothing} · ${SAID.ko.nothing}</title>
    <meta name="robots" content="noindex">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" href="${root}/icon.svg">
    <script>${theme}</script>
    <style>${css}</style>
</head>
<body>
<div class="page">
    <main class="not-found"${address ? ' data-placed' : ''}>${part('en')}${part('ko')}
    </main>
</div>
<script>${script}</script>
</body>
</html>
`;
}
