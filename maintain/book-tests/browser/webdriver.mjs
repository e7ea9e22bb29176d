// A client of WebDriver (https://www.w3.org/TR/webdriver2/), as far as the tests need it.

/** The names of keys that type nothing, as WebDriver encodes them. */
const KEYS = { Enter: '\uE007', F6: '\uE036', Shift: '\uE008', Tab: '\uE004' };

/** An object that stands for an element has this name. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** Sends a command; returns its result. */
async function send(url, method, parameters) {
    const body = parameters && JSON.stringify(parameters);
    const response = await fetch(url, { method, body });
    const { value } = await response.json();
    if (!response.ok) {
        throw new Error(`WebDriver: ${method} ${new URL(url).pathname}: ${value.error}: ${value.message}`);
    }
    return value;
}

/** A browser, and which of its tabs the commands are for. */
export class Session {
    #current;

    static async begin(server, capabilities = {}) {
        const session = new Session();
        const { sessionId, capabilities: { browserName, browserVersion } } =
            await send(`${server}/session`, 'POST', { capabilities: { alwaysMatch: capabilities } });
        session.url = `${server}/session/${sessionId}`;
        // Who waits for something says how long.
        await session.post('timeouts', { script: null });
        session.name = `${browserName} ${browserVersion}`;
        return session;
    }

    get(command) {
        return send(`${this.url}/${command}`, 'GET');
    }

    post(command, parameters = {}) {
        return send(`${this.url}/${command}`, 'POST', parameters);
    }

    delete(command) {
        return send(`${this.url}/${command}`, 'DELETE');
    }

    /** Sends the commands that follow to this tab. */
    async use(handle) {
        if (handle !== this.#current) {
            await this.post('window', { handle });
            this.#current = handle;
        }
        return this;
    }

    /** The window that the browser has opened itself. */
    async first() {
        return new Tab(this, await this.get('window'));
    }

    /** One in a window of its own: a tab behind another is hidden, and then slow. */
    async open() {
        const { handle } = await this.post('window/new', { type: 'window' });
        return new Tab(this, handle);
    }

    end() {
        return send(this.url, 'DELETE');
    }
}

/** A tab; firefox.mjs has one with the same methods. */
class Tab {
    #session;

    #handle;

    constructor(session, handle) {
        this.#session = session;
        this.#handle = handle;
    }

    async #post(command, parameters) {
        const session = await this.#session.use(this.#handle);
        return session.post(command, parameters);
    }

    go(url) {
        return this.#post('url', { url });
    }

    /** What a function returns in the page, as JSON. */
    evaluate(code, ...values) {
        return this.#post('execute/sync', { script: `return (${code}).apply(null, arguments)`, args: values });
    }

    /** Waits until a function returns something true; returns false if that does not come. */
    until(milliseconds, code, ...values) {
        // In the page: each command takes the time of its thread.
        const script = `const [milliseconds, ...values] = arguments;
            const late = performance.now() + milliseconds;
            return new Promise((ended, failed) => {
                const look = () => {
                    const holds = (${code})(...values);
                    if (holds || performance.now() > late) {
                        ended(Boolean(holds));
                    } else {
                        setTimeout(() => { try { look(); } catch (error) { failed(error); } }, 100);
                    }
                };
                look();
            });`;
        return this.#post('execute/sync', { script, args: [milliseconds, ...values] });
    }

    async click(selector) {
        const { [ELEMENT]: id } = await this.#post('element', { using: 'css selector', value: selector });
        return this.#post(`element/${id}/click`);
    }

    #keys(actions) {
        return this.#post('actions', { actions: [{ type: 'key', id: 'keyboard', actions }] });
    }

    type(text) {
        return this.#keys([...text].flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }]));
    }

    /** Presses keys together, such as Shift+Tab. */
    press(keys) {
        const values = keys.split('+').map((name) => KEYS[name]);
        return this.#keys([
            ...values.map((value) => ({ type: 'keyDown', value })),
            ...values.reverse().map((value) => ({ type: 'keyUp', value })),
        ]);
    }

    back() {
        return this.#post('back');
    }

    reload() {
        return this.#post('refresh');
    }

    /** A picture, as PNG. */
    async screenshot() {
        const session = await this.#session.use(this.#handle);
        return Buffer.from(await session.get('screenshot'), 'base64');
    }

    async close() {
        const session = await this.#session.use(this.#handle);
        await session.delete('window');
    }
}
