import { DialogRef } from '@angular/cdk/dialog';
import { Component, inject } from '@angular/core';
import { Texts, type TextKey } from '../core/i18n/texts';
import { Shortcuts } from '../core/keyboard/shortcuts';
import { Icon } from '../ui/icon';

const SHEET: readonly { title: TextKey; keys: readonly { press: readonly string[]; does: TextKey }[] }[] = [
  {
    title: 'keys.everywhere',
    keys: [
      { press: ['Ctrl K'], does: 'keys.palette' },
      { press: ['g', 'm'], does: 'keys.machines' },
      { press: ['g', 'r'], does: 'keys.requests' },
      { press: ['g', 'a'], does: 'keys.activity' },
      { press: ['g', 's'], does: 'nav.schedules' },
      { press: ['A'], does: 'keys.dock' },
      { press: ['T'], does: 'keys.pane' },
      { press: ['d'], does: 'keys.density' },
      { press: ['?'], does: 'keys.sheet' },
      { press: ['Esc'], does: 'keys.close' },
    ],
  },
  {
    title: 'keys.onMachines',
    keys: [
      { press: ['/'], does: 'keys.filter' },
      { press: ['v'], does: 'keys.view' },
      { press: ['← ↑ → ↓', 'h j k l'], does: 'keys.move' },
      { press: ['Enter'], does: 'keys.open' },
      { press: ['Space', 'x'], does: 'keys.select' },
      { press: ['Shift', 'Space'], does: 'keys.range' },
      { press: ['.'], does: 'keys.menu' },
    ],
  },
  {
    title: 'keys.onMachine',
    keys: [
      { press: ['R'], does: 'keys.analyse' },
      { press: ['[', ']'], does: 'keys.neighbours' },
    ],
  },
  { title: 'keys.onPlan', keys: [{ press: ['Ctrl Enter'], does: 'keys.confirm' }] },
  {
    title: 'keys.onLog',
    keys: [
      { press: ['Space'], does: 'keys.follow' },
      { press: ['e'], does: 'keys.firstError' },
      { press: ['Ctrl F'], does: 'keys.findInLog' },
    ],
  },
];

@Component({
  selector: 'su-key-sheet',
  imports: [Icon],
  template: `
    <div class="dialog">
      <header>
        <h1 id="keys-title">{{ texts.t('keys.title') }}</h1>
        <span class="grow"></span>
        <button type="button" class="btn quiet icon" [attr.aria-label]="texts.t('act.close')" (click)="ref.close()">
          <su-icon name="cross" />
        </button>
      </header>
      <div class="body">
        <div class="columns">
          @for (part of sheet; track part.title) {
            <section>
              <h2>{{ texts.t(part.title) }}</h2>
              <dl>
                @for (key of part.keys; track key.does) {
                  <dt>
                    @for (one of key.press; track one) {
                      <kbd>{{ one }}</kbd>
                    }
                  </dt>
                  <dd>{{ texts.t(key.does) }}</dd>
                }
              </dl>
            </section>
          }
        </div>
      </div>
      <footer>
        <label class="line grow">
          <input
            class="check"
            type="checkbox"
            [checked]="shortcuts.on()"
            (change)="shortcuts.switch(keys.checked)"
            #keys
          />
          <span class="s">{{ texts.t('me.shortcuts') }}</span>
        </label>
      </footer>
    </div>
  `,
  styles: `
    .columns {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(min(230px, 100%), 1fr));
      gap: 18px 28px;
    }

    dl {
      display: grid;
      grid-template-columns: 104px 1fr;
      gap: 6px 10px;
      margin-top: 6px;
      font-size: var(--t-s);
    }

    kbd {
      display: inline-block;
    }

    dd {
      color: var(--text-2);
    }
  `,
})
export class KeySheet {
  protected readonly texts = inject(Texts);
  protected readonly shortcuts = inject(Shortcuts);
  protected readonly ref = inject<DialogRef<void>>(DialogRef);
  protected readonly sheet = SHEET;
}
