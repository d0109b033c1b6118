import { SecretMasker } from '../../../kernel/logging/secret-masker';
import { secretRegistry } from '../../../kernel/logging/secret-registry';

/**
 * What the machine of an attempt is opened with. In what was read there it stands as it is where it may stand by chance, and an error may
 * quote that: kept from every log until the end of the attempt is written, though the connection is closed long before.
 */
export class OwnSecrets {
  private readonly held = new Map<string, () => void>();

  hold(values: readonly string[]): void {
    for (const value of values) if (!this.held.has(value)) this.held.set(value, secretRegistry.register(value));
  }

  mask(text: string): string {
    return this.masker().mask(text);
  }

  masker(): SecretMasker {
    return new SecretMasker([...this.held.keys()]);
  }

  release(): void {
    for (const release of this.held.values()) release();
    this.held.clear();
  }
}
