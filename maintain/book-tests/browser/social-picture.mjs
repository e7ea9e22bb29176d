// Makes the pictures by which other sites show this one: the head of its first page, in each
// language, as it is built now.
//
//     node social-picture.mjs SITE FOLDER    writes FOLDER/social.LANGUAGE.png

import { join } from 'node:path';
import { check, end, open, origin } from './site.mjs';

/** The picture is looked at from afar: nothing to press, nothing small. */
const STYLE = `
    nav, .ways, .said, figcaption, .held-head span, .hero ~ *, footer { display: none !important; }
    header { padding: 28px 44px 0 !important; font-size: 21px !important; }
    main { padding-inline: 44px !important; max-inline-size: none !important; }
    .hero.has-demo { grid-template-columns: minmax(0, 9fr) minmax(0, 12fr) !important; gap: 40px; padding: 0 !important; block-size: 560px; }
    h1 { font-size: 56px !important; }
    h1:lang(ko) { font-size: 50px !important; }
    .what { font-size: 21px !important; margin: 0 !important; }
    .demo pre { font-size: 14px !important; }
`;

for (const [language, name] of [['en', 'index.html'], ['ko', 'ko.html']]) {
    const page = await open(1200, 'light', name, { viewport: { width: 1200, height: 630 }, locale: language, reducedMotion: 'reduce' });
    await page.goto(`${origin}/${name}`, { waitUntil: 'load' });
    await page.addStyleTag({ content: STYLE });
    const bottom = await page.evaluate(() => document.querySelector('.demo').getBoundingClientRect().bottom);
    check(bottom <= 630, `${name}: the demonstration ends at ${bottom} px`);
    await page.screenshot({ path: join(process.argv[3], `social.${language}.png`) });
    await page.context().close();
}
await end();
