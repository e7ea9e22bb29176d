// What the page says of the reader's marks as a whole; view/mark-words.js says the rest.

import { isKorean } from './language.js';

const english = {
    allRight: (/** @type {string} */ run) => `✓ All of it is right: this is what ${run} shows.`,
    notAll: (/** @type {number} */ right, /** @type {number} */ all, /** @type {string} */ run) => `✗ ${right} of ${all} right, as ${run} shows.`,
    before: (/** @type {boolean} */ isRight) => /** @type {string} */ (isRight ? '✓ You have marked this before, and all of it was right.' : '✗ You have marked this before, and not all of it was right.'),
    first: 'Mark something first, or that nothing will be different.',
    locked: 'Your marks are locked in.',
    ungraded: 'The kernel did not come to rest: look for yourself what is different.',
};

/** @type {typeof english} */
const korean = {
    allRight: (run) => `✓ 모두 맞습니다. ${run}와 같습니다.`,
    notAll: (right, all, run) => `✗ ${run}에 비추어 ${all}개 가운데 ${right}개가 맞습니다.`,
    before: (isRight) => (isRight ? '✓ 전에 표시했고, 모두 맞았습니다.' : '✗ 전에 표시했고, 다 맞지는 않았습니다.'),
    first: '먼저 무엇이든 표시하거나, 아무것도 달라지지 않는다고 표시하세요.',
    locked: '표시를 확정했습니다.',
    ungraded: '커널이 멈추지 않아 채점하지 못했습니다. 무엇이 달라졌는지 직접 보세요.',
};

/** The words in the language of the page, as it is now. */
export const markingWords = () => (isKorean() ? korean : english);
