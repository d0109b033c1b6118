import { announcedPackages } from './announced-packages';

it('names what apt is about to bring, and nothing that it keeps or removes', () => {
  const said = [
    'Reading package lists...',
    'The following packages were automatically installed and are no longer required:',
    '  unneeded',
    'The following packages will be REMOVED:',
    '  old',
    'The following NEW packages will be installed:',
    '  new',
    'The following packages have been kept back:',
    '  kept',
    'The following packages will be upgraded:',
    '  alpha beta:i386',
    '  gamma',
    'The following packages will be DOWNGRADED:',
    '  lower',
    '3 upgraded, 1 newly installed, 1 downgraded, 1 to remove and 1 not upgraded.',
    ' indented',
  ].join('\n');
  expect([...announcedPackages(said)]).toEqual(['new', 'alpha', 'beta', 'gamma', 'lower']);
  expect(announcedPackages('0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n').size).toBe(0);
});
