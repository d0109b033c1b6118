import { Injectable, signal } from '@angular/core';

/** How many machines there are, once a list said so: the navigation shows it. */
@Injectable({ providedIn: 'root' })
export class FleetSize {
  readonly total = signal<number | null>(null);
}
