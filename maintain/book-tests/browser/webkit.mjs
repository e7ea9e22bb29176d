// WebKitGTK, driven by its WebDriver on a screen that nobody sees.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { program, start } from './programs.mjs';
import { Session } from './webdriver.mjs';

/** A port of this machine that nobody uses. */
async function freePort() {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    return port;
}

/** Starts an X server, whose screen is in memory; returns its process and the name of its display. */
async function startScreen(width, height) {
    const screen = start(program(['Xvfb'], 'xvfb'), [
        '-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp',
    ], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
    const [number] = await once(screen.stdio[3], 'data');
    return { screen, display: `:${String(number).trim()}` };
}

/** Starts the WebDriver; returns its process and its address, where it answers. */
async function startDriver(display) {
    const port = await freePort();
    const driver = start(program(['WebKitWebDriver'], 'webkit2gtk-driver'), [`--port=${port}`], {
        stdio: 'inherit',
        env: { ...process.env, DISPLAY: display },
    });
    const server = `http://127.0.0.1:${port}`;
    while (driver.exitCode === null && !await fetch(`${server}/status`).catch(() => null)) {
        await pause(50);
    }
    return { driver, server };
}

/** Starts the browser that comes with WebKitGTK. */
export async function webkit(width, height) {
    const { screen, display } = await startScreen(width, height);
    const { driver, server } = await startDriver(display);
    const session = await Session.begin(server);
    await session.post('window/rect', { x: 0, y: 0, width, height });
    return {
        name: `WebKitGTK ${session.name}`,
        first: () => session.first(),
        open: () => session.open(),
        close: async () => {
            await session.end();
            driver.kill();
            screen.kill();
        },
    };
}
