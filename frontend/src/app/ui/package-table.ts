import { NgTemplateOutlet } from '@angular/common';
import { Component, computed, contentChild, inject, input, output, type TemplateRef } from '@angular/core';
import type { AptPackageDto } from '../api/models';
import { RouterLink } from '@angular/router';
import { Texts } from '../core/i18n/texts';
import { Icon } from './icon';
import type { IconName } from './icons';
import { VersionDiff } from './version-diff';

export type PackageOperation = AptPackageDto['operation'];

export const OPERATION_ICON: Readonly<Record<PackageOperation, IconName>> = {
  upgrade: 'up',
  install: 'plus',
  remove: 'minus',
  hold: 'pin',
  downgrade: 'down',
};

/** What is known of a package besides its versions: why it is left, what came of it, whether there is a way back. */
export interface PackageReason {
  readonly icon: IconName | null;
  readonly text: string;
  /** `fact` has a frame; the others are words in their colour. */
  readonly look: 'fact' | 'plain' | 'stale' | 'failed';
}

/** One package. */
export interface PackageRow {
  /** Name and architecture, or whatever else is its own. */
  readonly key: string;
  readonly name: string;
  readonly icon: IconName;
  /** Said to whoever does not see the icon. */
  readonly operation: PackageOperation | null;
  readonly from: string | null;
  readonly to: string | null;
  /** Null: nothing to say in that column. */
  readonly origin: string | null;
  /** What a machine says about it, as a colour of the state. */
  readonly tone: 'security' | 'failed' | 'clean' | null;
  /** Its whole row stands out: it goes, or it is not as it should be. */
  readonly marked: boolean;
  readonly reason: PackageReason | null;
  readonly notes: readonly { readonly text: string; readonly lang: 'en' | null }[];
  /** It can be chosen, and is or is not. */
  readonly chosen: boolean | null;
}

export interface PackageRows {
  readonly key: string;
  /** Without it the rows stand under the heading of the table. */
  readonly heading: {
    readonly icon: IconName;
    readonly title: string;
    readonly summary: string;
    readonly tone: 'security' | 'failed' | null;
  } | null;
  readonly rows: readonly PackageRow[];
}

interface RowContext {
  readonly $implicit: string;
  readonly name: string;
}

/** Packages in groups: name, versions with what differs in them, origin, and the reason. */
@Component({
  selector: 'su-package-table',
  imports: [Icon, NgTemplateOutlet, RouterLink, VersionDiff],
  templateUrl: './package-table.html',
  styleUrl: './package-table.scss',
  host: {
    role: 'table',
    '[attr.aria-label]': 'label()',
    '[class.bare]': '!origins()',
    '[class.acting]': 'acts() !== undefined',
  },
})
export class PackageTable {
  /** What else is known of a row, by its key. */
  protected readonly details = contentChild<TemplateRef<RowContext>>('details');
  /** What can be done with a row, by its key and name. */
  protected readonly acts = contentChild<TemplateRef<RowContext>>('acts');
  protected readonly texts = inject(Texts);
  readonly label = input.required<string>();
  readonly groups = input.required<readonly PackageRows[]>();
  /** What the last column is about. */
  readonly reasons = input.required<string>();
  /** Headings of groups stay in sight while the page scrolls. */
  readonly sticky = input(false);
  readonly choose = output<{ readonly key: string; readonly on: boolean }>();
  protected readonly columns = computed(() => 3 + Number(this.origins()) + Number(this.acts() !== undefined));
  /** Where its changes are told goes by the name alone: a mark or an unfinished package may name its architecture. */
  protected packageOf({ name }: PackageRow): string {
    return name.replace(/:.*/, '');
  }

  protected readonly origins = computed(() => this.groups().some(({ rows }) => rows.some(({ origin }) => origin)));
}
