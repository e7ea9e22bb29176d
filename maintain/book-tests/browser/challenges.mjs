// Challenges are judged by what the kernel holds: where the reader stands is told while they work,
// and nothing but the goal solves one.
//
//     node challenges.mjs SITE [SCREENSHOTS]
//
// CASE=name runs only that case. Every solution of every challenge is the matter of lab/judge.mjs.

import { nextLink, restored, stored } from './kept.mjs';
import { accessible, check, end, open, origin } from './site.mjs';

/** How long something may take on a slow machine. */
const timeout = 60_000;

/** A challenge of a chapter that is judged by the picture alone, and one whose picture is hidden. */
const [CHAPTER, NAME, HIDDEN] = ['step03-uts', 'two-hostnames', 'the-twin'];

/** What solves it. */
const SOLUTION = ['unshare --map-root-user --uts bash', 'hostname inside'];

const screenshots = process.argv[3];

/** A reader with a challenge. */
class Reader {
    static async begin(name, { width = 1280, theme = 'light', language = 'en', chapter = CHAPTER, challenge = NAME } = {}) {
        const reader = new Reader();
        reader.page = await open(width, theme, name);
        Object.assign(reader, { name, challenge });
        await reader.page.goto(`${origin}/${language}/${chapter}.html`, { waitUntil: 'load' });
        return reader;
    }

    get section() {
        return this.page.locator(`#challenge-${this.challenge}`);
    }

    button(name) {
        return this.section.getByRole('button', { name, exact: true });
    }

    says() {
        return this.section.locator('.challenge-status').innerText();
    }

    /** Where the clauses stand, as the first character of each mark. */
    async stands() {
        return (await this.section.locator('.challenge-mark').allInnerTexts()).map((it) => it[0] ?? '-').join('');
    }

    /** Waits until the challenge is in a state; returns whether it is. */
    becomes(state) {
        const selector = `#challenge-${this.challenge}[data-state="${state}"]`;
        return this.page.waitForSelector(selector, { state: 'attached', timeout }).then(() => true, () => false);
    }

    /** Types a line when the shell waits for one. */
    async types(line, terminal = 0) {
        await this.page.waitForFunction((index) => book.lab.shells[index].prompt, terminal, { timeout });
        await this.page.evaluate(([line, index]) => book.lab.shells[index].terminal.input(`${line}\r`), [line, terminal]);
    }

    async presses(name) {
        await this.button(name).click();
        check(await this.becomes('open'), `${this.name}: ${name} does not begin; it says "${await this.says()}"`);
    }

    async solves() {
        for (const line of SOLUTION) {
            await this.types(line);
        }
        check(await this.becomes('solved'), `${this.name}: the solution is said to be "${await this.says()}", ${await this.stands()}`);
    }

    /** A picture of the challenge, to be looked at. */
    async shoot(when) {
        if (screenshots) {
            await this.section.scrollIntoViewIfNeeded();
            await this.page.screenshot({ path: `${screenshots}/challenge-${this.name}-${when}.png` });
        }
    }

    end() {
        return this.page.context().close();
    }
}

/** A reader solves one: nothing is met that is not, and then the page tells what the kernel saw. */
async function solved() {
    const reader = await Reader.begin('solved');
    check(await reader.stands() === '--' && await reader.says() === '', 'before it is begun something is told of its clauses');
    await reader.presses('Begin');
    check(await reader.stands() === '○✓', `at the beginning the clauses stand ${await reader.stands()}`);
    check(!await reader.section.locator('.challenge-solution').evaluate((it) => it.open), 'who begins sees the solution');
    await reader.types('unshare --map-root-user --uts bash');
    // Printing proves nothing.
    await reader.types('echo hostname inside; echo "✓ Solved."');
    await reader.page.waitForTimeout(1500);
    check(await reader.says() === '1 of 2 met.', `with half of it the page says "${await reader.says()}"`);
    await reader.shoot('half');
    await reader.types('hostname inside');
    check(await reader.becomes('solved') && await reader.stands() === '✓✓', `the solution is said to be "${await reader.says()}"`);
    const events = await reader.section.locator('.challenge-events li').allInnerTexts();
    check(events.some((it) => /moved to a new namespace, uts A/.test(it)) && events.some((it) => /nodename of uts A .* became inside/.test(it)),
        `the kernel is said to have seen ${events}`);
    await accessible(reader.page, `#challenge-${NAME}`, 'a challenge that is solved');
    await reader.shoot('solved');
    const known = await reader.page.evaluate(() => Object.keys(book.progress.of('challenges').solved));
    check(known.join() === NAME, `solved are ${known}`);
    // On the page with all of them it is marked, too.
    await reader.page.goto(`${origin}/en/challenges.html`);
    check(await reader.section.evaluate((it) => it.classList.contains('is-solved')), 'on the other page it is not marked as solved');
    check((await reader.page.locator('.progress').innerText()).includes('1 of'), 'the page does not say how many are solved');
    await reader.end();
}

/** What must never happen happens: it is lost until it is begun again. */
async function lost() {
    const reader = await Reader.begin('lost', { width: 390 });
    await reader.presses('Begin');
    const isSeen = (clause) => clause.evaluate((it) => document.elementFromPoint(it.getBoundingClientRect().left + 1, it.getBoundingClientRect().bottom - 1) === it);
    check(await isSeen(reader.section.locator('.challenge-clauses li').last()), 'in a narrow window the panel hides the clauses');
    await reader.types('sudo hostname outside');
    check(await reader.becomes('lost') && (await reader.stands())[1] === '✗', `a changed hostname is said to be "${await reader.says()}"`);
    await reader.types('sudo hostname goldilocks-web');
    for (const line of SOLUTION) {
        await reader.types(line);
    }
    await reader.page.waitForTimeout(2000);
    check(await reader.becomes('lost'), `after what must never happen it is "${await reader.says()}"`);
    await reader.presses('Begin this one again');
    check(await reader.stands() === '○✓', `begun again, the clauses stand ${await reader.stands()}`);
    await reader.solves();
    await reader.end();
}

/** The page solves it, slowly; that is no merit of the reader's. */
async function shown() {
    const reader = await Reader.begin('shown', { language: 'ko' });
    await reader.button('풀이 보기').click();
    await reader.page.waitForSelector('.challenge-solution li.is-typed:first-child', { timeout });
    await reader.shoot('first-line');
    check(await reader.becomes('solved'), `the page's solution is said to be "${await reader.says()}"`);
    check(await reader.says() === '✓ 이렇게 풉니다. 이제 다시 시작해 직접 풀어 보세요.', `after that the page says "${await reader.says()}"`);
    const known = await reader.page.evaluate(() => Object.keys(book.progress.of('challenges').solved));
    check(known.length === 0, `what the page has solved is said to be the reader's: ${known}`);
    // A reader who types takes over.
    await reader.button('풀이 보기').click();
    await reader.page.waitForSelector('.challenge-solution li.is-typed', { timeout });
    await reader.page.evaluate(() => {
        const frame = book.lab.shells[0].frame;
        frame.dispatchEvent(new KeyboardEvent('keydown', { key: 'c', ctrlKey: true, bubbles: true }));
        book.lab.shells[0].terminal.input('\x03');
    });
    await reader.page.waitForFunction(() => !document.querySelector('.is-typed'), undefined, { timeout });
    await reader.solves();
    check((await reader.page.evaluate(() => Object.keys(book.progress.of('challenges').solved))).join() === NAME, 'who takes over has not solved it');
    await reader.end();
}

/** The picture is hidden while somebody is to find out without it, and comes back. */
async function hidden() {
    const reader = await Reader.begin('hidden', { chapter: 'challenges', challenge: HIDDEN });
    const isSeen = () => reader.page.locator('.lab-kernel table').first().isVisible();
    await reader.presses('Begin');
    check(!await isSeen(), 'the picture is in sight');
    await reader.page.getByRole('button', { name: 'Start again' }).click();
    check(await reader.becomes(''), 'a machine that was started again is still judged');
    check(await isSeen(), 'the picture does not come back');
    await reader.end();
}

/** Hints come one by one. */
async function hints() {
    const reader = await Reader.begin('hints', { chapter: 'challenges', challenge: HIDDEN });
    const inSight = () => reader.section.locator('.challenge-hint').evaluateAll((all) => all.filter((it) => it.checkVisibility()).length);
    check(await inSight() === 1, `${await inSight()} hints are in sight at once`);
    await reader.section.locator('.challenge-hint summary').first().click();
    await reader.section.locator('.challenge-hint:nth-of-type(2)').waitFor({ timeout });
    check(await inSight() === 2, `after the first hint ${await inSight()} are in sight`);
    await reader.end();
}

/** Somebody reloads in the middle, goes to another page and comes back: it goes on. */
async function kept() {
    const reader = await Reader.begin('kept');
    await reader.presses('Begin');
    await reader.types(SOLUTION[0]);
    await reader.page.waitForFunction(() => book.lab.shells[0].prompt === '#', undefined, { timeout });
    await stored(reader.page);
    await reader.page.reload({ waitUntil: 'load' });
    await restored(reader.page);
    check(await reader.becomes('open'), `after a reload it is "${await reader.section.getAttribute('data-state')}"`);
    check(await reader.stands() === '○✓', `after a reload the clauses stand ${await reader.stands()}`);
    await (await nextLink(reader.page)).click();
    await reader.page.waitForFunction((chapter) => !location.pathname.includes(chapter), CHAPTER, { timeout });
    await reader.types(SOLUTION[1]);
    await reader.page.goBack();
    check(await reader.becomes('solved'), `solved on another page, it is "${await reader.says()}"`);
    await reader.end();
}

/** What a command will change is marked on the machine's picture: wrong marks lose, and the right ones solve it. */
async function predicted() {
    const reader = await Reader.begin('predicted', { chapter: 'step08-pid', challenge: 'who-ends' });
    const { page, section } = reader;
    const keeper = 'row /init/unshare/front/unshare/keeper';
    const marks = async (...all) => {
        for (const mark of all) {
            await section.locator(`[data-mark="${mark}"]`).click({ timeout });
        }
    };
    await reader.presses('Begin');
    check(await section.locator('.marking').isVisible() && await reader.stands() === '○', `at the beginning it stands ${await reader.stands()}`);
    await reader.button('Lock in and run').click();
    const told = () => section.locator('.marking [role=status]').innerText();
    check(/^Mark something first/.test(await told()), `without a mark it says "${await told()}"`);
    await marks(keeper);
    await accessible(page, '#challenge-who-ends', 'a challenge that is predicted');
    await reader.shoot('marked');
    await reader.button('Lock in and run').click();
    check(await reader.becomes('lost'), `with wrong marks it is "${await reader.says()}"`);
    check(await told() === '✗ 1 of 3 right, as your run shows.', `of wrong marks it says "${await told()}"`);
    const missed = await section.locator('.marking-told [data-verdict=miss]').allInnerTexts();
    check(missed.some((it) => /unshare \d+ has exited, and its parent has not waited/.test(it)), `it tells ${missed}`);
    await reader.presses('Begin this one again');
    check(await reader.stands() === '○' && await section.locator('[data-mark][aria-pressed=true]').count() === 0, 'begun again, there are marks');
    await marks(keeper, `${keeper}/database`, 'row /init/unshare/front/unshare');
    await reader.button('Lock in and run').click();
    check(await reader.becomes('solved'), `with the right marks it is "${await reader.says()}", ${await told()}`);
    check((await page.evaluate(() => Object.keys(book.progress.of('challenges').solved))).join() === 'who-ends', 'it is not noted as solved');
    await reader.shoot('predicted');
    await stored(page);
    await page.reload({ waitUntil: 'load' });
    await restored(page);
    check(await reader.becomes('solved') && await section.locator('.marking').count() === 0, `after a reload it is "${await reader.says()}"`);
    await reader.end();
}

const cases = { solved, lost, shown, hidden, hints, kept, predicted };
for (const [name, run] of Object.entries(cases).filter(([name]) => !process.env.CASE || name === process.env.CASE)) {
    await run();
    console.log(`${name}: done`);
}
await end();
