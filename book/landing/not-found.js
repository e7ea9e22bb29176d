// Where the site is in a folder that was not known when it was built (otherwise it is placed), the
// address that was asked for may tell; and a page whose name begins alike may be the one that was meant.
(() => {
    const links = [...document.querySelectorAll('main a')];
    const [root] = location.pathname.match(/^.*?(?=\/(?:en|ko|lab)\/)/) ?? [];
    if (root !== undefined && document.querySelector('main').dataset.placed === undefined) {
        links.forEach((link) => { link.pathname = root + link.dataset.path; });
    }
    const name = (path) => path.split('/').at(-1).replace(/\.\w+$/, '').toLowerCase();
    const asked = name(location.pathname);
    const alike = (link) => {
        const other = name(link.dataset.path);
        const differs = [...other].findIndex((char, at) => char !== asked[at]);
        return differs < 0 ? other.length : differs;
    };
    const isKorean = location.pathname.includes('/ko/');
    const [best] = links.filter((link) => link.closest('ul') && link.closest('[lang]').lang === (isKorean ? 'ko' : 'en'))
        .sort((one, other) => alike(other) - alike(one));
    if (best && alike(best) >= 5) {
        const meant = document.querySelector(`.meant:lang(${isKorean ? 'ko' : 'en'})`);
        const copy = best.cloneNode(true);
        copy.pathname = best.pathname;
        meant.querySelector('span').append(copy);
        meant.hidden = false;
    }
})();
