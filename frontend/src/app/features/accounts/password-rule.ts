/** The server's rule, so that people learn of it while typing. Length alone: nothing else makes a password better. */
export const PASSWORD_MIN = 12;
export const PASSWORD_MAX = 128;

export function passwordFits(password: string): boolean {
  const length = [...password].length;
  return length >= PASSWORD_MIN && length <= PASSWORD_MAX;
}
