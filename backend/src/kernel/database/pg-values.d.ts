declare module 'pg/lib/utils' {
  /** A value as it is bound: null, bytes or text. */
  export function prepareValue(value: unknown): Buffer | string | null;
}
