/** What lab/build knows of the machine; the bundler puts it in. */
declare const MACHINE: { state: string; bytes: number; options: object };
