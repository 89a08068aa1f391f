import eslint from '@eslint/js';
import jupyter from '@jupyter/eslint-plugin';
import prettier from 'eslint-plugin-prettier/recommended';
import globals from 'globals';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '.venv/',
      '.yarn/',
      'coverage/',
      'dist/',
      'docs/',
      'lib/',
      'node_modules/',
      'oci_jupyter/',
      'src/contract.gen.ts',
      'ui-tests/',
      '**/*.d.ts'
    ]
  },
  { plugins: { jupyter } },
  eslint.configs.recommended,
  ...tseslint.configs.recommended.map(config => ({
    files: ['**/*.ts', '**/*.tsx'],
    ...config
  })),
  ...jupyter.configs.recommended,
  prettier,
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: {
      parserOptions: {
        project: './tsconfig.json',
        tsconfigRootDir: import.meta.dirname
      }
    },
    rules: {
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: 'interface',
          format: ['PascalCase'],
          custom: { regex: '^I[A-Z]', match: true }
        }
      ],
      // All plugins start with the application, and one bundle holds them: what activation
      // registers is needed at once.
      'jupyter/prefer-lazy-imports': [
        'warn',
        { ignoreImports: ['./*', '../*'] }
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-namespace': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { args: 'none', caughtErrors: 'none' }
      ],
      curly: ['error', 'all'],
      eqeqeq: 'error',
      'no-console': ['error', { allow: ['warn', 'error'] }],
      'prefer-arrow-callback': 'error'
    }
  },
  {
    // Tests end with their process, and speak to nobody.
    files: ['**/__tests__/**'],
    rules: {
      'jupyter/no-untranslated-string': 'off',
      'jupyter/require-disposable-ownership': 'off'
    }
  },
  {
    files: ['**/schema/*.json'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      'prettier/prettier': 'off'
    }
  },
  {
    files: ['*.js', '*.mjs'],
    languageOptions: { globals: globals.node }
  }
);
