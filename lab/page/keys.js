// The keys that a keyboard on the screen does not have, as a row of buttons.

import { button, element } from './dom.js';
import { words } from './words.js';

/** What each key types; an arrow is the end of a sequence. */
const KEYS = [
    { face: 'Esc', text: '\x1b' },
    { face: 'Tab', text: '\t' },
    { face: '↑', arrow: 'A', name: words.up },
    { face: '↓', arrow: 'B', name: words.down },
    { face: '←', arrow: 'D', name: words.left },
    { face: '→', arrow: 'C', name: words.right },
    { face: '|', text: '|', name: words.pipe },
];

/** Whether fingers are what the reader points with. */
export const touch = matchMedia('(pointer: coarse)').matches;

/**
 * What Ctrl makes of a character.
 *
 * @param {string} text
 */
function withControl(text) {
    return /^[a-z@[\\\]^_]$/i.test(text) ? String.fromCharCode(text.toUpperCase().charCodeAt(0) & 0x1f) : text;
}

export class Keys {
    #control = button('Ctrl', () => this.#hold(this.#control.ariaPressed !== 'true'));

    /** @param {() => import('./shell.js').Shell | undefined} shell whose terminal they type in */
    constructor(shell) {
        const [escape, tab, ...others] = KEYS.map(({ face, text, arrow, name }) => {
            const made = button(face, () => {
                const { terminal } = shell() ?? {};
                shell()?.interrupt();
                terminal?.input(text ?? `\x1b${terminal.modes.applicationCursorKeysMode ? 'O' : '['}${arrow}`);
            });
            made.ariaLabel = name ?? face;
            return made;
        });
        this.row = element('div', { className: 'lab-touch', role: 'group', ariaLabel: words.moreKeys },
            escape, tab, this.#control, ...others);
        this.#hold(false);
        // The focus stays in the terminal, and with it the keyboard on the screen.
        this.row.addEventListener('pointerdown', (event) => event.preventDefault());
    }

    /**
     * What is typed instead of a text, if Ctrl was pressed before.
     *
     * @param {string} text
     */
    typed(text) {
        const held = this.#control.ariaPressed === 'true';
        this.#hold(false);
        return held ? withControl(text) : text;
    }

    /** @param {boolean} held */
    #hold(held) {
        this.#control.ariaPressed = String(held);
    }
}
