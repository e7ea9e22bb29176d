// What is said of marks, in the language of the book: what each stands for, and what became of it.

import { isKorean } from '../page/language.js';
import { holds } from './badge.js';
import { offerOf } from './marks.js';
import { KINDS } from './rows.js';
import { sentence } from './sentences.js';
import { words } from './words.js';

/** @typedef {import('../kernel/history.js').Lettered} Namespace */
/** @typedef {import('../kernel/namespaces.js').Kind} Kind */
/** @typedef {import('./grading.js').Born} Born */
/** @typedef {import('./grading.js').Verdict} Verdict */

const english = {
    question: 'What will be different when this has run? Mark it.',
    how: [
        'Press a process that will have ended or stopped, or be another program or user.',
        'Press a ring or a letter in its row, if the process, or its next child, will be in another namespace.',
        'Press one in the row “contents”, if what that namespace holds will be different: a hostname, mounts, maps.',
    ],
    arrows: 'The arrow keys go from cell to cell.',
    table: 'What the kernel holds before, to be marked',
    contents: 'contents',
    fresh: 'a new process',
    another: 'another new process',
    nothing: 'Nothing of this will be different',
    markRow: (/** @type {string} */ who) => `${who}: ends or becomes another`,
    markCell: (/** @type {string} */ who, /** @type {string} */ kind, /** @type {string} */ now) => `${who}: in another ${kind} namespace than now: ${now}`,
    markHeld: (/** @type {string} */ which) => `${which}: holds something else than now`,
    markFresh: (/** @type {string} */ which, /** @type {string} */ kind) => `${which}, in another ${kind} namespace than its parent`,
    verdicts: { hit: 'right', miss: 'not expected', wrong: 'wrong' },
    held: { user: 'maps', mnt: 'mounts', uts: 'hostname', net: 'network devices', time: 'clocks' },
    hit: (/** @type {string} */ fact) => `You expected this: ${fact}.`,
    miss: (/** @type {string} */ fact) => `You did not expect this: ${fact}.`,
    wrongRow: (/** @type {string} */ who) => `You expected ${who} to end or to become another: it is the same as before.`,
    wrongCell: (/** @type {string} */ who, /** @type {string} */ kind) => `You expected ${who} in another ${kind} namespace: it is in the same one as before.`,
    wrongCellEnded: (/** @type {string} */ who, /** @type {string} */ kind) => `You expected ${who} in another ${kind} namespace: it has ended.`,
    wrongHeld: (/** @type {string} */ what, /** @type {string} */ which) => `You expected the ${what} of the ${which} to change, too: nothing has changed there.`,
    wrongNothing: 'You expected that nothing would be different.',
    wrongFresh: 'You expected a new process: there is none. One that has ended by then does not count.',
    wrongMore: 'You expected one more new process: there is none. One that has ended by then does not count.',
    wrongKind: (/** @type {string} */ who, /** @type {string} */ kind) => `You expected ${who} in another ${kind} namespace: it is in that of its parent.`,
    wrongChildren: (/** @type {string} */ who, /** @type {string} */ kind) =>
        `You expected ${who} in another ${kind} namespace: it is in that of its parent, and only its next child will be in another.`,
    born: (/** @type {string} */ who, /** @type {string | undefined} */ parent) => `there is a new process, ${who}${parent ? `, a child of ${parent}` : ''}`,
    made: (/** @type {string} */ who, /** @type {string} */ kind, /** @type {string} */ letter) => `${who} is in a new ${kind} namespace${letter && `, ${letter}`}`,
    joined: (/** @type {string} */ who, /** @type {string} */ kind, /** @type {string} */ letter) =>
        `${who} is in ${letter ? `the ${kind} namespace ${letter}` : `the initial ${kind} namespace`}, which was there before`,
    nothingHit: 'You expected this: nothing is different.',
    nothingMiss: 'You did not expect this: nothing is different.',
    uncounted: (/** @type {number} */ count) => `${count === 1 ? '1 mark does' : `${count} marks do`} not count: what ${count === 1 ? 'it was' : 'they were'} on was not there when the session began.`,
};

/** @type {typeof english} */
const korean = {
    question: '실행하고 나면 무엇이 달라질까요? 표시해 보세요.',
    how: [
        '프로세스가 끝나거나 멈추거나, 다른 프로그램이나 다른 사용자가 된다면 그 이름을 누릅니다.',
        '프로세스나 그 다음 자식이 다른 namespace에 있게 된다면 그 줄의 동그라미나 글자를 누릅니다.',
        'namespace의 hostname, 마운트, 매핑 같은 내용이 바뀐다면 “내용” 줄에서 누릅니다.',
    ],
    arrows: '화살표 키로 칸을 옮겨 다닙니다.',
    table: '실행하기 전에 커널이 가진 것. 달라질 곳을 표시합니다',
    contents: '내용',
    fresh: '새 프로세스',
    another: '또 다른 새 프로세스',
    nothing: '아무것도 달라지지 않는다',
    markRow: (who) => `${who}: 끝나거나 다른 것이 됨`,
    markCell: (who, kind, now) => `${who}: 지금과 다른 ${kind} namespace에 있게 됨. 지금: ${now}`,
    markHeld: (which) => `${which}: 내용이 바뀜`,
    markFresh: (which, kind) => `${which}: 부모와 다른 ${kind} namespace`,
    verdicts: { hit: '맞음', miss: '예상하지 못함', wrong: '틀림' },
    held: { user: '매핑', mnt: '마운트', uts: 'hostname', net: '네트워크 장치', time: '시계' },
    hit: (fact) => `예상한 대로입니다. ${fact}.`,
    miss: (fact) => `예상하지 못했습니다. ${fact}.`,
    wrongRow: (who) => `${who}: 끝나거나 다른 것이 된다고 예상했지만, 그대로입니다.`,
    wrongCell: (who, kind) => `${who}: 다른 ${kind} namespace에 있게 된다고 예상했지만, 전과 같은 곳에 있습니다.`,
    wrongCellEnded: (who, kind) => `${who}: 다른 ${kind} namespace에 있게 된다고 예상했지만, 끝났습니다.`,
    wrongHeld: (what, which) => `${which}: ${what}도 바뀐다고 예상했지만, 그대로입니다.`,
    wrongNothing: '아무것도 달라지지 않는다고 예상했습니다.',
    wrongFresh: '새 프로세스가 생긴다고 예상했지만, 없습니다. 그사이에 끝난 것은 세지 않습니다.',
    wrongMore: '새 프로세스가 하나 더 생긴다고 예상했지만, 없습니다. 그사이에 끝난 것은 세지 않습니다.',
    wrongKind: (who, kind) => `${who}: 다른 ${kind} namespace에 있다고 예상했지만, 부모와 같은 곳에 있습니다.`,
    wrongChildren: (who, kind) => `${who}: 다른 ${kind} namespace에 있다고 예상했지만, 부모와 같은 곳에 있고 다음 자식만 다른 곳에 있게 됩니다.`,
    born: (who, parent) => `새 프로세스: ${who}${parent ? `, ${parent}의 자식` : ''}`,
    made: (who, kind, letter) => `${who}: 새 ${kind} namespace${letter && ` ${letter}`} 안에 있음`,
    joined: (who, kind, letter) => `${who}: 전부터 있던 ${letter ? `${kind} namespace ${letter}` : `부팅 때의 ${kind} namespace`} 안에 있음`,
    nothingHit: '예상한 대로입니다. 달라진 것이 없습니다.',
    nothingMiss: '예상하지 못했습니다. 달라진 것이 없습니다.',
    uncounted: (count) => `표시 ${count}개는 세지 않습니다. 세션을 시작할 때 그것이 없었습니다.`,
};

/** The words in the language of the page, as it is now. */
export const markWords = () => (isKorean() ? korean : english);

/** How a process is called. @param {{ comm: string, pid: number }} process */
export const who = ({ comm, pid }) => `${comm} ${pid}`;

/**
 * How a namespace is called: with what it holds, after a comma or in parentheses.
 *
 * @param {Namespace} namespace
 * @param {(holds: string) => string} [apart]
 */
export function which(namespace, apart = (holds) => `, ${holds}`) {
    const { kind, letter } = namespace;
    const text = holds(namespace);
    return `${letter ? words().choose(kind, letter, '') : words().chooseInitial(kind)}${text && apart(text)}`;
}

/**
 * Each hit, each miss and each wrong mark in words.
 *
 * @param {import('./grading.js').Grade} grade
 * @param {import('./marks.js').Expected} expected
 * @param {import('../kernel/history.js').Picture} before the picture when the session began
 * @returns {{ verdict: Verdict | 'note', text: string }[]}
 */
export function tell({ marks, fresh, isNothing, uncounted }, expected, before) {
    const say = markWords();
    const { rows, held } = offerOf(before);
    const made = (/** @type {string} */ mark, /** @type {() => string} */ wrong) => {
        const it = marks.get(mark);
        if (!it) {
            return [];
        }
        const { verdict, changes } = it;
        return [{ verdict, text: verdict === 'wrong' ? wrong() : say[verdict](changes.map(sentence).join('; ')) }];
    };
    const hasEnded = (/** @type {string} */ mark) => marks.get(mark)?.changes.some(({ what }) => what === 'ended' || what === 'zombie');
    const isLonely = fresh.every(({ born }) => !born);
    return [
        ...(expected.nothing && !isNothing ? [{ verdict: /** @type {const} */ ('wrong'), text: say.wrongNothing }] : []),
        ...(isNothing ? [expected.nothing ? { verdict: /** @type {const} */ ('hit'), text: say.nothingHit } : { verdict: /** @type {const} */ ('miss'), text: say.nothingMiss }] : []),
        ...fresh.flatMap((newcomer) => tellNew(newcomer, isLonely)),
        ...rows.flatMap(({ mark, process, cells }) => [
            ...made(mark, () => say.wrongRow(who(process))),
            ...cells.flatMap((cell) => made(cell.mark, () => (hasEnded(mark) ? say.wrongCellEnded : say.wrongCell)(who(process), cell.kind))),
        ]),
        ...held.flat().flatMap(({ mark, namespace }) => made(mark, () => say.wrongHeld(say.held[/** @type {keyof typeof say.held} */ (namespace.kind)], which(namespace, (holds) => ` (${holds})`)))),
        ...(uncounted.length > 0 ? [{ verdict: /** @type {const} */ ('note'), text: say.uncounted(uncounted.length) }] : []),
    ];
}

/**
 * What became of a new process.
 *
 * @param {import('./grading.js').Newcomer} newcomer
 * @param {boolean} isLonely whether there is no new process
 */
function tellNew({ verdict, born, kinds }, isLonely) {
    const say = markWords();
    if (!born || verdict === 'wrong') {
        return [{ verdict, text: isLonely ? say.wrongFresh : say.wrongMore }];
    }
    const { process, parent, made, forChildren, letters } = born;
    const name = who(process);
    return [
        { verdict, text: say[verdict](say.born(name, parent && who(parent))) },
        ...KINDS.flatMap((kind) => {
            const of = kinds.get(kind);
            if (of === undefined) {
                return [];
            }
            return [{ verdict: of, text: of === 'wrong' ? (forChildren.includes(kind) ? say.wrongChildren : say.wrongKind)(name, kind)
                : say[of]((made.includes(kind) ? say.made : say.joined)(name, kind, letters[kind] ?? '')) }];
        }),
    ];
}
