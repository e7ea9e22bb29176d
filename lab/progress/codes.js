// A participant's progress as a short text that can be read aloud, typed and photographed: which
// challenges are solved. It has no DOM.
//
//     version, 1 byte | participant, 2 bytes | bytes of challenges, 1 byte | challenges | name, UTF-8 | CRC-16
//
// as Crockford's base32 in groups of four: without a name four groups. The participant is a number that
// the browser draws once, so that a later code is known to be the same one's, whatever the name.

/**
 * The challenges, one bit each. A code names them by their places here: append new ones, and never
 * move or remove one.
 */
export const ORDER = [
    'the-twin', 'child-elsewhere', 'two-hostnames', 'three-hostnames', 'come-in', 'outlive-it', 'lost-name', 'all-but-one',
    'for-its-children', 'sixteen-mebibytes', 'no-more-processes', 'root-and-not', 'lent-users', 'ignores-ctrl-c', 'the-orphan', 'zombies',
    'private-tmp', 'it-comes-through', 'two-layers', 'another-root', 'two-ends', 'lo-is-down', 'booted-a-year-ago', 'its-own-root',
    'root-without-power', 'half-a-processor', 'thaw-one', 'a-container', 'the-next-child', 'who-ends', 'who-sees-it',
];

/** No I, L, O and U: the first three are read as 1, 1 and 0. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const VERSION = 1;

/** What there is beside the challenges and the name, in bytes. */
const HEAD = 4;
const SUM = 2;

/** How many characters a name has at most. */
export const NAME = 20;

/** How many participants can be told apart. */
export const PARTICIPANTS = 0x10000;

/**
 * What a code says; `unknown` is how many challenges are solved that this edition does not have.
 *
 * @typedef {{ id: number, name: string, solved: string[], unknown: number }} Code
 */

/**
 * Why a text is no code: it has a `letter` that no code has, it is `short`, it is `mistyped`, or it
 * is of another `version` of the book.
 *
 * @typedef {{ error: 'letter' | 'short' | 'mistyped' | 'version', letter?: string }} Refusal
 */

/** A name as a code has it: without what cannot be seen, and not too long. @param {string} name */
export const shortName = (name) => [...name.normalize('NFC').replace(/[\p{C}\p{Z}]+/gu, ' ').trim()].slice(0, NAME).join('').trim();

/** CRC-16 (CCITT): it notices each change within 16 bits, so that of any one letter or of two neighbors. @param {Uint8Array} bytes */
function checksum(bytes) {
    let sum = 0xffff;
    for (const byte of bytes) {
        sum ^= byte << 8;
        for (let bit = 0; bit < 8; bit += 1) {
            sum = ((sum << 1) ^ (sum & 0x8000 ? 0x1021 : 0)) & 0xffff;
        }
    }
    return sum;
}

/** @param {Uint8Array} bytes */
function toLetters(bytes) {
    const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    return (bits.match(/.{1,5}/g) ?? []).map((five) => ALPHABET[parseInt(five.padEnd(5, '0'), 2)]).join('');
}

/** Nothing if no bytes are written like that. @param {string} letters */
function toBytes(letters) {
    const bits = [...letters].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
    const whole = bits.length - bits.length % 8;
    const isWritten = bits.length - whole < 5 && !bits.slice(whole).includes('1');
    return isWritten ? Uint8Array.from(bits.slice(0, whole).match(/.{8}/g) ?? [], (eight) => parseInt(eight, 2)) : undefined;
}

/**
 * @param {object} progress
 * @param {number} progress.id
 * @param {string} [progress.name]
 * @param {Iterable<string>} progress.solved
 */
export function encode({ id, name = '', solved }) {
    const challenges = new Uint8Array(Math.ceil(ORDER.length / 8));
    for (const challenge of solved) {
        const at = ORDER.indexOf(challenge);
        if (at >= 0) {
            challenges[at >> 3] |= 0x80 >> (at & 7);
        }
    }
    const content = Uint8Array.of(VERSION, id >> 8, id, challenges.length, ...challenges, ...new TextEncoder().encode(shortName(name)));
    const sum = checksum(content);
    return (toLetters(Uint8Array.of(...content, sum >> 8, sum)).match(/.{1,4}/g) ?? []).join('-');
}

/**
 * @param {string} text
 * @returns {Code | Refusal}
 */
export function decode(text) {
    const letters = text.toUpperCase().replace(/[\s-]/g, '').replace(/[IL]/g, '1').replace(/O/g, '0');
    const letter = [...letters].find((it) => !ALPHABET.includes(it));
    if (letter) {
        return { error: 'letter', letter };
    }
    if (letters.length * 5 < (HEAD + SUM) * 8) {
        return { error: 'short' };
    }
    const bytes = toBytes(letters);
    const content = bytes?.subarray(0, -SUM);
    if (!bytes || !content || checksum(content) !== (bytes[bytes.length - 2] << 8 | bytes[bytes.length - 1])) {
        return { error: 'mistyped' };
    }
    if (content[0] !== VERSION) {
        return { error: 'version' };
    }
    const id = content[1] << 8 | content[2];
    const end = HEAD + content[3];
    const places = [...content.subarray(HEAD, end)].flatMap((byte, at) => [...Array(8).keys()].filter((bit) => byte & 0x80 >> bit).map((bit) => at * 8 + bit));
    const name = shortName(new TextDecoder().decode(content.subarray(end)));
    const solved = places.filter((place) => place < ORDER.length);
    return { id, name, solved: solved.map((place) => ORDER[place]), unknown: places.length - solved.length };
}

/** The number of a participant as people are told it. @param {number} id */
export const numberOf = (id) => toLetters(Uint8Array.of(id >> 8, id));
