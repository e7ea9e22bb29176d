// Both runs of an experiment, drawn with Preact, which is loaded when it is needed.

import { h, render } from 'preact';
import { Comparison } from '../view/comparison-view.js';

/**
 * @param {HTMLElement} place
 * @param {Parameters<typeof Comparison>[0]} props
 */
export function drawComparison(place, props) {
    render(null, place);
    render(h(Comparison, props), place);
}
