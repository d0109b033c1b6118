import { TestBed } from '@angular/core/testing';
import { Texts } from '../../../core/i18n/texts';
import { MachinesApi, type WaitingWork } from '../machines-api';
import { ArchiveCard } from './archive-card';

describe('ArchiveCard', () => {
  async function show(waiting: WaitingWork): Promise<string | undefined> {
    const t = (key: string, params: object = {}): string => `${key} ${JSON.stringify(params)}`;
    TestBed.configureTestingModule({
      providers: [
        { provide: Texts, useValue: { t } },
        { provide: MachinesApi, useValue: { waitingWork: () => Promise.resolve(waiting) } },
      ],
    });
    const fixture = TestBed.createComponent(ArchiveCard);
    fixture.componentRef.setInput('machine', { id: 'm', name: 'web-1', revision: 1 });
    fixture.componentRef.setInput('busy', false);
    fixture.detectChanges();
    await fixture.whenStable();
    fixture.detectChanges();
    return (fixture.nativeElement as HTMLElement).querySelector('[data-waits]')?.textContent;
  }

  it('says what waits there, which ends with it', async () => {
    expect(await show({ runs: 2, plans: 1, more: false })).toBe('access.archive.waits {"runs":2,"plans":1}');
  });

  it('gives no number where only a part was counted', async () => {
    expect(await show({ runs: 100, plans: 0, more: true })).toBe('access.archive.waitsMany {}');
  });

  it('says nothing where nothing waits', async () => {
    expect(await show({ runs: 0, plans: 0, more: false })).toBeUndefined();
  });
});
