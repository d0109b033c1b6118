import { inject, Injectable } from '@angular/core';
import type { RequestDetailDto, RequestDto } from '../../api/models';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { Session } from '../../core/session/session';
import { runEndOf, type Standing } from './request-standing';
import { targetStanding } from './target-standing';

/** Why this account cannot confirm a request; null when it can. */
export type Hindrance = 'notYours' | 'fourEyes' | 'fourEyesSchedule' | 'administrators' | 'planning';

/** What a request is called, and what this account may do with it. The server decides; the portal says so beforehand. */
@Injectable({ providedIn: 'root' })
export class RequestWords {
  private readonly texts = inject(Texts);
  private readonly said = inject(Said);
  private readonly session = inject(Session);

  /** The machine's name, or how many there are. */
  where({ machineName, machines }: Pick<RequestDto, 'machineName' | 'machines'>): string {
    return machineName ?? this.texts.t('request.machines', { n: machines });
  }

  what(request: RequestDto): string {
    return this.texts.known(`job.kind.${request.action}`, this.said.of(request, 'title'));
  }

  /** Where it stands, in a sentence; of several machines with how many came to a good end. */
  standing(request: RequestDetailDto, standing: Exclude<Standing, 'waiting'>): string {
    const ends = (request.several?.targets ?? []).filter(({ status }) => status !== 'skipped').map(targetStanding);
    if (ends.length > 0 && standing === 'executed') {
      const done = ends.filter((end) => end === 'done' || end === 'warning').length;
      return this.texts.t('several.ended', { done, n: ends.length });
    }
    const end = runEndOf(request);
    return this.texts.t(
      standing === 'executed' && end !== 'well' ? `plan.standing.${end}` : `plan.standing.${standing}`,
    );
  }

  /** This account asked for it. */
  mine({ requestedBy, requestedById }: RequestDto): boolean {
    return requestedBy.type === 'user' && requestedById === this.session.me()?.id;
  }

  /** A schedule asked for it, and this account answers for that. */
  private answers({ answerableIds }: RequestDto): boolean {
    const me = this.session.me()?.id;
    return me !== undefined && answerableIds.includes(me);
  }

  hindrance(request: RequestDto): Hindrance | null {
    const me = this.session.me();
    return hindranceOf(request, {
      mine: this.mine(request),
      answers: this.answers(request),
      confirms: this.session.can('changes.confirm'),
      administrator: me?.role === 'administrator',
    });
  }

  /** Whoever asked takes it back; others refuse it. */
  mayEnd(request: RequestDto): 'withdraw' | 'refuse' | null {
    if (this.mine(request)) {
      return 'withdraw';
    }
    return this.session.can('changes.confirm') ? 'refuse' : null;
  }
}

/** Pure. */
export function hindranceOf(
  { approval, planning }: Pick<RequestDto, 'approval' | 'planning'>,
  who: {
    readonly mine: boolean;
    readonly answers: boolean;
    readonly confirms: boolean;
    readonly administrator: boolean;
  },
): Hindrance | null {
  if (approval.administrators && !who.administrator) {
    return 'administrators';
  }
  if (!who.confirms && !(approval.ownConfirmation && who.mine)) {
    return 'notYours';
  }
  if (approval.fourEyes && who.mine) {
    return 'fourEyes';
  }
  if (approval.fourEyes && who.answers) {
    return 'fourEyesSchedule';
  }
  return planning > 0 ? 'planning' : null;
}
