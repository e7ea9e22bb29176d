// Whether the machine is still one that the page and its reader can use, and why not. What can be
// seen from outside is looked at each second; root's shell is asked only where that leaves a
// doubt: each answer is a change that would be stored. It has no DOM.

/** For how many looks something has to go on before it counts: no answer, no page's shell, no echo. */
const [SILENT, GONE, UNHEARD] = [10, 4, 3];

/** For how many looks a new shell may take to show its prompt. */
const RENEWED = 30;

/** How many looks there are from one key for it to the next. */
const AGAIN = 3;

/** Whether something that goes on is to be asked about, after so many looks: ever more seldom. */
const isDue = (/** @type {number} */ looks) => Number.isInteger(Math.log2(looks / UNHEARD)) && looks >= UNHEARD;

/** Prints a value from lines with a name and a value, without another process. */
const valueOf = (/** @type {string} */ name) => `while read -r it value; do case $it in ${name}) echo $value;; esac; done`;

/** Nobody has so many processes but by mistake. */
const CROWD = 200;

/** What the kernel prints on the first terminal, whatever runs there. */
const PANIC = /^\[ *\d+\.\d+\] .*Kernel panic - not syncing/;

/** A path that can be part of a command at a terminal. */
const PLAIN = /^[\x20-\x7e]+$/;

/**
 * What is wrong. `isLost` tells that nobody can be asked.
 *
 * @typedef {object} Trouble
 * @property {'panicked' | 'restarted' | 'halted' | 'broken' | 'gone' | 'stopped' | 'silent' | 'frozen' | 'full' | 'crowded'} kind
 * @property {boolean} isLost
 * @property {number} [terminal] its number
 * @property {string} [path] the cgroup's
 * @property {number} [count] of processes, or a limit of theirs
 */

/** @typedef {NonNullable<import('./vitals.js').Signs['known']>} Known */

/**
 * What is looked at: a page's Computer, or a machine in Node.
 *
 * @typedef {object} Patient
 * @property {() => Promise<import('./vitals.js').Signs>} vitals
 * @property {Pick<import('./control.js').Control, 'pending' | 'run' | 'repeat'>} control
 * @property {Pick<import('./shell.js').Shell, 'isAnswered' | 'lines' | 'row' | 'prompt' | 'terminal' | 'type'>[]} shells
 */

/** @param {Trouble['kind']} kind @param {Partial<Trouble>} [details] @returns {Trouble} */
const lost = (kind, details) => ({ kind, isLost: true, ...details });

/** Whether a prompt stands behind another one. @param {Patient['shells'][number]} shell */
function hasTwoPrompts({ row, terminal: { buffer: { active } } }) {
    return /^[$#] \$ $/.test(active.getLine(row)?.translateToString(false, 0, active.cursorX) ?? '');
}

export class Health {
    /** The command without an answer, and for how many looks there has been none. */
    #pending = { number: /** @type {number | undefined} */ (undefined), looks: 0 };

    /** For how many looks the page's shell has not been there, and has been in doubt. */
    #gone = 0;
    #doubted = 0;

    /** For how many looks each terminal has not answered to what was typed. */
    #unheard = [0, 0];

    /** For how many looks each terminal's shell has shown no prompt, in a cgroup. */
    #promptless = [0, 0];

    /** The path of the frozen cgroup in which a terminal's shell is. @type {(string | undefined)[]} */
    #frozen = [];

    /** Who was there. @type {{ control?: number, sessions: (number | undefined)[] }} */
    #before = { sessions: [] };

    /** How many processes the kernel had killed for want of memory. */
    #killed = 0;

    /** Whether something is asked because of a doubt. */
    #isAsking = false;

    /** For how many looks yet each terminal is to get a prompt of its new shell. */
    #renewed = [0, 0];

    /** What happens when init has started shells again that the page needs, perhaps after memory was full. */
    onrenewed = (/** @type {boolean} */ _wasFull) => {};

    /** @param {Patient} patient */
    constructor(patient) {
        this.patient = patient;
    }

    /** Asks what only a later answer can be compared with: the kernel counts since it was booted. */
    async begin() {
        this.#killed = parseInt(await this.patient.control.run(`${valueOf('oom_kill')} </proc/vmstat`), 10) || 0;
    }

    /** Looks; returns what is wrong now. @returns {Promise<Trouble | undefined>} */
    async look() {
        const { isOver, restarted, known } = await this.patient.vitals();
        if (isOver) {
            return lost(this.#hasPanicked ? 'panicked' : restarted ? 'restarted' : 'halted');
        }
        this.#count();
        this.#prompt();
        if (known) {
            this.#meet(known);
        }
        return this.#lost(known) ?? (known && this.#hindered(known));
    }

    get #hasPanicked() {
        const [shell] = this.patient.shells;
        return shell.lines(shell.row - 200).some((line) => PANIC.test(line));
    }

    #count() {
        const { pending } = this.patient.control;
        const looks = pending !== undefined && pending === this.#pending.number ? this.#pending.looks + 1 : 0;
        this.#pending = { number: pending, looks };
        this.#unheard = this.patient.shells.map(({ isAnswered }, at) => (isAnswered ? 0 : (this.#unheard[at] ?? 0) + 1));
    }

    /** Notices who has been started again. @param {Known} known */
    #meet({ control, sessions }) {
        const { control: own, sessions: before } = this.#before;
        const terminals = sessions.flatMap((pid, at) => (pid && before[at] && pid !== before[at] ? [at] : []));
        const isNew = Boolean(control && own && control.pid !== own);
        this.#before = { control: control?.pid ?? own, sessions: sessions.map((pid, at) => pid ?? before[at]) };
        if (isNew || terminals.length > 0) {
            this.#tellRenewed(terminals);
        }
    }

    /** @param {number[]} terminals */
    async #tellRenewed(terminals) {
        const { control, shells } = this.patient;
        for (const at of terminals) {
            this.#renewed[at] = RENEWED;
            const { rows, cols } = shells[at].terminal; // of which the new shell knows nothing
            control.run(`stty -F /dev/ttyS${at} rows ${rows} cols ${cols}`);
        }
        const before = this.#killed;
        await this.begin();
        this.onrenewed(this.#killed > before);
    }

    /** The prompt of a new shell stands behind what the one before has left there: it gets a line of its own. */
    #prompt() {
        for (const [at, shell] of this.patient.shells.entries()) {
            if (this.#renewed[at] > 0) {
                this.#renewed[at] -= 1;
                if (!shell.prompt && this.#renewed[at] % AGAIN === 0 && hasTwoPrompts(shell)) {
                    shell.type('\r'); // a shell that is just being started may drop it
                }
            }
        }
    }

    /** Why nobody can be asked. @param {Known | undefined} known */
    #lost(known) {
        this.#gone = known && !known.control ? this.#gone + 1 : 0;
        if (this.#gone >= GONE) {
            return lost('gone');
        }
        const control = known?.control;
        if (control?.state === 'T') {
            return lost('stopped');
        }
        if (this.#pending.looks >= SILENT) {
            return lost('silent', { path: control && control.cgroup !== '/' ? control.cgroup : undefined });
        }
        if (control?.isIdle && this.#pending.looks > 0 && this.#pending.looks % UNHEARD === 0) {
            this.patient.control.repeat();
        }
        this.#doubted = !known || (control && control.cgroup !== '/') ? this.#doubted + 1 : 0;
        if (isDue(this.#doubted)) {
            this.#ask();
        }
        return undefined;
    }

    /** Why a reader cannot go on at a terminal. @param {Known} known @returns {Trouble | undefined} */
    #hindered({ count, shells }) {
        for (const [at, shell] of shells.entries()) {
            if (this.#unheard[at] === UNHEARD) {
                this.#ask(); // perhaps nothing in the machine answers
            }
            const isIn = shell && shell.cgroup !== '/' && !this.patient.shells[at].prompt;
            const looks = this.#promptless[at] = isIn ? this.#promptless[at] + 1 : 0;
            if (!isIn) {
                this.#frozen[at] = undefined;
            } else if (isDue(looks) && PLAIN.test(shell.cgroup)) {
                const file = `'/sys/fs/cgroup${shell.cgroup.replaceAll('\'', '\'\\\'\'')}/cgroup.events'`;
                this.#ask(`${valueOf('frozen')} <${file}`, (answer) => {
                    this.#frozen[at] = answer.trim() === '1' ? shell.cgroup : undefined;
                });
            }
            if (this.#frozen[at] !== undefined) {
                return { kind: 'frozen', isLost: false, terminal: at + 1, path: this.#frozen[at] };
            }
            if (shell?.full) {
                return { kind: 'full', isLost: false, terminal: at + 1, path: shell.full.path, count: shell.full.limit };
            }
        }
        return count > CROWD ? { kind: 'crowded', isLost: false, count } : undefined;
    }

    /**
     * Asks, if nothing is asked already; without a command, whether there is an answer at all.
     *
     * @param {string} [command]
     * @param {(answer: string) => void} [hear]
     */
    async #ask(command = ':', hear = () => {}) {
        if (!this.#isAsking) {
            this.#isAsking = true;
            hear(await this.patient.control.run(command));
            this.#isAsking = false;
        }
    }
}
