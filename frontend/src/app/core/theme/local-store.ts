const PREFIX = 'system_update.';

/** Private windows may refuse storage: then the choice lasts until the page is closed. */
export function readLocal(key: string): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

export function writeLocal(key: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + key, value);
  } catch {
    // Nothing is lost but the memory of a preference.
  }
}
