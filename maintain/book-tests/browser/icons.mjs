// Renders the icons of the installed site from the book's favicon; a maskable one has a margin that a
// system may cut off.
//
//     node icons.mjs SITE FOLDER    writes FOLDER/icon-*.png

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { end, open } from './site.mjs';

const svg = await readFile(new URL('../../../book/theme/favicon.svg', import.meta.url), 'utf8');
for (const [name, size, scale, background] of [
    ['icon-192', 192, 1, 'transparent'], ['icon-512', 512, 1, 'transparent'], ['icon-maskable', 512, 0.8, '#0066a6'],
]) {
    const page = await open(size, 'light', name, { viewport: { width: size, height: size } });
    const picture = svg.replace('<svg', `<svg style="inline-size: ${scale * 100}vmin; block-size: ${scale * 100}vmin"`);
    await page.setContent(`<body style="margin: 0; display: grid; block-size: 100vh; place-items: center; background: ${background}">${picture}`);
    await page.screenshot({ path: join(process.argv[3], `${name}.png`), omitBackground: true });
    await page.context().close();
}
await end();
