import { SecretMasker } from '../../logging/secret-masker';
import { answer } from '../../../../test/support/jobs-fakes';
import { play } from '../../../../test/support/ssh-play';
import type { RunScriptOptions } from '../run-types';
import { DetachedRuns } from './detached-runs';
import type { LogPiece } from './detached-types';

const run = {
  id: '01890000-0000-7000-8000-000000000000',
  installation: { id: '01890000-0000-7000-8000-000000000001', epoch: 1 },
  fence: '1',
  script: 'true',
  parameters: {},
  plan: { lines: [], digest: '' },
  stoppable: [],
  expected: false,
};

/** What a start comes to when the machine answers so. */
async function started(start: string, state: string): Promise<string> {
  const runner = { runScript: () => Promise.resolve(answer({ start, state: `state ${state}\nrebooted 0\nsize 0\n` })) };
  const runs = new DetachedRuns(runner, { sudo: { kind: 'none' }, masker: new SecretMasker([]) });
  return (await runs.start(run)).outcome.kind;
}

describe('the start of a detached run', () => {
  it.each([
    ['running', 'attached'],
    ['ended', 'attached'],
    ['interrupted', 'attached'],
    ['prepared', 'unsure'],
    ['missing', 'failed'],
  ])('that broke off over a run that is %s: %s', async (state, outcome) => {
    expect(await started('', state)).toBe(outcome);
  });

  it('that was refused stays refused, whatever there is', async () => {
    expect(await started('outcome fence_refused\nfence 1 9\n', 'running')).toBe('fence_refused');
    expect(await started('outcome busy\nholder a b\n', 'missing')).toBe('busy');
    expect(await started('outcome failed\nreason no unit\n', 'missing')).toBe('failed');
  });
});

it('what a detached run left is what it was, and its log is masked as it was when it was followed', async () => {
  const after = 'debianutils\tamd64\t5.8\tinstalled\n';
  const sections = {
    'run.state': 'state ended\nrebooted 0\nsize 9\nending ended\nexit 0\nfinished 1234\n',
    'run.log_tail': 'Setting up debianutils (5.8) ...\n',
    'run.drift_missing': '',
    'run.drift_added': 'upgrade debianutils:amd64 5.7 5.8 -\n',
    after,
  };
  const connection = {
    runScript: (options: RunScriptOptions) =>
      play((running) => {
        for (const [index, [name, stdout]] of Object.entries(sections).entries()) {
          running.begin(index + 1, name);
          running.channel.write(stdout);
          running.end(index + 1, 0);
        }
        running.done(0);
      }, options),
  };
  const masker = new SecretMasker(['debian', '1234']);
  const left = await new DetachedRuns(connection, { sudo: { kind: 'none' }, masker }).collect(
    run.id,
    'an installation',
  );
  expect(left.state).toMatchObject({ kind: 'ended', result: { exitCode: 0, finishedAt: new Date(1_234_000) } });
  expect(left.facts.get('after')?.stdout).toBe(after);
  expect(left.drift?.added).toEqual(['upgrade debianutils:amd64 5.7 5.8 -']);
  expect(left.logTail).toBe('Setting up •••utils (5.8) ...\n');
});

describe('following a detached run', () => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');

  it('hands out its log, and of its status the last line of each look, masked', async () => {
    const said: string[] = [];
    const looks = [
      ['.', base64('first\n'), `=${base64('1 a')}`, base64('second\n'), `=${base64('2 b')}`],
      [`=${base64('3 s3cret')}`],
    ];
    const runner = {
      runScript: async ({ onOutput }: RunScriptOptions) => {
        for (const look of looks)
          await onOutput?.({ section: 'follow', stream: 'stdout', text: `${look.join('\n')}\n` });
        return answer({ follow: '', state: 'state ended\nrebooted 0\nsize 13\nending ended\nexit 0\nfinished 1\n' });
      },
    };
    const runs = new DetachedRuns(runner, { sudo: { kind: 'none' }, masker: new SecretMasker(['s3cret']) });
    await runs.follow({
      id: run.id,
      offset: 0,
      onPiece: ({ text }) => void said.push(text),
      onStatus: (line) => void said.push(line),
    });
    expect(said).toEqual(['first\nsecond\n', '2 b', '3 •••']);
  });

  it.each([
    ['goes on where the machine has kept it again, and says how much is missing', '+100', null],
    ['takes no byte that it had before for that', '+3', 'protocol'],
    ['takes no word for a byte', '+1e9', 'protocol'],
  ])('%s', async (_name, line, kind) => {
    const pieces: LogPiece[] = [];
    const runner = {
      runScript: async ({ onOutput }: RunScriptOptions) => {
        const text = `${[base64('first\nhalf'), line, base64('of\nlast\n')].join('\n')}\n`;
        await onOutput?.({ section: 'follow', stream: 'stdout', text });
        return answer({ follow: '', state: 'state ended\nrebooted 0\nsize 108\nending ended\nexit 0\nfinished 1\n' });
      },
    };
    const runs = new DetachedRuns(runner, { sudo: { kind: 'none' }, masker: new SecretMasker([]) });
    const end = runs.follow({ id: run.id, offset: 0, onPiece: (piece) => void pieces.push(piece) });
    if (kind !== null) {
      await expect(end).rejects.toMatchObject({ kind });
      return;
    }
    await end;
    expect(pieces).toEqual([
      { text: 'first\n', step: null, offset: 6 },
      { text: '', step: null, offset: 103, omittedBytes: 97 },
      { text: 'last\n', step: null, offset: 108 },
    ]);
  });

  it.each([
    ['a line that is none of its log', '+s3cret', {}, ''],
    ['an end of its log that is none', '.', { follow: true }, 'state ended\nrebooted 0\nsize 0\n'],
    ['a state that nobody knows', '.', {}, 'state s3cret\n'],
  ])('quotes of %s nothing unmasked', async (_name, line, sections, state) => {
    const runner = {
      runScript: async ({ onOutput }: RunScriptOptions) => {
        await onOutput?.({ section: 'follow', stream: 'stdout', text: `${line}\n` });
        const said = answer({ follow: '', state });
        const words = said.sections.map((section) => ({
          ...section,
          stderr: 'no s3cret\n',
          exitCode: section.name in sections ? 1 : section.exitCode,
        }));
        return { ...said, sections: words, section: (name: string) => words.find((one) => one.name === name) };
      },
    };
    const runs = new DetachedRuns(runner, { sudo: { kind: 'none' }, masker: new SecretMasker(['s3cret']) });
    const end = runs.follow({ id: run.id, offset: 0, onPiece: () => undefined });
    await expect(end).rejects.toMatchObject({
      kind: 'protocol',
      details: { serverText: expect.stringMatching(/^(?!.*s3cret).*•••/) as string },
    });
  });

  it('shows nothing of a secret that lies across an edge of what was not kept, though the line has no end', async () => {
    const word = 's3cret-word';
    const rest = `ret-word${'x'.repeat(100_000)}\nlast\n`;
    const pieces: LogPiece[] = [];
    const runner = {
      runScript: async ({ onOutput }: RunScriptOptions) => {
        const text = `${[base64('first\nof s3cr'), '+1000', base64(rest)].join('\n')}\n`;
        await onOutput?.({ section: 'follow', stream: 'stdout', text });
        const size = String(1000 + rest.length);
        return answer({
          follow: '',
          state: `state ended\nrebooted 0\nsize ${size}\nending ended\nexit 0\nfinished 1\n`,
        });
      },
    };
    const runs = new DetachedRuns(runner, { sudo: { kind: 'none' }, masker: new SecretMasker([word]) });
    await runs.follow({ id: run.id, offset: 0, onPiece: (piece) => void pieces.push(piece) });
    const text = pieces.map((piece) => piece.text).join('');
    expect(text).toMatch(/^first\nx+\nlast\n$/);
    const omitted = pieces.reduce((sum, { omittedBytes = 0 }) => sum + omittedBytes, 0);
    expect(text.length + omitted).toBe(1000 + rest.length);
    expect(pieces.at(-1)?.offset).toBe(1000 + rest.length);
  });

  it('hands out a log of countless short lines in pieces that are borne well, with the byte at which each ends', async () => {
    const text = `${'\n'.repeat(100_000)}${'x'.repeat(50_000)}\nlast\n`;
    const pieces: LogPiece[] = [];
    const runner = {
      runScript: async ({ onOutput }: RunScriptOptions) => {
        await onOutput?.({ section: 'follow', stream: 'stdout', text: `${base64(text)}\n` });
        const size = String(text.length);
        return answer({
          follow: '',
          state: `state ended\nrebooted 0\nsize ${size}\nending ended\nexit 0\nfinished 1\n`,
        });
      },
    };
    const runs = new DetachedRuns(runner, { sudo: { kind: 'none' }, masker: new SecretMasker([]) });
    await runs.follow({ id: run.id, offset: 0, onPiece: (piece) => void pieces.push(piece) });
    expect(pieces.map((piece) => piece.text).join('')).toBe(text);
    let offset = 0;
    for (const piece of pieces) {
      offset += piece.text.length;
      expect(piece.offset).toBe(offset);
      expect(piece.text.split('\n').length).toBeLessThanOrEqual(32 * 1024 + 1);
    }
  });

  it('says that the folder of a run is gone that goes on', async () => {
    let gone = 0;
    const runner = {
      runScript: async ({ onOutput }: RunScriptOptions) => {
        await onOutput?.({ section: 'follow', stream: 'stdout', text: `${base64('a\n')}\n!\n.\n` });
        return answer({ follow: '', state: 'state missing\nrebooted 0\nsize 0\n' });
      },
    };
    const runs = new DetachedRuns(runner, { sudo: { kind: 'none' }, masker: new SecretMasker([]) });
    const state = await runs.follow({
      id: run.id,
      offset: 0,
      onPiece: () => undefined,
      onFolderGone: () => void (gone += 1),
    });
    expect({ gone, kind: state.kind }).toEqual({ gone: 1, kind: 'missing' });
  });
});
