// What the page shows of the kernel is right, live, and can be gone back to, in Chromium.
//
//     node kernel.mjs SITE
//
// CASE=name runs only that case.

import { accessible, browser, check, end } from './site.mjs';
import { compareWithProc } from './picture.mjs';
import { recorded } from './recorded.mjs';
import { holds, isSame, nextLink, openMachine, press, restored, run, scrollBack, stored, titled } from './kept.mjs';

/** The themes of mdBook. */
const THEMES = ['light', 'rust', 'coal', 'navy', 'ayu'];

/** The least time between two announcements, in ms. */
const BETWEEN = 1000;

/** The labels of the child's badges: which letter it has depends on what was seen before. */
const HELO = { uts: /^uts namespace [A-Z]+ helo/, user: /^user namespace [A-Z]+ no map/ };
const isHelo = (shown) => Object.entries(HELO).every(([kind, label]) => label.test(shown?.[kind]));

/** What the table shows of a process: the label of each cell that is not initial. */
const row = (page, pid) => page.evaluate((pid) => {
    const found = [...document.querySelectorAll('.lab-kernel .kernel-table tbody tr')].find((it) => it.querySelector(`th [title$=" ${pid}"]`));
    return found && Object.fromEntries([...found.querySelectorAll('td[data-kind]')]
        .map((cell) => [cell.dataset.kind, cell.querySelector('[aria-label]')?.ariaLabel ?? cell.textContent]));
}, pid);

/** Waits until the table has a row for a process. */
const appears = (page, pid) => holds(page, `${pid} has no row`, (pid) => document.querySelector(`.lab-kernel .kernel-table th [title$=" ${pid}"]`), pid);

/** The sentences about what happened, the latest first. */
const happened = (page) => page.evaluate(() => [...document.querySelectorAll('.lab-kernel .kernel-timeline li')].map((it) => it.innerText));

const says = (page, text) => holds(page, `nothing says ${text}`,
    (text) => document.querySelector('.lab-kernel .kernel-timeline').innerText.includes(text), text);

/** Runs step03-uts helo; returns the PIDs of parent and child. */
async function helo(page) {
    await press(page, 'step03-uts helo');
    const lines = (await scrollBack(page))[0].join('\n');
    const [parent, child] = [...lines.matchAll(/readlink \/proc\/(\d+)\/ns\/uts/g)].slice(-2).map(([, pid]) => pid);
    await appears(page, child);
    return [parent, child];
}

const structures = (page) => page.locator('.lab-kernel .kernel-structures').innerText();

/** The picture is that of /proc, and what is chosen shows its structures. */
async function right() {
    const page = await openMachine('right');
    const [parent, child] = await helo(page);
    const [shown, initial] = [await row(page, child), await row(page, parent)];
    check(isHelo(shown), `the child's row is ${JSON.stringify(shown)}`);
    const { compared, differences } = await page.evaluate(compareWithProc);
    check(compared > 8 && differences.length === 0, `of ${compared}: ${differences.join('; ')}`);
    check(initial?.uts === 'initial uts namespace' && initial.user === 'initial user namespace', `the parent's row is ${JSON.stringify(initial)}`);
    const chosen = `.lab-kernel .kernel-table tr:has([title$=" ${child}"])`;
    await page.locator(`${chosen} th button`).click();
    const task = await structures(page);
    check(/cap_effective\W+1ffffffffff all 41/.test(task) && /filter_count\W+0/.test(task), `the child's task_struct is ${task}`);
    await page.locator('.lab-kernel .kernel-structures li:has(> a[href*="#"]:text-is("mnt_ns")) button').click();
    await page.locator('.lab-kernel .kernel-structures summary').click();
    const mounts = await structures(page);
    check(mounts.includes('/proc proc proc'), `the mounts are ${mounts}`);
    await page.locator(`${chosen} td[data-kind=uts] button`).click();
    const [link, owner] = await run(page, `readlink /proc/${child}/ns/uts /proc/${child}/ns/user`, 1);
    const text = await structures(page);
    check(text.includes('name.nodename') && text.includes('"helo"') && text.includes(link), `the structures of ${link} are ${text}`);
    check(text.includes('its own') && text.includes(owner), `its owner is not ${owner} in ${text}`);

    // The hostname of boot is that of all others.
    const before = await row(page, child);
    await run(page, 'sudo hostname other', 1);
    await says(page, 'became other');
    check((await row(page, child)).uts === before.uts.replace(', new', ''), `the child's hostname is ${(await row(page, child)).uts}`);
    check((await row(page, parent)).uts === 'initial uts namespace, new', `the parent's hostname is ${(await row(page, parent)).uts}`);
    check((await page.locator('.lab-kernel .kernel-table thead').innerText()).includes('other'), 'the table does not show the hostname of boot');
    await run(page, 'sudo hostname goldilocks-web', 1);

    // A process that joins shares.
    await page.evaluate((child) => book.lab.shells[1].type(`sudo nsenter --uts=/proc/${child}/ns/uts sleep 100\r`), child);
    await holds(page, 'nobody shares the namespace', () => document.querySelector('.lab-kernel .kernel-structures').innerText.includes('shared with 1 process'));
    await page.evaluate(() => book.lab.shells[1].use(() => book.lab.shells[1].clear()));
    await holds(page, 'somebody still shares the namespace', () => document.querySelector('.lab-kernel .kernel-structures').innerText.includes('its own'));
    await page.context().close();
}

/** The reader goes back to each moment, to another chapter, and through a reload. */
async function past() {
    const page = await openMachine('past');
    const [, child] = await helo(page);
    const number = (await happened(page)).find((text) => text.includes(`step03-uts ${child} was born`)).match(/\d+/)[0];
    const slider = page.locator('.lab-kernel .kernel-timeline input');
    await slider.focus();
    const { title, at } = await page.evaluate(() => ({ title: document.title, at: Number(document.querySelector('.lab-kernel .kernel-timeline input').value) }));
    for (let step = at; step >= Number(number) - 1; step -= 1) {
        await page.keyboard.press('ArrowLeft');
    }
    check(await row(page, child) === undefined, `before its birth ${child} has a row`);
    check((await page.locator('.lab-kernel .kernel-note').innerText()).includes('As it was'), 'it is not said that this is the past');
    check(await page.title() === title, 'the arrows of the slider turn the page');
    // Meanwhile the machine goes on.
    await run(page, 'sudo hostname later', 1);
    check(await row(page, child) === undefined, 'the past changes');
    await page.locator('.lab-kernel .kernel-note button').click();
    check(isHelo(await row(page, child)), 'now is not as it was');
    await says(page, 'became later');
    await page.locator('.lab-kernel .kernel-timeline button', { hasText: `step03-uts ${child} was born` }).click();
    check(HELO.user.test((await row(page, child))?.user), 'a moment cannot be pressed');
    await page.locator('.lab-kernel .kernel-note button').click();

    const before = await happened(page);
    const same = (label) => label.replace(', new', '');
    const { uts } = await row(page, child);
    const lines = await scrollBack(page);
    await (await nextLink(page)).click();
    await titled(page, 'Step 4');
    check(same((await row(page, child)).uts) === same(uts), 'in the next chapter the picture is another');
    await stored(page);
    await page.reload({ waitUntil: 'load' });
    await restored(page);
    await appears(page, child);
    check(same((await row(page, child)).uts) === same(uts), 'after a reload the letter is another');
    const after = await happened(page);
    check(before.slice(1).every((text) => after.includes(text)), `after a reload the timeline is ${JSON.stringify(after)}, and was ${JSON.stringify(before)}`);
    await isSame(page, 'past', lines, 'after a reload');
    await page.context().close();
}

/** A machine that stands still changes when the reader wants it to. */
async function steps() {
    const page = await openMachine('steps');
    const control = page.locator('.lab-kernel .kernel-timeline header button');
    await control.filter({ hasText: 'Pause' }).click();
    await holds(page, 'it does not stand still', () => document.querySelector('.lab-kernel .kernel-note')?.innerText.includes('stands still'));
    const count = async () => (await happened(page)).length;
    const before = await count();
    await page.evaluate(() => book.lab.shells[1].type('step03-uts helo\r'));
    const steps = [];
    for (let step = 0; step < 20 && !steps.at(-1)?.some((text) => text.includes('became helo')); step += 1) {
        const was = await count();
        await control.filter({ hasText: 'Next change' }).click();
        await holds(page, 'no change came', (was) => document.querySelectorAll('.lab-kernel .kernel-timeline li').length > was
            && document.querySelector('.lab-kernel .kernel-note').innerText.includes('stands still'), was);
        steps.push((await happened(page)).slice(0, await count() - was));
    }
    check(steps.every(({ length }) => length === 1), `a step has these changes: ${JSON.stringify(steps)}`);
    const texts = steps.flat().join('\n');
    check(/was born[^]*became step03-uts[^]*new namespaces: user [A-Z]+[^]*became helo/.test(texts), `the steps are ${texts}`);
    check(await count() - before === steps.length, 'the machine does not stand still between steps');
    await control.filter({ hasText: 'Go on' }).click();
    await holds(page, 'it does not go on', () => book.lab.shells[1].lines(0).some((line) => line.includes('Press Enter')));
    // A session that is run goes on, too.
    await control.filter({ hasText: 'Pause' }).click();
    await press(page, 'unshare -ru sh -c');
    await page.context().close();
}

/** Whoever cannot see the page, or has no mouse, has all of it. */
async function forAll() {
    const page = await openMachine('for all');
    const [, child] = await helo(page);
    // Then nothing changes any more.
    await holds(page, `${child} is not stopped`, (child) => document.querySelector(`.lab-kernel th [title$=" ${child}"]`)?.innerText.includes('stopped'), child);
    await page.locator('.lab-kernel .kernel-table tbody th button').first().focus();
    const title = await page.title();
    const walk = async (key, isThere) => {
        for (let presses = 0; presses < 10 && !await page.evaluate(isThere, child); presses += 1) {
            await page.keyboard.press(key);
        }
    };
    await walk('ArrowDown', (child) => document.activeElement.title.endsWith(` ${child}`));
    await walk('ArrowRight', () => document.activeElement.closest('td')?.dataset.kind === 'uts');
    await page.keyboard.press('Enter');
    check((await structures(page)).includes('"helo"'), `the arrows lead to ${await structures(page)}`);
    check(await page.title() === title, 'the arrows turn the page');
    for (const theme of THEMES) {
        await page.evaluate((theme) => {
            document.documentElement.classList.remove(...['light', 'rust', 'coal', 'navy', 'ayu']);
            document.documentElement.classList.add(theme);
        }, theme);
        await accessible(page, '.lab-kernel', theme);
    }
    await page.evaluate(() => {
        window.announced = [];
        new MutationObserver(() => window.announced.push({ at: performance.now(), text: document.querySelector('.lab-kernel [role=status]').textContent }))
            .observe(document.querySelector('.lab-kernel [role=status]'), { characterData: true, subtree: true, childList: true });
    });
    await run(page, 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do /bin/sleep 0.2; done', 1);
    const announced = await page.evaluate(() => window.announced);
    // A busy browser may draw one late, and the next in time.
    const most = (announced.at(-1)?.at - announced[0]?.at) / BETWEEN + 2;
    check(announced.length >= 2 && announced.length <= most, `it was announced ${JSON.stringify(announced)}`);

    // A name is text, whatever it says.
    await run(page, `cp /bin/sleep '/tmp/<b>x'; '/tmp/<b>x' 100 & sudo unshare -u sh -c 'hostname "<img src=x>" 2>/dev/null || printf "<img src=x>" >/proc/sys/kernel/hostname; sleep 100' &`, 1);
    await holds(page, 'the names are not shown', () => /<b>x[^]*<img src=x>/.test(document.querySelector('.lab-kernel .kernel-table').innerText));
    check(await page.locator('.lab-kernel img, .lab-kernel table b:not([aria-hidden])').count() === 0, 'a name became an element');

    // Many, and long ones. The timeline lists the latest moments only, so the long one comes last.
    await run(page, `for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do unshare -Ur sh -c 'sleep 100; :' & done 2>/dev/null`, 1);
    await holds(page, 'many have no rows', () => document.querySelectorAll('.lab-kernel .kernel-table tbody tr').length > 35);
    // A hostname that is set before the first picture of its namespace is no change: this one has been seen.
    await run(page, `sudo nsenter --uts=/proc/${child}/ns/uts hostname ${'h'.repeat(64)}`, 1);
    await says(page, 'h'.repeat(64));
    for (const width of [1920, 1280, 768, 390, 320]) {
        await page.setViewportSize({ width, height: 900 });
        const wider = await page.evaluate(() => Math.max(document.documentElement.scrollWidth,
            ...[...document.querySelectorAll('.lab-kernel, .lab-kernel :is(.kernel, .kernel-scroll, .kernel-below > *)')].map((it) => it.getBoundingClientRect().right)) - innerWidth);
        check(wider <= 0, `at ${width} px ${wider} px of the picture are out of the window`);
    }
    check(await row(page, child) !== undefined, 'the child has lost its row');
    await page.context().close();
}

for (const [name, test] of Object.entries({ right, past, steps, forAll, recorded })) {
    if ((process.env.CASE ?? name) === name) {
        const begin = performance.now();
        await test().catch((error) => check(false, `${name}: ${error.stack}`));
        console.log(`${name}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    }
}
await Promise.all(browser.contexts().map((context) => context.close()));
await end();
