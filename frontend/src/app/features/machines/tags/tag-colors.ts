/** Colours that a tag may have, by name; each theme has its own shade of it (`--tag-…`). None is a state's colour. */
export const TAG_COLORS = ['slate', 'brown', 'olive', 'teal', 'sky', 'indigo', 'plum', 'rose'] as const;

/** As a value of CSS; null without a colour. Other clients may have set `#rrggbb`. */
export function tagPaint(color: string | null): string | null {
  if (color === null) {
    return null;
  }
  return color.startsWith('#') ? color : `var(--tag-${color}, var(--text-3))`;
}
