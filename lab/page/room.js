// The host's page, room.html: codes of participants are collected, and the table of them is shown, kept
// in this browser, saved and deleted.

import { parse } from '../progress/checks.js';
import { encode, numberOf } from '../progress/codes.js';
import { collect, csv, participantsIn } from '../progress/room.js';
import { button, element } from './dom.js';
import { kept } from './kept.js';
import { words } from './reader-words.js';
import { save, today } from './save.js';

const KEY = 'book-room';

/** @typedef {import('../progress/room.js').Participant} Participant */

/** What the address ends with when a camera has read somebody's picture. */
const IN_ADDRESS = /^#[\da-z-]{16,}$/i;

/** They are here where the browser does not store them. @type {Participant[] | undefined} */
let unstored;

const stored = () => unstored ?? participantsIn(parse(kept(KEY) ?? ''));

/** @param {Participant[]} participants */
function store(participants) {
    try {
        if (participants.length > 0) {
            localStorage.setItem(KEY, JSON.stringify(participants));
        } else {
            localStorage.removeItem(KEY);
        }
        unstored = undefined;
    } catch {
        unstored = participants;
    }
}

/** What a participant is called in the table. @param {Participant} participant */
const called = ({ id, name }) => name || words().nameless(numberOf(id));

export class Room {
    #codes = element('textarea', { rows: 4, autocomplete: 'off', spellcheck: false, autocapitalize: 'characters' });

    #said = element('p', { className: 'reader-said', tabIndex: -1 });

    #refused = element('ul', { className: 'room-refused', hidden: true });

    #sum = element('p', { className: 'room-sum' });

    #table = element('table', { className: 'room-table' });

    #region = element('div', { className: 'room-region', tabIndex: 0, hidden: true }, this.#table);

    #tools = element('div', { className: 'reader-tools' },
        button(words().csv, () => this.#save()), button(words().copyCodes, () => this.#copy()), button(words().clear, () => this.#clear()));

    #kept = element('p', { className: 'reader-hint' });

    /** The challenges, as the page lists them. @type {{ name: string, title: string, row: HTMLTableRowElement }[]} */
    #challenges;

    /** @param {HTMLElement} root */
    constructor(root) {
        this.root = root;
        this.#challenges = /** @type {HTMLTableRowElement[]} */ ([...document.querySelectorAll('.room-challenges tr[data-name]')])
            .map((row) => ({ name: row.dataset.name ?? '', title: row.cells[1].textContent ?? '', row }));
        this.#said.role = 'status';
        this.#region.role = 'region';
        this.#region.ariaLabel = words().table;
        const hint = element('p', { className: 'reader-hint', id: 'room-hint', textContent: words().codesHint });
        this.#codes.setAttribute('aria-describedby', hint.id);
        root.replaceChildren(element('p', {}, element('label', {}, words().codes, this.#codes)), hint,
            element('div', { className: 'reader-tools' }, button(words().add, () => this.#add()), ...this.#camera()),
            this.#said, this.#refused, this.#sum, this.#region, this.#tools, this.#kept);
        const own = new AbortController();
        const follow = (/** @type {() => void} */ action) => () => (root.isConnected ? action() : own.abort());
        addEventListener('storage', follow(() => this.#draw()), { signal: own.signal });
        addEventListener('hashchange', follow(() => this.#takeAddress()), { signal: own.signal });
        this.#draw();
        this.#takeAddress();
    }

    /** A code with which the page was opened. It does not stay in the address: a reload is no new code. */
    #takeAddress() {
        const code = location.hash;
        if (IN_ADDRESS.test(code) && !document.getElementById(code.slice(1))) {
            history.replaceState(history.state, '', location.pathname + location.search);
            this.#take(code.slice(1));
            this.root.scrollIntoView();
        }
    }

    #add() {
        this.#codes.value = this.#take(this.#codes.value).join('\n');
        this.#codes.focus();
    }

    /**
     * Takes codes, and tells what became of each; returns the lines that are none.
     *
     * @param {string} text
     */
    #take(text) {
        const { participants, taken, refused, unknown } = collect(stored(), text, Date.now());
        if (taken.length > 0) {
            store(participants);
        }
        const told = taken.map((it) => words().told(called(it), it.solved.length));
        this.#said.textContent = [...(told.length > 0 ? [words().took(told)] : []), ...(unknown > 0 ? [words().newer] : [])].join(' ');
        this.#refused.hidden = refused.length === 0;
        this.#refused.replaceChildren(...refused.map(({ line, refusal }) => element('li', { textContent: words().refused(line.length > 60 ? `${line.slice(0, 60)}…` : line, refusal) })));
        this.#refused.role = 'alert';
        this.#draw();
        return refused.map(({ line }) => line);
    }

    /** The button for the camera, where the browser can read such pictures. */
    #camera() {
        if (!window.BarcodeDetector || !navigator.mediaDevices) {
            return [];
        }
        const video = element('video', { className: 'room-video', muted: true, playsInline: true, hidden: true, ariaLabel: words().video });
        /** @type {AbortController | undefined} */
        let scanning;
        const press = button(words().scan, async () => {
            if (scanning) {
                scanning.abort();
                return;
            }
            scanning = new AbortController();
            press.textContent = words().stop;
            video.hidden = false;
            try {
                const { scan } = await import('./scan.js');
                await scan(video, scanning.signal, (code) => this.#take(code));
            } catch {
                this.#said.textContent = words().noCamera;
            }
            scanning = undefined;
            press.textContent = words().scan;
            video.hidden = true;
        });
        return [press, video];
    }

    #save() {
        const participants = stored().map((it) => ({ ...it, called: called(it) }));
        save(`${words().csvName}-${today()}.csv`, 'text/csv', csv(words().csvHeads, this.#challenges, participants));
    }

    /** What has been collected, for the host's page in another browser. */
    async #copy() {
        const isCopied = await window.book.copy(stored().map((it) => encode(it)).join('\n'));
        this.#said.textContent = isCopied ? words().codesCopied : words().notCopied;
    }

    #clear() {
        if (confirm(words().sureRoom)) {
            store([]);
            this.#said.textContent = words().cleared;
            this.#refused.hidden = true;
            this.#draw();
            this.#said.focus();
        }
    }

    /** @param {Participant} participant */
    #remove(participant) {
        store(stored().filter(({ id, name }) => id !== participant.id || name !== participant.name));
        this.#said.textContent = words().removed(called(participant));
        this.#draw();
        this.#said.focus();
    }

    #draw() {
        const participants = stored();
        const isAny = participants.length > 0;
        const solvedBy = (/** @type {string} */ challenge) => participants.filter(({ solved }) => solved.includes(challenge)).length;
        this.#sum.textContent = isAny ? words().room(participants.length, participants.reduce((sum, { solved }) => sum + solved.length, 0)) : words().nobody;
        this.#region.hidden = this.#tools.hidden = !isAny;
        this.#kept.textContent = unstored ? words().roomNotKept : words().roomKept;
        this.#table.replaceChildren(
            element('thead', {}, element('tr', {}, element('th', { scope: 'col', textContent: words().participant }), element('th', { scope: 'col', textContent: words().count }),
                ...this.#challenges.map(({ title }, at) => element('th', { scope: 'col', textContent: String(at + 1), title, ariaLabel: `${at + 1}: ${title}` })), element('td'))),
            element('tbody', {}, ...participants.map((it) => this.#row(it))),
            element('tfoot', {}, element('tr', {}, element('th', { scope: 'row', textContent: words().solvedBy }), element('td'),
                ...this.#challenges.map(({ name }) => element('td', { textContent: String(solvedBy(name)) })), element('td'))));
        for (const { name, row } of this.#challenges) {
            row.querySelector('.room-by')?.remove();
            if (isAny) {
                row.append(element('td', { className: 'room-by' }, element('meter', { max: participants.length, value: solvedBy(name), ariaLabel: words().solvedBy }), ` ${solvedBy(name)}/${participants.length}`));
            }
        }
        const head = document.querySelector('.room-challenges thead tr');
        head?.querySelector('.room-by')?.remove();
        if (isAny) {
            head?.append(element('th', { className: 'room-by', scope: 'col', textContent: words().solvedBy }));
        }
    }

    /** @param {Participant} participant */
    #row(participant) {
        const { solved } = participant;
        const name = called(participant);
        const remove = button('×', () => this.#remove(participant));
        remove.ariaLabel = remove.title = `${words().remove}: ${name}`;
        return element('tr', {}, element('th', { scope: 'row' }, element('bdi', { textContent: name })), element('td', { textContent: String(solved.length) }),
            ...this.#challenges.map((challenge) => (solved.includes(challenge.name) ? element('td', { className: 'is-solved', textContent: '✓' }) : element('td'))),
            element('td', {}, remove));
    }
}
