'use strict';

/** Floors of the house, lowest first. A room may import rooms of lower floors only (docs/architecture.md). */
const floors = [
  ['settings'],
  ['credentials', 'networks'],
  ['machines'],
  ['history', 'windows'],
  ['jobs'],
  ['apt', 'automation', 'inventory', 'docker', 'postinstall', 'hermes', 'maintenance', 'terminal'],
];
const room = (name) => `^backend/src/modules/${name}/`;

const oneWay = floors.flatMap((floor, level) =>
  floor.map((name) => {
    const allowed = [name, ...floors.slice(0, level).flat()].join('|');
    return {
      name: `${name}-imports-downwards`,
      severity: 'error',
      comment: 'Imports go one way: kernel, credentials, machines, history, jobs, features.',
      // Tests may bring the rooms above to see what they make of it.
      from: { path: room(name), pathNot: '\\.spec\\.ts$' },
      to: { path: '^backend/src/modules/', pathNot: `^backend/src/modules/(${allowed})/` },
    };
  }),
);

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'kernel-knows-no-feature',
      severity: 'error',
      from: { path: '^backend/src/kernel/' },
      to: { path: '^backend/src/modules/' },
    },
    {
      name: 'accounts-stands-on-kernel',
      severity: 'error',
      from: { path: room('accounts') },
      to: { path: '^backend/src/modules/', pathNot: room('accounts') },
    },
    ...oneWay,
    {
      name: 'looks-decide-nothing',
      severity: 'error',
      comment:
        'Preferences and the way machines are shown are read by the portal only, never by a rule of the product.',
      from: { path: '^backend/src/', pathNot: room('settings') },
      to: {
        path: '^backend/src/modules/settings/',
        pathNot: 'settings/(settings\\.(module|service)|registry/app-settings)\\.ts$',
      },
    },
    {
      name: 'parsers-are-pure',
      severity: 'error',
      from: { path: '/(parsers|analysis)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^node_modules/(@nestjs|typeorm|pg|ssh2)|^(node:)?(fs|net|child_process|http)$' },
    },
    {
      name: 'no-test-code-in-product',
      severity: 'error',
      from: { path: '^backend/src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^backend/test/|\\.spec\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.spec.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
