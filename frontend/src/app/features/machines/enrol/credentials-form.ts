import { Component, computed, inject, input, model } from '@angular/core';
import { FormsModule } from '@angular/forms';
import type { CredentialsInputDto } from '../../../api/models';
import { Texts } from '../../../core/i18n/texts';
import { Said } from '../../../core/i18n/said';
import type { FieldProblem, Problem } from '../../../core/errors/problem';

export interface CredentialsDraft {
  readonly authMethod: CredentialsInputDto['authMethod'];
  readonly password: string;
  readonly privateKey: string;
  readonly keyPassphrase: string;
  readonly sudoMode: CredentialsInputDto['sudoMode'];
  readonly sudoPassword: string;
}

export const EMPTY_DRAFT: CredentialsDraft = {
  authMethod: 'ssh_key',
  password: '',
  privateKey: '',
  keyPassphrase: '',
  sudoMode: 'none',
  sudoPassword: '',
};

/** What the API is sent: only what the chosen way of signing in needs. */
export function inputOf(draft: CredentialsDraft): CredentialsInputDto {
  const key = draft.authMethod === 'ssh_key';
  const needsPassword = !key || draft.sudoMode === 'same_as_ssh';
  return {
    authMethod: draft.authMethod,
    sudoMode: draft.sudoMode,
    ...(key ? { privateKey: draft.privateKey } : {}),
    ...(key && draft.keyPassphrase !== '' ? { keyPassphrase: draft.keyPassphrase } : {}),
    ...(needsPassword ? { password: draft.password } : {}),
    ...(draft.sudoMode === 'separate' ? { sudoPassword: draft.sudoPassword } : {}),
  };
}

export function isComplete(draft: CredentialsDraft): boolean {
  const input = inputOf(draft);
  return input.privateKey !== '' && input.password !== '' && input.sudoPassword !== '';
}

export function hasSecrets({ password, privateKey, keyPassphrase, sudoPassword }: CredentialsDraft): boolean {
  return [password, privateKey, keyPassphrase, sudoPassword].some((secret) => secret !== '');
}

/** How to sign in. Everything typed here can be replaced later, never read back. */
@Component({
  selector: 'su-credentials-form',
  imports: [FormsModule],
  templateUrl: './credentials-form.html',
  styles: `
    .file {
      color: var(--text);
      text-decoration: underline;
      text-underline-offset: 3px;
      cursor: pointer;
    }

    .file:focus-within {
      outline: 2px solid var(--focus);
      outline-offset: 2px;
    }
  `,
})
export class CredentialsForm {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  readonly draft = model.required<CredentialsDraft>();
  /** Messages of the server by field. */
  readonly wrong = input<Problem['fields']>({});
  protected readonly methods: readonly CredentialsDraft['authMethod'][] = ['ssh_key', 'password'];
  protected readonly sudoModes = computed<readonly CredentialsDraft['sudoMode'][]>(() => [
    'none',
    'same_as_ssh',
    'separate',
  ]);
  protected readonly asksAccountPassword = computed(
    () => this.draft().authMethod === 'password' || this.draft().sudoMode === 'same_as_ssh',
  );

  protected set(part: Partial<CredentialsDraft>): void {
    this.draft.update((draft) => ({ ...draft, ...part }));
  }

  /** Read from a file, so that a key need not pass through the clipboard. */
  protected async readKey(files: FileList | null): Promise<void> {
    const file = files?.item(0);
    if (file) {
      this.set({ privateKey: await file.text() });
    }
  }

  protected wrongOf(field: string): FieldProblem | undefined {
    return this.wrong()[field] ?? this.wrong()[`credentials.${field}`];
  }
}
