/** What lab/build knows of the machine, and which build it is; the bundler puts it in. */
declare const MACHINE: { state: string; bytes: number; emulator: number; options: object; kernel: import('../kernel/picture.js').Kernel; build: string };

interface Window {
    /** What book/theme/pages.js and progress.js offer, and the panel that was opened last. */
    book: { setUp(): void; copy(text: string): Promise<boolean>; progress: Progress; lab?: import('./panel.js').Panel };
    // What mdBook's scripts offer.
    hljs: { highlightBlock(code: Element): void };
    mdbook_something_else_has_focus(event: Event): boolean;
    path_to_searchindex_js?: string;
    search?: { hasFocus(): boolean };
    /** Some browsers have it. */
    BarcodeDetector?: new (options: { formats: string[] }) => { detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]> };
}
