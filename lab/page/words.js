// What the page says, in the language of the book.

import { isKorean } from './language.js';

const english = {
    run: 'run it here',
    runIn: (/** @type {number} */ number) => `run in terminal ${number}`,
    size: (/** @type {string} */ megabytes) => `loads ${megabytes} MB once`,
    running: (/** @type {number} */ number) => `running in terminal ${number} …`,
    ran: (/** @type {number} */ number, /** @type {string} */ seconds) => `✓ ran in terminal ${number} · ${seconds} s`,
    goesOn: (/** @type {number} */ number, /** @type {string} */ seconds) =>
        `✓ runs in terminal ${number} and waits · ${seconds} s`,
    interrupted: 'interrupted',
    interruptedBy: (/** @type {string} */ command) => `interrupted by “${command}”`,
    earlier: (/** @type {string} */ number) => `${number} comes from a box further up.`,
    runEarlier: 'run that one first',
    noRoot: 'root is not to be had in the shell of this terminal: leave it, or start again.',
    stillRuns: (/** @type {number} */ number) =>
        `This still runs in terminal ${number}. Ctrl-C ends it; if that does not help, "Start again".`,
    stuck: (/** @type {number} */ number) =>
        `Terminal ${number} shows no prompt: end what runs there, or start again.`,
    computer: 'In a browser on a computer, the terminals of this book can be tried right here.',
    phone: 'The commands of this page run right here, on a Linux machine in the page. On a phone, hold it sideways: '
        + 'most lines have 80 columns.',
    prediction: 'Your prediction',
    lockRun: 'Lock in and run',
    lockShow: 'Lock in and show the recorded run',
    showRecorded: 'Show the recorded run',
    showAll: 'Show it without a prediction',
    predictAgain: 'Predict again',
    chooseFirst: 'Choose an answer first.',
    covered: (/** @type {number} */ lines) => `${lines === 1 ? '1 line' : `${lines} lines`} of output, covered until you have predicted`,
    locked: (/** @type {number} */ choice) => `Your prediction, ${choice}, is locked in.`,
    shown: 'Shown without a prediction.',
    yourRun: 'your run',
    recordedRun: 'the recorded run',
    isRight: (/** @type {number} */ choice, /** @type {number} */ _held, /** @type {string} */ run) => `✓ Right: you predicted ${choice}, and that is what ${run} shows.`,
    isWrong: (/** @type {number} */ choice, /** @type {number} */ held, /** @type {string} */ run) => `✗ You predicted ${choice}, but ${run} shows ${held}.`,
    ungraded: (/** @type {number} */ choice) => `You predicted ${choice}. Your run fits none of the choices alone: compare what it printed with the book.`,
    yours: 'your prediction',
    happened: 'what happened',
    challengeBegin: 'Begin',
    challengeAgain: 'Begin this one again',
    challengeShow: 'Show me',
    challengePreparing: 'The machine is being prepared …',
    challengeStandings: { met: '✓ met', open: '○ not yet', lost: '✗ lost' },
    challengeVerdict: (/** @type {import('./attempt.js').Attempt} */ { judge: { verdict, standings }, isShown, challenge }) => ({
        open: `${standings.filter((it) => it === 'met').length} of ${standings.length} met.${challenge.isHidden ? ' The picture of the kernel is hidden until it is solved.' : ''}`,
        solved: isShown ? '✓ This is how it is solved. Now you: begin again.' : '✓ Solved.',
        lost: '✗ This cannot be met any more: begin again.',
    })[verdict],
    challengeSolved: '✓ You have solved this one.',
    challengeEvents: 'What the kernel saw:',
    challengeOther: 'Another way (1 and 2 are the terminals)',
    challengeNext: 'The next challenge',
    figureLive: 'The kernel after your run.',
    stepByStep: 'step by step',
    atEnd: 'after the session',
    notLoaded: 'The recording cannot be downloaded.',
    printed: (/** @type {string} */ number) => `${number} in the printed book`,
    panel: 'Linux in this page',
    terminal: 'terminal',
    kernel: 'kernel',
    news: 'changed: ',
    textWidth: 'width of the text',
    terminalsHeight: 'height of the terminals',
    hide: 'Hide',
    show: 'Show Linux',
    screenReader: 'for screen readers',
    copy: 'Copy',
    paste: 'Paste',
    again: 'Start again',
    retry: 'Try again',
    close: 'Stop',
    more: 'more',
    larger: 'higher',
    smaller: 'lower',
    moreKeys: 'keys',
    up: 'up',
    down: 'down',
    left: 'left',
    right: 'right',
    pipe: 'pipe',
    keys: 'F6: the other terminal, the kernel, the text · Shift+Tab: out of the terminal',
    loading: (/** @type {string} */ amount) => `Loading ${amount} MB`,
    of: (/** @type {string} */ some, /** @type {string} */ all) => `${some} of ${all}`,
    starting: 'Starting',
    ready: 'Both terminals are ready.',
    restored: (/** @type {number} */ seconds) => `Restored as it was ${seconds} s ago; what came after that is lost.`,
    notRestored: 'What ran before could not be restored: this machine is new.',
    notKept: 'This browser does not store the machine: it does not survive a reload.',
    failed: 'The machine could not be started.',
    unreachable: 'It cannot be downloaded: the network or the server does not answer.',
    stalled: 'Nothing has come for 30 seconds.',
    silent: 'It does not answer.',
    copied: 'Copied.',
    nothingSelected: 'Nothing is selected in the terminal.',
    notCopied: 'This browser does not let the page copy: select the text and use the browser\'s menu.',
    notPasted: 'This browser does not let the page read the clipboard: use Ctrl+V in the terminal.',
    motd: [
        'This Linux runs inside the page, on an emulated PC.',
        'You are learner, uid 1000; sudo asks for no password.',
        'Whatever you do to it, "Start again" makes it new.',
    ],
};

/** @type {typeof english} */
const korean = {
    run: '여기서 실행',
    runIn: (number) => `터미널 ${number}에서 실행`,
    size: (megabytes) => `처음에 한 번 ${megabytes} MB를 받습니다`,
    running: (number) => `터미널 ${number}에서 실행하는 중 …`,
    ran: (number, seconds) => `✓ 터미널 ${number}에서 실행함 · ${seconds}초`,
    goesOn: (number, seconds) => `✓ 터미널 ${number}에서 실행되어 기다리는 중 · ${seconds}초`,
    interrupted: '중단됨',
    interruptedBy: (command) => `“${command}” 실행으로 중단됨`,
    earlier: (number) => `${number}: 위쪽 상자에서 나오는 번호입니다.`,
    runEarlier: '그 상자를 먼저 실행하기',
    noRoot: '이 터미널의 셸에서는 root가 될 수 없습니다. 그 셸에서 나가거나 처음부터 다시 시작하세요.',
    stillRuns: (number) =>
        `터미널 ${number}에서 아직 실행 중입니다. Ctrl-C로 끝내고, 그래도 끝나지 않으면 "처음부터 다시"를 누르세요.`,
    stuck: (number) =>
        `터미널 ${number}에 프롬프트가 나오지 않습니다. 거기서 실행 중인 것을 끝내거나 처음부터 다시 시작하세요.`,
    computer: '컴퓨터의 브라우저에서는 이 책의 터미널을 바로 이 자리에서 써 볼 수 있습니다.',
    phone: '이 페이지의 명령은 페이지 안의 리눅스에서 바로 실행됩니다. 휴대전화에서는 가로로 돌려 보세요. '
        + '대부분의 줄이 80칸입니다.',
    prediction: '나의 예측',
    lockRun: '예측을 확정하고 실행',
    lockShow: '예측을 확정하고 기록된 실행 보기',
    showRecorded: '기록된 실행 보기',
    showAll: '예측하지 않고 보기',
    predictAgain: '다시 예측하기',
    chooseFirst: '먼저 답을 하나 고르세요.',
    covered: (lines) => `출력 ${lines}줄: 예측하면 보입니다`,
    locked: (choice) => `${choice}번 예측을 확정했습니다.`,
    shown: '예측하지 않고 보았습니다.',
    yourRun: '방금 실행한 결과',
    recordedRun: '기록된 실행 결과',
    isRight: (choice, _held, run) => `✓ 맞습니다. 예측한 ${choice}번이 ${run}와 같습니다.`,
    isWrong: (choice, held, run) => `✗ ${choice}번으로 예측했지만 ${run}는 ${held}번입니다.`,
    ungraded: (choice) => `${choice}번으로 예측했습니다. 방금 실행한 결과는 보기 하나로 정할 수 없으니, 출력된 것을 책과 견주어 보세요.`,
    yours: '나의 예측',
    happened: '실제 결과',
    challengeBegin: '시작',
    challengeAgain: '이 과제 다시 시작',
    challengeShow: '풀이 보기',
    challengePreparing: '컴퓨터를 준비하는 중 …',
    challengeStandings: { met: '✓ 됨', open: '○ 아직', lost: '✗ 어긋남' },
    challengeVerdict: ({ judge: { verdict, standings }, isShown, challenge }) => ({
        open: `${standings.length}개 중 ${standings.filter((it) => it === 'met').length}개가 이루어졌습니다.${challenge.isHidden ? ' 커널 그림은 풀 때까지 보이지 않습니다.' : ''}`,
        solved: isShown ? '✓ 이렇게 풉니다. 이제 다시 시작해 직접 풀어 보세요.' : '✓ 풀었습니다.',
        lost: '✗ 이미 어긋나서 더는 풀 수 없습니다. 다시 시작하세요.',
    })[verdict],
    challengeSolved: '✓ 푼 과제입니다.',
    challengeEvents: '커널에서 일어난 일:',
    challengeOther: '다른 풀이(1과 2는 터미널 번호)',
    challengeNext: '다음 과제',
    figureLive: '방금 실행한 뒤의 커널.',
    stepByStep: '한 단계씩 보기',
    atEnd: '실행한 뒤 보기',
    notLoaded: '기록을 내려받을 수 없습니다.',
    printed: (number) => `책에 인쇄된 번호는 ${number}`,
    panel: '이 페이지 안의 리눅스',
    terminal: '터미널',
    kernel: '커널',
    news: '바뀜: ',
    textWidth: '본문의 너비',
    terminalsHeight: '터미널의 높이',
    hide: '숨기기',
    show: '리눅스 보기',
    screenReader: '화면 낭독기용',
    copy: '복사',
    paste: '붙여넣기',
    again: '처음부터 다시',
    retry: '다시 시도',
    close: '끄기',
    more: '더 보기',
    larger: '높이기',
    smaller: '낮추기',
    moreKeys: '키',
    up: '위',
    down: '아래',
    left: '왼쪽',
    right: '오른쪽',
    pipe: '파이프',
    keys: 'F6: 다른 터미널, 커널, 본문 순서 · Shift+Tab: 터미널에서 나가기',
    loading: (amount) => `받는 중: ${amount} MB`,
    of: (some, all) => `${some}/${all}`,
    starting: '시작하는 중',
    ready: '두 터미널이 준비되었습니다.',
    restored: (seconds) => `${seconds}초 전의 상태로 되돌렸습니다. 그 뒤에 한 것은 남아 있지 않습니다.`,
    notRestored: '전에 실행하던 것을 되돌리지 못했습니다. 새로 시작한 컴퓨터입니다.',
    notKept: '이 브라우저에는 컴퓨터의 상태가 저장되지 않아, 페이지를 새로 고치면 사라집니다.',
    failed: '컴퓨터를 시작하지 못했습니다.',
    unreachable: '내려받을 수 없습니다. 네트워크나 서버가 응답하지 않습니다.',
    stalled: '30초 동안 아무것도 오지 않았습니다.',
    silent: '응답이 없습니다.',
    copied: '복사했습니다.',
    nothingSelected: '터미널에서 선택한 것이 없습니다.',
    notCopied: '이 브라우저에서는 페이지가 복사할 수 없습니다. 글을 선택하고 브라우저의 메뉴를 쓰세요.',
    notPasted: '이 브라우저에서는 페이지가 클립보드를 읽을 수 없습니다. 터미널에서 Ctrl+V를 누르세요.',
    motd: [
        '이 리눅스는 페이지 안의 에뮬레이터에서 실행됩니다.',
        '사용자는 learner(uid 1000)이고, sudo는 비밀번호를 묻지 않습니다.',
        '무엇을 바꾸어도 "처음부터 다시"를 누르면 처음 상태로 돌아갑니다.',
    ],
};

/** What is said in the language of the page. */
export let words = english;

/** From now on the page has its language. */
export function followLanguage() {
    words = isKorean() ? korean : english;
}
followLanguage();

/** A number of bytes as it is told. */
export const megabytes = (/** @type {number} */ bytes) => String(Math.round(bytes / 1e6));

/**
 * Puts what is said in an element into the language of the page; what is no word of these
 * stays, and so does what a terminal shows, or the view of the kernel.
 *
 * @param {Element} root
 */
export function translate(root) {
    const known = new Map([english, korean].flatMap(Object.entries).map(([key, word]) => [word, key]));
    // A terminal's name has its number, and the label of the switch a space before.
    const translated = (/** @type {string} */ text) => text.replace(/^( ?)(.*?)( \d+)?$/, (all, before, word, number = '') => {
        const now = words[/** @type {keyof typeof words} */ (known.get(word))];
        return typeof now === 'string' ? `${before}${now}${number}` : all;
    });
    for (const element of root.querySelectorAll(':not(.lab-kernel *)')) {
        if (element.ariaLabel) {
            element.ariaLabel = translated(element.ariaLabel);
        }
        const text = element.firstElementChild ? element.lastChild : element.firstChild;
        if (text instanceof Text && !element.closest('.xterm')) {
            text.data = translated(text.data);
        }
    }
}
