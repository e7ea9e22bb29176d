// Whether the picture of the kernel in a page is right, for kernel.mjs and engines.mjs.

/**
 * Runs in the page: compares the namespaces that the picture and its table tell of each process
 * with what /proc says inside. Returns the differences, and how much was compared.
 */
export async function compareWithProc() {
    const { computer, view } = book.lab;
    const last = () => view.save().entries.at(-1);
    // What is drawn is drawn with the next frame; what has changed meanwhile is compared again.
    let [entry, said, told] = [];
    do {
        entry = last();
        const { processes, namespaces } = JSON.parse(entry.picture);
        const known = new Map(namespaces.map((namespace) => [namespace.address, namespace]));
        told = processes.flatMap(({ pid, namespaces: own }) => Object.values(own).map((address) => ({ pid, ...known.get(address) })));
        said = await computer.control.run(`stat -Lc '%n %i' ${told.map(({ pid, kind }) => `/proc/${pid}/ns/${kind}`).join(' ')} 2>&1`);
        await new Promise(requestAnimationFrame);
    } while (last() !== entry);
    const differences = told.filter(({ pid, kind, inode }) => !said.includes(`/proc/${pid}/ns/${kind} ${inode}`))
        .map(({ pid, kind, inode }) => `the picture has ${kind}:[${inode}] for ${pid}, and /proc ${said}`);
    const rows = [...document.querySelectorAll('.lab-kernel tbody tr:has(th[scope=row])')];
    for (const row of rows) {
        const pid = Number(row.querySelector('[title]').title.match(/\d+$/)[0]);
        for (const badge of row.querySelectorAll('td[data-kind] [aria-label]:first-child')) {
            const { kind } = badge.closest('td').dataset;
            const { letter } = told.find((it) => it.pid === pid && it.kind === kind) ?? {};
            const label = badge.ariaLabel;
            if (letter ? !label.includes(`namespace ${letter}`) : !/initial|부팅/.test(label)) {
                differences.push(`the table shows ${label} for ${kind} of ${pid}, which is ${letter ?? 'initial'}`);
            }
        }
    }
    return { compared: told.length, rows: rows.length, differences };
}
