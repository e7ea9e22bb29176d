// Uses the terminals of the machine in the page as people do: with input methods, clipboards,
// half-typed lines, programs that do not end. Each case was reported of a comparable page.
//
//     node terminals.mjs SITE
//     CASE=paste node terminals.mjs SITE    only the cases with this in their names

import { Reader, timeout } from './reader.mjs';
import { answers, check, end } from './site.mjs';

/** The session of step 3 that needs no other. */
const SESSION = "unshare -ru sh -c 'hostname helo; hostname'";

/** With a machine that runs. */
const running = {
    async 'Korean by input method, at the end and in the middle of a line'(reader) {
        for (const aloud of [false, true]) {
            await reader.page.evaluate((aloud) => book.lab.shells.forEach(({ terminal }) => {
                terminal.options.screenReaderMode = aloud;
            }), aloud);
            const mode = aloud ? 'for screen readers' : 'without a screen reader';
            await reader.clear();
            await reader.type('echo abc');
            await reader.press('ArrowLeft', 'ArrowLeft', 'ArrowLeft');
            await reader.compose('ㄱ', '가');
            check(await reader.shows('$ echo 가abc'), `${mode}: composed in the middle: ${await reader.line}`);
            await reader.clear();
            await reader.type('echo ');
            await reader.compose('ㅎ', '하', '한');
            await reader.compose('ㄱ', '그', '글');
            check(await reader.shows('$ echo 한글'), `${mode}: composed at the end: ${await reader.line}`);
            await reader.press('Enter');
            check(await reader.appears('한글'), `${mode}: the composed text is not run: ${(await reader.lines).at(-1)}`);
        }
    },

    async 'text that comes without keys or composition'(reader) {
        await reader.clear();
        await reader.type('echo ');
        for (const text of ['😀', '한글', 'dictated words']) {
            await reader.page.keyboard.insertText(text);
        }
        check(await reader.shows('$ echo 😀한글dictated words'), `inserted: ${await reader.line}`);
        await reader.press('Backspace', 'Enter');
        check(await reader.appears('😀한글dictated word'), `after it: ${(await reader.lines).at(-1)}`);
    },

    async 'what is typed and not entered is dropped, never run'(reader) {
        await reader.command('touch /tmp/leftover');
        for (const keys of [
            ['Home'], ['End'], ['Home', 'Control+ArrowRight'],
            ['Home', 'Escape'], // half of a key sequence
            ['Home', 'Control+q'], // the next key is to be taken as it is
            ['Control+r'], // a search
        ]) {
            await reader.clear();
            await reader.type('rm -rf /tmp/leftover ');
            await reader.press(...keys);
            await reader.run();
            const lines = (await reader.lines).filter((line) => line);
            const expected = [`$ ${SESSION}`, 'helo', '$ hostname', 'goldilocks-web'];
            check(lines.slice(-4).join('\n') === expected.join('\n'), `after ${keys}: ${lines.slice(-6).join('\n')}`);
        }
        // A line of several rows, and one that goes on.
        for (const text of [`rm -rf /tmp/leftover; ${'x'.repeat(300)}`, "echo 'rm"]) {
            await reader.clear();
            await reader.type(text);
            await reader.press(text.endsWith('rm') ? 'Enter' : 'Home');
            await reader.run();
            check((await reader.lines).filter((line) => line).slice(-3).join() === 'helo,$ hostname,goldilocks-web', `after ${text.slice(0, 30)}`);
        }
        check((await reader.command('ls /tmp/leftover')).join() === '/tmp/leftover', 'what was typed has been run');
    },

    async 'a selection is visible and can be copied, on plain http, too'(reader) {
        const theme = await reader.page.evaluate(() => book.lab.shells[0].terminal.options.theme);
        check(theme.selectionBackground !== theme.background && theme.selectionForeground !== theme.foreground,
            `the selection has the colors ${JSON.stringify(theme)}`);
        for (const insecure of [false, true]) {
            if (insecure) {
                await reader.page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
            }
            for (const key of ['Control+Shift+C', 'Control+c', 'button']) {
                await reader.clear();
                const number = `${insecure}${key.length}`;
                await reader.command(`echo copied-${number}`);
                await reader.focus();
                await reader.page.evaluate(() => {
                    const { terminal, row } = book.lab.shells[0];
                    terminal.select(0, row - 1, 30);
                });
                if (key === 'button') {
                    await reader.page.getByRole('button', { name: 'Copy', exact: true }).click();
                } else {
                    await reader.press(key);
                }
                check(await reader.says('Copied.'), `${key}: the status says ${await reader.page.locator('.lab-status').textContent()}`);
                await reader.page.evaluate(() => book.lab.say(''));
                // Whatever the page may read: pasted by the browser itself.
                await reader.focus();
                await reader.press('Control+v');
                check(await reader.shows(`$ copied-${number}`), `${key} (no clipboard: ${insecure}): pasted ${await reader.line}`);
            }
        }
        // Without a selection Ctrl+C is the key that it always was.
        await reader.clear();
        await reader.type("sh -c 'echo begun; exec sleep 1000'");
        await reader.press('Enter');
        await reader.appears('begun');
        await reader.press('Control+c');
        check(await reader.shows('$'), `Ctrl+C leaves ${await reader.line}`);
    },

    async 'a session is typed in sight'(reader) {
        await reader.command('seq 300');
        await reader.page.evaluate(() => book.lab.shells[0].terminal.scrollToTop());
        await reader.run();
        const hidden = await reader.page.evaluate(() => {
            const { active } = book.lab.shells[0].terminal.buffer;
            return active.baseY - active.viewportY;
        });
        check(hidden === 0, `${hidden} lines are below`);
    },

    async 'a shell that is just being started'(reader) {
        for (const delay of [0, 100, 300, 800]) {
            await reader.focus();
            await reader.type('exit');
            await reader.press('Enter');
            await reader.page.waitForTimeout(delay); // the moment matters here
            await reader.run();
            check((await reader.lines).filter((line) => line).at(-1) === 'goldilocks-web', `${delay} ms after exit: ${(await reader.lines).slice(-3)}`);
        }
    },

    async 'a session that does not end says how to end it'(reader) {
        await reader.command('hostname() { sleep 1000; }');
        await reader.button.click();
        check(await reader.says('still runs in terminal 1'), 'a session that goes on and on is not reported');
        await reader.focus();
        await reader.press('Control+c');
        check(await reader.page.waitForFunction(() => !document.querySelector('.lab-run [aria-busy]'), null, { timeout })
            .then(() => true, () => false), 'a key does not end the session');
        check(await reader.shows('$'), `Ctrl+C leaves ${await reader.line}`);
    },

    async 'whatever a reader does interrupts a session that is being typed'(reader) {
        const busy = () => reader.page.locator('.lab-run [aria-busy]').count();
        for (const [name, act] of [
            ['a key', () => reader.press('x')],
            ['a paste', () => reader.page.keyboard.press('Control+v')],
            ['a composition', () => reader.compose('ㄱ', '가')],
            ['dictation', () => reader.page.keyboard.insertText('words')],
        ]) {
            await reader.clear();
            await reader.command('hostname() { sleep 1000; }');
            await reader.button.click();
            await reader.page.waitForFunction(() => book.lab.shells[0].lines(0).at(-1) === '$ hostname');
            await reader.focus();
            await act();
            await reader.page.waitForFunction(() => !document.querySelector('.lab-run [aria-busy]'), null, { timeout: 5000 }).catch(() => {});
            check(await busy() === 0, `${name} does not interrupt`);
            await reader.clear();
        }
    },

    async 'long pastes arrive whole'(reader) {
        const lines = Array.from({ length: 200 }, (_, index) => `echo line ${index} >>/tmp/pasted`);
        for (const [what, text, command, result] of [
            ['200 lines', lines.join('\n'), 'sort -u /tmp/pasted | wc -l', '200'],
            ['3 kB in a line', `echo ${'0123456789'.repeat(300)} >/tmp/long`, 'wc -c </tmp/long', '3001'],
        ]) {
            await reader.clear();
            await reader.page.evaluate((text) => book.lab.shells[0].terminal.paste(text), `${text}\necho ${result} has come\n`);
            check(await reader.appears(`${result} has come`), `${what}: ${(await reader.lines).slice(-3)}`);
            await reader.clear();
            check((await reader.command(command)).join() === result, `${what}: ${await reader.command(command)}`);
        }
    },

    async 'programs that use the whole screen, and binary output'(reader) {
        for (const command of ['cat', 'top', 'less /etc/passwd', 'sh', 'head -c 20000 /bin/bash']) {
            await reader.focus();
            await reader.type(command);
            await reader.press('Enter');
            // Some of these have ended by now, and others wait for a key.
            await reader.run();
            check((await reader.lines).filter((line) => line).at(-1) === 'goldilocks-web', `over ${command}: ${(await reader.lines).slice(-3)}`);
        }
        // Ctrl+C does not end an editor: the reader is told so.
        await reader.focus();
        await reader.type('vi');
        await reader.press('Enter');
        await reader.page.waitForFunction(() => book.lab.shells[0].prompt === undefined);
        await reader.button.click();
        check(await reader.says('Terminal 1 shows no prompt'), 'nothing is said of vi');
        await reader.focus();
        await reader.type(':q!');
        await reader.press('Enter');
        check(await reader.shows('$'), `vi leaves ${await reader.line}`);
        await reader.focus();
        await reader.press('Control+s');
        await reader.type('echo stopped');
        await reader.run();
        check((await reader.lines).filter((line) => line).at(-1) === 'goldilocks-web', `after Ctrl+S: ${(await reader.lines).slice(-3)}`);
    },
};

/** Without one, at first. */
const loading = {
    async 'a download that stands still can be closed and tried again'(reader) {
        answers.set('state.bin.zst', (response) => response.write('half of it'));
        await reader.button.click();
        check(await reader.says('Loading'), 'nothing says that the machine is loaded');
        await reader.page.getByRole('button', { name: 'Stop' }).click();
        answers.clear();
        await reader.run();
        check((await reader.lines).at(-1) === 'goldilocks-web', `after Close: ${(await reader.lines).slice(-3)}`);
    },

    async 'a broken download is told, and can be tried again'(reader) {
        for (const [what, answer] of [
            ['cut off', (response) => { response.write('half'); setTimeout(() => response.destroy(), 100); }],
            ['a page', (response) => response.end('<!doctype html>')],
            ['empty', (response) => response.end()],
            ['missing', (response) => response.writeHead(404).end()],
        ]) {
            answers.set('state.bin.zst', answer);
            await (what === 'cut off' ? reader.button : reader.page.getByRole('button', { name: 'Try again' })).click();
            check(await reader.says('could not be started'), `${what}: nothing is said`);
            answers.clear();
        }
        await reader.run();
        check((await reader.lines).at(-1) === 'goldilocks-web', `at last: ${(await reader.lines).slice(-3)}`);
    },
};

/** Those cases whose names have $CASE in them. */
const chosen = (cases) => Object.entries(cases).filter(([name]) => name.includes(process.env.CASE ?? ''));

async function attempt(name, run, reader) {
    const begin = performance.now();
    try {
        await run(reader);
    } catch (error) {
        check(false, `${name}: ${error.stack.slice(0, 600)}`);
    }
    console.log(`${((performance.now() - begin) / 1000).toFixed(1)} s  ${name}`);
}

const permissions = ['clipboard-read', 'clipboard-write'];
for (const [name, run] of chosen(loading)) {
    const reader = await Reader.begin(name, { permissions });
    await attempt(name, run, reader);
    await reader.end();
}
const reader = await Reader.begin('terminals', { permissions });
await reader.run();
for (const [name, run] of chosen(running)) {
    await attempt(name, run, reader);
    // The next case begins with a new machine.
    await reader.page.getByRole('button', { name: 'Start again' }).click();
    await reader.says('ready');
}
await reader.end();
await end();
