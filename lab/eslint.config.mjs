// Mistakes that types do not show.

import js from '@eslint/js';
import globals from 'globals';

export default [
    js.configs.recommended,
    {
        rules: {
            eqeqeq: 'error',
            'no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'all' }],
            'no-var': 'error',
            'prefer-const': 'error',
            'max-lines': ['error', 300],
            // A terminal's control characters.
            'no-control-regex': 'off',
        },
    },
    { files: ['page/**', 'kernel/**', 'view/**', 'recording/*.js', 'judge/*.js', 'progress/**', 'challenges/**'], languageOptions: { globals: { ...globals.browser, MACHINE: 'readonly' } } },
    { files: ['*.mjs', 'tests/**', 'recording/*.mjs', 'judge/*.mjs'], languageOptions: { globals: globals.node } },
];
