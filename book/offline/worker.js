// The service worker of readers who keep the site for offline use: it serves the site from a cache of
// the browser's. worker.mjs puts BUILD and FILES before it.
//
// Workbox, whose workers most sites have, keeps all builds in one cache and takes files as they come;
// here an update must never mix the pages of one build with the machine of another:
//
// - Each build has a cache of its own. A file is kept only if its hash is that of the build, so what a
//   server sends in the middle of an update is not kept; and a build is used only when it is complete.
// - A page gets everything from the build that it was loaded from itself, for as long as it is shown, and
//   so do its workers. The next page that is loaded is of the newest build. A build goes when its last page has gone.

/* global BUILD, FILES */

const { clients, caches, registration: { scope } } = self;

/** What the names of this site's caches begin with: other sites may have the same origin. */
const PREFIX = `book ${scope} `;
const CACHE = PREFIX + BUILD;

/** In a cache that is complete: the hashes of its files. */
const LIST = `${scope}offline-list`;

/** In the cache of a build: when a page or worker began that belongs to it. */
const CLIENT = `${scope}offline-client/`;

/** How long the browser may take from a page's request until it counts the page as one of its own, in ms. */
const OPENING = 60_000;

/** How many files are fetched at the same time. */
const AT_ONCE = 6;

const address = (path) => new URL(path, scope).href;

/** Tells the pages how far it is. */
async function tell(message) {
    (await clients.matchAll({ type: 'window', includeUncontrolled: true })).forEach((client) => client.postMessage(message));
}

const ownCaches = async () => (await caches.keys()).filter((name) => name.startsWith(PREFIX));

/** The builds that have been kept before, with their files' hashes. */
async function olderBuilds() {
    const names = (await ownCaches()).filter((name) => name !== CACHE);
    const found = await Promise.all(names.map(async (name) => {
        const list = await caches.match(LIST, { cacheName: name });
        return list && { cacheName: name, hashes: await list.json() };
    }));
    return found.filter(Boolean);
}

/** Fetches a file of this build, and fails where the server has another. */
async function fetched(url, hash) {
    const response = await fetch(url, { integrity: `sha256-${hash}`, cache: 'no-cache' });
    if (!response.ok) {
        throw new Error(`${url}: ${response.status}`);
    }
    // A browser does not show a page that was redirected, if a worker gives it that.
    return response.redirected ? new Response(response.body, { headers: response.headers }) : response;
}

/** Keeps all files of this build. What an attempt before has kept is not fetched again. */
async function fill() {
    const cache = await caches.open(CACHE);
    const older = await olderBuilds();
    const files = Object.entries(FILES);
    let bytes = 0;
    const keep = async ([path, [hash, size]]) => {
        const url = address(path);
        if (!await cache.match(url)) {
            const same = older.find(({ hashes }) => hashes[path] === hash);
            await cache.put(url, (same && await caches.match(url, same)) ?? await fetched(url, hash));
        }
        bytes += size;
        tell({ bytes });
    };
    const next = files.values();
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
        for (const file of next) {
            await keep(file);
        }
    }));
    const hashes = Object.fromEntries(files.map(([path, [hash]]) => [path, hash]));
    await cache.put(LIST, new Response(JSON.stringify(hashes)));
}

/** Keeps all files, and tells how that went. */
async function keepAll() {
    try {
        await fill();
    } catch (error) {
        await tell({ failed: String(error) });
        throw error;
    }
    await tell({ isComplete: true });
}

addEventListener('install', (event) => event.waitUntil(keepAll().then(() => self.skipWaiting())));
addEventListener('activate', (event) => event.waitUntil(removeOld()));

addEventListener('message', (event) => {
    if (event.data === 'keep') {
        // The reader has removed it, and wants it after all.
        event.waitUntil(keepAll().catch(() => {}));
    }
});

/** The caches of pages and workers, by their ids. */
const known = new Map();

/** The cache of the build that a page or worker belongs to. */
async function cacheOf(id) {
    for (const cacheName of id && !known.has(id) ? await ownCaches() : []) {
        if (await caches.match(CLIENT + id, { cacheName })) {
            known.set(id, cacheName);
        }
    }
    return known.get(id) ?? CACHE;
}

/** From now on a page or worker belongs to a build. */
async function belong(id, cacheName) {
    known.set(id, cacheName);
    await (await caches.open(cacheName)).put(CLIENT + id, new Response(String(Date.now())));
}

/** Removes the builds from before this one that no page belongs to any more. A later one may be another worker's. */
async function removeOld() {
    const open = new Set((await clients.matchAll({ type: 'all', includeUncontrolled: true })).map(({ id }) => CLIENT + id));
    const names = await ownCaches(); // the oldest first
    const old = names.slice(0, Math.max(names.indexOf(CACHE), 0));
    for (const name of [...old, CACHE]) {
        const cache = await caches.open(name);
        const pages = (await cache.keys()).filter(({ url }) => url.startsWith(CLIENT));
        const inUse = await Promise.all(pages.map(async (page) => open.has(page.url)
            || Date.now() - Number(await (await cache.match(page)).text()) < OPENING));
        if (!inUse.includes(true) && name !== CACHE) {
            await caches.delete(name);
        } else {
            await Promise.all(pages.filter((_, at) => !inUse[at]).map((page) => cache.delete(page)));
        }
    }
}

/** The file at an address, in a build. */
async function kept(url, cacheName) {
    const address = url.replace(/[?#].*/, '');
    for (const name of [address, `${address}index.html`, `${address}.html`]) {
        const found = await caches.match(name, { cacheName, ignoreVary: true });
        if (found) {
            return found;
        }
    }
    return undefined;
}

async function respond({ request, clientId, resultingClientId }) {
    const isPage = request.mode === 'navigate';
    const cacheName = isPage ? CACHE : await cacheOf(clientId);
    const file = await kept(request.url, cacheName);
    if (file) {
        if (resultingClientId) {
            await belong(resultingClientId, cacheName);
        }
        return file;
    }
    try {
        return await fetch(request);
    } catch (error) {
        const missing = isPage && await kept(`${scope}404.html`, cacheName);
        if (!missing) {
            throw error;
        }
        return new Response(missing.body, { status: 404, headers: missing.headers });
    }
}

addEventListener('fetch', (event) => {
    const { method, mode, url } = event.request;
    if (method === 'GET' && url.startsWith(scope)) {
        event.respondWith(respond(event));
        if (mode === 'navigate') {
            event.waitUntil(removeOld());
        }
    }
});
