import { meterOf } from './forecast-meter';

const volume = { path: '/boot', sizeBytes: 1000, freeBytes: 400, needBytes: 100, freeInodes: null };

describe('meterOf', () => {
  it('measures what is used, what the plan adds and what remains', () => {
    expect(meterOf(volume)).toEqual({ used: 60, needed: 10, left: 300, low: false });
    expect(meterOf({ ...volume, needBytes: 360 })).toMatchObject({ left: 40, low: true });
  });

  it('ends at the end of the volume when more is needed than there is', () => {
    expect(meterOf({ ...volume, needBytes: 5000 })).toEqual({ used: 60, needed: 40, left: -4600, low: true });
  });

  it('adds nothing that is not known', () => {
    expect(meterOf({ ...volume, needBytes: null })).toEqual({ used: 60, needed: null, left: null, low: false });
    expect(meterOf({ ...volume, sizeBytes: 0, freeBytes: 0, needBytes: 0 })).toMatchObject({ used: 0, needed: 0 });
  });
});
