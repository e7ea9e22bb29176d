// What will be different is marked on the picture before a session runs, and graded by what the
// kernel holds before and after: in the recorded run, in the reader's own, and nowhere by printing.
//
//     node marking.mjs SITE [SCREENSHOTS]
//
// CASE=name runs only that case.

import { TOUCH } from './chapter.mjs';
import { accessible, check, end, open, origin } from './site.mjs';

/** How long something may take on a slow machine. */
const timeout = 60_000;

/** A session that leaves a process in two new namespaces, and one that changes nothing. */
const [CHANGING, NOTHING] = [{ chapter: 'step05-unshare', session: 5 }, { chapter: 'step08-pid', session: 3 }];

/** The place of the first terminal's shell. */
const BASH = '/init/session@ttyS0/bash';

const screenshots = process.argv[3];

/** A reader at a session that can be marked. */
class Reader {
    static async begin(name, { width = 1280, theme = 'light', language = 'en', chapter, session, ...options } = {}) {
        const reader = new Reader();
        Object.assign(reader, { name, chapter, session, page: await open(width, theme, name, options) });
        await reader.page.goto(`${origin}/${language}/${chapter}.html`, { waitUntil: 'load' });
        return reader;
    }

    get marking() {
        return this.page.locator(`#mark-${this.session}`);
    }

    get output() {
        return this.page.locator(`#mark-${this.session} + pre`);
    }

    button(name) {
        return this.marking.getByRole('button', { name, exact: true });
    }

    /** The button of a mark. */
    item(mark) {
        return this.marking.locator(`[data-mark="${mark}"]`);
    }

    /** Presses the buttons of some marks. */
    async marks(...marks) {
        for (const mark of marks) {
            await this.item(mark).click();
            await this.page.waitForFunction((mark) => document.querySelector(`.marking [data-mark="${mark}"]`)?.ariaPressed === 'true', mark, { timeout });
        }
    }

    says() {
        return this.marking.locator('[role=status]').innerText();
    }

    told() {
        return this.marking.locator('.marking-told li').allInnerTexts();
    }

    /** Waits until it is in a state. */
    becomes(state) {
        return this.page.waitForSelector(`#mark-${this.session}[data-state="${state}"]`, { timeout }).then(() => true, () => false);
    }

    async isCovered(when) {
        check(await this.output.locator('.lab-output').first().isHidden() && (await this.output.innerText()).startsWith('$'), `${this.name}: ${when} the output is not covered, or the command is`);
    }

    /** Checks what is said, and what is kept. */
    async isGraded(when, { says, told, isRight, marks, by }) {
        check(await this.becomes('graded'), `${this.name}: ${when} it is not graded, it says "${await this.says()}"`);
        check(await this.says() === says, `${this.name}: ${when} it says "${await this.says()}"`);
        const [all, missing] = [await this.told(), []];
        told.forEach((pattern) => { if (!all.some((it) => pattern.test(it))) missing.push(pattern); });
        check(missing.length === 0 && all.length === told.length, `${this.name}: ${when} it does not tell ${missing.join(' and ')} but ${all.join(' ')}`);
        check(await this.output.locator('.lab-output').first().isVisible(), `${this.name}: ${when} the output is covered`);
        const kept = JSON.stringify(await this.page.evaluate(([page, id]) => book.progress.of(page).predicted[id], [this.chapter, `mark-${this.session}`]));
        check(kept === JSON.stringify({ choice: marks, isRight, by }), `${this.name}: ${when} the progress is ${kept}`);
    }

    /** A picture of it, to be looked at. */
    async shoot(when) {
        if (screenshots) {
            await this.marking.screenshot({ path: `${screenshots}/marking-${this.name}-${when}.png` });
        }
    }

    end() {
        return this.page.context().close();
    }
}

const NEW = /^✓ You expected this: there is a new process, sleep \d+, a child of bash \d+\.$/;
const IN = { user: /^✓ .*: sleep \d+ is in a new user namespace, [A-Z]+\.$/, uts: /^✓ .*: sleep \d+ is in a new uts namespace, [A-Z]+\.$/ };

/** With the keyboard alone, wrong and then right, by the recorded run; after a reload. */
async function recorded() {
    const reader = await Reader.begin('recorded', CHANGING);
    const { page } = reader;
    await reader.isCovered('to begin');
    await accessible(page, '.marking', 'a picture to be marked');
    await reader.button('Lock in and show the recorded run').click();
    check(/^Mark something first/.test(await reader.says()), `recorded: without a mark it says "${await reader.says()}"`);
    // Either terminal's shell may have been the first.
    const [first, second] = await reader.marking.locator('tbody th [data-mark^=row]').evaluateAll((all) => all.map(({ dataset }) => dataset.mark.replace('row ', '')));
    check(await page.evaluate(() => document.activeElement.dataset.mark) === `row ${first}`, 'recorded: the focus is not on the first process');
    const arrow = async (key, mark) => {
        await page.keyboard.press(key);
        const focused = await page.evaluate(() => document.activeElement.dataset.mark);
        check(focused === mark, `recorded: ${key} leads to ${focused}`);
    };
    const space = async () => {
        const mark = await page.evaluate(() => document.activeElement.dataset.mark);
        await page.keyboard.press('Space');
        await page.waitForFunction((mark) => document.querySelector(`.marking [data-mark="${mark}"]`).ariaPressed === 'true', mark, { timeout });
        check(await page.evaluate(() => document.activeElement.dataset.mark) === mark, `recorded: when it is marked, ${mark} loses the focus`);
    };
    await arrow('ArrowRight', `cell user ${first}`);
    await space();
    await arrow('ArrowDown', `cell user ${second}`);
    await arrow('ArrowDown', 'new 0 user');
    await space();
    check(page.url().includes(CHANGING.chapter) && await reader.item('new 0').getAttribute('aria-pressed') === 'true', 'recorded: a kind does not mark its new process');
    await reader.marks('holds uts 0');
    await accessible(page, '.marking', 'a picture that is marked');
    await reader.shoot('marked');
    await reader.isCovered('when it is marked');
    await reader.button('Lock in and show the recorded run').click();
    await reader.isGraded('with wrong marks', {
        says: '✗ 2 of 5 right, as the recorded run shows.', isRight: false, marks: 4, by: 'recording',
        told: [NEW, IN.user, /^! You did not expect this: sleep \d+ is in a new uts namespace/, /^✗ You expected bash \d+ in another user namespace: it is in the same/,
            /^✗ You expected the hostname of the initial uts namespace \(goldilocks-web\) to change, too: nothing has changed there\.$/],
    });
    check(await page.evaluate(() => document.activeElement.role) === 'status', 'recorded: the focus is not on the verdict');
    const verdicts = await reader.marking.locator('.marking-item[data-verdict]').evaluateAll((all) => all.map(({ dataset }) => `${dataset.mark} ${dataset.verdict}`).sort());
    check(verdicts.join() === [`cell user ${first} wrong`, 'holds uts 0 wrong', 'new 0 hit', 'new 0 user hit', 'new 0 uts miss'].join(), `recorded: the picture shows ${verdicts}`);
    await accessible(page, '.marking', 'marks that are graded');
    await reader.shoot('graded');

    await page.reload({ waitUntil: 'load' });
    check(await reader.becomes('known') && /not all of it/.test(await reader.says()), `recorded: after a reload it says "${await reader.says()}"`);
    check(await reader.output.locator('.lab-output').first().isVisible(), 'recorded: after a reload what was graded is covered');
    await reader.button('Predict again').click();
    await reader.isCovered('to mark again');
    await reader.marks('new 0 user', 'new 0 uts');
    await reader.button('Lock in and show the recorded run').click();
    await reader.isGraded('with the right marks', { says: '✓ All of it is right: this is what the recorded run shows.', isRight: true, marks: 3, by: 'recording', told: [NEW, IN.user, IN.uts] });
    await page.evaluate(() => document.getElementById('mdbook-theme-navy').click());
    await accessible(page, '.marking', 'marks that are graded in a dark theme');
    await reader.end();
}

/** Marked on the recorded picture, and graded by the reader's own run; then on the machine's picture. */
async function live() {
    const reader = await Reader.begin('live', { width: 1600, ...CHANGING });
    const { page } = reader;
    await reader.marks('new 0 user', 'new 0 uts');
    await reader.button('Lock in and run').click();
    await reader.isGraded('after the run', { says: '✓ All of it is right: this is what your run shows.', isRight: true, marks: 3, by: 'run', told: [NEW, IN.user, IN.uts] });
    const pid = await page.evaluate(() => book.lab.shells[0].lines(0).join('\n').match(/my PID is (\d+)/)[1]);
    check((await reader.told())[0].includes(`sleep ${pid},`), `live: the process is ${pid}, and it is told ${(await reader.told())[0]}`);
    await reader.shoot('graded');

    // Printing is no change, and what is running is in the picture now.
    await reader.button('Predict again').click();
    await page.waitForSelector(`#mark-${CHANGING.session} [data-mark="row ${BASH}/sleep"]`, { timeout });
    check((await reader.item(`row ${BASH}/sleep`).innerText()).includes(pid), 'live: the picture to be marked is not that of the machine');
    await page.evaluate(() => book.lab.shells[0].terminal.input('\x03'));
    await page.waitForSelector(`#mark-${CHANGING.session} [data-mark="row ${BASH}/sleep"]`, { state: 'detached', timeout });
    await page.waitForFunction(() => book.lab.shells[0].prompt, null, { timeout });
    await page.evaluate(() => book.lab.shells[0].terminal.input('step05-unshare() { printf "%s\\n" all of it right; }\r'));
    await reader.marks('new 0 user', 'new 0 uts');
    await reader.output.locator('+ .lab-run button').click();
    await reader.isGraded('when it only prints', {
        says: '✗ 0 of 2 right, as your run shows.', isRight: false, marks: 3, by: 'run',
        told: [/^! You did not expect this: nothing is different\.$/, /^✗ You expected a new process: there is none\./],
    });

    // Another machine: until it is there, the picture is the recorded one.
    await reader.button('Predict again').click();
    await page.locator('.lab-head button', { hasText: 'Start again' }).click();
    await page.waitForFunction(() => book.lab.shells[0]?.prompt, null, { timeout });
    check(await reader.item(`row ${BASH}`).isVisible(), 'live: after "Start again" there is no picture to be marked');
    // Who runs it without a mark has not predicted.
    await reader.output.locator('+ .lab-run button').click();
    check(await reader.becomes('shown') && await reader.item('nothing').isHidden(), 'live: run without a mark, it is still to be marked');
    await reader.end();
}

/** That nothing will be different, of what comes from further up. */
async function nothing() {
    const reader = await Reader.begin('nothing', NOTHING);
    const { page } = reader;
    const zombie = await reader.marking.getByRole('button', { name: /step08-pid \d+ · zombie/ }).getAttribute('data-mark');
    await reader.marks(zombie);
    await reader.button('Lock in and run').click();
    await page.locator('.lab-run', { hasText: 'comes from a box further up' }).getByRole('button', { name: 'run that one first' }).click({ timeout });
    await reader.isGraded('with the zombie', {
        says: '✗ 0 of 2 right, as your run shows.', isRight: false, marks: 1, by: 'run',
        told: [/^! You did not expect this: nothing is different\.$/, /^✗ You expected step08-pid \d+ to end or to become another: it is the same as before\.$/],
    });
    await reader.button('Predict again').click();
    await reader.marks(zombie, 'nothing');
    check(await reader.item(zombie).getAttribute('aria-pressed') === 'false', 'nothing: beside it something else is marked');
    await reader.output.locator('+ .lab-run button').click();
    await reader.isGraded('with nothing', { says: '✓ All of it is right: this is what your run shows.', isRight: true, marks: 1, by: 'run', told: [/^✓ You expected this: nothing is different\.$/] });
    await reader.end();
}

/** Without a script, on paper, and with a thumb in Korean. */
async function plain() {
    const still = await Reader.begin('no script', { ...CHANGING, javaScriptEnabled: false });
    check(await still.marking.isHidden() && await still.output.isVisible() && (await still.output.innerText()).includes('my PID is'), 'without a script the session is not as before');
    await still.end();

    const paper = await Reader.begin('paper', CHANGING);
    await paper.isCovered('on the screen');
    await paper.page.emulateMedia({ media: 'print' });
    check(await paper.marking.isHidden() && await paper.output.locator('.lab-output').first().isVisible(), 'on paper there is a picture to be marked, or the output is covered');
    await paper.end();

    const size = { width: 390, height: 844 };
    const phone = await Reader.begin('phone', { ...CHANGING, width: 390, language: 'ko', theme: 'navy', viewport: size, screen: size, ...TOUCH });
    await phone.item('new 0 uts').tap();
    await phone.item('new 0 user').tap();
    await phone.item(`row ${BASH}`).tap();
    await phone.shoot('marked');
    const [wider, small] = await phone.page.evaluate(() => [
        Math.max(...[...document.querySelectorAll('.marking *')].map((it) => it.getBoundingClientRect().right)) - innerWidth,
        [...document.querySelectorAll('.marking-item')].filter((it) => it.getBoundingClientRect().height < 32 || it.getBoundingClientRect().width < 44).length,
    ]);
    check(wider <= 0 && small === 0, `on a phone ${wider} px are out of the window, and ${small} buttons are small`);
    await accessible(phone.page, '.marking', 'a picture that is marked on a phone');
    await phone.button('예측을 확정하고 기록된 실행 보기').tap();
    check(await phone.becomes('graded') && (await phone.told()).some((it) => /^✗ bash \d+: 끝나거나 다른 것이 된다고 예상했지만, 그대로입니다\.$/.test(it)), `on a phone it tells ${await phone.told()}`);
    await phone.shoot('graded');
    await phone.end();
}

for (const [name, test] of Object.entries({ recorded, live, nothing, plain })) {
    if ((process.env.CASE ?? name) === name) {
        const begin = performance.now();
        await test().catch((error) => check(false, `${name}: ${error.stack}`));
        console.log(`${name}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    }
}
await end();
