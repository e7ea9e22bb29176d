// Reading codes with the camera, where the browser can.

/** How often a picture is looked at, in ms. */
const LOOK = 200;

/**
 * Looks for codes until the signal ends it, or the video is no longer on the page.
 *
 * @param {HTMLVideoElement} video shows what the camera sees
 * @param {AbortSignal} signal
 * @param {(code: string) => void} found hears each code once, as long as it is in sight
 */
export async function scan(video, signal, found) {
    const detector = new /** @type {NonNullable<Window['BarcodeDetector']>} */ (window.BarcodeDetector)({ formats: ['qr_code'] });
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    try {
        video.srcObject = stream;
        await video.play();
        let seen = '';
        while (!signal.aborted && video.isConnected) {
            const [code] = await detector.detect(video);
            if (code && code.rawValue !== seen) {
                seen = code.rawValue;
                found(seen);
            }
            await new Promise((passed) => setTimeout(passed, LOOK));
        }
    } finally {
        stream.getTracks().forEach((track) => track.stop());
        video.srcObject = null;
    }
}
