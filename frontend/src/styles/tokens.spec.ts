import { readFileSync } from 'node:fs';
import path from 'node:path';

const css = readFileSync(path.join(import.meta.dirname, 'tokens.css'), 'utf8');

/** Custom properties of one theme, later rules over earlier ones. */
function theme(name: 'light' | 'dark'): Map<string, string> {
  const values = new Map<string, string>();
  for (const [, selector = '', block = ''] of css.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    if (selector.includes(`[data-theme='${name}']`) || !selector.includes('data-theme')) {
      for (const [, key = '', value = ''] of block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/gi)) {
        values.set(key, value);
      }
    }
  }
  return values;
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const STATES = [
  'quarantined',
  'failed',
  'unreachable',
  'running',
  'security',
  'reboot',
  'updates',
  'unknown',
  'stale',
  'clean',
];
const TEXT: [string, string][] = [
  ...['bg', 'surface', 'raised', 'sunken', 'hover', 'select'].flatMap((ground): [string, string][] => [
    ['text', ground],
    ['text-2', ground],
    ['text-3', ground],
  ]),
  ...STATES.flatMap((state): [string, string][] => [
    [state, 'surface'],
    [state, 'bg'],
    [state, `${state}-tint`],
  ]),
  ['on-ink', 'ink'],
  ['on-quarantined', 'quarantined-solid'],
  ['on-failed', 'failed-solid'],
  ['on-security', 'security-solid'],
  ['log-text', 'log-bg'],
  ['log-dim', 'log-bg'],
  ['log-note', 'log-bg'],
  ['log-error', 'log-bg'],
  ['log-warning', 'log-bg'],
  ['log-ok', 'log-bg'],
];
/** Borders of controls, focus rings and lamps against what is around them. */
const SHAPES: [string, string][] = [
  ['edge', 'surface'],
  ['edge', 'bg'],
  ['focus', 'surface'],
  ['focus', 'bg'],
  ['log-edge', 'log-bg'],
  ['failed-solid', 'surface'],
  ['security-solid', 'surface'],
  ['quarantined-solid', 'surface'],
  ...['slate', 'brown', 'olive', 'teal', 'sky', 'indigo', 'plum', 'rose'].flatMap((tag): [string, string][] => [
    [`tag-${tag}`, 'surface'],
    [`tag-${tag}`, 'sunken'],
  ]),
];

describe.each(['light', 'dark'] as const)('contrast of the %s theme', (name) => {
  const values = theme(name);
  const ratio = (front: string, ground: string): number => {
    const a = values.get(front);
    const b = values.get(ground);
    expect({ front, ground, known: a !== undefined && b !== undefined }).toEqual({ front, ground, known: true });
    return contrast(a ?? '', b ?? '');
  };

  it.each(TEXT)('%s on %s reads (4.5)', (front, ground) => {
    expect(ratio(front, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(SHAPES)('%s against %s is seen (3)', (front, ground) => {
    expect(ratio(front, ground)).toBeGreaterThanOrEqual(3);
  });
});
