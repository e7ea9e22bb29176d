// How the explanation of a refused call looks: loaded with it, as few pages show one.

export const style = new CSSStyleSheet();

style.replaceSync(`
.lab-refused { display: flex; gap: 8px; align-items: start; min-inline-size: 0; min-block-size: 0; padding: 6px 10px; overflow: auto; font-size: 13px; color: var(--fg); background: var(--lab-card); border: 1px solid var(--lab-edge); border-radius: 8px; }
.lab-refused details { flex: 1; min-inline-size: 0; margin: 0; padding: 0; border: 0; background: none; }
.lab-refused summary { line-height: 1.5; font-weight: 400; cursor: pointer; overflow-wrap: anywhere; }
.lab-refused code { font-family: var(--lab-mono); color: inherit; background: none; padding: 0; }
.lab-refused summary span { margin-inline: 4px; color: var(--lab-soft); }
.lab-refused p { margin: 4px 0; color: var(--lab-soft); }
.lab-refused ul { margin: 0; padding: 0; list-style: none; }
.lab-refused li { margin: 0; padding: 4px 0 4px 8px; border-inline-start: 4px solid var(--lab-edge); overflow-wrap: anywhere; }
.lab-refused li[data-verdict="not met"] { border-color: var(--kernel-point, var(--lab-accent)); font-weight: bold; }
.lab-refused li[data-verdict="met"] { border-color: var(--lab-accent); }
.lab-refused li[data-verdict="unknown"] { border-inline-start-style: dashed; }
.lab-refused small { font-size: inherit; font-weight: 400; color: var(--lab-soft); }
.lab-refused > button { position: sticky; inset-block-start: 0; flex: none; min-block-size: 32px; padding: 0 10px; font: inherit; color: var(--fg); background: var(--lab-desk); border: 1px solid var(--lab-edge); border-radius: 8px; cursor: pointer; }
.lab-refused :is(button, summary):focus-visible { outline: 3px solid var(--lab-accent); outline-offset: -2px; }
.lab-refused-status { position: absolute; inline-size: 1px; block-size: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }

/* It stands under its terminal, whose height stays; where there is no room for the kernel, the terminal keeps more than a half. */
.lab-panes:has(> .lab-refused) { grid-template-rows: minmax(0, 1fr) fit-content(45%); }
.lab-refused { grid-row: 2; }
:is([data-lab-panes="kernel"], [data-lab-panes="all"]) .lab-panes:has(> .lab-refused) { grid-template-rows: var(--lab-rows) 10px minmax(0, max-content) minmax(160px, 1fr); }
:is([data-lab-panes="kernel"], [data-lab-panes="all"]) .lab-panes:has(> .lab-refused) > .lab-splitter { grid-row: -4; }
:is([data-lab-panes="kernel"], [data-lab-panes="all"]) .lab-refused { grid-row: -3; margin-block-end: 8px; }
[data-lab-panes="one"] .lab-refused details:not([open]) summary { overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
.lab-pane:nth-of-type(1).lab-hidden ~ .lab-refused[data-terminal="0"], .lab-pane:nth-of-type(2).lab-hidden ~ .lab-refused[data-terminal="1"] { display: none; }
`);
