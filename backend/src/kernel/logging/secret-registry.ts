import { SecretMasker } from './secret-masker';

/**
 * The secret values that this process has in its hands right now, counted per holder.
 *
 * Redaction by path misses a secret that an error message or a machine repeats; this catches it by value on every sink.
 */
class SecretRegistry {
  private readonly holders = new Map<string, number>();
  /** Made when it is needed: values come and go with every connection, texts that must be masked hardly ever. */
  private masker: SecretMasker | undefined;

  /** Registers a value until the returned function is called. */
  register(value: string): () => void {
    this.holders.set(value, (this.holders.get(value) ?? 0) + 1);
    this.masker = undefined;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.holders.get(value) ?? 1) - 1;
      if (left > 0) this.holders.set(value, left);
      else this.holders.delete(value);
      this.masker = undefined;
    };
  }

  values(): readonly string[] {
    return [...this.holders.keys()];
  }

  /** Masks a whole text. */
  mask(text: string): string {
    if (this.holders.size === 0) return text;
    this.masker ??= new SecretMasker(this.values());
    return this.masker.mask(text);
  }
}

export const secretRegistry = new SecretRegistry();
