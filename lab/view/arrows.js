// The arrow keys in a table.

/**
 * The arrows go from button to button, as in a table.
 *
 * @param {KeyboardEvent} event
 */
export function moveFocus(event) {
    const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
    const cell = event.target instanceof Element && event.target.closest('th, td');
    if ((!down && !right) || !(cell instanceof HTMLTableCellElement)) {
        return;
    }
    // Elsewhere in the page these keys turn its pages.
    event.preventDefault();
    event.stopPropagation();
    const row = /** @type {HTMLTableRowElement} */ (cell.parentElement);
    const rows = [.../** @type {HTMLTableElement} */ (row.closest('table')).rows];
    for (let y = rows.indexOf(row) + down, x = cell.cellIndex + right; ; y += down, x += right) {
        const next = rows[y]?.cells[x] ?? (down ? rows[y]?.cells[0] : undefined);
        if (!next) {
            return;
        }
        const button = next.querySelector('button');
        if (button) {
            button.focus();
            return;
        }
    }
}
