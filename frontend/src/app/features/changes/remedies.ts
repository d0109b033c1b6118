import { inject, Injectable, signal } from '@angular/core';
import { Api } from '../../api/api';
import { actionsList } from '../../api/functions';
import { Session } from '../../core/session/session';

/** Which change is the remedy for a class of errors, as the actions themselves declare it. */
@Injectable({ providedIn: 'root' })
export class Remedies {
  private readonly api = inject(Api);
  private readonly session = inject(Session);
  private readonly byKind = signal<ReadonlyMap<string, string>>(new Map());
  private asked: Promise<void> | undefined;

  /** The action's name; null where there is none, and until it is known. */
  of(kind: string): string | null {
    if (this.session.can('machines.run')) {
      // Not known is not offered; the next page asks again.
      this.asked ??= this.load().catch(() => {
        this.asked = undefined;
      });
    }
    return this.byKind().get(kind) ?? null;
  }

  private async load(): Promise<void> {
    const actions = await this.api.invoke(actionsList);
    this.byKind.set(new Map(actions.flatMap(({ name, remedies }) => remedies.map((kind) => [kind, name] as const))));
  }
}
