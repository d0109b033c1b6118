import { inject, Injectable } from '@angular/core';
import { Title } from '@angular/platform-browser';
import { TitleStrategy, type RouterStateSnapshot } from '@angular/router';
import { Texts, type TextKey } from '../core/i18n/texts';

const PRODUCT = 'system_update';

/** Route titles are keys of texts; pages with a name of their own call `show`. */
@Injectable({ providedIn: 'root' })
export class PortalTitle extends TitleStrategy {
  private readonly title = inject(Title);
  private readonly texts = inject(Texts);

  override updateTitle(state: RouterStateSnapshot): void {
    const key = this.buildTitle(state);
    if (key !== undefined) {
      this.show(this.texts.t(key as TextKey));
    }
  }

  show(name: string): void {
    this.title.setTitle(`${name} · ${PRODUCT}`);
  }
}
