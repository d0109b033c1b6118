import { currentVersion, schemaOf, type Contract } from './contract';

/** Folder of the published schemas, beside the index. */
const SCHEMAS = 'schemas';
export const EXAMPLES = 'examples';

/**
 * What the folder of published contracts holds besides its examples: file name to text.
 * @param examples names of the example files that are there
 */
export function contractFiles(
  contracts: readonly Contract[],
  examples: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const sorted = [...contracts].sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = new Map<string, string>([['README.md', indexOf(sorted, examples)]]);
  for (const contract of sorted) {
    for (const version of Object.keys(contract.versions).map(Number)) {
      files.set(
        `${SCHEMAS}/${fileName(contract, version)}`,
        `${JSON.stringify(schemaOf(contract, version), null, 2)}\n`,
      );
    }
  }
  return files;
}

function fileName({ name }: Contract, version: number): string {
  return `${name}.v${String(version)}.json`;
}

function indexOf(contracts: readonly Contract[], examples: ReadonlySet<string>): string {
  const rows = contracts.map((contract) => {
    const current = currentVersion(contract);
    const versions = Array.from({ length: current }, (_, index) => index + 1);
    const kept = [0, ...versions].filter((version) => examples.has(fileName(contract, version)));
    const links = (folder: string, numbers: readonly number[]): string =>
      numbers.map((version) => `[${String(version)}](${folder}/${fileName(contract, version)})`).join(' ');
    return [
      `\`${contract.name}\``,
      contract.title,
      contract.columns.map((column) => `\`${column}\``).join(', '),
      links(SCHEMAS, versions),
      kept.length === 0 ? 'none yet' : links(EXAMPLES, kept),
    ];
  });
  return `${INTRODUCTION}
## All contracts

| Name | What it is | Stored in | Schema of version | Example of version |
| --- | --- | --- | --- | --- |
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}
`;
}

const INTRODUCTION = `<!-- Written by npm run generate from the contracts that the program registers. -->

# JSON contracts

Every document in a \`*_json\` column is one of these. The schemas are JSON Schema 2020-12, written from the very ones that
the program validates with; the examples were taken from real machines and are kept for every version ever stored.

## How versions work

- A document says its version in \`schema_version\`; \`snapshots\` says it in a column too. What was stored before documents
  did so counts as version 0.
- Written is the newest version only. A document that does not match is refused with the name of its contract and the path
  of the fault, and so is one that repeats a secret in use that
  cannot stand there by chance; nothing of the outcome is stored then.
- Read are all versions: a document is brought to the newest one, step by step (1 → 2 → …), each time it is read. Rows are
  not rewritten for a new version.
- What cannot be read (a newer program wrote it, its contract is gone, it is damaged) is never dropped and breaks no page:
  the API gives it as it is stored, marked in \`unreadable\`, and the portal shows it so.
- Nothing else gets into such a column: statements take documents that \`Contracts.document()\` has accepted, and only into
  the columns that their contract names (\`backend/src/kernel/database/json-writes.ts\`).

## How to add a version

1. In the contract's file (\`backend/src/modules/<room>/contracts/\`) add the next number to \`versions\` with its \`body\`, and
   give the version before it an \`upcast\`. Change nothing about the older ones. An action's parameters change by
   \`olderParameters\` in its declaration.
2. Write the new form, and let readers expect it: they see no other.
3. \`npm run generate\`, then run it on a real machine and \`node tools/contracts/examples.mts\` with \`DATABASE_URL\` of that
   database: it adds the example. Those of older versions stay.

A new kind of document is the same with version 1, its contract registered in its module. A new field that readers may
miss is a new version too; one that they can do without may be added to the newest version as an optional one.
`;
