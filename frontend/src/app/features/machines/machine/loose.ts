/** A document whose fields may be absent: what a machine does not have is not there, or null. */
export type Loose = Readonly<Record<string, unknown>>;

/** The field under either spelling: documents of machines are snake_case, the API is camelCase. */
function field(from: Loose, name: string): unknown {
  return from[name] ?? from[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
}

export function textAt(from: Loose, name: string): string | null {
  const value = field(from, name);
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null;
}

export function numberAt(from: Loose, name: string): number | null {
  const value = field(from, name);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function flagAt(from: Loose, name: string): boolean | null {
  const value = field(from, name);
  return typeof value === 'boolean' ? value : null;
}

/** Texts of a list; an entry that is an address object is written as address and prefix. */
export function textsAt(from: Loose, name: string): string[] {
  const value = field(from, name);
  if (!Array.isArray(value)) {
    return [];
  }
  return value.flatMap((one: unknown) => {
    if (typeof one === 'string') {
      return [one];
    }
    if (typeof one !== 'object' || one === null) {
      return [];
    }
    const address = textAt(one as Loose, 'address');
    const prefix = numberAt(one as Loose, 'prefix');
    return address === null ? [] : [prefix === null ? address : `${address}/${String(prefix)}`];
  });
}
