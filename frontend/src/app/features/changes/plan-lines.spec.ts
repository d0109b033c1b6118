import { differenceLines, readLines } from './plan-lines';

describe('readLines', () => {
  it('takes packages, terms and other effects apart', () => {
    const lines = [
      'install linux-image-6.12.57+deb13-amd64:amd64 - 6.12.57-1 Debian:13.2/stable',
      'machine 0199b2c4',
      'mode dist_upgrade',
      'remove php8.4-apcu 5.1-1 -',
      'restart nginx.service',
      'upgrade openssl:amd64 3.5.1-1 3.5.1-1+deb13u1 Debian-Security:13/stable-security, Debian:13.2/stable',
    ];
    const read = readLines(lines);
    expect(read.packages.map(({ line, ...rest }) => ({ ...rest, whole: lines.includes(line) }))).toEqual([
      {
        operation: 'install',
        name: 'linux-image-6.12.57+deb13-amd64',
        arch: 'amd64',
        from: null,
        to: '6.12.57-1',
        origin: 'Debian:13.2/stable',
        whole: true,
      },
      { operation: 'remove', name: 'php8.4-apcu', arch: null, from: '5.1-1', to: null, origin: null, whole: true },
      {
        operation: 'upgrade',
        name: 'openssl',
        arch: 'amd64',
        from: '3.5.1-1',
        to: '3.5.1-1+deb13u1',
        origin: 'Debian-Security:13/stable-security, Debian:13.2/stable',
        whole: true,
      },
    ]);
    expect(read.terms).toEqual(['machine 0199b2c4', 'mode dist_upgrade']);
    expect(read.effects).toEqual(['restart nginx.service']);
  });

  it('shows a line that is no whole package line as it stands instead of guessing', () => {
    const odd = ['upgrade openssl:amd64 1', 'upgrade a:b:c 1 2', 'upgrade', 'upgrade <b>x</b> 1 2', 'mend a 1 2'];
    expect(readLines(odd)).toEqual({ packages: [], terms: [], effects: odd });
  });
});

describe('differenceLines', () => {
  it('puts both lines of a package together and marks what differs', () => {
    const lines = differenceLines(
      ['upgrade dovecot-core:amd64 2.4-6 2.4-6+u1 Debian'],
      ['install rspamd:amd64 - 3.13 rspamd.com', 'upgrade dovecot-core:amd64 2.4-6 2.4-6+u2 Debian'],
    );
    expect(lines.map(({ sign, words }) => [sign, words[1]?.text])).toEqual([
      ['−', 'dovecot-core:amd64'],
      ['+', 'dovecot-core:amd64'],
      ['+', 'rspamd:amd64'],
    ]);
    const changed = lines.map(({ words }) => words.filter((word) => word.changed).map(({ text }) => text));
    expect(changed).toEqual([['2.4-6+u1'], ['2.4-6+u2'], ['install', 'rspamd:amd64', '-', '3.13', 'rspamd.com']]);
  });
});
