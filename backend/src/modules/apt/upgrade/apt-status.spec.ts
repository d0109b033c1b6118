import { aptProgress } from './apt-status';

/** As apt 2.6 and 3.0 write them. */
describe('aptProgress', () => {
  it.each([
    ['pmstatus:fleet-plain:33.3333:Unpacking fleet-plain (amd64)', 'install', 33.3333, 'fleet-plain'],
    ['pmstatus:libc6:amd64:50:Configuring libc6 (amd64)', 'install', 50, 'libc6:amd64'],
    ['pmstatus:dpkg-exec:0.0000:Running dpkg', 'install', 0, null],
    ['configure:libc6:amd64:50.0000:Configuring libc6:amd64', 'configure', 50, 'libc6:amd64'],
    ['dlstatus:2:61.5:Retrieving file 2 of 3 (2s remaining)', 'download', 61.5, null],
  ])('reads %s', (line, step, percent, subject) => {
    expect(aptProgress(line)).toEqual({ step, percent, subject });
  });

  it('tells of the step that its action calls so', () => {
    const steps = { fetch: 'check', work: 'remove', configure: 'mend' };
    const removing = 'pmstatus:fleet-newdep:66.6667:Removing fleet-newdep (amd64)';
    expect(aptProgress(removing, steps)).toMatchObject({ step: 'remove', subject: 'fleet-newdep' });
    expect(aptProgress('dlstatus:1:5:Retrieving file 1 of 1', steps)).toMatchObject({ step: 'check' });
    expect(aptProgress('configure:fleet-plain:0.0000:Configuring fleet-plain', steps)).toMatchObject({ step: 'mend' });
  });

  it.each([
    'pmerror:fleet-failing:50:installed fleet-failing package post-installation script subprocess returned error',
    'pmconffile:/etc/x:40:',
    'pmstatus:fleet-plain',
    '',
  ])('leaves %j to the log', (line) => {
    expect(aptProgress(line)).toBeNull();
  });
});
