// The programs that the tests start.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * The path of the first of these programs that PATH has. Without any of them the tests fail: no
 * browser is left out.
 */
export function program(names, debianPackage) {
    const paths = names.flatMap((name) => process.env.PATH.split(delimiter).map((folder) => join(folder, name)));
    const found = paths.find((path) => existsSync(path));
    if (!found) {
        console.error(`there is no ${names.join(' or ')}: install ${debianPackage} (Debian's name)`);
        process.exit(1);
    }
    return found;
}

/** Starts a program that ends with this one, however that ends. */
export function start(path, parameters, options) {
    const child = spawn(path, parameters, options);
    process.once('exit', () => child.kill());
    return child;
}
