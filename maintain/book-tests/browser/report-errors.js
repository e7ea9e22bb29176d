// Tells the server of the tests what goes wrong in a page (see books.mjs).

(() => {
    const report = (what) => navigator.sendBeacon('/errors', `${location.pathname}: ${what}`);
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile, lineNumber }) => {
        report(`the content security policy (${violatedDirective}) forbids ${blockedURI}, ${sourceFile}:${lineNumber}`);
    });
    // Captured, to hear also of a file that an element could not load.
    addEventListener('error', ({ message, filename, lineno, target }) => {
        report(message ? `${message}, ${filename}:${lineno}` : `cannot load ${target.src ?? target.href}`);
    }, { capture: true });
    addEventListener('unhandledrejection', ({ reason }) => report(`rejected: ${String(reason)}`));
    const { error } = console;
    console.error = (...what) => {
        report(`console: ${what.map(String).join(' ')}`);
        error.apply(console, what);
    };
})();
