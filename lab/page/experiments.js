// The experiments of a page: two runs that differ in one thing, side by side, as they were recorded
// or as the reader's machine runs them now. What is large is loaded when something is to be shown.

import { experimentOf, isOf, parseExperiment } from '../recording/experiment.js';
import { comparisonWords } from '../view/comparison-words.js';
import { wordsOf } from '../view/lacking.js';
import { button, element } from './dom.js';
import { experimentWords } from './experiment-words.js';
import { Interrupted, Stopped } from './stops.js';

/** @typedef {import('../recording/experiment.js').Experiment} Experiment */
/** @typedef {import('../recording/experiment.js').Run} Run */

/** How far from the window an experiment may be when it gets its figure. */
const NEAR = '800px';

/** Whether the reader has not scrolled away. @param {HTMLElement} it */
function isInSight(it) {
    const { top, bottom } = it.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
}

/** Where readers make their own. */
const OWN = 'challenges.html#own-experiment';

/** What shows an experiment: the buttons are pressed, and below them is the comparison. */
class Figure {
    status = element('p', { className: 'experiment-status' });

    #place = element('div', { className: 'experiment-place', hidden: true });

    /** @param {import('./bar.js').Page} page */
    constructor(page) {
        this.page = page;
        this.status.role = 'status';
        this.root = element('figure', { className: 'experiment', ariaLabel: experimentWords().title });
    }

    /** Fills it. @param {(Node | string)[]} what */
    fill(...what) {
        this.root.append(...what, this.status, this.#place);
    }

    /**
     * Shows both runs.
     *
     * @param {Experiment} experiment
     * @param {Run[]} runs
     * @param {string} note
     */
    async draw({ rows }, runs, note) {
        const { drawComparison } = await import('./comparison.js');
        drawComparison(this.#place, { runs, rows, note });
        this.#place.hidden = false;
    }

    hide() {
        this.#place.hidden = true;
    }

    get isShown() {
        return !this.#place.hidden;
    }

    /**
     * Runs both in the reader's machine, when there is one.
     *
     * @param {Experiment} experiment
     * @param {HTMLButtonElement} pressed
     */
    async run(experiment, pressed) {
        if (pressed.ariaBusy) {
            return;
        }
        const say = experimentWords();
        pressed.ariaBusy = 'true';
        this.page.pressed = pressed;
        this.status.textContent = say.starting;
        try {
            const panel = await this.page.open();
            const { runBoth } = await import('./experiment-run.js');
            panel.retry();
            pressed.scrollIntoView({ block: 'nearest' }); // the panel has taken room from the text
            const runs = await runBoth(panel, experiment.commands, (number) => { this.status.textContent = say.running(number); });
            await this.draw(experiment, runs, comparisonWords().own);
            this.status.textContent = say.done;
            if (isInSight(pressed)) {
                pressed.scrollIntoView({ block: 'start' });
            }
        } catch (error) {
            const isTold = error instanceof Stopped;
            this.status.textContent = isTold ? error.message : error instanceof Interrupted ? say.interrupted : say.failed;
            if (!isTold && !(error instanceof Interrupted)) {
                throw error;
            }
        } finally {
            pressed.ariaBusy = null;
        }
    }
}

/** A command as code, with the words marked that the other one lacks. @param {import('../view/lacking.js').Part[]} parts */
const marked = (parts) => parts.map(({ text, isOther }) => {
    const word = text.trimEnd();
    return element('span', {}, isOther ? element('mark', { textContent: word }) : word, text.slice(word.length));
});

/**
 * An experiment of the text gets its figure.
 *
 * @param {HTMLElement} pre
 * @param {number} index among those of the page
 * @param {import('./bar.js').Page} page
 * @param {boolean} isPossible whether there can be a machine
 */
function addFigure(pre, index, page, isPossible) {
    const say = experimentWords();
    const experiment = parseExperiment(pre.querySelector('code')?.textContent ?? '');
    const name = window.book.progress.pageAt(location);
    const figure = new Figure(page);
    const rows = experiment.rows.map((row) => row.map((at, run) => (at === undefined ? undefined : experiment.commands[run][at])));
    const sides = experiment.commands.map((_, run) => element('div', {},
        element('strong', { textContent: comparisonWords().run(run + 1) }),
        element('pre', { className: 'kernel-printed', tabIndex: 0 }, ...rows.map((row) => element('span', {},
            ...(row[run] ? [`${row[run].prompt} `, ...marked(wordsOf(row.map((it) => it?.command))[run]), '\n'] : []))))));
    const show = button(say.show, async () => {
        if (figure.isShown) {
            figure.hide();
            figure.status.textContent = '';
        } else {
            figure.status.textContent = '';
            try {
                const { load } = await import('./recorded.js');
                const runs = /** @type {Run[][]} */ (/** @type {unknown} */ (await load(`${name}.experiments`)))[index];
                if (!isOf(experiment, runs)) {
                    throw new Error('it is not what was recorded');
                }
                await figure.draw(experiment, runs, comparisonWords().recorded);
            } catch {
                figure.status.textContent = say.notLoaded;
            }
        }
        tell();
    });
    const live = button(say.live, async () => {
        await figure.run(experiment, live);
        tell();
    });
    const both = element('div', { className: 'experiment-sides' }, ...sides);
    const tell = () => {
        both.hidden = figure.isShown;
        show.textContent = figure.isShown ? say.hide : say.show;
        show.ariaExpanded = String(figure.isShown);
    };
    tell();
    figure.fill(both, element('div', { className: 'lab-predict' }, show, ...(isPossible ? [live, element('a', { href: OWN, textContent: say.compose })] : [])));
    pre.hidden = true;
    pre.after(figure.root);
}

/** The commands that a reader has written. @param {string} text */
const written = (text) => text.split('\n').map((line) => line.replace(/[^\P{C}\t]/gu, '').trim()).filter(Boolean).map((line) => {
    const [, prompt = '$', command = line] = line.match(/^([$#])\s*(.*)$/) ?? [];
    return { prompt, command };
}).filter(({ command }) => command);

/**
 * The place where readers make an experiment of their own gets its form.
 *
 * @param {HTMLElement} place
 * @param {import('./bar.js').Page} page
 */
function addForm(place, page) {
    const say = experimentWords();
    const figure = new Figure(page);
    const fields = [say.first, say.second].map((name) => {
        const field = element('textarea', { rows: 3, spellcheck: false, autocapitalize: 'off' });
        return { field, label: element('label', {}, element('strong', { textContent: name }), field) };
    });
    const compare = button(say.compare, () => {
        const [first, second] = fields.map(({ field }) => written(field.value));
        const empty = fields.find((_, at) => [first, second][at].length === 0);
        if (empty) {
            figure.status.textContent = say.empty;
            empty.field.focus();
            return;
        }
        figure.hide();
        figure.run(experimentOf(first, second), compare);
    });
    figure.root.ariaLabel = say.compose;
    figure.fill(element('p', { className: 'experiment-note', textContent: say.how }),
        element('div', { className: 'experiment-sides' }, ...fields.map(({ label }) => label)),
        element('div', { className: 'lab-predict' }, compare));
    place.replaceChildren(figure.root);
}

/** Loads the styles, once. @returns {Promise<unknown>} */
function style() {
    const href = new URL('experiments.css', import.meta.url).href;
    const loaded = [...document.querySelectorAll('link')].some((it) => it.href === href);
    return loaded ? Promise.resolve() : new Promise((done) => {
        const link = element('link', { rel: 'stylesheet', href });
        link.onload = link.onerror = done;
        document.head.append(link);
    });
}

/**
 * Sets up the experiments of the page that is shown.
 *
 * @param {import('./bar.js').Page} page
 * @param {boolean} isPossible whether there can be a machine
 */
export function setUpExperiments(page, isPossible) {
    const all = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('main pre:has(> code.experiment)')]);
    const own = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('main .experiment-own')]).filter(() => isPossible);
    const near = new IntersectionObserver(async (entries) => {
        const seen = entries.filter(({ isIntersecting }) => isIntersecting).map(({ target }) => /** @type {HTMLElement} */ (target));
        seen.forEach((it) => near.unobserve(it));
        if (seen.length > 0) {
            await style();
        }
        seen.forEach((it) => (it.matches('pre') ? addFigure(it, all.indexOf(it), page, isPossible) : addForm(it, page)));
    }, { rootMargin: NEAR });
    [...all, ...own].filter((it) => !it.dataset.isExperiment).forEach((it) => {
        it.dataset.isExperiment = ''; // setting up the same page again changes nothing
        near.observe(it);
    });
}
