import { convertToParamMap } from '@angular/router';
import { queryOf, readAddress, writeAddress } from './dashboard-address';

describe('the address of the dashboard', () => {
  it('reads what it wrote', () => {
    const address = readAddress(
      convertToParamMap({
        view: 'table',
        group: 'tag',
        q: 'web',
        state: 'failed,security',
        tag: 'prod',
        sort: 'name',
        order: 'desc',
      }),
    );
    expect(readAddress(convertToParamMap(writeAddress(address)))).toEqual(address);
    expect(queryOf(address)).toEqual({
      sort: 'name',
      order: 'desc',
      q: 'web',
      state: ['failed', 'security'],
      tag: ['prod'],
    });
  });

  it('ignores what makes no sense', () => {
    expect(
      readAddress(convertToParamMap({ view: 'x', group: 'y', state: 'bad,,clean', sort: 'size', order: 'up' })),
    ).toMatchObject({
      view: 'comfort',
      group: 'need',
      states: ['clean'],
      sort: 'need',
      order: null,
    });
  });
});
