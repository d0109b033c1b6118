import { FRENCH_SENTENCES } from './french-sentences';
import { said } from './said';
import type { SaidDto } from './said.dto';

/** A sentence of ours in French; null when it is none, or when its French depends on more than what is filled in. */
export function inFrench(text: string): string | null {
  const found = said(text);
  return found === null ? null : sentence(found);
}

function sentence({ code, params }: SaidDto): string | null {
  const template = code === null ? undefined : FRENCH_SENTENCES[code];
  if (template === undefined) return null;
  return template.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = params[name] ?? '';
    return typeof value === 'string' ? value : (sentence(value) ?? value.text);
  });
}
