// Predictions are locked before the output is in sight, and graded by what the kernel did: in the
// reader's own run, in the recorded one, and wherever there is no script, no room or no screen.
//
//     node predictions.mjs SITE
//
// CASE=name runs only that case.

import { TOUCH } from './chapter.mjs';
import { reported } from './books.mjs';
import { accessible, check, end, open, origin } from './site.mjs';

/** How long something may take on a slow machine. */
const timeout = 60_000;

/** A page, its prediction, and what is right there. */
const [PAGE, ID, RIGHT, CHOICES] = ['step03-uts', 'predict', 1, 3];

/** A line of the output that is predicted, and the text that the kernel's picture has. */
const [LINE, BADGE] = [/uts\.nodename in parent: goldilocks-web/, /uts namespace [A-Z]+ helo.*the text points at it/];

const LABELS = { run: 'Lock in and run', show: 'Lock in and show the recorded run', all: 'Show it without a prediction', again: 'Predict again' };

/** A reader at the prediction. */
class Reader {
    static async begin(name, { width = 1280, theme = 'light', ...options } = {}) {
        const reader = new Reader();
        reader.page = await open(width, theme, name, options);
        reader.name = name;
        await reader.page.goto(`${origin}/en/${PAGE}.html`, { waitUntil: 'load' });
        return reader;
    }

    get prediction() {
        return this.page.locator(`#${ID}`);
    }

    get answer() {
        return this.page.locator(`.answer[data-for=${ID}]`);
    }

    get figure() {
        return this.page.locator('figure.kernel-recorded').first();
    }

    /** What the figure shows now: what it came with is kept. */
    get shown() {
        return this.figure.locator('.kernel-figure:not([hidden])');
    }

    button(which) {
        return this.prediction.getByRole('button', { name: LABELS[which], exact: true });
    }

    choice(number) {
        return this.prediction.getByRole('radio').nth(number - 1);
    }

    says() {
        return this.prediction.locator('[role=status]').innerText();
    }

    /** What is in sight of what the prediction is about. */
    async sees() {
        const output = await this.page.locator(`#${ID} ~ pre`).first().innerText();
        return {
            commands: /\$ step03-uts helo/.test(output),
            output: LINE.test(output),
            picture: await this.figure.isVisible(),
            answers: await this.answer.locator('li').evaluateAll((all) => all.flatMap((it, at) => (it.checkVisibility() ? [at + 1] : [])).join()),
        };
    }

    /** Checks what is in sight. */
    async check(when, expected) {
        const sees = JSON.stringify(await this.sees());
        check(sees === JSON.stringify({ commands: true, ...expected }), `${this.name}: ${when} the reader sees ${sees}`);
    }

    isCovered(when) {
        return this.check(when, { output: false, picture: false, answers: '' });
    }

    shows(when, answers) {
        return this.check(when, { output: true, picture: true, answers });
    }

    /** Checks what is said of the choice, and what is kept of it. */
    async isGraded(when, choice, by) {
        const isRight = choice === RIGHT;
        const said = await this.says();
        check(said.startsWith(isRight ? '✓ Right' : '✗ You predicted') && said.includes(by), `${this.name}: ${when} it says ${said}`);
        check((await this.answer.innerText()).includes(said), `${this.name}: ${when} the answers do not begin with ${said}`);
        const kept = await this.page.evaluate(([page, id]) => JSON.stringify(book.progress.of(page).predicted[id]), [PAGE, ID]);
        const grader = by.startsWith('your run') ? 'run' : 'recording';
        check(kept === JSON.stringify({ choice, isRight, held: RIGHT, by: grader }), `${this.name}: ${when} the progress is ${kept}`);
        check(await this.prediction.getByRole('radio', { disabled: true }).count() === CHOICES, `${this.name}: ${when} the choice is not locked`);
        check(await this.choice(choice).isChecked(), `${this.name}: ${when} another choice is shown`);
        await this.shows(when, isRight ? String(RIGHT) : [RIGHT, choice].sort().join());
    }

    /** Waits until something is said. */
    async until(text) {
        await this.prediction.locator('[role=status]', { hasText: text }).waitFor({ timeout });
    }

    end() {
        return this.page.context().close();
    }
}

/** A wrong choice, with the keyboard alone, graded by the recorded run; after a reload; and again. */
async function recorded() {
    const reader = await Reader.begin('recorded');
    const { page } = reader;
    await reader.isCovered('to begin');
    const typed = await page.locator(`#${ID} ~ pre code`).first().evaluate((code) => code.textContent);
    check(LINE.test(typed), 'recorded: what is covered is no part of the session any more');
    await accessible(page, `#${ID}`, 'a prediction that is open');
    await reader.button('show').click();
    check(await reader.says() === 'Choose an answer first.', `recorded: without a choice it says ${await reader.says()}`);
    await reader.isCovered('without a choice');
    check(await page.evaluate(() => document.activeElement.type) === 'radio', 'recorded: the focus is not on the choices');
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowRight');
    check(await reader.choice(2).isChecked() && page.url().includes(PAGE), 'recorded: an arrow does not choose');
    await reader.isCovered('when it is chosen');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await reader.isGraded('with a wrong choice', 2, 'the recorded run shows 1');
    check(await page.evaluate(() => document.activeElement.role) === 'status', 'recorded: the focus is not on the verdict');
    await accessible(page, 'main', 'a prediction that is graded');

    await page.reload({ waitUntil: 'load' });
    await reader.isGraded('after a reload', 2, 'the recorded run shows 1');
    await reader.button('again').click();
    await reader.isCovered('to predict again');
    check(await page.evaluate(([page, id]) => book.progress.of(page).predicted[id], [PAGE, ID]) === undefined, 'recorded: the progress has a prediction that was taken back');
    await reader.choice(RIGHT).check();
    await reader.button('show').click();
    await reader.isGraded('with the right choice', RIGHT, 'the recorded run');
    await page.evaluate(() => document.getElementById('mdbook-theme-navy').click());
    for (const part of [`#${ID}`, '.answer', 'figure.kernel-recorded']) {
        await accessible(page, part, 'a prediction in a dark theme');
    }

    await page.evaluate(() => book.progress.forget());
    await page.reload({ waitUntil: 'load' });
    await reader.isCovered('when all is forgotten');
    await reader.button('all').click();
    await reader.shows('without a prediction', '1,2,3');
    check(await reader.says() === 'Shown without a prediction.', `recorded: without a prediction it says ${await reader.says()}`);
    await reader.end();
}

/** Graded by the reader's own run, whose picture takes the place of the recorded one. */
async function live() {
    const reader = await Reader.begin('live', { width: 1600 });
    const { page } = reader;
    await reader.choice(RIGHT).check();
    await reader.button('run').click();
    await reader.until('Right');
    await reader.isGraded('after the run', RIGHT, 'your run');
    const child = await page.evaluate(() => book.lab.shells[0].lines(0).join('\n').match(/PID of child created by clone\(\) is (\d+)/)[1]);
    check(JSON.stringify(await page.evaluate((page) => book.progress.of(page).ran, PAGE)) === '[0]', 'live: the progress does not have the run');
    await reader.shown.locator(`tr[data-pid="${child}"] [aria-label]`).first().waitFor({ timeout });
    check((await reader.figure.locator('figcaption').innerText()).includes('your run'), 'live: the picture is not said to be of this run');
    const pointed = await reader.shown.locator('.is-point').evaluateAll((all) => all.map((it) => `${it.closest('tr').dataset.pid} ${it.ariaLabel}`));
    check(pointed.length === 1 && pointed[0].startsWith(child) && BADGE.test(pointed[0]), `live: the picture points at ${pointed}, and the child is ${child}`);
    await reader.shown.locator('.is-point').click();
    check((await reader.shown.locator('.kernel-structures').innerText()).includes('"helo"'), 'live: the badge cannot be chosen');

    // The second run's namespaces are not the first ones of the machine.
    await reader.button('again').click();
    await reader.isCovered('to predict again');
    await reader.choice(3).check();
    await page.locator(`#${ID} ~ pre + .lab-run button`).first().click();
    check(await reader.prediction.getAttribute('data-state') !== 'open', 'live: the session was run, and the choice is not locked');
    await reader.until('✗');
    await reader.isGraded('after its own button', 3, 'your run shows 1');
    const letters = await reader.shown.locator('.is-point').evaluateAll((all) => all.map((it) => it.ariaLabel));
    check(letters.length === 1 && BADGE.test(letters[0]) && !letters[0].includes('namespace A '), `live: the second picture points at ${letters}`);
    const inText = await page.locator('main p > strong.lab-number').allInnerTexts();
    check(inText.length > 0 && inText.every((it) => letters[0].includes(`namespace ${it} `)), `live: the text speaks of ${inText}, and the picture points at ${letters}`);

    await page.locator('.lab-head button', { hasText: 'Start again' }).click();
    await page.waitForFunction(() => !document.querySelector('figure.is-live'), null, { timeout });
    check(/recorded run/.test(await reader.figure.locator('figcaption').innerText()), 'live: after "Start again" the picture is not the recorded one');
    check(await page.locator('main p > strong.lab-number').count() === 0, 'live: after "Start again" the text speaks of the run that is gone');
    await reader.isGraded('after "Start again"', 3, 'your run shows 1');

    // Who runs it without a choice has not predicted.
    await reader.button('again').click();
    await page.locator(`#${ID} ~ pre + .lab-run button`).first().click();
    await reader.until('Shown without a prediction');
    await reader.shows('when it ran without a choice', '1,2,3');
    await reader.end();
}

/** Without a script it is a question with the answers below; on paper, too. */
async function plain() {
    const still = await Reader.begin('no script', { javaScriptEnabled: false });
    await still.shows('without a script', '1,2,3');
    check(await still.prediction.locator('li').count() === CHOICES, 'without a script there are other choices');
    check(await still.page.locator('.is-point').count() === 1, 'without a script the picture does not point');
    await still.end();

    const paper = await Reader.begin('paper');
    await paper.isCovered('on the screen');
    await paper.page.emulateMedia({ media: 'print' });
    await paper.shows('on paper', '1,2,3');
    check(!await paper.button('all').isVisible() && !await paper.choice(1).isVisible(), 'on paper there are buttons');
    await paper.page.emulateMedia({ media: 'screen' });
    await paper.choice(2).check();
    await paper.button('show').click();
    await paper.page.emulateMedia({ media: 'print' });
    await paper.shows('on paper, when it is graded,', '1,2,3');
    await paper.end();

    // A script that cannot be loaded covers nothing for long.
    const broken = await open(1280, 'light', 'no module');
    broken.removeAllListeners('console'); // the browser says that it is missing
    await broken.route('**/lab/page.js', (route) => route.fulfill({ status: 503 }));
    await broken.goto(`${origin}/en/${PAGE}.html`, { waitUntil: 'load' });
    const shown = await broken.waitForFunction((id) => getComputedStyle(document.querySelector(`#${id} ~ pre code`)).visibility === 'visible', ID, { timeout: 10_000 })
        .then(() => true, () => false);
    check(shown, 'where the script cannot be loaded the output stays covered');
    await broken.context().close();
    check(reported.splice(0).every((error) => error.includes('cannot load')), 'without the script there is another error');
}

/** With a thumb, on a phone that is held upright; and step by step. */
async function phone() {
    const size = { width: 390, height: 844 };
    const reader = await Reader.begin('phone', { width: 390, viewport: size, screen: size, ...TOUCH });
    const { page } = reader;
    await reader.isCovered('on a phone');
    check(await reader.button('run').isVisible(), 'on a phone that is held upright no run is offered');
    await reader.prediction.locator('label').nth(1).tap();
    await reader.button('show').tap();
    await reader.isGraded('on a phone', 2, 'the recorded run shows 1');
    const fits = async (when) => {
        const wider = await page.evaluate(() => Math.max(document.documentElement.scrollWidth,
            ...[...document.querySelectorAll('.prediction *, .answer *, figure.kernel-recorded > *')].map((it) => it.getBoundingClientRect().right)) - innerWidth);
        check(wider <= 0, `on a phone ${when} ${wider} px are out of the window`);
    };
    await fits('when it is graded');
    await reader.figure.getByRole('button', { name: 'step by step' }).tap();
    await reader.figure.locator('.kernel-player').waitFor({ timeout });
    await fits('step by step');
    await reader.end();
}

for (const [name, test] of Object.entries({ recorded, live, plain, phone })) {
    if ((process.env.CASE ?? name) === name) {
        const begin = performance.now();
        await test().catch((error) => check(false, `${name}: ${error.stack}`));
        console.log(`${name}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    }
}
await end();
