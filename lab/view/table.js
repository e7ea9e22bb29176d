// The table of processes and their namespaces.

import { Component } from 'preact';
import { html } from 'htm/preact';
import { language } from '../page/language.js';
import { moveFocus } from './arrows.js';
import { Badge, holds } from './badge.js';
import { words } from './words.js';

/** @typedef {import('./rows.js').Cell} Cell */
/** @typedef {import('./rows.js').Row} Row */

/**
 * What the reader has chosen: a process, and perhaps what it has of a kind.
 *
 * @typedef {{ pid: number, kind?: import('../kernel/namespaces.js').Kind }} Choice
 */

/** Rows as "PID" and cells as "PID KIND", and what is said of them. @typedef {{ places: Set<string>, word: string }} Differs */

/**
 * @param {object} props
 * @param {import('./rows.js').Table} props.table
 * @param {Choice} [props.choice]
 * @param {(choice: Choice) => void} [props.choose] not given, nothing can be chosen
 * @param {boolean} [props.all] whether each process has a row
 * @param {() => void} [props.toggleAll]
 * @param {import('./point.js').Point} [props.point] the namespace that the text points at
 * @param {Differs} [props.differs] what another table has otherwise
 */
export function Table({ table, choice, choose, all, toggleAll, point, differs }) {
    const { columns, inCgroups, rows, more } = table;
    const others = 8 - columns.length;
    const width = 1 + columns.length + (inCgroups ? 1 : 0) + (others > 0 ? 1 : 0);
    return html`<table class=${`kernel-table${width > 5 ? ' is-wide' : ''}`} style=${{ '--kernel-columns': width - 1 }} onKeyDown=${moveFocus}>
        <thead><tr>
            <th scope="col">${words().process}</th>
            ${columns.map(({ kind, initial }) => html`<th scope="col" key=${kind}>${kind}${initial && ofBoot(initial)}</th>`)}
            ${inCgroups && html`<th scope="col">${words().inCgroup}</th>`}
            ${others > 0 && html`<th scope="col" class="kernel-others">${columns.length > 0 ? words().others(others) : words().allKinds}</th>`}
        </tr></thead>
        <tbody>
            ${(more > 0 || all) && html`<tr class="kernel-more-rows"><td colspan=${width}>
                ${more > 0 && words().more(more)}
                ${toggleAll && html` <button type="button" aria-expanded=${String(all)} onClick=${toggleAll}>${all ? words().hide : words().show}</button>`}
            </td></tr>`}
            ${rows.map((row) => html`<${ProcessRow} key=${row.process.address + row.process.pid} row=${row} choice=${choice} choose=${choose}
                inCgroups=${inCgroups} hasOthers=${others > 0} point=${point} differs=${differs} />`)}
        </tbody>
    </table>`;
}

/** What a namespace of boot holds, where its dots do not tell. @param {import('../kernel/history.js').Lettered} initial */
function ofBoot(initial) {
    const text = initial.kind === 'uts' && holds(initial);
    return text && html`<small title=${text}><i class="kernel-dot" role="img" aria-label=${words().initial}></i> ${text}</small>`;
}

/** @typedef {{ row: Row, choice?: Choice, choose?: (choice: Choice) => void, inCgroups: boolean, hasOthers: boolean, point?: import('./point.js').Point, differs?: Differs }} RowProps */

/**
 * All that a row shows. Of many rows few change at a time.
 *
 * @param {RowProps} props
 */
function looks({ row: { process, depth, terminal, isNew, cells, others, cgroup }, choice, inCgroups, hasOthers, point, differs }) {
    const { comm, pid, state } = process;
    const own = cells.map((cell) => [cell.kind, cell.namespace?.letter, cell.namespace && holds(cell.namespace, process),
        cell.forChildren?.letter ?? Boolean(cell.forChildren), cell.isNew]);
    return [language(), comm, pid, state, depth, terminal, isNew, cgroup, inCgroups, hasOthers, others.some(({ namespace }) => namespace),
        choice?.pid === pid && (choice.kind ?? true), point?.kind, point?.letter, own,
        ...[...differs?.places ?? []].filter((place) => place.split(' ')[0] === String(pid))].join();
}

/** @extends {Component<RowProps>} */
class ProcessRow extends Component {
    #looks = looks(this.props);

    /** @param {RowProps} next */
    shouldComponentUpdate(next) {
        const before = this.#looks;
        this.#looks = looks(next);
        return this.#looks !== before;
    }

    /** @param {RowProps} props */
    render({ row: { process, depth, terminal, isNew, cells, others, cgroup }, choice, choose, inCgroups, hasOthers, point, differs }) {
        const { pid, comm, state } = process;
        const other = (/** @type {string[]} */ ...kind) => differs?.places.has([pid, ...kind].join(' '))
            && html`<span class="kernel-other" title=${differs.word}><span aria-hidden="true">≠</span><span class="kernel-out-of-sight">, ${differs.word}</span></span>`;
        const isChosen = choice?.pid === pid;
        const name = html`
            ${depth > 0 && html`<span class="kernel-depth" aria-hidden="true">${'\u00a0'.repeat((depth - 1) * 2)}└ </span>`}
            <span class="kernel-comm">${comm}</span> ${pid}${terminal && ` · ${words().terminal(terminal)}`}${mark(state)}
            ${isNew && html`<span class="kernel-out-of-sight">, ${words().isNew}</span>`}`;
        return html`<tr class=${isNew ? 'is-new' : null} data-pid=${pid}>
            <th scope="row">
                ${other()}${choose ? html`<button type="button" aria-pressed=${String(isChosen && !choice?.kind)} onClick=${() => choose({ pid })}
                    title="${comm} ${pid}">${name}</button>` : html`<span>${name}</span>`}
            </th>
            ${cells.map((cell) => html`<td key=${cell.kind} data-kind=${cell.kind} class=${isInitial(cell) ? 'kernel-boot' : null}>
                <${CellOf} cell=${cell} process=${process} isChosen=${isChosen && choice?.kind === cell.kind} choose=${choose} point=${point} />${other(cell.kind)}
            </td>`)}
            ${inCgroups && html`<td data-kind=${words().inCgroup} class=${cgroup ? 'kernel-path' : 'kernel-boot'} title=${cgroup}>${cgroup ?? '/'}${other('in')}</td>`}
            ${hasOthers && html`<td class="kernel-boot kernel-others">
                ${others.some(({ namespace }) => namespace)
                    ? html`<i class="kernel-dot" role="img" aria-label=${words().initial}></i>` : html`<span title=${words().none}>–</span>`}
            </td>`}
        </tr>`;
    }
}

/** @param {Cell} cell */
const isInitial = ({ namespace, forChildren }) => !namespace?.letter && !forChildren;

/** @param {{ cell: Cell, process: import('../kernel/processes.js').Process, isChosen: boolean, choose?: (choice: Choice) => void, point?: import('./point.js').Point }} props */
function CellOf({ cell: { kind, namespace, forChildren, isNew }, process, isChosen, choose, point }) {
    if (!namespace) {
        return html`<span title=${words().none}>–</span>`;
    }
    const chooseThis = choose && (() => choose({ pid: process.pid, kind }));
    const isPoint = (/** @type {import('../kernel/history.js').Lettered} */ { letter }) => point?.kind === kind && point.letter === letter;
    return html`<${Badge} namespace=${namespace} process=${process} isNew=${isNew} isChosen=${isChosen} isPoint=${isPoint(namespace)} choose=${chooseThis} />
        ${forChildren && html` <${Badge} namespace=${forChildren} process=${process} isNew=${isNew} isPoint=${isPoint(forChildren)} forChildren choose=${chooseThis} />`}`;
}

/** What a shell says of a process that does not run. @param {import('../kernel/processes.js').State} state */
export function mark(state) {
    const said = { Z: words().zombie, T: words().stopped, t: words().stopped }[/** @type {string} */ (state)];
    return said ? ` · ${said}` : '';
}
