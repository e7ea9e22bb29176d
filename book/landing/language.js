// The language that the reader has chosen, or else the browser's, before anything is drawn. The
// links between the languages end with #en or #ko, which is a choice.
(() => {
    const [, chosen] = location.hash.match(/^#(en|ko)$/) ?? [];
    let remembered;
    try {
        if (chosen) {
            localStorage.setItem('book-language', chosen);
        }
        remembered = localStorage.getItem('book-language');
    } catch {
        // It lasts as long as the address.
    }
    const understood = navigator.languages.map((it) => it.slice(0, 2)).find((it) => it === 'en' || it === 'ko');
    const root = document.documentElement;
    if (root.lang === 'en' && (chosen ?? remembered ?? understood) === 'ko') {
        root.style.visibility = 'hidden'; // nothing of it is seen before the other page is there
        location.replace(`ko.html${location.hash}`);
    }
})();
