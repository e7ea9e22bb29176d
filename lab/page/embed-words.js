// What an embedded block says, in both languages.

import { isKorean } from './language.js';

const english = {
    book: 'How Linux isolates processes',
    before: (/** @type {number} */ count) => (count === 1 ? 'The session before it in the chapter' : `The ${count} sessions before it in the chapter`),
    after: (/** @type {number} */ count) => (count === 1 ? 'The session after it in the chapter' : `The ${count} sessions after it in the chapter`),
    missing: (/** @type {string} */ block) => `The book has no block “${block}”, or it cannot be loaded.`,
};

/** @type {typeof english} */
const korean = {
    book: '리눅스는 프로세스를 어떻게 격리하는가',
    before: (count) => `이 장에서 앞에 나오는 터미널 상자 ${count}개`,
    after: (count) => `이 장에서 뒤에 나오는 터미널 상자 ${count}개`,
    missing: (block) => `책에 이런 부분이 없거나, 불러올 수 없습니다: “${block}”`,
};

export const words = () => (isKorean() ? korean : english);
