import type { AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';
import { loadFixture } from '../fixtures/load-fixture';
import { analyseApt } from './analyse';

/** A sample that was never captured, laid over a captured clean machine. */
function analyseSample(name: string): AptUpdateAnalyze {
  const sections = new Map([...loadFixture('bookworm', 'clean'), ...loadFixture('unverified', name)]);
  return analyseApt(sections, { measuredAt: new Date('2026-11-23T12:00:00Z') });
}

const verdictsOf = (document: AptUpdateAnalyze): Record<string, string> =>
  Object.fromEntries(document.reboot.reasons.map(({ signal, verdict }) => [signal, verdict]));

describe('samples of systems that are not in the test fleet (unverified)', () => {
  it('a container ignores kernels, also those that it has installed', () => {
    const document = analyseSample('lxc');
    expect(document.reboot).toMatchObject({ state: 'not_needed', container: true, expected_kernel: null });
    expect(verdictsOf(document)).toMatchObject({ kernel: 'not_applicable', needrestart_kernel: 'not_applicable' });
  });

  it('needrestart tells of kernel, microcode and services', () => {
    const document = analyseSample('needrestart-metal');
    expect(document.reboot).toMatchObject({ state: 'needed', services: ['cron.service', 'ssh.service'] });
    expect(verdictsOf(document)).toMatchObject({ needrestart_kernel: 'needed', needrestart_microcode: 'needed' });
  });

  it('a Proxmox host without subscription has two repositories that want a login, as warnings', () => {
    const document = analyseSample('proxmox-host');
    expect(document.errors.map(({ kind, severity }) => [kind, severity])).toEqual([
      ['repo_401', 'warning'],
      ['repo_401', 'warning'],
    ]);
    expect(document.reboot).toMatchObject({ state: 'needed', expected_kernel: '6.8.12-11-pve' });
    expect(verdictsOf(document)).toMatchObject({ kernel: 'needed', kernel_rebuilt: 'not_needed' });
  });

  it('a pinned kernel is the expected one, whatever is newer', () => {
    expect(analyseSample('proxmox-pinned-kernel').reboot).toMatchObject({
      state: 'not_needed',
      expected_kernel: '6.8.12-4-pve',
    });
  });

  it('a Raspberry Pi compares kernels within the running flavour, and leaves out files of no package', () => {
    const document = analyseSample('raspberry-pi-os');
    expect(document.reboot).toMatchObject({ state: 'not_needed', expected_kernel: '6.12.25+rpt-rpi-v8' });
    expect(document.kernels?.map(({ flavour }) => flavour)).toContain('rpi-2712');
  });

  it('phased packages under their own heading are phased, also when the second simulation fails', () => {
    const document = analyseSample('ubuntu-phased');
    expect(document.left_back?.map(({ name, reason, phased_percent }) => [name, reason, phased_percent])).toEqual([
      ['gnome-shell', 'phased', 20],
    ]);
    expect(document.changes?.map(({ name }) => name)).toEqual(['tracker']);
  });

  it('ESM versions without Ubuntu Pro are not installable, and a security notice', () => {
    const document = analyseSample('ubuntu-esm');
    expect(document.left_back).toEqual([
      expect.objectContaining({ name: 'imagemagick', reason: 'not_installable', security: true }),
    ]);
    expect(document.messages.map(({ code, package_name }) => [code, package_name])).toEqual([
      ['security_update_left_back', 'imagemagick'],
    ]);
  });
});
