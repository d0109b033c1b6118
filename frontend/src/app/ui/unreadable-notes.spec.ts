import { TestBed } from '@angular/core/testing';
import type { DocumentDto } from '../api/models';
import { Said } from '../core/i18n/said';
import { UnreadableNotes } from './unreadable-notes';

const newer: DocumentDto = {
  contract: 'machine_hardware.network',
  schemaVersion: 7,
  unreadable: 'newer',
  notice: 'A newer version wrote it.',
  said: {},
  document: { schema_version: 7, links: [{ speed: '<b>fast</b>' }] },
};

describe('UnreadableNotes', () => {
  function show(documents: readonly DocumentDto[], content = true): HTMLElement {
    TestBed.configureTestingModule({
      providers: [{ provide: Said, useValue: { of: (one: DocumentDto) => one.notice, lang: (): string => 'en' } }],
    });
    const fixture = TestBed.createComponent(UnreadableNotes);
    fixture.componentRef.setInput('documents', documents);
    fixture.componentRef.setInput('content', content);
    fixture.detectChanges();
    return fixture.nativeElement as HTMLElement;
  }

  it('says why, and lets the document be opened as it is stored', () => {
    const shown = show([newer]);
    expect(shown.textContent).toContain('A newer version wrote it.');
    expect(shown.querySelector('details summary')?.textContent).toContain('machine_hardware.network');
  });

  it('leaves the document out where it is shown beside', () => {
    expect(show([newer], false).querySelector('su-json-tree')).toBeNull();
  });

  it('shows nothing when everything was read', () => {
    expect(show([]).textContent?.trim()).toBe('');
  });
});
