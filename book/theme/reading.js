// Shows the reader's progress (progress.js): a mark at each chapter in the table of contents, and
// what was done on this page below it, with a way to delete all of it.
(() => {
    'use strict';

    const { progress } = window.book;
    const isKorean = () => document.documentElement.lang === 'ko';

    /** What is said of a page. */
    const WORDS = {
        en: {
            read: 'opened',
            ran: (count) => `${count} ${count === 1 ? 'session' : 'sessions'} run`,
            predicted: (right, count) => `${right} of ${count} ${count === 1 ? 'prediction' : 'predictions'} right`,
            solved: (count) => `${count} ${count === 1 ? 'challenge' : 'challenges'} solved`,
            solvedHere: (count, all) => `You have solved ${count} of the ${all} ${all === 1 ? 'challenge' : 'challenges'} on this page.`,
            ranHere: (count, all) => `You have run ${count} of the ${all} terminal sessions on this page.`,
            predictedHere: (right, count, all) => (all === 1 ? `Your prediction was ${right ? 'right' : 'wrong'}.`
                : `You have made ${count} of its ${all} predictions; ${right} ${right === 1 ? 'was' : 'were'} right.`),
            kept: 'Your progress is kept in this browser only.',
            notKept: 'This browser does not let the page keep your progress.',
            known: 'What I know now',
            forget: 'Delete it',
            sure: 'Delete your progress on all pages? It cannot be brought back.',
            forgotten: 'Your progress has been deleted.',
        },
        ko: {
            read: '열어 봄',
            ran: (count) => `세션 ${count}개 실행`,
            predicted: (right, count) => `예측 ${count}개 중 ${right}개 맞음`,
            solved: (count) => `도전 과제 ${count}개 풂`,
            solvedHere: (count, all) => `이 페이지의 도전 과제 ${all}개 중 ${count}개를 풀었습니다.`,
            ranHere: (count, all) => `이 페이지의 터미널 세션 ${all}개 중 ${count}개를 실행했습니다.`,
            predictedHere: (right, count, all) => (all === 1 ? `예측은 ${right ? '맞았습니다' : '틀렸습니다'}.`
                : `예측 ${all}개 중 ${count}개에 답했고, 그중 ${right}개가 맞았습니다.`),
            kept: '진행 상황은 이 브라우저에만 저장됩니다.',
            notKept: '이 브라우저에서는 진행 상황을 저장할 수 없습니다.',
            known: '지금 내가 아는 것',
            forget: '지우기',
            sure: '모든 페이지의 진행 상황을 지울까요? 되돌릴 수 없습니다.',
            forgotten: '진행 상황을 지웠습니다.',
        },
    };
    const words = () => WORDS[isKorean() ? 'ko' : 'en'];

    /** The predictions of a page, and how many of them were right. */
    function predictions({ predicted }) {
        const all = Object.values(predicted);
        return [all.filter((it) => it.isRight).length, all.length];
    }

    const element = (name, properties, ...children) => {
        const made = Object.assign(document.createElement(name), properties);
        made.append(...children);
        return made;
    };

    /** Marks the chapters in the table of contents; a screen reader says what the mark means. */
    function markChapters() {
        const all = progress.all();
        for (const link of document.querySelectorAll('#mdbook-sidebar .chapter-link-wrapper > a[href]')) {
            link.querySelector('.reading')?.remove();
            const page = all[progress.pageAt(link)];
            if (page && !link.classList.contains('header-in-summary')) {
                const [right, count] = predictions(page);
                const solved = Object.keys(page.solved).length;
                const said = [words().read, solved > 0 && words().solved(solved), page.ran.length > 0 && words().ran(page.ran.length), count > 0 && words().predicted(right, count)]
                    .filter((it) => it).join(', ');
                const done = page.ran.length > 0 || count > 0 || solved > 0;
                link.append(element('span', { className: done ? 'reading done' : 'reading', title: said },
                    element('span', { className: 'said' }, ` (${said})`)));
            }
        }
    }

    /** How many sessions of this page run on the machine, and how many predictions it asks for. */
    function counts() {
        const sessions = [...document.querySelectorAll('main pre > code.language-console')]
            .filter(({ classList }) => !classList.contains('norun') || classList.contains('lab'));
        return [sessions.length, document.querySelectorAll('main .prediction').length];
    }

    /** Says below the chapter what was done in it. */
    function sumUp() {
        const end = document.querySelector('.chapter-end');
        const [sessions, questions] = counts();
        // An earlier edition of the page may have had others.
        const known = progress.of(progress.pageAt(location));
        const asked = new Set([...document.querySelectorAll('main .prediction')].map(({ id }) => id));
        const page = {
            ran: known.ran.filter((session) => session < sessions),
            predicted: Object.fromEntries(Object.entries(known.predicted).filter(([id]) => asked.has(id))),
        };
        const challenges = [...document.querySelectorAll('main .challenge[data-name]')];
        const { solved } = progress.of('challenges');
        const ofThem = challenges.filter(({ dataset }) => solved[dataset.name]).length;
        const [right, count] = predictions(page);
        const isAny = Object.keys(progress.all()).length > 0;
        end?.querySelector('.progress')?.remove();
        if (!end || !isAny) {
            return;
        }
        const done = [
            page.ran.length > 0 && words().ranHere(page.ran.length, sessions),
            count > 0 && words().predictedHere(right, count, questions),
            ofThem > 0 && words().solvedHere(ofThem, challenges.length),
            progress.isKept() ? words().kept : words().notKept,
        ].filter((it) => it);
        const button = element('button', { type: 'button' }, words().forget);
        button.addEventListener('click', () => {
            if (confirm(words().sure)) {
                progress.forget();
                const said = element('p', { className: 'progress', tabIndex: -1 }, words().forgotten);
                end.querySelector('.page-links').before(said);
                said.focus();
            }
        });
        end.querySelector('.page-links').before(element('p', { className: 'progress' }, done.join(' '), ' ',
            element('a', { href: 'known.html' }, words().known), ' ', button));
    }

    function show() {
        markChapters();
        sumUp();
    }
    const { setUp } = window.book;
    window.book.setUp = () => {
        setUp();
        show();
    };
    document.addEventListener('book-progress', show);
    show();
})();
