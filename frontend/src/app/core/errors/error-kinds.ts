import { inject, Injectable, signal } from '@angular/core';
import { Api } from '../../api/api';
import { errorKindsList } from '../../api/functions';
import type { ErrorKindDto } from '../../api/models';
import { Session } from '../session/session';

/** What the server knows of classes of errors: what mends them, and what is better left alone. */
@Injectable({ providedIn: 'root' })
export class ErrorKinds {
  private readonly api = inject(Api);
  private readonly session = inject(Session);
  private readonly byKind = signal<ReadonlyMap<string, ErrorKindDto>>(new Map());
  private asked: Promise<void> | undefined;

  /** Null for a class that the server has nothing to say of, and until it has. */
  of(kind: string | null): ErrorKindDto | null {
    if (kind === null) {
      return null;
    }
    if (this.session.can('machines.read')) {
      // Not known is not shown; the next page asks again.
      this.asked ??= this.load().catch(() => {
        this.asked = undefined;
      });
    }
    return this.byKind().get(kind) ?? null;
  }

  private async load(): Promise<void> {
    const kinds = await this.api.invoke(errorKindsList);
    this.byKind.set(new Map(kinds.map((one) => [one.kind, one])));
  }
}
