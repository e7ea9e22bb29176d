// On the site's first page: the reader keeps the site for offline use, or removes it, and is told
// where that is not possible. worker.js does the work.
(() => {
    const root = document.querySelector('.offline');
    const [keepButton, removeButton] = root.querySelectorAll('button');
    const status = root.querySelector('[role=status]');
    const words = JSON.parse(root.dataset.words);
    const all = Number(root.dataset.bytes);

    /** As in worker.js. */
    const scope = new URL('.', location.href).href;
    const PREFIX = `book ${scope} `;
    const LIST = `${scope}offline-list`;

    /** Says it once: screen readers read what is put there. */
    function say(text) {
        if (status.textContent !== text) {
            status.textContent = text;
        }
    }
    const megabytes = (bytes) => Math.round(bytes / 1e6);
    const ownCaches = async () => (await caches.keys()).filter((name) => name.startsWith(PREFIX));

    /** Whether a build is there as a whole. */
    async function isKept() {
        const found = await Promise.all((await ownCaches()).map(async (name) => (await caches.open(name)).match(LIST)));
        return found.some(Boolean) && Boolean(await navigator.serviceWorker.getRegistration(scope));
    }

    /** Shows what can be done now. */
    async function show(text) {
        const kept = await isKept();
        const partly = (await ownCaches()).length > 0;
        keepButton.hidden = kept;
        removeButton.hidden = !partly;
        keepButton.ariaBusy = null;
        say(text ?? (kept ? words.kept : ''));
    }

    /** Shows how far the worker is. */
    function follow() {
        keepButton.ariaBusy = 'true';
        navigator.serviceWorker.onmessage = ({ data: { bytes, failed, isComplete } }) => {
            if (isComplete) {
                show();
            } else if (failed) {
                console.warn(failed);
                show(words.failed);
            } else if (keepButton.ariaBusy) {
                say(words.keeping.replace('SOME', megabytes(bytes)).replace('ALL', megabytes(all)));
            }
        };
    }

    async function keep() {
        if (keepButton.ariaBusy) {
            return;
        }
        follow();
        say(words.keeping.replace('SOME', 0).replace('ALL', megabytes(all)));
        try {
            // Otherwise a browser that is short of room removes it. It may ask the reader, so it is not waited for.
            navigator.storage?.persist?.().catch(() => {});
            const { installing, active } = await navigator.serviceWorker.register('offline-worker.js');
            if (installing) {
                // Once it is kept, another build may take its place.
                installing.onstatechange = () => installing.state === 'redundant' && keepButton.ariaBusy && show(words.failed);
            } else {
                active?.postMessage('keep'); // it was removed in this page
            }
        } catch (error) {
            console.warn(error);
            show(words.failed);
        }
    }

    async function remove() {
        const registration = await navigator.serviceWorker.getRegistration(scope);
        await registration?.unregister();
        await Promise.all((await ownCaches()).map((name) => caches.delete(name)));
        await show(words.removed);
        keepButton.focus();
    }

    async function begin() {
        // Private windows may refuse both.
        const registration = await navigator.serviceWorker.getRegistration(scope);
        await show();
        keepButton.addEventListener('click', keep);
        removeButton.addEventListener('click', () => remove().catch(() => say(words.failed)));
        if (registration?.installing && !registration.active) {
            follow();
        }
    }

    if (location.protocol === 'file:') {
        say(words.file);
    } else if (!window.isSecureContext) {
        say(words.http);
    } else if (!navigator.serviceWorker || !window.caches) {
        say(words.none);
    } else {
        begin().catch(() => {
            keepButton.hidden = removeButton.hidden = true;
            say(words.none);
        });
    }
})();
