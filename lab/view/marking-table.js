// The picture before a session, on which the reader marks what will be different: the table of
// processes and their namespaces, where everything that can be marked is a button. What each of
// them marks is in its data-mark; who shows the table listens for that, and for the arrow keys.

import { html } from 'htm/preact';
import { Badge, holds } from './badge.js';
import { markWords, which, who } from './mark-words.js';
import { MOST_NEW, offerOf } from './marks.js';
import { KINDS } from './rows.js';
import { mark as stateOf } from './table.js';
import { words } from './words.js';

/** @typedef {import('./grading.js').Verdict} Verdict */

/** What is shown of a mark, beside how it looks. */
const SIGNS = { set: '≠', hit: '✓', miss: '!', wrong: '✗' };

/**
 * @param {object} props
 * @param {import('../kernel/history.js').Picture} props.picture
 * @param {import('./marks.js').Expected} props.expected
 * @param {import('./grading.js').Grade} [props.grade] what was right, once that is known
 * @param {boolean} [props.isLocked] whether nothing can be marked any more
 */
export function MarkingTable({ picture, expected, grade, isLocked }) {
    const say = markWords();
    const { rows, held } = offerOf(picture);
    /** @type {(mark: string) => Pick<ItemProps, 'mark' | 'isSet' | 'verdict' | 'isLocked'>} */
    const about = (mark) => ({ mark, isSet: expected.marks.includes(mark), verdict: grade?.marks.get(mark)?.verdict, isLocked });
    const fresh = newRows(expected, grade, isLocked);
    return html`<div class="kernel marking-table">
        <table class="kernel-table">
            <caption class="kernel-out-of-sight">${say.table}. ${isLocked ? '' : say.arrows}</caption>
            <thead><tr><th scope="col">${words().process}</th>${KINDS.map((kind) => html`<th scope="col" key=${kind}>${kind}</th>`)}</tr></thead>
            <tbody>
                <tr class="marking-contents"><th scope="row"><span>${say.contents}</span></th>${held.map((namespaces, at) => html`<td data-kind=${KINDS[at]} key=${KINDS[at]}>
                    ${namespaces.map(({ mark, namespace }) => html`<${Item} key=${mark} ...${about(mark)} label=${say.markHeld(which(namespace))} isStop>
                        ${sign(namespace)} <small>${holds(namespace)}</small>
                    <//>`)}
                </td>`)}</tr>
                ${rows.map(({ mark, process, depth, terminal, cells }) => html`<tr key=${mark}>
                    <th scope="row"><${Item} ...${about(mark)} label=${say.markRow(`${who(process)}${terminal ? `, ${words().terminal(terminal)}` : ''}${stateOf(process.state)}`)} isStop>
                        ${depth > 0 && html`<span class="kernel-depth">${'\u00a0'.repeat((depth - 1) * 2)}└ </span>`}
                        <span>${who(process)}${terminal && html` <small>${words().terminal(terminal)}</small>`}${stateOf(process.state)}</span>
                    <//></th>
                    ${cells.map(({ mark, kind, namespace, forChildren }) => html`<td data-kind=${kind} key=${kind}>${namespace
                        ? html`<${Item} ...${about(mark)} label=${say.markCell(who(process), kind, nowIn(namespace, forChildren))}>
                            ${sign(namespace)}${forChildren && html`<small>${' '}↳${' '}</small>${sign(forChildren)}`}
                        <//>` : html`<span title=${words().none}>–</span>`}</td>`)}
                </tr>`)}
                ${fresh.map(({ name, verdict, isSet, kinds }, at) => html`<tr class="marking-new" key=${`new ${at}`}>
                    <th scope="row"><${Item} mark=${`new ${at}`} isSet=${isSet} verdict=${verdict} isLocked=${isLocked} label=${name} isStop><span>${name}</span><//></th>
                    ${KINDS.map((kind) => html`<td data-kind=${kind} key=${kind}><${Item} mark=${`new ${at} ${kind}`} isSet=${kinds.has(kind)} verdict=${kinds.get(kind)}
                        isLocked=${isLocked} label=${say.markFresh(name, kind)}><span class="marking-empty"></span><//></td>`)}
                </tr>`)}
            </tbody>
        </table>
        ${(!isLocked || expected.nothing) && html`<p><${Item} mark="nothing" isSet=${expected.nothing} verdict=${expected.nothing && grade ? (grade.isNothing ? 'hit' : 'wrong') : undefined}
            isLocked=${isLocked} label=${say.nothing} isStop><span>${say.nothing}</span><//></p>`}
    </div>`;
}

/**
 * The rows for new processes: those that are marked, and one more; once it is graded, those that came or were expected.
 *
 * @param {import('./marks.js').Expected} expected
 * @param {import('./grading.js').Grade} [grade]
 * @param {boolean} [isLocked]
 * @returns {{ name: string, isSet: boolean, verdict?: Verdict, kinds: Map<import('../kernel/namespaces.js').Kind, Verdict | undefined> }[]}
 */
function newRows({ fresh }, grade, isLocked) {
    const say = markWords();
    if (grade) {
        return grade.fresh.map(({ verdict, born, kinds }) => ({ name: born ? who(born.process) : say.fresh, isSet: verdict !== 'miss', verdict, kinds }));
    }
    const rows = fresh.map((kinds, at) => ({ name: at === 0 ? say.fresh : say.another, isSet: true, kinds: new Map(kinds.map((kind) => [kind, undefined])) }));
    return isLocked || rows.length === MOST_NEW ? rows : [...rows, { name: rows.length === 0 ? say.fresh : say.another, isSet: false, kinds: new Map() }];
}

/**
 * Where a process is, and its next child will be.
 *
 * @param {import('../kernel/history.js').Lettered} namespace
 * @param {import('../kernel/history.js').Lettered} [forChildren]
 */
const nowIn = (namespace, forChildren) => [namespace.letter ?? words().initial, ...forChildren ? [`↳ ${forChildren.letter ?? words().initial}`] : []].join(' ');

/**
 * @typedef {object} ItemProps
 * @property {string} mark
 * @property {boolean} isSet whether it is marked
 * @property {Verdict} [verdict]
 * @property {boolean} [isLocked]
 * @property {string} label
 * @property {boolean} [isStop] whether Tab comes to it
 * @property {unknown} [children]
 */

/** Something that can be marked. @param {ItemProps} props */
function Item({ mark, isSet, verdict, isLocked, label, isStop, children }) {
    const shown = verdict ?? (isSet ? 'set' : undefined);
    const said = verdict ? `${label}, ${markWords().verdicts[verdict]}` : label;
    return html`<button type="button" class="marking-item" data-mark=${mark} data-verdict=${shown} aria-pressed=${String(isSet)} aria-label=${said} title=${said}
        disabled=${Boolean(isLocked)} tabindex=${isStop ? 0 : -1}>
        <span class="marking-sign" aria-hidden="true">${shown && SIGNS[shown]}</span><span class="marking-what" aria-hidden="true">${children}</span>
    </button>`;
}

/** A namespace as it is called; what it holds is hidden. @param {import('../kernel/history.js').Lettered} namespace */
const sign = (namespace) => (namespace.letter ? html`<${Badge} namespace=${namespace} />` : html`<i class="kernel-dot"></i>`);
