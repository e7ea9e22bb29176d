// What the kernel asks before it refuses a call, asked of a picture. It has no DOM.

import { link } from './sentences.js';
import { inWords, NAMES } from './capabilities.js';
import { refusalWords as words } from './refusal-words.js';

/** @typedef {import('../kernel/history.js').Picture} Picture */
/** @typedef {import('../kernel/history.js').Lettered} Namespace */
/** @typedef {import('../kernel/processes.js').Process} Process */

/**
 * What decides whether a call is refused, and whether it was so.
 *
 * @typedef {object} Fact
 * @property {string} text
 * @property {string} [why] what the kernel holds
 * @property {'met' | 'not met' | 'unknown'} verdict
 */

/** In a sentence, more are only counted. */
const NAMED = 3;

/** @param {boolean | undefined} holds @returns {Fact['verdict']} */
export const verdict = (holds) => {
    if (holds === undefined) {
        return 'unknown';
    }
    return holds ? 'met' : 'not met';
};

/**
 * A fact that the page cannot know.
 *
 * @param {string} text
 * @param {string} [why]
 * @returns {Fact}
 */
export const unknown = (text, why = words().notRead) => ({ text, why, verdict: 'unknown' });

/** @param {string} set in hexadecimal @param {string} name */
const isIn = (set, name) => Boolean(BigInt(`0x${set}`) >> BigInt(NAMES.indexOf(name)) & 1n);

/** A process that was refused a call, among all that the kernel held then. */
export class State {
    #namespaces;

    /**
     * @param {Picture} picture
     * @param {Process} process
     */
    constructor(picture, process) {
        this.picture = picture;
        this.process = process;
        this.#namespaces = new Map(picture.namespaces.map((namespace) => [namespace.address, namespace]));
        this.user = this.of(process.namespaces.user);
    }

    /** @param {string | undefined} address */
    of(address) {
        return /** @type {Namespace} */ (this.#namespaces.get(address ?? ''));
    }

    /**
     * A namespace of the process.
     *
     * @param {import('../kernel/namespaces.js').Kind} kind
     */
    own(kind) {
        return this.of(this.process.namespaces[kind]);
    }

    /** The initial user namespace. */
    get initial() {
        let user = this.user;
        while (user.parent) {
            user = this.of(user.parent);
        }
        return user;
    }

    /**
     * The user namespace that owns another namespace.
     *
     * @param {Namespace} namespace
     */
    ownerOf(namespace) {
        return this.of(namespace.owner);
    }

    /**
     * Why the process has a capability in a user namespace, or has not: as cap_capable() in
     * security/commoncap.c does it.
     *
     * @param {string} capability
     * @param {Namespace} target
     * @returns {{ has: boolean, why: string }}
     */
    #capable(capability, target) {
        const { capabilities: { effective }, ids } = this.process;
        for (let user = target; ; user = this.of(user.parent)) {
            if (user === this.user) {
                return { has: isIn(effective, capability), why: words().effective(inWords(effective, NAMED)) };
            }
            if ((user.level ?? 0) <= (this.user.level ?? 0)) {
                return { has: false, why: words().isOutside(name(this.user)) };
            }
            if (user.parent === this.user.address && user.creator?.uid === ids.euid) {
                return { has: true, why: words().isCreator };
            }
        }
    }

    /**
     * @param {string} capability
     * @param {Namespace} target
     */
    has(capability, target) {
        return this.#capable(capability, target).has;
    }

    /**
     * A fact: a capability that the process needs in a user namespace.
     *
     * @param {string} capability
     * @param {Namespace} target
     * @param {string} where the same namespace in words
     * @param {(capability: string, where: string) => string} text
     * @returns {Fact}
     */
    needs(capability, target, where, text = words().needs) {
        const { has, why } = this.#capable(capability, target);
        return { text: text(capability, where), why, verdict: verdict(has) };
    }

    /** @param {string} capability */
    needsOwn(capability) {
        return this.needs(capability, this.user, words().own(name(this.user)));
    }

    /**
     * @param {string} capability
     * @param {Namespace} namespace
     */
    needsOwnerOf(capability, namespace) {
        const owner = this.ownerOf(namespace);
        return this.needs(capability, owner, words().ownerOf(name(namespace), name(owner)));
    }

    /** Whether a capability is in one of the sets of the process. @param {'permitted' | 'inheritable'} set @param {string} capability */
    hasIn(set, capability) {
        return isIn(this.process.capabilities[set], capability);
    }

    /**
     * The process of a PID in /proc, where it is sure of which PID namespace that is.
     *
     * @param {string} pid
     */
    processOf(pid) {
        if (pid === 'self') {
            return this.process;
        }
        // Another mount namespace may have a /proc of another PID namespace.
        const [init] = this.picture.processes;
        const isKnown = ['pid', 'mnt'].every((kind) => this.process.namespaces[/** @type {'pid' | 'mnt'} */ (kind)] === init.namespaces[/** @type {'pid' | 'mnt'} */ (kind)]);
        return isKnown ? this.picture.processes.find((it) => it.pid === Number(pid)) : undefined;
    }
}

/**
 * How a namespace is called: as /proc names it, and by its letter.
 *
 * @param {Namespace} namespace
 */
export const name = (namespace) => `${link(namespace)} ${namespace.letter ?? `(${words().initial})`}`;
