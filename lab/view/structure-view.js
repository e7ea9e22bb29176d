// The kernel's structures of what the reader has chosen.

import { html } from 'htm/preact';
import { Badge } from './badge.js';
import { Index } from './rows.js';
import { link } from './sentences.js';
import { taskOf, wayTo } from './structures.js';
import { words } from './words.js';

/** @typedef {import('./table.js').Choice} Choice */
/** @typedef {import('./structures.js').Field} Field */

/**
 * Where a name of the kernel's is defined, in the source of the machine's version.
 *
 * @param {string} name
 */
const sourceOf = (name) => `https://elixir.bootlin.com/linux/v${MACHINE.kernel.source}/A/ident/${name}`;

/**
 * @param {object} props
 * @param {import('../kernel/history.js').Picture} props.picture
 * @param {Choice} props.choice
 * @param {(choice?: Choice) => void} props.choose
 * @param {boolean} props.details whether addresses and reference counts are shown
 * @param {() => void} props.toggleDetails
 */
export function Structures({ picture, choice, choose, details, toggleDetails }) {
    const index = new Index(picture);
    const process = index.processes.get(choice.pid);
    const field = process && (choice.kind ? wayTo(index, process, choice.kind) : taskOf(index, process));
    const namespace = process && choice.kind && index.namespace(process, choice.kind);
    return html`<div class="kernel-structures" role="group" aria-label=${words().structures}>
        <header>
            <label><input type="checkbox" checked=${details} onChange=${toggleDetails} /> ${words().details}</label>
            <button type="button" onClick=${() => choose()}>${words().closeStructures}</button>
        </header>
        ${field ? html`<ul><${FieldView} field=${field} index=${index} process=${process} choose=${choose} details=${details} /></ul>`
            : html`<p>${words().notThere}</p>`}
        ${namespace && html`<${Members} index=${index} namespace=${namespace} process=${process} choose=${choose} kind=${choice.kind} />`}
    </div>`;
}

/**
 * @param {object} props
 * @param {Field} props.field
 * @param {Index} props.index
 * @param {import('../kernel/processes.js').Process} props.process
 * @param {(choice: Choice) => void} props.choose
 * @param {boolean} props.details
 */
function FieldView({ field: { name, source, chapter, value, meaning, namespace, role, pid, isDetail, fields = [], summary }, index, process, choose, details }) {
    if (isDetail && !details) {
        return null;
    }
    const to = index.processes.get(pid ?? -1);
    const inside = fields.length > 0 && html`<ul>${fields.map((it) => html`<${FieldView} key=${it.name} field=${it} index=${index} process=${process}
        choose=${choose} details=${details} />`)}</ul>`;
    return html`<li>
        ${chapter ? html`<a href=${chapter} title=${words().chapter(name)}>${name}</a>` : name}
        ${source && html`<a class="kernel-source" href=${sourceOf(source)} target="_blank" rel="noopener noreferrer" aria-label=${words().source(source)}
            title=${words().source(source)}>↗</a>`}
        ${value && html` <span class="kernel-value">${value}</span>`}
        ${meaning && html` <span class="kernel-meaning">${meaning}</span>`}
        ${to && html` <button type="button" onClick=${() => choose({ pid: to.pid })}>${to.comm} ${to.pid}</button>`}
        ${namespace && html` <${Pointed} namespace=${namespace} role=${role} index=${index} process=${process} choose=${choose} />`}
        ${summary ? html`<details><summary>${summary}</summary>${inside}</details>` : inside}
    </li>`;
}

/** @param {{ namespace: import('../kernel/history.js').Lettered, role?: Field['role'], index: Index, process: import('../kernel/processes.js').Process, choose: (choice: Choice) => void }} props */
function Pointed({ namespace, role, index, process, choose }) {
    const members = index.members(namespace.address);
    const isIn = members.some(({ pid }) => pid === process.pid);
    const others = members.length - (isIn ? 1 : 0);
    // Of a namespace that the process is not in, somebody who is.
    const holder = isIn ? process : members[0];
    const said = role === 'owner' ? words().owner : others === 0 ? words().own : words().shared(others);
    return html`<${Badge} namespace=${namespace} process=${holder} choose=${holder && (() => choose({ pid: holder.pid, kind: namespace.kind }))} />
        ${' '}<code>${link(namespace)}</code>${(role === 'owner' || (isIn && !role)) && html` <em>${said}</em>`}`;
}

/** @param {{ index: Index, namespace: import('../kernel/history.js').Lettered, process: import('../kernel/processes.js').Process, kind: import('../kernel/namespaces.js').Kind, choose: (choice: Choice) => void }} props */
function Members({ index, namespace, process, kind, choose }) {
    const others = index.members(namespace.address).filter(({ pid }) => pid !== process.pid);
    return html`<p class="kernel-members">${words().alsoIn}: ${others.length === 0 ? words().nobodyElse
        : others.map(({ pid, comm }) => html`<button key=${pid} type="button" onClick=${() => choose({ pid, kind })}>${comm} ${pid}</button> `)}</p>`;
}
