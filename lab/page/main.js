// Puts a bar under each terminal session of a page: its button runs the session on a Linux
// machine in the page. It also begins the page's challenges, experiments and what is the reader's own. maintain/ci/book adds this to the pages if lab/build has made the machine.
// Nothing large is loaded before a button is pressed, or a machine comes back that was stored.

import { aboutSessions } from './about.js';
import { Bar } from './bar.js';
import { Challenges } from './challenges.js';
import { findBlocks, Sessions } from './blocks.js';
import { element } from './dom.js';
import { startWorker } from './early.js';
import { showNumbers } from './printed.js';
import { going, runOf, runs } from './runs.js';
import { ownId } from './tab.js';
import { followLanguage, megabytes, words } from './words.js';

/** @type {Promise<import('./panel.js').Panel> | undefined} */
let opened;

/** @type {import('./turn.js').Pages | undefined} */
let pages;

/** @type {import('./bar.js').Page} */
const page = {
    sessions: new Sessions([], runOf(location)),
    bars: new Map(),
    about: new Map(),
    pressed: document.body,
    open: () => {
        opened ??= openPanel().catch((error) => {
            opened = undefined; // the next press tries again
            throw error;
        });
        return opened;
    },
    follow: (panel, ran) => panel.shells[ran.pane].follow(() => {
        ran.goesOn = false;
        panel.say(words.ran(ran.pane + 1, ran.seconds), words.goesOn(ran.pane + 1, ran.seconds));
        page.bars.forEach((bar) => bar.update(ran));
    }),
};

const challenges = new Challenges(page.open, () => opened !== undefined);

/** @param {string} [stored] the id of the checkpoint to go on from */
async function openPanel(stored) {
    startWorker(stored);
    const [{ Panel }, { Pages }, { watchHealth }] = await Promise.all([import('./panel.js'), import('./turn.js'), import('./trouble.js')]);
    pages ??= new Pages(() => opened !== undefined, turned);
    const leave = () => page.pressed.focus({ preventScroll: page.pressed.tagName === 'H1' });
    const panel = new Panel(leave, () => {
        opened = undefined;
        forgetRuns();
    }, stored);
    panel.onrestart = forgetRuns;
    panel.onsave = () => ({ runs, attempt: challenges.attempt?.save() });
    panel.onresume = (resumed) => {
        resumed.runs.forEach((/** @type {import('./runs.js').Run} */ run, /** @type {string} */ name) => runs.set(name, run));
        going().forEach((ran) => page.follow(panel, ran));
        setUp();
        challenges.resume(panel, resumed.attempt);
    };
    watchHealth(panel);
    forgetRuns();
    // For the curious, and for the tests.
    window.book.lab = panel;
    return panel;
}

/** A machine that is new knows nothing of what the one before has run. */
function forgetRuns() {
    runs.clear();
    challenges.end();
    page.sessions.run = runOf(location);
    page.bars.forEach((bar) => bar.say());
    page.about.forEach((all) => all.forEach((it) => it.forget()));
    showNumbers(page.sessions.known);
}

/** Another page is shown. */
async function turned() {
    setUp();
    const panel = await opened;
    panel?.turned();
    if (panel?.section.contains(document.activeElement)) {
        panel.say(document.title); // otherwise the focus moves to its heading
    }
}

/**
 * Says something at the top of the page.
 *
 * @param {...(Node | string)} what
 */
function note(...what) {
    document.querySelector('main h1')?.after(element('p', { className: 'lab-note' }, ...what));
}

/** Gives each session its bar. The size of the machine is said once. */
function addBars() {
    const { sessions, bars } = page;
    for (const [index, block] of sessions.blocks.entries()) {
        const bar = new Bar(block, page);
        const ran = sessions.run.ran.get(index);
        if (ran) {
            bar.sayRan(ran);
        }
        bars.set(block, bar);
        page.about.get(block)?.forEach((it) => it.follow(() => bar.press(), ran));
    }
    if (!opened) {
        const first = sessions.blocks.find(({ pre }) => !pre.closest('.embed-others'));
        first && bars.get(first)?.say(words.size(megabytes(MACHINE.bytes)));
    }
}

/** A phone that is held upright has no room for 80 columns. */
function adviseOnPhone() {
    const upright = matchMedia('(orientation: portrait)');
    if (upright.matches) {
        note(words.phone);
        upright.onchange = () => document.querySelector('.lab-note')?.remove();
    }
}

const isPossible = Boolean(window.WebAssembly && window.TransformStream);
const isPhone = navigator.maxTouchPoints > 0 && Math.min(screen.width, screen.height) < 600;

/** Sets up the page that is shown. */
function setUp() {
    followLanguage();
    page.bars.forEach((bar) => bar.remove());
    page.bars.clear();
    document.querySelectorAll('.lab-note').forEach((it) => it.remove());
    showNumbers(new Map()); // what the sessions show is read as it is printed
    page.sessions = new Sessions(findBlocks(), runOf(location));
    page.pressed = document.querySelector('main h1') ?? document.body;
    page.pressed.tabIndex = -1;
    if (isPossible) {
        challenges.setUp();
    }
    const own = /** @type {HTMLElement | null} */ (document.querySelector('main :is(.known, .room)'));
    if (own) {
        import('./reader-pages.js').then(({ fill }) => fill(own)).catch(console.warn);
    }
    if (document.querySelector('main .experiment, main .experiment-own')) {
        import('./experiments.js').then(({ setUpExperiments }) => setUpExperiments(page, isPossible), () => {}); // without it, the text has the commands
    }
    if (page.sessions.blocks.length === 0) {
        return;
    }
    page.about = aboutSessions(page.sessions.blocks);
    if (!isPossible) {
        note(words.computer);
    } else {
        if (isPhone && !opened) {
            adviseOnPhone();
        }
        addBars();
    }
    showNumbers(page.sessions.known);
}

// On paper there is no machine, and nothing that can be opened.
const recorded = () => /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll('details.kernel-recorded:not([open])'));
/** @type {HTMLDetailsElement[]} */
let opening = [];
addEventListener('beforeprint', () => {
    showNumbers(new Map());
    opening = [...recorded()];
    opening.forEach((details) => { details.open = true; });
});
addEventListener('afterprint', () => {
    showNumbers(page.sessions.known);
    opening.forEach((details) => { details.open = false; });
});

// What was recorded can be gone through.
document.addEventListener('toggle', async ({ target }) => {
    if (target instanceof HTMLDetailsElement && target.matches('.kernel-recorded[open]') && !opening.includes(target)) {
        (await import('./recorded.js')).showSteps(target);
    }
}, { capture: true });

const own = isPossible ? ownId() : undefined;
setUp();
const stored = await own;
if (stored) {
    opened ??= openPanel(stored);
}
