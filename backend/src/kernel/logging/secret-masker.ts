/** What stands in a text where a secret stood. */
export const secretMask = '•••';

/** Shorter values would mask ordinary words and numbers all over a text; they are not masked. */
export const minimumSecretLength = 4;

/** Less of a base64 text may be anything. */
const minimumEncodedLength = 8;

/** A line of a multi-line secret that is masked on its own as well, because programs print such secrets line by line. */
const minimumLineLength = 16;

/**
 * Replaces known secret values in text by {@link secretMask}, each run of overlapping secrets by one mask.
 *
 * A secret is masked as it is, JSON-escaped once or twice, URL-encoded and in base64 (of which up to four signs at either end depend on
 * what stands beside it and are left); a multi-line one (a private key) as a whole, JSON-escaped, and line by line.
 */
export class SecretMasker {
  private readonly secrets: readonly string[];

  /** @param values to mask; those shorter than {@link minimumSecretLength} are ignored */
  constructor(readonly values: readonly string[]) {
    this.secrets = [...new Set(values.flatMap((secret) => secretForms(secret)))];
  }

  /** Another that masks these as well. */
  and(more: readonly string[]): SecretMasker {
    return more.length === 0 ? this : new SecretMasker([...this.values, ...more]);
  }

  /** Another that masks only those of them that cannot stand in a text by chance, see {@link isDistinctive}. */
  get distinctive(): SecretMasker {
    return new SecretMasker(this.values.filter(isDistinctive));
  }

  /** Masks a whole text. */
  mask(text: string): string {
    if (!this.secrets.some((secret) => text.includes(secret))) return text;
    const stream = this.stream();
    return stream.push(text) + stream.end();
  }

  /** Masks a text that comes in pieces: a secret split across pieces is masked too. */
  stream(): MaskStream {
    return new MaskStream(this.secrets);
  }
}

/**
 * Masks text that comes in pieces. Of each piece only a tail that could be the beginning of a secret is held back,
 * never more than the longest secret less one character.
 */
export class MaskStream {
  private pending = '';
  /** So many characters at the start of `pending` are already hidden by a mask that was given out. */
  private covered = 0;

  constructor(private readonly secrets: readonly string[]) {}

  /** Takes the next piece, returns what can be shown. */
  push(text: string): string {
    if (this.secrets.length === 0) return text;
    const all = this.pending + text;
    return this.release(all, this.holdFrom(all));
  }

  /** Returns what was held back. The stream can be used again afterwards for another text. */
  end(): string {
    const rest = this.release(this.pending, this.pending.length);
    this.covered = 0;
    return rest;
  }

  private release(text: string, upTo: number): string {
    let shown = '';
    let hiddenTo = this.covered;
    for (const [start, end] of this.occurrences(text)) {
      if (start >= hiddenTo) {
        if (start >= upTo) break;
        shown += text.slice(hiddenTo, start) + secretMask;
        hiddenTo = end;
      } else if (end > hiddenTo) {
        hiddenTo = end;
      }
    }
    if (hiddenTo < upTo) shown += text.slice(hiddenTo, upTo);
    this.covered = Math.max(0, hiddenTo - upTo);
    this.pending = text.slice(upTo);
    return shown;
  }

  private occurrences(text: string): [number, number][] {
    const found: [number, number][] = [];
    for (const secret of this.secrets) {
      for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
        found.push([at, at + secret.length]);
      }
    }
    return found.sort((a, b) => a[0] - b[0]);
  }

  /** Where the longest tail begins that is the beginning of a secret and not yet the whole of it. */
  private holdFrom(text: string): number {
    let hold = text.length;
    for (const secret of this.secrets) {
      const first = secret.charAt(0);
      let at = text.indexOf(first, Math.max(0, text.length - secret.length + 1));
      while (at >= 0 && at < hold && !isPrefix(secret, text, at)) at = text.indexOf(first, at + 1);
      if (at >= 0 && at < hold) hold = at;
    }
    return hold;
  }
}

/** True when `text` from `at` to its end is the beginning of `secret`. Compares in place: this runs for every piece. */
function isPrefix(secret: string, text: string, at: number): boolean {
  for (let i = at; i < text.length; i++) {
    if (text.charCodeAt(i) !== secret.charCodeAt(i - at)) return false;
  }
  return true;
}

const characterKinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/];

/**
 * A password such as `debian` or `raspberry` stands in every honest document of its machine, and refusing those would
 * make the machine unmanageable. Long or mixed values do not occur by chance.
 */
export function isDistinctive(secret: string): boolean {
  return secret.length >= 12 || (secret.length >= 8 && characterKinds.filter((kind) => kind.test(secret)).length >= 3);
}

/** Every text in which a secret is recognised: programs print it escaped, encoded, or line by line. */
export function secretForms(secret: string): string[] {
  const lines = secret.split(/\r?\n/);
  const other = lines.length > 1 ? lines.filter(isTelling) : encodings(secret);
  const escaped = jsonEscaped(secret);
  // Documents hold texts that hold documents.
  return [secret, escaped, jsonEscaped(escaped), ...other].filter((form) => form.length >= minimumSecretLength);
}

function jsonEscaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function isTelling(line: string): boolean {
  return line.length >= minimumLineLength && !line.startsWith('-----');
}

/** As it stands in an address or a header. Of an ordinary word these are other ordinary words: too short to tell. */
function encodings(secret: string): string[] {
  const url = [encodeURIComponent(secret), new URLSearchParams([['', secret]]).toString().slice(1)];
  const bytes = Buffer.from(secret, 'utf8');
  const base64 = [0, 1, 2].flatMap((before) => {
    const code = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const own = code.slice(before === 0 ? 0 : 4, -4);
    return own.length < minimumEncodedLength ? [] : [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [...url, ...base64];
}
