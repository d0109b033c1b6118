import { isDistinctive, SecretMasker, secretForms } from './secret-masker';

interface Held {
  holders: number;
  /** Made when they are first asked for: documents are looked through for them again and again. */
  forms: readonly string[] | undefined;
}

/**
 * The secret values that this process has in its hands right now, counted per holder.
 *
 * Redaction by path misses a secret that an error message or a machine repeats; this catches it by value on every sink.
 */
class SecretRegistry {
  private readonly held = new Map<string, Held>();
  /** Made when it is needed: values come and go with every connection, texts that must be masked hardly ever. */
  private masker: SecretMasker | undefined;
  private distinctive: SecretMasker | undefined;

  /** Registers a value until the returned function is called. */
  register(value: string): () => void {
    const held = this.held.get(value) ?? this.add(value);
    held.holders += 1;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      held.holders -= 1;
      if (held.holders === 0) this.remove(value);
    };
  }

  values(): readonly string[] {
    return [...this.held.keys()];
  }

  /** Every text in which one of the values is recognised, of those values only that `wanted` accepts. */
  forms(wanted: (value: string) => boolean): readonly string[] {
    return [...this.held].flatMap(([value, held]) => (wanted(value) ? (held.forms ??= secretForms(value)) : []));
  }

  /** Masks a whole text. */
  mask(text: string): string {
    if (this.held.size === 0) return text;
    this.masker ??= new SecretMasker(this.values());
    return this.masker.mask(text);
  }

  /** The same of the values alone that cannot stand in a text by chance, see {@link isDistinctive}. */
  maskDistinctive(text: string): string {
    if (this.held.size === 0) return text;
    this.distinctive ??= new SecretMasker(this.values().filter(isDistinctive));
    return this.distinctive.mask(text);
  }

  private add(value: string): Held {
    const held: Held = { holders: 0, forms: undefined };
    this.held.set(value, held);
    this.forget();
    return held;
  }

  private remove(value: string): void {
    this.held.delete(value);
    this.forget();
  }

  private forget(): void {
    this.masker = undefined;
    this.distinctive = undefined;
  }
}

export const secretRegistry = new SecretRegistry();
