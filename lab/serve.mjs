// Serves the built site to a room, and prints its addresses: see lab/serve.

import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { serverOf } from './server.mjs';

/** Says what is wrong, and ends. */
function fail(message) {
    console.error(`serve: ${message}`);
    process.exit(2);
}

function parsed() {
    try {
        return parseArgs({
            allowPositionals: true,
            options: { port: { type: 'string', default: '8000' }, host: { type: 'string' } },
        });
    } catch (error) {
        return fail(error.message);
    }
}

const { values: { port, host }, positionals } = parsed();
const folder = positionals[0] ?? fileURLToPath(new URL('../target/book', import.meta.url));
if (positionals.length > 1 || !/^\d+$/.test(port) || Number(port) > 65535) {
    fail('usage: lab/serve [FOLDER] [--port 8000] [--host ADDRESS]');
}
if (!existsSync(`${folder}/index.html`)) {
    fail(`${folder} has no index.html; lab/build && maintain/ci/book makes the site`);
}

/** The addresses by which this computer can be reached. Those that begin with fe80 need more than a browser takes. */
const addresses = () => Object.values(networkInterfaces()).flat()
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80'))
    .map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address));

const server = serverOf(folder);
server.on('error', ({ code, message }) => fail(code === 'EADDRINUSE' ? `port ${port} is in use: choose another, as in --port ${Number(port) + 1}` : message));
// Without an address of IPv6, Node.js takes those of IPv4.
server.listen(Number(port), host, () => {
    const used = server.address().port;
    console.log(`Serving ${folder}; Ctrl-C ends it.\n\n    here         http://localhost:${used}/`);
    const isOpen = !host || host === '::' || host === '0.0.0.0';
    for (const address of isOpen ? addresses() : [host.includes(':') ? `[${host}]` : host]) {
        console.log(`    in the room  http://${address}:${used}/`);
    }
    console.log('\nThese addresses have no https, so in the room browsers cannot keep the site for offline use.');
});
