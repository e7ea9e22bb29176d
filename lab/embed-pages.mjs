// Writes the page of each language that shows one block of the book in a frame of another site
// (page/embed.js does that):
//
//     node embed-pages.mjs BOOKS    with the books ko and en

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const [books] = process.argv.slice(2);
const theme = readFileSync(new URL('../book/landing/theme.js', import.meta.url), 'utf8');
const TITLES = { en: 'How Linux isolates processes', ko: '리눅스는 프로세스를 어떻게 격리하는가' };

for (const [language, title] of Object.entries(TITLES)) {
    const progress = readdirSync(`${books}/${language}/theme`).find((name) => /^progress.*\.js$/.test(name));
    writeFileSync(`${books}/${language}/embed.html`, `<!DOCTYPE html>
<html lang="${language}" class="embed">
<head>
    <meta charset="utf-8">
    <title>${title}</title>
    <meta name="robots" content="noindex">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <link rel="icon" href="../icon.svg">
    <script>${theme}</script>
    <link rel="stylesheet" href="../lab/style.css">
    <link rel="stylesheet" href="../lab/embed-style.css">
    <script src="theme/${progress}"></script>
    <script type="module" src="../lab/embed.js"></script>
</head>
<body>
<main><h1><a href="isolation.html" target="_blank">${title}</a></h1></main>
</body>
</html>
`);
}
