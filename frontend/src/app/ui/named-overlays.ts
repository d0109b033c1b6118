import { OverlayContainer } from '@angular/cdk/overlay';
import { inject, Injectable } from '@angular/core';
import { Texts } from '../core/i18n/texts';

/** Menus stand beside the page, outside its landmarks: each gets one of its own. Dialogs need none. */
@Injectable({ providedIn: 'root' })
export class NamedOverlays extends OverlayContainer {
  private readonly texts = inject(Texts);
  private readonly additions = new MutationObserver(() => {
    for (const overlay of this._containerElement?.children ?? []) {
      if (!overlay.hasAttribute('role') && overlay.querySelector('[role="menu"]') !== null) {
        overlay.setAttribute('role', 'region');
        overlay.setAttribute('aria-label', this.texts.t('text.overPage'));
      }
    }
  });

  override ngOnDestroy(): void {
    this.additions.disconnect();
    super.ngOnDestroy();
  }

  protected override _createContainer(): void {
    super._createContainer();
    if (this._containerElement) {
      this.additions.observe(this._containerElement, { childList: true, subtree: true });
    }
  }
}
