import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { root } from '../launch/paths.mts';

export const frenchSentences = 'backend/src/kernel/sentences/french-sentences.ts';

/** Gives the server the portal's French of its own sentences, for reports. Those with numbers to agree with stay the portal's. */
export async function generateFrenchSentences(): Promise<void> {
  const source = path.join(root, 'frontend/src/i18n/sentences.fr.json');
  const all = JSON.parse(readFileSync(source, 'utf8')) as Readonly<Record<string, string>>;
  const plain = Object.entries(all).filter(([, text]) => !/\{\w+,/.test(text));
  const entries = plain.map(([key, text]) => `${JSON.stringify(key.replace(/^said\./, ''))}: ${JSON.stringify(text)},`);
  const text = `/** Made by \`npm run generate\` from the portal's sentences. */
export const FRENCH_SENTENCES: Readonly<Record<string, string>> = {
${entries.join('\n')}
};
`;
  const file = path.join(root, frenchSentences);
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'typescript' }));
}
