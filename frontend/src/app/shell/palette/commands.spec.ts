import { machineQuestion, matching, type Command } from './commands';

const command = (label: string, hidden = false): Command => ({
  id: label,
  group: 'pages',
  icon: 'right',
  label,
  note: '',
  hidden,
  run: () => undefined,
});
const labels = (question: string): string[] =>
  matching([command('Open settings'), command('Réglages'), command('Settings'), command('Secret', true)], question).map(
    (one) => one.label,
  );

describe('matching', () => {
  it('finds every word anywhere, and what begins so first', () => {
    expect(labels('settings')).toEqual(['Settings', 'Open settings']);
    expect(labels('set op')).toEqual(['Open settings']);
    expect(labels('nothing')).toEqual([]);
  });

  it('does not ask for accents', () => {
    expect(labels('regl')).toEqual(['Réglages']);
  });

  it('shows everything that is not only for searching when nothing is asked', () => {
    expect(labels(' ')).toEqual(['Open settings', 'Réglages', 'Settings']);
    expect(labels('sec')).toEqual(['Secret']);
  });
});

describe('machineQuestion', () => {
  it('takes a verb off the front of a name', () => {
    expect(machineQuestion('ana mail 1', 'Analyse')).toEqual({ name: 'mail 1', verbFirst: true });
    expect(machineQuestion('mail', 'Analyse')).toEqual({ name: 'mail', verbFirst: false });
    expect(machineQuestion('ana', 'Analyse')).toEqual({ name: 'ana', verbFirst: false });
    expect(machineQuestion('an x', 'Analyse')).toEqual({ name: 'an x', verbFirst: false });
  });
});
