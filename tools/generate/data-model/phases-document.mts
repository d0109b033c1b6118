import type { Table } from './introspect.mts';
import type { MigrationSource } from './sources.mts';

const INTRO = `# Phases and priority, as built

Made by \`npm run generate\` from the migrations and the sources.

The specification cuts the model into phases and asks not to build everything at once. The tables came in its order of need: what the main job stands on (phases 1, 2, 3 and 6) landed with it, for an analysis needs machines, secrets apart from them, a place for what it found, and jobs to run it. The tables of the other phases followed as one step before their features, so that the whole model could be compared with the specification and explained at once; each stays empty until its room writes it. What a phase needed beyond the specification came with the phase or, when it had landed already, in a migration of its own: a landed migration is not changed.

The priority of the features that fill what still waits: Docker (phase 4), recipes (phase 5), the agent and API clients (phase 7), maintenance and discovery (phase 8), the terminal (phase 9).

_Written by_ names the rooms whose code inserts or updates rows today; _waits_ means that none does yet.
`;

const titles: Readonly<Record<string, string>> = {
  '1': 'Phase 1: the base',
  '1.5': 'Phase 1.5: preferences of the portal',
  '2': 'Phase 2: secrets',
  '3': 'Phase 3: apt',
  '4': 'Phase 4: Docker',
  '5': 'Phase 5: post-install and recipes',
  '6': 'Phase 6: automation',
  '7': 'Phase 7: the agent',
  '8': 'Phase 8: maintenance and discovery',
  '9': 'Phase 9: the terminal',
};
const BESIDE = 'Beside the phases';

/** Every phase with its migrations, its tables and who writes them. */
export function phasesDocument(
  tables: readonly Table[],
  migrations: readonly MigrationSource[],
  writers: ReadonlyMap<string, readonly string[]>,
): string {
  const present = new Set(tables.map(({ name }) => name));
  const written = (table: string): string => {
    const rooms = writers.get(table) ?? [];
    return rooms.length === 0 ? 'waits' : rooms.join(', ');
  };
  const byPhase = Map.groupBy(migrations, ({ name }) => phaseOf(name) ?? '');
  const sections = [...byPhase.keys()].sort(phaseOrder).map((phase) => {
    const own = byPhase.get(phase) ?? [];
    const made = own.flatMap(({ creates }) => creates).filter((table) => present.has(table));
    const rows = made.map((table) => `| [${table}](schema.md#${table}) | ${written(table)} |`);
    const steps = own.map(({ name, description }) => `- \`${name}\`: ${description}`);
    return [
      `## ${titles[phase] ?? BESIDE}`,
      '',
      ...steps,
      '',
      ...(rows.length > 0 ? ['| Table | Written by |', '| --- | --- |', ...rows, ''] : []),
    ].join('\n');
  });
  return [INTRO, ...sections].join('\n');
}

/** `phase-1-5-preferences` is of phase 1.5. */
function phaseOf(name: string): string | undefined {
  const [, half, whole] = /^phase-(?:(\d-5)(?=-)|(\d))/.exec(name) ?? [];
  return half?.replace('-', '.') ?? whole;
}

/** What stands beside the phases comes last. */
function phaseOrder(a: string, b: string): number {
  return (a === '' ? 99 : Number(a)) - (b === '' ? 99 : Number(b));
}
