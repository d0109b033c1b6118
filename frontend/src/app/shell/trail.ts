import { Injectable, signal } from '@angular/core';

export interface TrailPart {
  readonly label: string;
  readonly link?: string;
}

/** Where the reader is: each page says it, the top bar shows it. The last part is the page itself. */
@Injectable({ providedIn: 'root' })
export class Trail {
  readonly parts = signal<readonly TrailPart[]>([]);
}
