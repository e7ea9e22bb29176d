// What was recorded of a session is shown where there is no machine: step by step, and without a
// script as it was in the end. For kernel.mjs.

import { TOUCH } from './chapter.mjs';
import { accessible, check, open, origin } from './site.mjs';

const CHAPTER = 'step03-uts.html';

/** Opens the chapter in a window of this width. */
async function chapter(name, options = {}) {
    const page = await open(1280, 'light', name, options);
    await page.goto(`${origin}/en/${CHAPTER}`, { waitUntil: 'load' });
    return page;
}

/** What was recorded under the first session of the page. */
const first = (page) => page.locator('.kernel-recorded').first();

/** Checks that the child of step03-uts, which the terminal names, is shown with its new namespaces. */
async function showsChild(page, when) {
    const [printed, table] = await Promise.all(['.kernel-printed', '.kernel-table'].map((part) => first(page).locator(part).innerText()));
    const [, child] = printed.match(/PID of child created by clone\(\) is (\d+)/) ?? [];
    check(child && new RegExp(`step03-uts ${child}`).test(table), `${when} the terminal shows ${printed}, and the table ${table}`);
    check(/A\s*no map/.test(table) && /A\s*helo/.test(table), `${when} the child's namespaces are not shown: ${table}`);
}

/** It can be gone through, and chosen from. */
async function stepByStep() {
    const page = await chapter('recorded');
    await first(page).locator('summary').click();
    await first(page).locator('.kernel-player').waitFor();
    const [back, forth] = [first(page).locator('.kernel-steps button').first(), first(page).locator('.kernel-steps button').last()];
    check(/was stopped/.test(await first(page).locator('.kernel-changes').innerText()), 'it does not open where something changed last');
    await forth.click();
    check(await forth.isDisabled(), 'something comes after the last step');
    while (!await back.isDisabled()) {
        await back.click();
    }
    check(!(await first(page).locator('.kernel-table').innerText()).includes('step03-uts'), 'before the first command there is a step03-uts');
    await forth.click();
    await showsChild(page, 'after the first command');
    check(/was born, in new namespaces: user A .*, uts A /.test(await first(page).locator('.kernel-changes').innerText()), 'what changed is not told');
    await first(page).locator('td[data-kind=uts] .kernel-badge').click();
    check((await first(page).locator('.kernel-structures').innerText()).includes('"helo"'), 'its structures are not shown');
    await accessible(page, '.kernel-recorded', 'recorded');
    await page.context().close();
}

/** Without a script it opens as well; on a phone, too; on paper it is open. */
async function everywhere() {
    const still = await chapter('no script', { javaScriptEnabled: false });
    await first(still).locator('summary').click();
    await showsChild(still, 'without a script');
    await still.context().close();

    const size = { width: 390, height: 844 };
    const phone = await chapter('recorded on a phone', { viewport: size, screen: size, ...TOUCH });
    await first(phone).locator('summary').tap();
    await first(phone).locator('.kernel-player').waitFor();
    await first(phone).locator('.kernel-steps button').first().tap(); // from ^Z
    await showsChild(phone, 'on a phone');
    const wider = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    check(wider <= 0, `on a phone ${wider} px are out of the window`);
    await phone.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
    check(await phone.locator('.kernel-recorded:not([open])').count() === 0, 'on paper something is closed');
    await phone.evaluate(() => window.dispatchEvent(new Event('afterprint')));
    check(await phone.locator('.kernel-recorded[open]').count() === 1, 'after printing another is open than before');
    await phone.context().close();
}

/** A recording that cannot be downloaded leaves the picture that is in the page. */
async function missing() {
    const page = await chapter('no recording');
    await page.route('**/recordings/*.json', (route) => route.fulfill({ status: 503 }));
    page.removeAllListeners('console'); // the browser says that it is missing
    await first(page).locator('summary').click();
    await first(page).getByText('The recording cannot be downloaded.').waitFor();
    await showsChild(page, 'without the recording');
    await page.context().close();
}

export async function recorded() {
    await stepByStep();
    await everywhere();
    await missing();
}
