// The site's first page as HTML. What stands in a comment `with PROJECT_URL` is shown where the
// project's address is known: see maintain/ci/book.

import { escape as escaped } from '../../maintain/ci/html.mjs';
import { offlineSection } from '../offline/section.mjs';
import { CALLS, PAGES, WORDS } from './words.mjs';

/** Lines of the terminal that tell what the demonstration is about. */
const MATTERS = /^uts\.nodename/;

/**
 * A recorded run: what was typed, what appeared, and the processes with their namespaces. It is
 * what it is in the end; landing.css and page.js let the demonstration play.
 */
function figure({ prompt, command, printed, title, legend, table }, caption, recorded, name = '') {
    const lines = printed.map((line, index) =>
        `<span class="line${MATTERS.test(line) ? ' matters' : ''}" style="--line: ${index}">${escaped(line)}</span>`);
    return `<figure class="recording${name}" style="--characters: ${command.length}; --lines: ${printed.length}">
            <pre><code>${prompt} <span class="typed">${escaped(command)}</span>\n${lines.join('\n')}</code></pre>
            <div class="held">
                <p class="held-head"><strong>${title}</strong> <span>${legend}</span></p>
                <div class="kernel">${table}</div>
            </div>
            <figcaption><span class="caption">${caption}</span> <span class="recorded">${recorded}</span></figcaption>
        </figure>`;
}

const demo = (demonstration, words) => figure(demonstration, words.caption,
    `${words.recorded}<button type="button" class="again">${words.again}</button>`, ' demo');

/** The last step, with a link to it. */
const end = (container, language, words) => `
        <section class="end">
            <h2>${words.end}</h2>
            ${figure(container, words.endCaption, `<a href="${language}/step16-container.html">${words.endLink}</a>`)}
        </section>`;

/** The button of the machine, and what is said once it is there. */
const machineButton = ({ command, printed }, { bytes }, words) => `
                <button type="button" class="start" hidden data-command="${escaped(command)}" data-lines="${printed.length}"
                    data-starting="${words.starting}" data-failed="${words.failed}">${words.run} <small>${words.size(Math.round(bytes / 1e6))}</small></button>`;

const waiting = (language, words) => `
            <p class="waiting">${words.waiting} <a href="${language}/step03-uts.html#outside">${words.why}</a></p>`;

const step = ({ page, question, sessions }, language, words) => `
            <li data-page="${page}"${sessions ? ` data-sessions="${sessions}"` : ''}>
                <a href="${language}/${page}.html">
                    <span class="number">${words.step(Number(page.slice(4, 6)))}</span> <span class="done"></span>
                    <b>${escaped(question)}</b>
                    <code>${escaped(CALLS[page])}</code>
                </a>
            </li>`;

const part = ({ title, what, steps }, language, words) => `
        <h3>${escaped(title)}</h3>
        <p class="part">${what}</p>
        <ol class="steps">${steps.map((it) => step(it, language, words)).join('')}
        </ol>`;

export function landing({ language, css, progress, demonstration, container, machine, head, script, parts }) {
    const words = WORDS[language];
    const other = language === 'en' ? 'ko' : 'en';
    const { visited, ran, predicted } = words;
    return `<!DOCTYPE html>
<html lang="${language}">
<head>
    <meta charset="utf-8">
    <title>${words.title}</title>
    <meta name="description" content="${words.description}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <link rel="icon" href="icon.svg">
    <script>${head}</script>
    <style>${css}</style>
</head>
<body>
<div class="page">
    <header>
        <strong><img src="icon.svg" alt="" width="22" height="22">${words.title}</strong>
        <nav>
            <a href="${language}/isolation.html">${words.book}</a>
            <a href="${language}/workshop.html">${words.workshops}</a>
            <!-- with PROJECT_URL: <a href="PROJECT_URL">${words.source}</a> -->
            <a href="${PAGES[other]}#${other}" lang="${other}" hreflang="${other}">${WORDS[other].other}</a>
        </nav>
    </header>
    <main>
        <section class="hero${demonstration ? ' has-demo' : ''}">
            <div class="claim">
                <h1>${words.claim}</h1>
                <p class="what">${words.what}</p>
                <p class="ways">${demonstration && machine ? machineButton(demonstration, machine, words) : ''}
                    <a class="read" href="${language}/isolation.html">${words.read}</a>
                </p>
                <p class="said" role="status"></p>${demonstration && machine ? waiting(language, words) : ''}
            </div>
            ${demonstration ? demo(demonstration, words) : ''}
        </section>
        <h2>${words.steps}</h2>
        <div class="parts" data-words="${escaped(JSON.stringify({ visited, ran, predicted }))}">${parts.map((it) => part(it, language, words)).join('')}
        </div>
        <p class="kept" hidden>${words.kept} <a href="${language}/known.html">${words.known}</a></p>${container ? end(container, language, words) : ''}
        <div class="two">
            <section>
                <h2>${words.own}</h2>
                <p>${words.inFolder}</p>
                <pre class="commands" tabindex="0"><code><!-- with PROJECT_URL: <span>git clone PROJECT_URL isolation</span><span>cd isolation</span> --><span>cargo run -p step00-doctor</span><span>cargo run -p step03-uts -- helo</span></code></pre>
                <p class="soft">${words.needs}<br><a href="${language}/before-you-start.html">${words.before}</a></p>
            </section>
            <div>
                <section>
                    <h2>${words.workshop}</h2>
                    <p>${words.agendas}</p>
                    <p class="soft"><a href="${language}/workshop.html">${words.plan}</a></p>
                </section>${offlineSection(language)}
            </div>
        </div>
    </main>
    <footer>
        <span>${words.license}</span>${machine ? `
        <a href="lab/NOTICE.txt">${words.notice}</a>` : ''}
        <a href="${language}/further-reading.html#source">${words.further}</a>
        <!-- with PROJECT_URL: <a href="PROJECT_URL">${words.source}</a> -->
    </footer>
</div>
${progress ? `<script src="en/theme/${progress}"></script>\n` : ''}<script>${script}</script><script src="offline.js"></script>
</body>
</html>
`;
}
