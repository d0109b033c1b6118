import { readRanges } from './ranges';

describe('ranges of addresses', () => {
  it.each([
    ['10.1.0.0/16', '10.1.0.0/16'],
    [' 192.0.2.7 ', '192.0.2.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8::/48', '2001:db8::/48'],
    ['2001:0db8:0000::/32', '2001:db8::/32'],
    ['::1', '::1/128'],
    ['::/0', '::/0'],
    ['fe80::/10', 'fe80::/10'],
  ])('reads %s as %s', (text, range) => {
    expect(readRanges([text])).toEqual({ ranges: [range], problem: null });
  });

  it.each([
    '',
    '10.0',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '256.0.0.0/8',
    'home',
    '2001:db8::/129',
  ])('refuses %j as nonsense', (text) => {
    expect(readRanges([text]).problem).toContain('is no range of addresses');
  });

  it.each([
    ['10.1.2.3/16', '10.1.0.0/16'],
    ['2001:db8::1/64', '2001:db8::/64'],
  ])('says what %s may have meant', (text, meant) => {
    expect(readRanges([text]).problem).toContain(`write ${meant} instead`);
  });

  it('refuses the same range twice, however it is written', () => {
    expect(readRanges(['2001:db8::/48', '10.0.0.0/8', '2001:DB8:0::/48']).problem).toContain('is given twice');
  });
});
