import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { Preferences } from '../preferences/preferences';
import { Formats } from './formats';
import { Said } from './said';
import { Texts, type Language } from './texts';
import { providePortalTexts } from './transloco';

describe('Said', () => {
  const place = { text: 'web-01, port 22', code: 'ssh.place', params: { host: 'web-01', port: '22' } };
  const lost = {
    text: 'The connection to web-01, port 22 was lost.',
    code: 'ssh.connection_lost',
    params: { place },
  };
  const quoted = { text: 'E: no such host', code: null, params: {} };
  const unheard = { text: 'Something new.', code: 'ssh.something_new', params: {} };
  const language = signal<Language>('fr');
  let said: Said;
  let texts: Texts;

  beforeEach(async () => {
    language.set('fr');
    TestBed.configureTestingModule({
      providers: [...providePortalTexts(), { provide: Preferences, useValue: { get: language } }],
    });
    said = TestBed.inject(Said);
    texts = TestBed.inject(Texts);
    await texts.start();
  });

  it('says a sentence, and the sentence in it, in the language that is on', async () => {
    const document = { message: lost.text, said: { message: [lost] } };
    expect(said.of(document, 'message')).toBe('La connexion à web-01, port 22 a été perdue.');
    expect(said.lang(document, 'message')).toBeNull();
    language.set('en');
    await texts.start();
    expect(said.of(document, 'message')).toBe(lost.text);
  });

  it('tells a moment by the clocks of the browser, with its zone', () => {
    const over = (end: string) => ({ text: 'It is over.', code: 'automation.window_expired', params: { end } });
    const of = (end: string) => said.of({ message: '…', said: { message: [over(end)] } }, 'message');
    const end = '2026-11-25T15:40:00.000Z';
    expect(of(end)).toContain(TestBed.inject(Formats).shortWithZone(end));
    expect(of(end)).not.toContain('Z.');
    // Only what is a moment as a whole; a machine's words stay as they are.
    expect(of(`at ${end}`)).toContain(`at ${end}`);
  });

  it('shows a machine’s words and sentences without a translation as they came', () => {
    const mixed = { message: '…', said: { message: [lost, quoted] } };
    expect(said.of(mixed, 'message')).toBe('La connexion à web-01, port 22 a été perdue. E: no such host');
    expect(said.lang(mixed, 'message')).toBe('en');
    expect(said.of({ message: unheard.text, said: { message: [unheard] } }, 'message')).toBe('Something new.');
    expect(said.of({ message: 'E: x', said: {} }, 'message')).toBe('E: x');
    expect(said.of({ message: null, said: {} }, 'message')).toBe('');
  });
});
