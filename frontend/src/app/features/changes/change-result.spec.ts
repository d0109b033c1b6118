import { signal } from '@angular/core';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import type { ExecutionDetailDto, JobDto } from '../../api/models';
import { Texts, type Language } from '../../core/i18n/texts';
import { providePortalTexts } from '../../core/i18n/transloco';
import { Preferences } from '../../core/preferences/preferences';
import { ChangeResultView } from './change-result';
import { ChangesApi } from './changes-api';

const job = { id: 'run', kind: 'sample_change', status: 'ok', errorKind: null, said: {} } as Partial<JobDto>;

async function shown(of: Partial<ExecutionDetailDto>): Promise<ComponentFixture<ChangeResultView>> {
  const execution = { id: 'run', machineId: 'm', action: 'sample_change', result: null, important: null, ...of };
  TestBed.configureTestingModule({
    providers: [
      ...providePortalTexts(),
      { provide: Preferences, useValue: { get: signal<Language>('en') } },
      { provide: ChangesApi, useValue: { execution: () => Promise.resolve(execution) } },
    ],
  });
  await TestBed.inject(Texts).start();
  const fixture = TestBed.createComponent(ChangeResultView);
  fixture.componentRef.setInput('job', job);
  await fixture.whenStable();
  fixture.detectChanges();
  return fixture;
}

describe('ChangeResultView', () => {
  it('leads to the report of a change that has no log', async () => {
    const fixture = await shown({ artifactId: null, reportId: 'report' });
    const links = [...(fixture.nativeElement as HTMLElement).querySelectorAll('a')];
    expect(links.map((link) => link.getAttribute('href'))).toEqual([
      '/api/reports/report?language=en',
      '/api/reports/report?format=markdown&language=en',
    ]);
    fixture.destroy();
  });
});
