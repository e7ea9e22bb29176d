// The site as lab/serve serves it, for offline.mjs and embed.mjs. Another folder can take its place, and
// it can be switched off.

import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverOf } from '../../../lab/server.mjs';
import { browser, check } from './site.mjs';

export const site = resolve(process.argv[2]);

/** How long something may take on a slow machine. */
export const timeout = 60_000;

/** A name that leads to this machine: by it the pages are on plain http, where browsers offer less. */
export const ROOM = 'room.test';

const folder = await mkdtemp(join(tmpdir(), 'served-'));
process.once('exit', () => execFileSync('rm', ['-rf', folder]));

export class Served {
    /** The paths that browsers have asked for. */
    asked = [];

    static async start() {
        const served = new Served();
        served.link = join(folder, 'site');
        await served.show(site);
        served.server = serverOf(served.link);
        served.server.on('request', ({ url }) => served.asked.push(url));
        await new Promise((listening) => served.server.listen(0, '127.0.0.1', listening));
        served.origin = `http://localhost:${served.server.address().port}`;
        return served;
    }

    /** From now on this folder is served. */
    async show(shown) {
        await rm(`${this.link}-next`, { force: true });
        await symlink(shown, `${this.link}-next`);
        await rename(`${this.link}-next`, this.link);
    }

    /** The same site by a name that no browser trusts. */
    get plain() {
        return this.origin.replace('localhost', ROOM);
    }

    /** The network is gone. */
    end() {
        this.server.close();
        this.server.closeAllConnections();
    }
}

/** A copy of the site, in which something can be changed. */
export async function copyOfSite(name) {
    const copy = join(folder, name);
    await cp(site, copy, { recursive: true });
    return copy;
}

/** Lists the files of a site anew, as the build does. */
export const listFiles = (copy) => execFileSync(process.execPath, [fileURLToPath(new URL('../../../book/offline/worker.mjs', import.meta.url)), copy]);

/** The files that are kept for offline use. */
export async function filesOf(copy) {
    const worker = await readFile(join(copy, 'offline-worker.js'), 'utf8');
    return Object.keys(JSON.parse(worker.match(/^const FILES = (.*);$/m)[1]));
}

/** Opens a window of a reader, in a new context or with another one's, from another browser if one is given. A check fails on errors. */
export async function newReader(name, { context, from = browser, ...options } = {}) {
    const own = context ?? await from.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en', ...options });
    const page = await own.newPage();
    page.on('console', (message) => check(message.type() !== 'error', `${name}: console: ${message.text()}`));
    page.on('pageerror', (error) => check(false, `${name}: ${error}`));
    return page;
}

/** Waits until something holds in the page, and checks that it came to hold. */
export async function holds(page, what, condition, argument) {
    const held = await page.waitForFunction(condition, argument, { timeout }).then(() => true, (error) => error);
    check(held === true, `${what}: ${held.message?.split('\n')[0]}`);
}
