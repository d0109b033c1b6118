import { TestBed } from '@angular/core/testing';
import { TypedName } from './typed-name';

describe('TypedName', () => {
  function show() {
    const fixture = TestBed.createComponent(TypedName);
    const given = { fieldId: 'purgeName', label: 'Type web-1', name: 'web-1', act: 'Purge web-1', busy: false };
    for (const [name, value] of Object.entries(given)) fixture.componentRef.setInput(name, value);
    const confirmed: string[] = [];
    fixture.componentInstance.confirmed.subscribe((name) => confirmed.push(name));
    fixture.detectChanges();
    const host = fixture.nativeElement as HTMLElement;
    const field = host.querySelector('input') as HTMLInputElement;
    const button = host.querySelector('button') as HTMLButtonElement;
    const type = (text: string): void => {
      field.value = text;
      field.dispatchEvent(new Event('input'));
      fixture.detectChanges();
    };
    return { fixture, host, field, button, type, confirmed };
  }

  it('is done once the very name is typed, and not before', () => {
    const { button, type, confirmed } = show();
    for (const text of ['', 'web', 'web-1 ', 'WEB-1']) {
      type(text);
      expect([text, button.disabled]).toEqual([text, true]);
    }
    type('web-1');
    expect(button.disabled).toBe(false);
    button.click();
    expect(confirmed).toEqual(['web-1']);
  });

  it('is not done twice while it is being done', () => {
    const { fixture, button, type, confirmed } = show();
    type('web-1');
    fixture.componentRef.setInput('busy', true);
    fixture.detectChanges();
    button.click();
    expect(confirmed).toEqual([]);
  });

  it('names its field and its button', () => {
    const { host, field, button } = show();
    expect(host.querySelector('label')?.htmlFor).toBe(field.id);
    expect(host.querySelector('label')?.textContent).toBe('Type web-1');
    expect(button.textContent.trim()).toBe('Purge web-1');
  });
});
