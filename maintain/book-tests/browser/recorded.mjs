// What was recorded of a session is shown where there is no machine: step by step, and without a
// script as it was in the end. Where the text is about it, it stands open. For kernel.mjs.

import { TOUCH } from './chapter.mjs';
import { accessible, check, open, origin } from './site.mjs';

const CHAPTER = 'step03-uts.html';

/** Opens the chapter in a window of this width; what a prediction covers is shown. */
async function chapter(name, options = {}) {
    const page = await open(1280, 'light', name, options);
    await page.goto(`${origin}/en/${CHAPTER}`, { waitUntil: 'load' });
    if (options.javaScriptEnabled !== false) {
        await page.getByRole('button', { name: 'Show it without a prediction' }).first().click();
    }
    return page;
}

/** The picture of the first session, which stands open, and that of the last, which ends its processes. */
const first = (page) => page.locator('figure.kernel-recorded').first();
const closed = (page) => page.locator('details.kernel-recorded').first();

/** Checks that the child of step03-uts is shown with its new namespaces. */
async function showsChild(page, when, picture = first(page)) {
    const table = await picture.locator('.kernel-table >> visible=true').innerText();
    check(/step03-uts \d+[^]*step03-uts \d+/.test(table) && /A\s*no map/.test(table) && /A\s*helo/.test(table), `${when} the child's namespaces are not shown: ${table}`);
}

/** Checks that the last session's picture is that of its end. */
async function showsEnd(page, when) {
    const table = await closed(page).locator('.kernel-table >> visible=true').innerText();
    check(/bash \d+/.test(table) && !table.includes('step03-uts'), `${when} the end of the processes is not shown: ${table}`);
}

/** It can be gone through, and chosen from. */
async function stepByStep() {
    const page = await chapter('recorded');
    await showsChild(page, 'to begin');
    await first(page).getByRole('button', { name: 'step by step' }).click();
    await first(page).locator('.kernel-player').waitFor();
    const steps = first(page).locator('.kernel-steps button');
    const [back, forth] = [steps.first(), steps.last()];
    check(/was stopped/.test(await first(page).locator('.kernel-changes').innerText()), 'it does not open where something changed last');
    await forth.click();
    check(await forth.isDisabled(), 'something comes after the last step');
    while (!await back.isDisabled()) {
        await back.click();
    }
    check(!(await first(page).locator('.kernel-player .kernel-table').innerText()).includes('step03-uts'), 'before the first command there is a step03-uts');
    await forth.click();
    await showsChild(page, 'after the first command');
    const [, child] = (await first(page).locator('.kernel-printed').innerText()).match(/PID of child created by clone\(\) is (\d+)/) ?? [];
    check(await first(page).locator(`.kernel-player tr[data-pid="${child}"]`).count() === 1, `the terminal names ${child}, and the table does not`);
    check(/was born, in new namespaces: user A .*, uts A /.test(await first(page).locator('.kernel-changes').innerText()), 'what changed is not told');
    await first(page).locator('.kernel-player td[data-kind=uts] .kernel-badge').click();
    check((await first(page).locator('.kernel-structures').innerText()).includes('"helo"'), 'its structures are not shown');
    await accessible(page, 'figure.kernel-recorded', 'step by step');
    await first(page).getByRole('button', { name: 'after the session' }).click();
    await first(page).locator('.kernel-player').waitFor({ state: 'detached' });
    await showsChild(page, 'after the steps');
    await page.context().close();
}

/** What is in the page can be chosen from, with the mouse and with the keyboard. */
async function chosen() {
    const page = await chapter('chosen');
    await first(page).locator('.is-point').click();
    await first(page).locator('.kernel-structures').getByText('"helo"').waitFor();
    check(await first(page).locator('.is-point[aria-pressed=true]').count() === 1, 'what was pressed is not what is chosen');

    await page.reload({ waitUntil: 'load' });
    await page.getByRole('button', { name: 'Show it without a prediction' }).first().click();
    await first(page).getByRole('button', { name: 'step by step' }).focus();
    await page.keyboard.press('Tab');
    await first(page).locator('button.is-point').waitFor();
    for (let presses = 0; presses < 20 && !await page.evaluate(() => document.activeElement.matches('.is-point')); presses += 1) {
        await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await first(page).locator('.kernel-structures').getByText('"helo"').waitFor();
    check(page.url().endsWith(CHAPTER), 'the keyboard has turned the page');
    await page.context().close();
}

/** Without a script it opens as well; on a phone, too; on paper it is open. */
async function everywhere() {
    const still = await chapter('no script', { javaScriptEnabled: false });
    await showsChild(still, 'without a script');
    await closed(still).locator('summary').click();
    await showsEnd(still, 'without a script');
    await still.context().close();

    const size = { width: 390, height: 844 };
    const phone = await chapter('recorded on a phone', { viewport: size, screen: size, ...TOUCH });
    await showsChild(phone, 'on a phone');
    await closed(phone).locator('summary').tap();
    await closed(phone).locator('.kernel-player').waitFor();
    await showsEnd(phone, 'on a phone');
    await closed(phone).locator('.kernel-steps button').first().tap(); // before Enter was pressed
    await showsChild(phone, 'on a phone', closed(phone));
    const wider = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    check(wider <= 0, `on a phone ${wider} px are out of the window`);
    await phone.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
    check(await phone.locator('details.kernel-recorded:not([open])').count() === 0, 'on paper something is closed');
    await phone.evaluate(() => window.dispatchEvent(new Event('afterprint')));
    check(await phone.locator('details.kernel-recorded[open]').count() === 1, 'after printing another is open than before');
    await phone.context().close();
}

/** A recording that cannot be downloaded leaves the picture that is in the page. */
async function missing() {
    const page = await chapter('no recording');
    await page.route('**/recordings/*.json', (route) => route.fulfill({ status: 503 }));
    page.removeAllListeners('console'); // the browser says that it is missing
    await first(page).getByRole('button', { name: 'step by step' }).click();
    await first(page).getByText('The recording cannot be downloaded.').waitFor();
    await showsChild(page, 'without the recording');
    await closed(page).locator('summary').click();
    await closed(page).getByText('The recording cannot be downloaded.').waitFor();
    await showsEnd(page, 'without the recording');
    await page.context().close();
}

export async function recorded() {
    await stepByStep();
    await chosen();
    await everywhere();
    await missing();
}
