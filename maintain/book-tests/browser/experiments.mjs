// An experiment's two runs stand side by side, as they were recorded and as the reader's machine
// runs them; what differs is marked, and afterwards the machine is as it was.
//
//     node experiments.mjs SITE [SCREENSHOTS]
//
// CASE=name runs only that case. What is marked is the matter of lab/tests/experiments.mjs.

import { accessible, check, end, open, origin } from './site.mjs';

/** How long something may take on a slow machine. */
const timeout = 60_000;

const screenshots = process.argv[3];

/** Opens a page at its experiment, or at the form for the reader's own. */
async function experiment(name, chapter, { width = 1280, theme = 'light', language = 'en', ...options } = {}) {
    const page = await open(width, theme, name, options);
    await page.goto(`${origin}/${language}/${chapter}.html`, { waitUntil: 'load' });
    await page.locator('code.experiment, .experiment-own').first().scrollIntoViewIfNeeded();
    return { page, figure: page.locator('figure.experiment'), button: (label) => page.locator('figure.experiment').getByRole('button', { name: label, exact: true }) };
}

/** What is marked in a side: words and lines, and cells of the table. */
const marks = (figure, side) => figure.locator('.experiment-compared .kernel').nth(side).evaluate((it) => ({
    words: [...it.querySelectorAll('mark')].map((mark) => mark.firstChild.textContent),
    cells: [...it.querySelectorAll('tr[data-pid]')].flatMap((row) => [...row.querySelectorAll(':scope > :has(> .kernel-other)')]
        .map((cell) => `${row.querySelector('.kernel-comm').textContent} ${cell.dataset.kind ?? ''}`.trim())),
}));

const differences = (figure) => figure.locator('.experiment-facts tbody tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((it) => it.textContent).join(' | ')));

/** Checks that axe finds nothing in the light theme and in a dark one. */
async function accessibleInBoth(page, name) {
    for (const theme of ['light', 'navy']) {
        await page.evaluate((theme) => document.getElementById(`mdbook-theme-${theme}`).click(), theme);
        await accessible(page, 'figure.experiment', `${name}, ${theme}`);
    }
}

/** The recorded runs, moment by moment with the keyboard; on a phone, and without a script. */
async function recorded() {
    const { page, figure, button } = await experiment('recorded', 'step05-unshare');
    await button('Show both recorded runs').press('Enter');
    await figure.locator('.experiment-compared').waitFor({ timeout });
    const FORK = ['pid namespace of sleep | initial | A', 'pid namespace for the children of sleep | A | none', 'PID inside of sleep | none | 1',
        'parent of sleep | bash | unshare', 'process unshare | not there | there'];
    check((await differences(figure)).join() === FORK.join(), `in the end ${await differences(figure)} differ`);
    const [first, second] = [await marks(figure, 0), await marks(figure, 1)];
    check(first.words.join() === 'sh: 1: Cannot fork' && second.words.join() === '--fork,--fork,0', `marked are ${first.words} and ${second.words}`);
    check(first.cells.join() === 'sleep,sleep pid' && second.cells.join() === 'unshare,sleep,sleep pid', `the tables are marked at ${first.cells} and ${second.cells}`);
    const shown = await marks(figure, 1).then(() => figure.locator('.kernel-other').first().innerText());
    check(shown.startsWith('≠'), `what differs has no sign but a color: ${shown}`);
    await accessibleInBoth(page, 'recorded runs');
    const [one, other] = await figure.locator('.experiment-compared .kernel').evaluateAll((all) => all.map((it) => it.getBoundingClientRect().toJSON()));
    check(Math.abs(one.top - other.top) < 2 && one.right <= other.left, 'the runs do not stand side by side');
    if (screenshots) {
        await figure.screenshot({ path: `${screenshots}/experiment-recorded.png` });
    }

    const slider = figure.getByRole('slider', { name: 'Moment' });
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    check(await slider.getAttribute('aria-valuetext') === '1 of 2, after unshare --pid sleep 300 &', `one moment before is ${await slider.getAttribute('aria-valuetext')}`);
    const told = await figure.locator('.kernel-changes').allInnerTexts();
    check(/sleep \d+ was born/.test(told[0]) && /unshare \d+ was born/.test(told[1]), `the first command is said to have changed ${told}`);
    await page.keyboard.press('Home');
    check((await differences(figure)).length === 0 && /holds the same in both/.test(await figure.locator('.experiment-facts').innerText()), 'before the first command something differs');
    check(await button('◂ Back').isDisabled(), 'there is a moment before the first');
    check(page.url().includes('step05'), 'an arrow key turns the page');
    await button('Next ▸').press('Enter');
    check((await differences(figure)).length > 0, 'the button does not lead to the next moment');
    await button('Hide both runs').click();
    check(await figure.locator('.experiment-compared').isHidden(), 'the runs cannot be hidden');

    await page.setViewportSize({ width: 390, height: 844 });
    await button('Show both recorded runs').click();
    await figure.locator('.experiment-compared').waitFor({ timeout });
    const [above, below] = await figure.locator('.experiment-compared .kernel').evaluateAll((all) => all.map((it) => it.getBoundingClientRect().toJSON()));
    check(above.bottom <= below.top, 'on a phone the runs do not stand one below the other');
    check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'on a phone the page is wider than the screen');
    await page.context().close();

    const plain = await experiment('no script', 'step05-unshare', { javaScriptEnabled: false });
    const text = await plain.page.locator('code.experiment').innerText();
    check(/^\+ # unshare --pid --fork sleep/m.test(text) && /^- # unshare --pid sleep/m.test(text), `without a script the experiment is ${text}`);
    await plain.page.context().close();
}

/** All that a machine is to a reader: its names, processes and terminals, and what is told of it. */
const stateOf = (page) => page.evaluate(async () => {
    const { computer, shells, view } = book.lab;
    const { processes, namespaces } = await computer.look();
    return JSON.stringify([
        processes.map(({ pid, comm }) => `${pid} ${comm}`), namespaces.map(({ kind, inode, nodename }) => [kind, inode, nodename]),
        shells.map((shell) => [shell.lines(0), shell.prompt]), view.entries.map(({ number, changes }) => [number, changes]),
        document.querySelector('.lab-panel').inert,
    ]);
});

/** Waits until an experiment has ended; checks what is said then. */
async function ran(page, figure, says) {
    await page.waitForFunction(() => !document.querySelector('.experiment [aria-busy]'), undefined, { timeout });
    const said = await figure.locator('.experiment-status').innerText();
    check(said === says, `in the end it says "${said}"`);
}

/** The reader's machine runs both, and then their own; a challenge that goes on takes no notice. */
async function live() {
    const { page, figure, button } = await experiment('live', 'step03-uts');
    const challenge = page.locator('#challenge-two-hostnames');
    await challenge.getByRole('button', { name: 'Begin' }).click();
    await page.waitForSelector('#challenge-two-hostnames[data-state=open]', { timeout });
    await page.evaluate(() => book.lab.shells[0].use(() => book.lab.shells[0].command('mine=1; sleep 999 &')));
    const before = await stateOf(page);
    await button('Run both yourself').click();
    await page.waitForFunction(() => book.lab.computer && document.querySelector('.lab-panel').inert, undefined, { timeout });
    // A session that is started now waits its turn.
    await page.evaluate(() => [...document.querySelectorAll('main pre:has(+ .lab-run)')].find((it) => it.textContent.includes('domainname')).nextElementSibling.querySelector('button').click());
    await ran(page, figure, '✓ Both have run. The machine is again as it was before.');
    await page.waitForFunction(() => !document.querySelector('.lab-run [aria-busy]'), undefined, { timeout });
    const lines = await page.evaluate(() => book.lab.shells[0].lines(0));
    check(lines.slice(-2).join() === '$ cat /proc/sys/kernel/domainname,(none)', `the session that waited shows ${lines.slice(-2)}`);
    check((await differences(figure)).join() === 'nodename of initial uts namespace | web2 | goldilocks-web', `${await differences(figure)} differ`);
    check((await marks(figure, 1)).words.join() === 'unshare --uts,goldilocks-web', `marked are ${(await marks(figure, 1)).words}`);
    check(/^Your machine/.test(await figure.locator('.experiment-note').innerText()), 'the runs are not said to be the reader\'s');
    check(await challenge.getAttribute('data-state') === 'open', `the challenge is ${await challenge.getAttribute('data-state')}`);
    const state = JSON.parse(await stateOf(page));
    const [processes, namespaces, , entries] = JSON.parse(before);
    check(JSON.stringify([state[0], state[1], state[3].slice(0, entries.length)]) === JSON.stringify([processes, namespaces, entries]), `the machine is ${JSON.stringify(state)}, and it was ${before}`);

    await figure.getByRole('link', { name: 'Your own experiment' }).click();
    await page.waitForURL(/challenges\.html#own-experiment$/, { timeout });
    await page.locator('.experiment-own').scrollIntoViewIfNeeded();
    const [one, other] = ['Commands of run 1', 'Commands of run 2'].map((label) => figure.getByLabel(label));
    await button('Run both').click();
    check(await figure.locator('.experiment-status').innerText() === 'Each run needs a command.', 'no command is an experiment');
    await one.fill('echo $mine; kill %1\ncat');
    await other.fill('  $ echo $mine; true\n# hostname other; echo "<b>"');
    const kept = await stateOf(page);
    await button('Run both').click();
    await ran(page, figure, '✓ Both have run. The machine is again as it was before.');
    check(await stateOf(page) === kept, `afterwards the machine is ${await stateOf(page)}, and it was ${kept}`);
    const printed = await figure.locator('.kernel-printed').allInnerTexts();
    check(/^1$/m.test(printed[0]) && /^1$/m.test(printed[1]), `the reader's shell is not the one that runs: ${printed}`);
    check(/^<b>$/m.test(printed[1]) && await figure.locator('.experiment-compared b b').count() === 0, `what was printed is shown as ${printed[1]}`);
    check(/still runs after 4 seconds/.test(printed[0]) && !/still runs/.test(printed[1]), `a command that does not end is told as ${printed}`);
    check((await differences(figure)).some((it) => it === 'nodename of initial uts namespace | goldilocks-web | other'), `${await differences(figure)} differ`);
    await accessibleInBoth(page, 'an experiment of one\'s own');
    await page.context().close();
}

const cases = { recorded, live };
for (const [name, run] of Object.entries(cases).filter(([name]) => !process.env.CASE || name === process.env.CASE)) {
    const start = performance.now();
    await run();
    console.log(`${name} ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
await end();
