import { Component, computed, inject, input } from '@angular/core';
import type { ConnectionTestDto } from '../../../api/models';
import { Texts } from '../../../core/i18n/texts';
import { Icon } from '../../../ui/icon';
import type { IconName } from '../../../ui/icons';
import { Said } from '../../../core/i18n/said';

type Stage = ConnectionTestDto['stages'][number];

const ICON: Readonly<Record<Stage['status'], IconName>> = {
  ok: 'clean',
  failed: 'failed',
  waiting: 'queued',
  not_tried: 'minus',
};
const ORDER: readonly Stage['name'][] = [
  'resolve',
  'connect',
  'banner',
  'key_exchange',
  'host_key',
  'authenticate',
  'sudo',
];

/** Each stage of reaching a machine: done, waits, not tried, or refused with what to do next. */
@Component({
  selector: 'su-connection-stages',
  imports: [Icon],
  template: `
    <ol>
      @for (stage of shown(); track stage.name) {
        <li [class]="stage.status">
          <su-icon
            [name]="icon[stage.status]"
            [class]="stage.status === 'ok' ? 'fg-clean' : stage.status === 'failed' ? 'fg-failed' : ''"
          />
          <b
            >{{ title(stage) }}<span class="unseen">{{ texts.t('text.colon') }} {{ texts.t(status(stage)) }}</span></b
          >
          <span class="xs t3">{{ stage.durationMs === null ? '' : texts.t('stage.ms', { n: stage.durationMs }) }}</span>
          <small>
            {{ said.of(stage, 'message') || note(stage) }}
            @if (stage.action) {
              <span class="next">{{ said.of(stage, 'action') }}</span>
            }
          </small>
        </li>
      }
    </ol>
  `,
  styles: `
    li {
      display: grid;
      grid-template-columns: 22px 1fr auto;
      gap: 1px 8px;
      padding: 7px 0;
      border-top: 1px solid var(--line);
      font-size: var(--t-s);
      line-height: 1.4;
    }

    li:first-child {
      border-top: 0;
    }

    b {
      font-weight: 600;
    }

    .failed b {
      color: var(--failed);
    }

    .not_tried {
      color: var(--text-3);
    }

    .not_tried b {
      font-weight: 400;
    }

    small {
      grid-column: 2 / -1;
      color: var(--text-2);
      font-size: var(--t-xs);
      line-height: 1.4;
      overflow-wrap: anywhere;
    }

    .next {
      display: block;
      margin-top: 2px;
      color: var(--text);
    }
  `,
})
export class ConnectionStages {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  /** Null before a test: every stage is shown as not tried. */
  readonly stages = input.required<readonly Stage[] | null>();
  protected readonly icon = ICON;
  protected readonly shown = computed<readonly Stage[]>(
    () =>
      this.stages() ??
      ORDER.map((name) => ({
        name,
        status: 'not_tried',
        durationMs: null,
        kind: null,
        message: null,
        action: null,
        said: {},
      })),
  );

  /** A refusal is named by its class, everything else by its stage. */
  protected title(stage: Stage): string {
    const name = this.texts.t(`stage.${stage.name}`);
    return stage.status === 'failed' && stage.kind !== null ? this.texts.known(`error.${stage.kind}`, name) : name;
  }

  protected status(stage: Stage): `stage.is.${Stage['status']}` {
    return `stage.is.${stage.status}`;
  }

  /** What a stage without words of its own means. */
  protected note(stage: Stage): string {
    if (stage.status === 'waiting') {
      return this.texts.t('stage.waitsForYou');
    }
    if (stage.status === 'not_tried') {
      return this.texts.t(stage.name === 'authenticate' ? 'stage.nothingSecret' : 'stage.notTried');
    }
    return '';
  }
}
