import { html } from 'htm/preact';

/** @param {{ history: import('../kernel/history.js').History, computer: unknown }} props */
export function Kernel({ history }) {
    return html`<ol>${history.now?.processes.map(({ pid, comm }) => html`<li key=${pid}>${pid} ${comm}</li>`)}</ol>`;
}
