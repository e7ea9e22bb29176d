// The machine comes back when the tab's process has crashed: a part of stays.mjs.

import { once } from 'node:events';
import { openMachine, press, run, scrollBack, stored, timeout } from './kept.mjs';
import { browser, check } from './site.mjs';

/** A tab whatever becomes of its page: Playwright gives up one that has crashed. */
class Tab {
    #next = 0;

    /** @param {import('playwright-core').Page} page */
    static async of(page) {
        const own = await page.context().newCDPSession(page);
        const { targetInfo: { targetId } } = await own.send('Target.getTargetInfo');
        await own.detach();
        const tab = new Tab();
        tab.session = await browser.newBrowserCDPSession();
        ({ sessionId: tab.id } = await tab.session.send('Target.attachToTarget', { targetId, flatten: false }));
        return tab;
    }

    /** Sends a command of the browser's protocol to the tab, and returns its answer. */
    async send(method, params = {}) {
        const id = this.#next += 1;
        const answered = new Promise((resolve) => {
            const hear = ({ sessionId, message }) => {
                const answer = JSON.parse(message);
                if (sessionId === this.id && answer.id === id) {
                    this.session.off('Target.receivedMessageFromTarget', hear);
                    resolve(answer.result);
                }
            };
            this.session.on('Target.receivedMessageFromTarget', hear);
        });
        await this.session.send('Target.sendMessageToTarget', { sessionId: this.id, message: JSON.stringify({ id, method, params }) });
        return answered;
    }

    /** The value of an expression, in the page. */
    async evaluate(expression) {
        const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
        if (exceptionDetails) {
            throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
        }
        return result.value;
    }

    /** Waits until an expression is true, in whichever page the tab has. */
    async until(expression) {
        for (const begin = Date.now(); Date.now() - begin < timeout;) {
            if (await this.evaluate(expression)) {
                return true;
            }
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return false;
    }
}

/** A crash, after which the reader reloads the tab. */
export async function crash() {
    const name = 'crash';
    const page = await openMachine(name);
    await run(page, 'seq 200');
    await press(page, '$ step03-uts helo\n');
    await stored(page);
    const before = JSON.stringify(await scrollBack(page));
    const tab = await Tab.of(page);
    page.removeAllListeners('crash'); // which is none that a test should find
    const crashed = once(page, 'crash');
    tab.send('Page.crash');
    await crashed;
    const begin = Date.now();
    await tab.send('Page.reload');
    const restored = '/Restored/.test(document.querySelector(".lab-status")?.textContent)';
    check(await tab.until(restored), 'after a crash the machine did not come back');
    console.log(`after a crash: ${Date.now() - begin} ms`);
    const after = await tab.evaluate('book.lab.shells.map((shell) => shell.lines(0))');
    check(JSON.stringify(after) === before, `after a crash the terminals show ${JSON.stringify(after).slice(-500)}`);
    await tab.evaluate('book.lab.shells[0].terminal.input("\\r")');
    check(await tab.until('book.lab.shells[0].prompt === "$"'), 'after a crash step03-uts does not go on');
    const mine = await tab.evaluate('book.lab.shells[0].use(() => book.lab.shells[0].command("echo $mine"))');
    check(mine.join() === name, `after a crash the variable is ${mine}`);
    await page.context().close();
}
