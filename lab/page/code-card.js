// The reader's code for the host of a workshop, as a text and as a picture. Who does not open it draws
// no number, and gets no library.

import { encode, NAME, numberOf, shortName } from '../progress/codes.js';
import { button, element } from './dom.js';
import { known, participant } from './participant.js';
import { words } from './reader-words.js';

/** A picture of a text for cameras, in black on white whatever the theme. @param {string} text @param {string} label */
async function qr(text, label) {
    const { encodeQR } = await import('qr');
    const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 4 });
    const make = (/** @type {string} */ name, /** @type {Record<string, string>} */ attributes) => {
        const made = document.createElementNS('http://www.w3.org/2000/svg', name);
        Object.entries(attributes).forEach(([attribute, value]) => made.setAttribute(attribute, value));
        return made;
    };
    const path = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : []))).join('');
    const picture = make('svg', { viewBox: `0 0 ${rows.length} ${rows.length}`, role: 'img', 'aria-label': label, 'shape-rendering': 'crispEdges' });
    picture.append(make('path', { d: `M0 0h${rows.length}v${rows.length}h-${rows.length}z`, fill: '#fff' }), make('path', { d: path, fill: '#000' }));
    return picture;
}

export class CodeCard {
    root = element('details', { className: 'code-card' });

    #name = element('input', { type: 'text', autocomplete: 'off', spellcheck: false });

    #code = element('code', { tabIndex: 0 });

    #number = element('p', { className: 'reader-hint' });

    #picture = element('div', { className: 'code-picture' });

    #said = element('p', { className: 'reader-said' });

    /** What the picture shows. */
    #shown = '';

    /** @param {() => string[]} solved the challenges that are */
    constructor(solved) {
        this.solved = solved;
        this.#said.role = 'status';
        this.#name.addEventListener('input', () => this.#rename());
        const copy = button(words().copy, async () => {
            this.#said.textContent = await window.book.copy(this.#code.textContent ?? '') ? words().copied : words().notCopied;
        });
        this.root.append(element('summary', { textContent: words().host }),
            element('p', { textContent: words().hostWhat }),
            element('p', {}, element('label', {}, words().name, ' ', this.#name)),
            element('p', {}, element('strong', { textContent: words().code }), ' ', this.#code, ' ', copy),
            this.#said, this.#number, this.#picture);
        this.root.addEventListener('toggle', () => this.root.open && this.#show(participant()));
        this.root.open = Boolean(known());
        this.#name.value = known()?.name ?? '';
    }

    #rename() {
        // What is too long is cut where it is typed, but a character that is being composed is not.
        if ([...this.#name.value].length > NAME) {
            this.#name.value = shortName(this.#name.value);
        }
        this.#show(participant(shortName(this.#name.value)));
    }

    /** Shows the code as it is now; who has deleted everything is nobody again. */
    draw() {
        const own = known();
        if (own && this.root.open) {
            this.#show(own);
        } else if (!own) {
            this.root.open = false;
            this.#name.value = '';
        }
    }

    /** @param {import('./participant.js').Participant} own */
    #show({ id, name }) {
        const code = encode({ id, name, solved: this.solved() });
        if (this.#shown === code) {
            return;
        }
        this.#shown = code;
        this.#code.textContent = code;
        this.#said.textContent = '';
        this.#number.textContent = words().number(numberOf(id));
        this.#number.hidden = name !== '';
        const address = new URL('room.html', location.href);
        address.hash = code;
        qr(address.href, words().qr).then((picture) => this.#shown === code && this.#picture.replaceChildren(picture), () => {
            this.#shown = ''; // it is drawn when it is asked for again
        });
    }
}
