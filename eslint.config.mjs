import angular from 'angular-eslint';
import tseslint from 'typescript-eslint';

const typed = { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } };

export default tseslint.config(
  { ignores: ['dist/', 'data/', 'node_modules/', 'frontend/src/app/api/', '**/*.cjs', '**/*.mjs', 'coverage/'] },
  {
    files: ['backend/**/*.ts', 'migrations/**/*.ts', 'tools/**/*.mts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    ...typed,
    rules: {
      // Nest modules are classes without members, by design.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/consistent-type-imports': 'off',
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Settings are read in kernel/config only.' },
        { object: 'Math', property: 'random', message: 'Use node:crypto or kernel/ids.' },
      ],
    },
  },
  {
    files: ['backend/**/*.spec.ts', 'backend/**/*-spec.ts', 'backend/test/**/*.ts', 'tools/**/*.mts'],
    rules: {
      'no-restricted-properties': 'off',
      'no-console': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
    },
  },
  {
    files: ['frontend/**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked, ...angular.configs.tsRecommended],
    processor: angular.processInlineTemplates,
    ...typed,
  },
  {
    files: ['frontend/**/*.html'],
    extends: [...angular.configs.templateRecommended, ...angular.configs.templateAccessibility],
  },
);
