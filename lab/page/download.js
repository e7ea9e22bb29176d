// Fetching large files.

/** How long to wait for the next piece of a file, in ms. */
const PATIENCE = 30_000;

/** Errors' messages where nothing comes any more, or nothing at all. The page has the words for them. */
export const STALLED = 'stalled';
export const UNREACHABLE = 'unreachable';

/**
 * Fetches files, and tells how many bytes of them all have come so far.
 *
 * @param {string[]} urls
 * @param {(bytes: number) => void} progress
 */
export async function download(urls, progress) {
    let bytes = 0;
    const controller = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let late;
    const wait = () => {
        clearTimeout(late);
        late = setTimeout(() => controller.abort(new Error(STALLED)), PATIENCE);
    };
    const one = async (/** @type {string} */ url) => {
        const response = await fetch(url, { signal: controller.signal });
        if (!response.ok || !response.body) {
            throw new Error(`${new URL(url).pathname.split('/').at(-1)}: ${response.status} ${response.statusText}`);
        }
        const counted = new TransformStream({
            transform(piece, onwards) {
                wait();
                bytes += piece.length;
                progress(bytes);
                onwards.enqueue(piece);
            },
        });
        return new Response(response.body.pipeThrough(counted)).arrayBuffer();
    };
    wait();
    try {
        return await Promise.all(urls.map(one));
    } catch (error) {
        // The other file need not go on.
        controller.abort();
        // What each browser says in other words.
        throw error instanceof TypeError ? new Error(UNREACHABLE) : error;
    } finally {
        clearTimeout(late);
    }
}
