// Runs the book's terminal sessions on a Linux machine in the page: an emulated
// PC with two serial lines, restored from a state in which both have a shell.
//
// Where the book is published with such a machine (lab/build, maintain/ci/book), the
// line that describes it, `window.lab = {…}`, is put in front of this file.
// Without that line this file does nothing and requests nothing.
(() => {
    'use strict';

    const machine = window.lab;
    if (!machine || location.pathname.endsWith('/print.html')) {
        return;
    }
    const home = new URL('../../lab/', document.currentScript.src);
    const megabytes = Math.ceil(machine.bytes / 1e6);
    const said = {
        en: {
            run: 'run it here', size: `loads ${megabytes} MB`,
            computer: 'In a browser on a computer, the terminals of this book can be tried right here.',
            panel: 'Linux in this page', terminal: 'terminal', again: 'Start again', close: 'Close',
            keys: 'F6: the other terminal, then the text · Shift+Tab: out of the terminal',
            loading: `Loading ${megabytes} MB`, starting: 'Starting', ready: 'Both terminals are ready.',
            failed: 'The machine could not be loaded:',
            earlier: (number) => `${number} comes from a box further up: run that one first.`,
            stuck: (number) => `Terminal ${number} shows no prompt: end what runs there, or start again.`,
            motd: [
                'This Linux runs inside the page, on an emulated PC.',
                'You are learner, uid 1000; sudo asks for no password.',
                'Whatever you do to it, "Start again" makes it new.',
            ],
        },
        ko: {
            run: '여기서 실행', size: `${megabytes} MB를 받습니다`,
            computer: '컴퓨터의 브라우저에서는 이 책의 터미널을 바로 이 자리에서 써 볼 수 있습니다.',
            panel: '이 페이지 안의 리눅스', terminal: '터미널', again: '처음부터 다시', close: '닫기',
            keys: 'F6: 다른 터미널, 그다음 본문 · Shift+Tab: 터미널에서 나가기',
            loading: `${megabytes} MB를 받는 중`, starting: '시작하는 중', ready: '두 터미널이 준비되었습니다.',
            failed: '컴퓨터를 불러오지 못했습니다:',
            earlier: (number) => `${number}: 위쪽 상자에서 나오는 번호입니다. 그 상자를 먼저 실행하세요.`,
            stuck: (number) => `터미널 ${number}에 프롬프트가 나오지 않습니다. 거기서 실행 중인 것을 끝내거나 처음부터 다시 시작하세요.`,
            motd: [
                '이 리눅스는 페이지 안의 에뮬레이터에서 실행됩니다.',
                '사용자는 learner(uid 1000)이고, sudo는 비밀번호를 묻지 않습니다.',
                '무엇을 바꾸어도 "처음부터 다시"를 누르면 처음 상태로 돌아갑니다.',
            ],
        },
    }[document.documentElement.lang];

    function element(name, properties, ...children) {
        const made = Object.assign(document.createElement(name), properties);
        made.append(...children);
        return made;
    }

    // ---- What the page shows: book/tests/transcripts/main.rs tells its grammar.

    const KEYS = { '^C': '\x03', '^L': '\x0c', '^Z': '\x1a', '⏎': '\r' };

    /** The commands and keys of a block, each with the lines that it makes appear. */
    function steps(text) {
        const steps = [];
        for (const line of text.split('\n').filter((line) => line)) {
            const [, prompt, command] = line.match(/^([$#]) (.*)/) ?? [];
            if (command !== undefined || KEYS[line]) {
                steps.push({ prompt, command, key: KEYS[line], shown: [] });
            } else {
                steps.at(-1).shown.push(line);
            }
        }
        return steps;
    }

    const blocks = [...document.querySelectorAll('main pre > code.language-console')]
        .filter((code) => !code.classList.contains('norun') || code.classList.contains('lab'))
        .map((code) => ({
            pre: code.parentElement,
            pane: code.classList.contains('terminal2') ? 1 : 0,
            steps: steps(code.textContent),
            presses: 0, // that have not come to an end
        }));

    /** Whether the block's last program is left running, for a key in the pane's next block. */
    function runsOn(block) {
        const later = blocks.slice(blocks.indexOf(block) + 1);
        return later.find(({ pane }) => pane === block.pane)?.steps[0].key !== undefined;
    }

    // ---- Terminals.

    /** Why a wait ends early: the reader or another block uses the terminal now, or it is closed. */
    const INTERRUPTED = Symbol('interrupted');

    /** What is sent to a serial line of the machine, and who hears what comes from it. */
    function serial(emulator, index, hear) {
        // Bytes come one by one; they are heard together.
        let bytes = [];
        emulator.add_listener(`serial${index}-output-byte`, (byte) => {
            if (bytes.push(byte) === 1) {
                queueMicrotask(() => {
                    hear(new Uint8Array(bytes));
                    bytes = [];
                });
            }
        });
        return (text) => emulator.serial_send_bytes(index, new TextEncoder().encode(text));
    }

    /** The third line: a shell of root's that does what the page itself asks for. */
    class Control {
        constructor(emulator) {
            const decoder = new TextDecoder();
            this.type = serial(emulator, 2, (bytes) => {
                this.said += decoder.decode(bytes, { stream: true });
                const answer = this.said.match(/\x02([^]*)\x03/);
                if (answer) {
                    this.said = '';
                    this.answered(answer[1]);
                }
            });
            this.forget();
        }

        /** Drops what is pending: the machine that would answer is gone. */
        forget() {
            this.said = '';
            this.last = Promise.resolve();
        }

        /** Runs a command, after those before it, and returns what it printed. */
        run(command) {
            this.last = this.last.then(() => new Promise((answered) => {
                this.answered = answered;
                this.type(`printf '\\002'; ${command}; printf '\\003'\n`);
            }));
            return this.last;
        }
    }

    /** A terminal on the line of this number, in a frame of the page. */
    class Pane {
        constructor(index, emulator, control, frame) {
            Object.assign(this, { index, control, frame });
            const { fontSize, fontFamily } = getComputedStyle(frame);
            this.terminal = new Terminal({
                fontFamily, fontSize: parseFloat(fontSize), screenReaderMode: true, minimumContrastRatio: 4.5,
            });
            this.terminal.open(frame);
            this.terminal.textarea.setAttribute('aria-label', `${said.terminal} ${index + 1}`);
            const send = serial(emulator, index, (bytes) => {
                this.terminal.write(bytes, () => { this.answered = true; });
            });
            this.type = (text) => {
                this.answered = false;
                send(text);
            };
            this.terminal.onData((text) => this.type(text));
            this.terminal.onKey(() => this.interrupt());
            this.user = new AbortController();
            this.used = Promise.resolve();
        }

        /** Ends every use of the terminal, also one that is about to begin. */
        interrupt() {
            this.user.abort(INTERRUPTED);
        }

        /** Lets one alone use the terminal, when those before have been interrupted. */
        use(work) {
            this.interrupt();
            const { signal } = this.user = new AbortController();
            this.used = this.used.catch(() => {}).then(() => {
                signal.throwIfAborted();
                this.signal = signal;
                return work();
            });
            return this.used;
        }

        /** Fills the frame with lines and columns, and tells the machine how many there are. */
        async fit() {
            const { width, height } = this.frame.querySelector('.xterm-screen').getBoundingClientRect();
            const { rows, cols } = this.terminal;
            const fits = {
                rows: Math.max(4, Math.floor((this.frame.clientHeight - 6) / (height / rows))),
                cols: Math.max(20, Math.floor((this.frame.clientWidth - 24) / (width / cols))),
            };
            const size = `rows ${fits.rows} cols ${fits.cols}`;
            if (this.size !== size) {
                this.size = size;
                this.terminal.resize(fits.cols, fits.rows);
                await this.control.run(`stty -F /dev/ttyS${this.index} ${size}`);
            }
        }

        /** Waits until something holds of the screen. */
        until(holds) {
            const { signal } = this;
            return new Promise((resolve, reject) => {
                const end = (how, why) => {
                    heard.dispose();
                    signal.removeEventListener('abort', look);
                    how(why);
                };
                const look = () => {
                    if (signal.aborted) {
                        end(reject, signal.reason);
                    } else if (holds()) {
                        end(resolve);
                    }
                };
                const heard = this.terminal.onWriteParsed(look);
                signal.addEventListener('abort', look);
                look();
            });
        }

        /** Where the cursor is, in lines from the top of all that can be scrolled to. */
        get row() {
            const { active } = this.terminal.buffer;
            return active.baseY + active.cursorY;
        }

        /** The prompt of a shell that waits for a command: $, or # if it is root's. */
        get prompt() {
            if (!this.answered) {
                return undefined; // it is there still, but the shell is about to do what was typed
            }
            const { active } = this.terminal.buffer;
            const line = active.getLine(this.row).translateToString(false, 0, active.cursorX);
            // The shell may be quicker than the kernel's echo of the key that woke it.
            return line.match(/^(?:\^C)?([$#]) $/)?.[1];
        }

        /** The lines from a row to the cursor's, as they were before they had to be wrapped. */
        lines(from) {
            const lines = [];
            for (let row = Math.max(from, 0); row < this.row; row += 1) {
                const line = this.terminal.buffer.active.getLine(row);
                const text = line.translateToString();
                if (line.isWrapped && lines.length > 0) {
                    lines.push(lines.pop() + text);
                } else {
                    lines.push(text);
                }
            }
            return lines.map((line) => line.trimEnd());
        }

        /** Types; returns what then gives the lines that have appeared below. */
        enter(text) {
            const mark = this.terminal.registerMarker(0);
            this.type(text);
            return {
                lines: () => this.lines(mark.line).slice(1).filter((line) => line),
                done: () => this.row > mark.line && this.prompt,
            };
        }

        /** Types a command; returns, when the prompt is back, the lines that have appeared. */
        async command(text) {
            const entered = this.enter(`${text}\r`);
            await this.until(entered.done);
            return entered.lines();
        }

        /** Begins with the screen of a shell that has just been started: the message of the day, a prompt. */
        async begin() {
            this.terminal.reset();
            this.size = null;
            await this.fit();
            // The shell shows its prompt for the new size, too: what counts is the one on a
            // screen that has been cleared, with which a mark on it goes.
            const mark = this.terminal.registerMarker(0);
            this.type(KEYS['^L']);
            await this.until(() => mark.isDisposed && this.prompt);
            await this.control.run(`(printf '\\r'; cat /etc/motd) >/dev/ttyS${this.index}`);
            await this.until(this.enter('\r').done);
            this.start = this.row;
        }

        /** Leaves root's shells or enters one, as the book tells its readers to; returns whether that works. */
        async become(prompt) {
            while (prompt === '$' && this.prompt === '#') {
                await this.command('exit');
            }
            // In some user namespaces nobody can become root.
            if (prompt === '#' && this.prompt === '$') {
                await this.command('sudo env PATH="$PATH" bash');
            }
            return this.prompt === prompt;
        }
    }

    // ---- The machine.

    let files; // what has been downloaded, a promise
    let panel; // what is open, a promise
    let pressed; // the last button, from where the focus came and to where it returns
    const known = new Map(); // the book's numbers and those that really appeared
    const status = element('p', { role: 'status', className: 'lab-status' });
    const progress = element('progress', { max: machine.bytes, ariaLabel: said.loading });

    /** Fetches all files, and shows how much of them has come. */
    async function download() {
        progress.value = 0;
        const fetched = async (name) => {
            const response = await fetch(new URL(name, home));
            if (!response.ok) {
                throw new Error(`${name}: ${response.status}`);
            }
            const counted = new TransformStream({
                transform(bytes, onwards) {
                    progress.value += bytes.length;
                    onwards.enqueue(bytes);
                },
            });
            return new Response(response.body.pipeThrough(counted)).arrayBuffer();
        };
        const loaded = (made) => new Promise((resolve, reject) => {
            made.onload = resolve;
            made.onerror = () => reject(new Error(made.src ?? made.href));
            document.head.append(made);
        });
        const script = (name) => loaded(element('script', { src: new URL(name, home) }));
        const [state, wasm] = await Promise.all([
            fetched(machine.state), fetched('v86.wasm'), script('libv86.js'), script('doze.js'), script('xterm.js'),
            loaded(element('link', { rel: 'stylesheet', href: new URL('xterm.css', home) })),
        ]);
        return { state, wasm: await WebAssembly.compile(wasm) };
    }

    /** Opens the panel; returns a promise of both terminals. */
    function open() {
        const frames = [1, 2].map((number) => element('div', {
            className: 'lab-pane', role: 'group', ariaLabel: `${said.terminal} ${number}`,
        }));
        const button = (textContent) => element('button', { type: 'button', textContent });
        const [again, close] = [button(said.again), button(said.close)];
        const area = element('div', { className: 'lab-panes' }, ...frames);
        const section = element('section', { className: 'lab-panel', ariaLabel: said.panel },
            element('div', { className: 'lab-head' },
                element('strong', { textContent: said.panel }), status, progress,
                element('span', { className: 'lab-keys', textContent: said.keys }), again, close),
            area);
        document.querySelector('.lab-panel')?.remove();
        document.body.append(section);
        document.documentElement.classList.add('lab-open');

        let panes = [];
        const resized = new ResizeObserver(() => panes.forEach((pane) => pane.fit()));
        const paint = () => {
            const { backgroundColor: background, color } = getComputedStyle(frames[0]);
            for (const { terminal } of panes) {
                terminal.options.theme = { background, foreground: color, cursor: color };
            }
        };
        const watch = new MutationObserver(paint);
        watch.observe(document.documentElement, { attributeFilter: ['class'] });

        let end; // ends the machine, and whatever is waited for
        const ended = new Promise((_, reject) => { end = reject; });
        const unlessEnded = (promise) => Promise.race([ended, promise]);
        ended.catch(() => {
            watch.disconnect();
            resized.disconnect();
            panes.forEach((pane) => pane.interrupt());
        });
        close.addEventListener('click', () => {
            panel = undefined;
            pressed.focus();
            section.remove();
            document.documentElement.classList.remove('lab-open');
            end(INTERRUPTED);
        });

        const load = async () => {
            again.disabled = area.inert = true;
            status.textContent = said.loading;
            const { state, wasm } = await unlessEnded(files ??= download());
            progress.remove();
            const emulator = new V86({
                ...machine.options,
                wasm_fn: async (imports) => (await WebAssembly.instantiate(wasm, imports)).exports,
                disable_keyboard: true, disable_mouse: true, disable_speaker: true,
            });
            const made = new Promise((ready) => emulator.add_listener('emulator-ready', ready));
            let stopDozing;
            ended.catch(async () => {
                await made;
                stopDozing?.();
                await emulator.destroy();
                panes.forEach((pane) => pane.terminal.dispose());
            });
            await unlessEnded(made);
            stopDozing = idle(emulator);
            const control = new Control(emulator);
            panes = frames.map((frame, index) => new Pane(index, emulator, control, frame));
            paint();
            panes.forEach(({ terminal }, index) => terminal.attachCustomKeyEventHandler((event) => {
                const down = event.type === 'keydown';
                if (event.key === 'F6') {
                    if (down) {
                        event.preventDefault();
                        (panes[index + 1]?.terminal ?? pressed).focus();
                    }
                    return false;
                }
                // As in other terminals; the browser would open its tools.
                if (down && event.ctrlKey && event.shiftKey && event.code === 'KeyC') {
                    event.preventDefault();
                    navigator.clipboard.writeText(terminal.getSelection());
                    return false;
                }
                // Shift+Tab is the browser's: a keyboard must be able to leave. WebKit on Linux has
                // no name for that key with Shift, so compare the key's place, not its meaning.
                return !(event.code === 'Tab' && event.shiftKey);
            }));
            const start = async () => {
                again.disabled = area.inert = true;
                status.textContent = said.starting;
                known.clear();
                panes.forEach((pane) => pane.interrupt());
                // What has been typed and not yet read is no part of the state.
                for (const line of [0, 1, 2]) {
                    emulator.v86.cpu.devices[`uart${line}`].input.length = 0;
                }
                await emulator.restore_state(state);
                control.forget();
                emulator.run();
                await control.run(`date -s @${Math.floor(Date.now() / 1000)}`);
                await control.run(`printf '%s\\n' ${said.motd.map((line) => `'${line}'`).join(' ')} >/etc/motd`);
                await Promise.all(panes.map((pane) => pane.use(() => pane.begin())));
                status.textContent = said.ready;
                again.disabled = area.inert = false;
                return panes;
            };
            again.addEventListener('click', () => {
                panel = unlessEnded(start());
                panel.then(() => panes[0].terminal.focus(), () => {});
            });
            await unlessEnded(start());
            frames.forEach((frame) => resized.observe(frame));
            Object.assign(machine, { control, panes }); // for the curious, and for maintain/book-tests/browser/lab.mjs
            return panes;
        };
        return load().catch((error) => {
            if (error !== INTERRUPTED) {
                status.textContent = `${said.failed} ${error.message}`;
                // The panel stays, to be read; the next press opens another.
                files = panel = undefined;
            }
            end(INTERRUPTED);
            throw INTERRUPTED;
        });
    }

    /** The first number of a command that a box further up shows and that has not appeared yet. */
    function unknown(command, block) {
        const above = blocks.slice(0, blocks.indexOf(block)).flatMap(({ steps }) => steps);
        const shown = new Set(above.flatMap(({ shown }) => shown).flatMap(numbers.numbers));
        return numbers.numbers(command).find((number) => shown.has(number) && !known.has(number));
    }

    /** Remembers which numbers have appeared in the place of the book's. */
    function learn(shown, appeared) {
        let next = 0;
        for (const line of shown) {
            const at = appeared.findIndex((real, index) => index >= next && numbers.pairs(line, real));
            if (at >= 0) {
                numbers.pairs(line, appeared[at]).forEach(([book, run]) => known.set(book, run));
                next = at + 1;
            }
        }
    }

    /** How long, in ms, a program may take to end before the reader is asked to. */
    const PATIENCE = 5000;

    /** Types a block, each command when the prompt is back, each key when what it waits for is there. */
    async function play(pane, block) {
        if (!block.steps[0].key && !pane.prompt) {
            const late = setTimeout(() => { status.textContent = said.stuck(pane.index + 1); }, PATIENCE);
            const ended = pane.enter(KEYS['^C']);
            await pane.until(ended.done).finally(() => clearTimeout(late));
        }
        for (const [index, { prompt, command, key, shown }] of block.steps.entries()) {
            if (command !== undefined) {
                const number = unknown(command, block);
                if (number) {
                    status.textContent = said.earlier(number);
                    return;
                }
                if (!await pane.become(prompt)) {
                    return;
                }
            }
            const entered = pane.enter(key ?? `${numbers.replace(command, known)}\r`);
            const next = block.steps[index + 1];
            const goesOn = next ? next.key !== undefined : runsOn(block);
            await pane.until(() => goesOn ? entered.lines().length >= shown.length : entered.done());
            learn(shown, entered.lines());
        }
    }

    async function press(block, button) {
        block.presses += 1;
        button.ariaBusy = 'true';
        pressed = button;
        try {
            panel ??= open();
            const panes = await panel;
            if (status.textContent !== said.ready) {
                status.textContent = '';
            }
            for (const other of document.querySelectorAll('.lab-run small')) {
                other.remove();
            }
            block.pre.scrollIntoView({ block: 'nearest' });
            const pane = panes[block.pane];
            // While it was loaded, the reader may have gone elsewhere.
            if ([button, document.body].includes(document.activeElement)) {
                pane.terminal.focus();
            }
            await pane.use(() => play(pane, block));
        } catch (error) {
            if (error !== INTERRUPTED) {
                throw error;
            }
        } finally {
            block.presses -= 1;
            button.ariaBusy = block.presses > 0 ? 'true' : null;
        }
    }

    const phone = navigator.maxTouchPoints > 0 && Math.min(screen.width, screen.height) < 600;
    if (blocks.length > 0 && (phone || !window.WebAssembly || !window.TransformStream)) {
        blocks[0].pre.after(element('p', { className: 'lab-run', textContent: said.computer }));
        return;
    }
    for (const block of blocks) {
        const button = element('button', { type: 'button', textContent: said.run });
        button.addEventListener('click', () => press(block, button));
        block.pre.after(element('div', { className: 'lab-run' }, button,
            ' ', element('small', { textContent: said.size })));
    }
})();
