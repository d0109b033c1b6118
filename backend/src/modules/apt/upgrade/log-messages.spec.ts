import { readFileSync } from 'node:fs';
import path from 'node:path';
import { AptLogMessages } from './log-messages';

const read = (lines: readonly string[]) => {
  const watcher = new AptLogMessages();
  lines.forEach((line, index) => {
    watcher.line(line, index + 1);
  });
  return watcher.messages();
};

/** The log of a run as it was captured on a machine of the test fleet. */
function captured(name: string): string[] {
  const text = readFileSync(path.join(__dirname, '..', 'fixtures', 'upgrade', `${name}.txt`), 'utf8');
  const log = /^@@ log \d+\n([\s\S]*?)(?=^@@ )/m.exec(text)?.[1] ?? '';
  return log.split('\n').map((line) => line.slice(2));
}

describe('what a log says to people', () => {
  it.each(['bookworm', 'trixie'])('takes a warning of dpkg with the lines that go on with it: %s', (suite) => {
    const lines = captured(`${suite}-odd-version`);
    const [first] = read(lines);
    expect(first).toMatchObject({ category: 'warning', severity: 'warning', packageName: 'fleet-odd' });
    expect(first?.message).toMatch(
      /^parsing file '.*' near line \d+ package 'fleet-odd': 'Version' field value '.*': invalid/,
    );
    expect(lines[(first?.line ?? 0) - 1]).toMatch(/^dpkg: warning: /);
  });

  it.each(['done', 'failing-script', 'no-space', 'deb-404', 'unmet'])(
    'takes no error and no progress for a message: %s',
    (name) => {
      expect(read(captured(`trixie-${name}`))).toEqual([]);
      expect(read(captured(`bookworm-${name}`))).toEqual([]);
    },
  );

  it('takes what maintainer scripts say to people, with the package whose script it was', () => {
    const messages = read([
      'Please note that nothing runs yet',
      'Setting up postgresql-common (248) ...',
      'Removing obsolete dictionary files:',
      'Setting up libfoo1:amd64 (2.0) ...',
      'libfoo: warning: the option "Old" is deprecated and will be ignored',
      'WARNING: \u001b[1mrestart\u001b[0m the daemon by hand',
      'Created symlink /etc/systemd/system/x → /usr/lib/systemd/system/x.',
      'You must run foo-migrate before the next start.',
      'Support for the old format will be removed in 3.0.',
      'W: Possible missing firmware /lib/firmware/x for module y',
      'Processing triggers for man-db (2.11.2-2) ...',
      'E: Sub-process /usr/bin/dpkg returned an error code (1)',
    ]);
    expect(
      messages.map(({ line, packageName, category, severity }) => [line, packageName, category, severity]),
    ).toEqual([
      [5, 'libfoo1', 'deprecation', 'warning'],
      [6, 'libfoo1', 'warning', 'warning'],
      [8, 'libfoo1', 'warning', 'info'],
      [9, 'libfoo1', 'future_major_change', 'warning'],
      [10, 'libfoo1', 'warning', 'warning'],
    ]);
    expect(messages[1]?.message).toBe('WARNING: restart the daemon by hand');
  });

  it('knows words of apt, hides what signs in, and ends somewhere', () => {
    const [known, other] = read([
      'W: https://ada:secret@example.org/InRelease: Key is stored in legacy trusted.gpg keyring (/etc/apt/trusted.gpg)',
      'W: something new',
    ]);
    expect(known).toMatchObject({ category: 'deprecation', packageName: null });
    expect(known?.message).not.toContain('secret');
    expect(other).toMatchObject({ category: 'warning', message: 'something new' });
    expect(read(Array.from({ length: 1000 }, () => 'W: again'))).toHaveLength(200);
  });
});
