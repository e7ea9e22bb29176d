// The theme that the reader has chosen in the book, or else the system's, before anything is drawn.
(() => {
    const root = document.documentElement;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const paint = () => {
        let theme;
        try {
            theme = localStorage.getItem('mdbook-theme');
        } catch {
            // It is forbidden to store one.
        }
        // mdBook has two light themes and three dark ones; here are one of each.
        const isDark = theme ? /navy|coal|ayu/.test(theme) : dark.matches;
        root.classList.toggle('navy', isDark);
        root.classList.toggle('light', !isDark);
    };
    paint();
    dark.addEventListener('change', paint);
    root.classList.add('js');
    root.classList.toggle('plays', !matchMedia('(prefers-reduced-motion: reduce)').matches);
})();
