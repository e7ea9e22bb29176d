// The first page's own script: the demonstration plays once, the machine takes its place, and the
// steps show the reader's progress. Without it the page shows what it shows in the end.
(() => {
    const root = document.documentElement;
    const demo = document.querySelector('.demo');

    /** Plays when it is in sight; then it stands still. */
    async function play() {
        demo.classList.add('is-seen');
        const all = demo.getAnimations({ subtree: true });
        await Promise.allSettled(all.map((it) => it.finished));
        if (all.every((it) => it.playState === 'finished')) {
            root.classList.remove('plays');
            demo.classList.remove('is-seen');
        }
    }
    if (demo) {
        new IntersectionObserver(([entry], observer) => {
            if (entry.isIntersecting) {
                observer.disconnect();
                play();
            }
        }, { rootMargin: '-30% 0px' }).observe(demo); // it is in the middle of the window, however small that is
        demo.querySelector('.again').addEventListener('click', () => {
            demo.classList.remove('is-seen');
            root.classList.remove('plays');
            demo.getBoundingClientRect(); // what has been played ends here
            root.classList.add('plays');
            play();
        });
    }

    /** Loads what the machine looks like. */
    const style = () => new Promise((load, fail) => {
        const [rel, href] = ['stylesheet', 'lab/style.css'];
        document.head.append(Object.assign(document.createElement('link'), { rel, href, onload: load, onerror: fail }));
    });
    let styled;

    /** Puts the machine in the place of the demonstration. */
    const start = document.querySelector('.start');
    async function open() {
        const said = document.querySelector('.said');
        start.ariaBusy = 'true';
        said.textContent = start.dataset.starting;
        try {
            styled ??= style();
            const [machine] = await Promise.all([import('./lab/landing.js'), styled]);
            said.textContent = '';
            root.classList.add('has-machine');
            await machine.start({
                command: start.dataset.command,
                lines: Number(start.dataset.lines),
                onrun() {
                    root.classList.add('has-run');
                    document.querySelector('.waiting').scrollIntoView({ block: 'nearest' });
                },
                leave: () => start.focus({ preventScroll: true }),
                onclose: () => root.classList.remove('has-machine', 'has-run'),
            });
        } catch (error) {
            root.classList.remove('has-machine', 'has-run');
            said.textContent = start.dataset.failed;
            console.warn(error);
        } finally {
            start.ariaBusy = null;
        }
    }
    // Browsers load no modules from files, and old ones have no machine.
    if (start && location.protocol !== 'file:' && window.WebAssembly && window.TransformStream) {
        start.hidden = false;
        start.addEventListener('click', open);
        let id;
        try {
            id = sessionStorage.getItem('lab-checkpoint');
        } catch {
            // It is forbidden to store one.
        }
        if (id) {
            open(); // this tab has a machine
        }
    }

    /** What the reader has done of each step. */
    function showProgress() {
        const parts = document.querySelector('.parts');
        const words = JSON.parse(parts.dataset.words);
        for (const step of parts.querySelectorAll('li')) {
            const { visited, ran: all, predicted } = window.book.progress.of(step.dataset.page);
            // An earlier edition may have had more.
            const ran = all.filter((index) => index < Number(step.dataset.sessions ?? Infinity));
            const predictions = Object.keys(predicted).length;
            const done = [
                ran.length > 0 && step.dataset.sessions && words.ran.replace('COUNT', ran.length).replace('ALL', step.dataset.sessions),
                predictions > 0 && words.predicted.replace('COUNT', predictions),
            ].filter(Boolean);
            step.querySelector('.done').textContent = done.join(' · ') || (visited ? words.visited : '');
            step.classList.toggle('is-visited', visited);
            step.classList.toggle('is-run', ran.length > 0);
        }
        document.querySelector('.kept').hidden = !parts.querySelector('.is-visited, .is-run');
    }
    // When the page has been loaded, and when the reader comes back to it from a chapter.
    addEventListener('pageshow', () => window.book?.progress && showProgress());
    document.addEventListener('book-progress', showProgress);
})();
