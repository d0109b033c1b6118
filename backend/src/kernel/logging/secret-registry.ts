import { SecretMasker } from './secret-masker';

/**
 * The secret values that this process has in its hands right now, counted per holder.
 *
 * Redaction by path misses a secret that an error message or a machine repeats; this catches it by value on every sink.
 */
class SecretRegistry {
  private readonly holders = new Map<string, number>();
  private masker = new SecretMasker([]);

  /** Registers a value until the returned function is called. */
  register(value: string): () => void {
    this.holders.set(value, (this.holders.get(value) ?? 0) + 1);
    this.rebuild();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.holders.get(value) ?? 1) - 1;
      if (left > 0) this.holders.set(value, left);
      else this.holders.delete(value);
      this.rebuild();
    };
  }

  values(): readonly string[] {
    return [...this.holders.keys()];
  }

  /** Masks a whole text. */
  mask(text: string): string {
    return this.holders.size === 0 ? text : this.masker.mask(text);
  }

  private rebuild(): void {
    this.masker = new SecretMasker(this.values());
  }
}

export const secretRegistry = new SecretRegistry();
