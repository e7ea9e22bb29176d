// What the page says when something is wrong with the machine, in both languages.

import { isKorean } from './language.js';

/** @typedef {import('./health.js').Trouble} Trouble */

const english = {
    panicked: () => 'The kernel has panicked: nothing runs in this machine any more.',
    restarted: () => 'The machine was told to restart. It has no disk that it could start from.',
    halted: () => 'The machine has been switched off.',
    broken: () => 'The emulator does not answer.',
    gone: () => 'The page’s own shell in the machine has ended, and init does not start another.',
    stopped: () => 'The page’s own shell in the machine has been stopped (SIGSTOP); SIGCONT lets it go on.',
    silent: (/** @type {Trouble} */ { path }) => `The page’s own shell in the machine does not answer${path ? `; it is in the cgroup ${path}` : ''}.`,
    frozen: (/** @type {Trouble} */ { terminal, path }) =>
        `The shell of terminal ${terminal} is frozen, as its cgroup ${path} is. Root can thaw that in the other terminal.`,
    full: (/** @type {Trouble} */ { terminal, path, count }) =>
        `The shell of terminal ${terminal} can start no process: pids.max of ${path} is ${count}. Root can raise that in the other terminal.`,
    crowded: (/** @type {Trouble} */ { count }) => `${count} processes are in this machine: it hardly gets anything else done.`,
    unjudged: 'The challenge is not judged meanwhile.',
    renewed: 'Shells that the page needs had ended; init has started them again.',
    wasFull: 'Memory was full, and the kernel killed processes; init has started the shells again.',
};

/** @type {typeof english} */
const korean = {
    panicked: () => '커널이 패닉으로 멈추어, 이 컴퓨터에서는 이제 아무것도 실행되지 않습니다.',
    restarted: () => '컴퓨터를 다시 시작하라는 명령이 실행되었지만, 부팅할 디스크가 없습니다.',
    halted: () => '컴퓨터의 전원이 꺼졌습니다.',
    broken: () => '에뮬레이터가 응답하지 않습니다.',
    gone: () => '컴퓨터 안에서 이 페이지가 쓰던 셸이 끝났고, init이 새로 시작하지 않습니다.',
    stopped: () => '컴퓨터 안에서 이 페이지가 쓰는 셸이 SIGSTOP으로 멈추었습니다. SIGCONT를 보내면 다시 움직입니다.',
    silent: ({ path }) => `컴퓨터 안에서 이 페이지가 쓰는 셸이 응답하지 않습니다.${path ? ` 이 셸은 cgroup ${path}에 있습니다.` : ''}`,
    frozen: ({ terminal, path }) => `터미널 ${terminal}의 셸이 얼어 있습니다. 이 셸이 든 cgroup(${path})이 얼었기 때문입니다. 다른 터미널에서 root가 녹일 수 있습니다.`,
    full: ({ terminal, path, count }) =>
        `터미널 ${terminal}의 셸이 프로세스를 시작할 수 없습니다. ${path}의 pids.max가 ${count}입니다. 다른 터미널에서 root가 늘릴 수 있습니다.`,
    crowded: ({ count }) => `이 컴퓨터에 프로세스가 ${count}개나 있어서 다른 일을 거의 하지 못합니다.`,
    unjudged: '그동안 과제는 채점되지 않습니다.',
    renewed: '이 페이지에 필요한 셸이 끝나서 init이 다시 시작했습니다.',
    wasFull: '메모리가 가득 차서 커널이 프로세스를 끝냈고, init이 셸을 다시 시작했습니다.',
};

const words = () => (isKorean() ? korean : english);

/** @param {Trouble} trouble @param {boolean} isJudged whether a challenge has begun */
export const sentenceOf = (trouble, isJudged) => [words()[trouble.kind](trouble), ...(trouble.isLost && isJudged ? [words().unjudged] : [])].join(' ');

/** @param {boolean} wasFull */
export const renewedBecause = (wasFull) => (wasFull ? words().wasFull : words().renewed);
