// What an experiment's figure says around the comparison (view/comparison-words.js), in both languages.

import { isKorean } from './language.js';

const english = {
    title: 'One difference, two runs',
    show: 'Show both recorded runs',
    hide: 'Hide both runs',
    live: 'Run both yourself',
    running: (/** @type {number} */ number) => `Run ${number} of 2 …`,
    starting: 'Starting the machine …',
    done: '✓ Both have run. The machine is again as it was before.',
    busy: 'A program is running in each terminal: end one of them first.',
    notLoaded: 'The recording cannot be downloaded.',
    notLooked: 'The kernel cannot be read now: try again.',
    failed: 'That did not work: try again.',
    lost: 'The machine does not answer: start it again first.',
    interrupted: 'Interrupted.',
    compose: 'Your own experiment',
    first: 'Commands of run 1',
    second: 'Commands of run 2',
    how: 'One command per line. A line that begins with # is for root; $ may be left out.',
    empty: 'Each run needs a command.',
    compare: 'Run both',
};

/** @type {typeof english} */
const korean = {
    title: '하나만 다르게, 두 번 실행',
    show: '기록된 두 실행 보기',
    hide: '두 실행 접기',
    live: '두 번 직접 실행하기',
    running: (number) => `실행 ${number}/2 …`,
    starting: '컴퓨터를 켜는 중입니다 …',
    done: '✓ 두 번 모두 실행했습니다. 컴퓨터는 실행하기 전과 같습니다.',
    busy: '두 터미널에서 모두 프로그램이 실행 중입니다. 하나를 먼저 끝내세요.',
    notLoaded: '기록을 내려받을 수 없습니다.',
    notLooked: '지금은 커널을 읽을 수 없습니다. 다시 시도하세요.',
    failed: '실행하지 못했습니다. 다시 시도하세요.',
    lost: '컴퓨터가 응답하지 않습니다. 먼저 다시 시작하세요.',
    interrupted: '중단되었습니다.',
    compose: '나만의 실험',
    first: '실행 1의 명령',
    second: '실행 2의 명령',
    how: '한 줄에 명령 하나를 적습니다. #으로 시작하는 줄은 root로 실행합니다. $는 적지 않아도 됩니다.',
    empty: '두 실행 모두 명령이 필요합니다.',
    compare: '둘 다 실행하기',
};

/** The words in the language of the page, as it is now. */
export const experimentWords = () => (isKorean() ? korean : english);
