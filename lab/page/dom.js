// Making elements.

/**
 * Makes an element with these properties and children.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Partial<HTMLElementTagNameMap[Name]>} properties
 * @param {(Node | string)[]} children
 */
export function element(name, properties = {}, ...children) {
    const made = document.createElement(name);
    Object.assign(/** @type {object} */ (made), properties);
    made.append(...children);
    return made;
}

/**
 * A button with a text that does something.
 *
 * @param {string} textContent
 * @param {() => void} action
 */
export function button(textContent, action) {
    const made = element('button', { type: 'button', textContent });
    made.addEventListener('click', action);
    return made;
}
