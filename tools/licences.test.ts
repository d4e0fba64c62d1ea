import { expect, it } from 'vitest';
import { licenceProblems } from './licences.ts';

const exceptions = {
  'node_modules/ssh2': {},
  'node_modules/a/node_modules/cpu-features': {},
  'node_modules/buildcheck': {},
  'node_modules/unionfs': {},
};

it('finds what is shipped under a licence that nobody knows to be fine', () => {
  const packages = {
    '': { license: 'Apache-2.0' },
    ...exceptions,
    'node_modules/mit': { version: '1.0.0', license: 'MIT' },
    'node_modules/both': { version: '1.0.0', license: 'Apache-2.0 AND MIT' },
    'node_modules/choice': { version: '1.0.0', license: '(GPL-3.0 OR MIT)' },
    'node_modules/tool': { version: '1.0.0', license: 'GPL-3.0', dev: true },
    'node_modules/@x/copyleft': { version: '2.0.0', license: 'GPL-3.0' },
    'node_modules/one-of-both': { version: '3.0.0', license: 'MIT AND GPL-3.0' },
    'node_modules/silent': { version: '4.0.0' },
  };
  expect(licenceProblems({ packages })).toEqual([
    '@x/copyleft@2.0.0 has the licence GPL-3.0: see tools/licences.ts',
    'one-of-both@3.0.0 has the licence MIT AND GPL-3.0: see tools/licences.ts',
    'silent@4.0.0 has the licence that nobody knows: see tools/licences.ts',
  ]);
});

it('finds an exception that nothing needs any more', () => {
  expect(licenceProblems({ packages: { ...exceptions, 'node_modules/ssh2': { dev: true } } })).toEqual([
    'ssh2 is not shipped any more: take it out of tools/licences.ts',
  ]);
});
