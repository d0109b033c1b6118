import { ParseError } from './parse-error';
import { parsePolicyPackages, parsePolicySources } from './policy';

describe('parsePolicySources', () => {
  it('reads labels that hold commas and spaces, flat repositories and missing releases', () => {
    const text = [
      'Package files:',
      ' 100 /var/lib/dpkg/status',
      '     release a=now',
      ' 500 https://download.example.org/linux bookworm/stable amd64 Packages',
      '     release o=Example, Inc,a=bookworm,l=Example CE, stable,c=stable,b=amd64',
      '     origin download.example.org',
      '-32768 https://esm.example.org/infra/ubuntu jammy-infra-security/main amd64 Packages',
      '     release v=22.04,o=UbuntuESM,a=jammy-infra-security,n=jammy,l=UbuntuESM,c=main,b=amd64',
      ' 500 file:/srv/flat ./ Packages',
      '     release c=',
      'Pinned packages:',
      '     x -> 1 with priority 990',
      '',
    ].join('\n');
    expect(parsePolicySources(text)).toEqual([
      expect.objectContaining({
        uri: 'https://download.example.org/linux',
        suite: 'bookworm',
        origin: 'Example, Inc',
        label: 'Example CE, stable',
        component: 'stable',
        site: 'download.example.org',
      }),
      expect.objectContaining({ priority: -32768, archive: 'jammy-infra-security', codename: 'jammy' }),
      expect.objectContaining({ uri: 'file:/srv/flat', suite: './', component: null, origin: null, site: null }),
    ]);
  });

  it('keeps the suite of a component that is not in the suite', () => {
    const text = 'Package files:\n 500 http://a.example/x bookworm/updates/main amd64 Packages\n     release o=X\n';
    expect(parsePolicySources(text)[0]).toMatchObject({ suite: 'bookworm/updates', component: 'main' });
  });

  it.each(['', 'E: no\n', 'Package files:\nnonsense\n'])('refuses %j', (text) => {
    expect(() => parsePolicySources(text)).toThrow(ParseError);
  });
});

describe('parsePolicyPackages', () => {
  it('reads phasing, pins and the versions around the installed one', () => {
    const text = [
      'a:',
      '  Installed: 1.0',
      '  Candidate: 1.1',
      '  Package pin: 1.1',
      '  Version table:',
      '     1.2 -1',
      '        500 http://h/repo s/main amd64 Packages',
      '     1.1 500 (phased 10%)',
      '        500 http://h/repo s/main amd64 Packages',
      '        500 http://h/repo t/main amd64 Packages',
      ' *** 1.0 100',
      '        100 /var/lib/dpkg/status',
      'b:i386:',
      '  Installed: (none)',
      '  Candidate: (none)',
      '  Version table:',
      '',
    ].join('\n');
    const [a, b] = parsePolicyPackages(text);
    expect(a).toMatchObject({ name: 'a', installed: '1.0', candidate: '1.1' });
    expect(a?.versions.map((v) => [v.version, v.priority, v.phasedPercent, v.sources.length])).toEqual([
      ['1.2', -1, null, 1],
      ['1.1', 500, 10, 2],
      ['1.0', 100, null, 0],
    ]);
    expect(b).toEqual({ name: 'b:i386', installed: null, candidate: null, versions: [] });
  });

  it.each(['  Installed: 1\n', 'a\n', 'a:\n  Version table:\n     1.0 x\n', 'a:\n  Something: 1\n'])(
    'refuses %j',
    (text) => {
      expect(() => parsePolicyPackages(text)).toThrow(ParseError);
    },
  );
});
