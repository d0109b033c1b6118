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
      // DTOs and framework options are classes for their metadata only; literals of their shape are the convention.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Decorators read the written type; an inferred one is lost to them.
      '@typescript-eslint/no-inferrable-types': 'off',
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
    // Every statement that fills a *_json column passes kernel/database/rows, which lets documents of a contract through
    // only. These are the ways around it.
    files: ['backend/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...['TemplateLiteral > TemplateElement[value.raw=/_json/]', 'Literal[value=/_json/]'].map((text) => ({
          selector: `CallExpression[callee.property.name='query'] > ${text}`,
          message: 'Documents go through queryRows, queryOne, affected or bulkInsert.',
        })),
        {
          selector: 'CallExpression[callee.property.name=/^(getRepository|createQueryBuilder|getTreeRepository)$/]',
          message: 'Rows are written with queryRows, queryOne, affected or bulkInsert.',
        },
      ],
    },
  },
  {
    // The two places that hand the environment over to kernel/config.
    files: ['backend/src/main.ts', 'backend/src/cli.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['backend/**/*.spec.ts', 'backend/**/*-spec.ts', 'backend/test/**/*.ts', 'tools/**/*.mts'],
    rules: {
      'no-restricted-properties': 'off',
      'no-console': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Answers of supertest have no type; the expectations on them are the check.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/restrict-plus-operands': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
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
