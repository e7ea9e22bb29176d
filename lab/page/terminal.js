// A terminal as people expect them: colors of the page, copy and paste, a way out by keyboard.

import { Terminal as Xterm } from '@xterm/xterm';
import { FitAddon } from '@xterm/addon-fit';
import { SerializeAddon } from '@xterm/addon-serialize';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { words } from './words.js';

/** A prompt has to be in sight, and short lines must not wrap. */
const LEAST = { rows: 4, cols: 20 };

/**
 * Opens a terminal in a frame of the page.
 *
 * @param {HTMLElement} frame
 * @param {string} label
 */
export function openTerminal(frame, label) {
    const { fontSize, fontFamily } = getComputedStyle(frame);
    const terminal = new Xterm({
        fontFamily, fontSize: parseFloat(fontSize), minimumContrastRatio: 4.5, allowProposedApi: true, logLevel: 'off',
        scrollback: 5000,
    });
    const fit = new FitAddon();
    const contents = new SerializeAddon();
    terminal.loadAddon(fit);
    terminal.loadAddon(contents);
    terminal.loadAddon(new Unicode11Addon());
    terminal.loadAddon(new WebLinksAddon());
    terminal.unicode.activeVersion = '11'; // emoji take two columns, as bash counts them
    terminal.open(frame);
    terminal.textarea?.setAttribute('aria-label', label);
    readAloudRight(terminal, frame);
    return {
        terminal,
        /** What makes a terminal of the same size look like this one, with all that it can scroll to. */
        serialize: () => contents.serialize(),
        /** How many lines and columns fit into the frame. */
        fits: () => {
            const { rows, cols } = fit.proposeDimensions() ?? LEAST;
            return { rows: Math.max(LEAST.rows, rows || 0), cols: Math.max(LEAST.cols, cols || 0) };
        },
    };
}

/**
 * For screen readers xterm keeps what was typed in its text field. It would take a composition
 * from a wrong place of that, and ignores text that comes without a key, as from dictation.
 *
 * @param {Xterm} terminal
 * @param {HTMLElement} frame
 */
function readAloudRight(terminal, frame) {
    let hasKey = false;
    frame.addEventListener('keydown', ({ isComposing }) => {
        hasKey = true;
        if (!isComposing && terminal.options.screenReaderMode && terminal.textarea) {
            terminal.textarea.value = '';
        }
    }, { capture: true });
    frame.addEventListener('keyup', () => { hasKey = false; }, { capture: true });
    frame.addEventListener('input', (event) => {
        const { inputType, isComposing, data } = /** @type {InputEvent} */ (event);
        if (terminal.options.screenReaderMode && !hasKey && !isComposing && inputType === 'insertText' && data) {
            terminal.input(data);
        }
    }, { capture: true });
}

/**
 * Gives a terminal the colors of its frame.
 *
 * @param {{ terminal: Xterm, frame: HTMLElement }} shell
 */
export function paint({ terminal, frame }) {
    const { backgroundColor: background, color } = getComputedStyle(frame);
    terminal.options.theme = {
        background, foreground: color, cursor: color, cursorAccent: background,
        selectionBackground: color, selectionForeground: background, selectionInactiveBackground: color,
    };
}

/**
 * The keys that are not the terminal's. `leave` is what F6 does, `say` shows a message.
 *
 * @param {Xterm} terminal
 * @param {() => void} leave
 * @param {(text: string) => void} say
 */
export function handleKeys(terminal, leave, say) {
    terminal.attachCustomKeyEventHandler((event) => {
        // An input method has this key.
        if (event.isComposing || event.keyCode === 229) {
            return true;
        }
        const down = event.type === 'keydown';
        if (event.key === 'F6') {
            if (down) {
                event.preventDefault();
                leave();
            }
            return false;
        }
        const control = event.ctrlKey && !event.altKey && !event.metaKey;
        // Ctrl+C copies what is selected, and ends a program otherwise. Ctrl+Shift+C as in other
        // terminals; the browser would open its tools.
        if (control && event.code === 'KeyC' && (event.shiftKey || terminal.hasSelection())) {
            if (down) {
                event.preventDefault();
                copySelection(terminal, say);
            }
            return false;
        }
        // The browser pastes.
        if (control && event.code === 'KeyV') {
            return false;
        }
        // Shift+Tab is the browser's: a keyboard must be able to leave. WebKit on Linux has
        // no name for that key with Shift, so compare the key's place, not its meaning.
        return !(event.code === 'Tab' && event.shiftKey);
    });
}

/**
 * Copies what is selected in a terminal, and says how that went.
 *
 * @param {Xterm} terminal
 * @param {(text: string) => void} say
 */
export async function copySelection(terminal, say) {
    const text = terminal.getSelection();
    if (!text) {
        say(words.nothingSelected);
    } else {
        const copied = await window.book.copy(text);
        say(copied ? words.copied : words.notCopied);
        if (copied) {
            terminal.clearSelection();
        }
    }
}
