import { linesOf, ParseError, wholeNumber } from './parse-error';

/*
 * What the tools of Proxmox VE print about a cluster. The forms are those of its sources and manuals (pve-manager, pve-cluster,
 * pve-ha-manager 7 and 8; corosync-quorumtool 3); no cluster was at hand to prove them on. What has another form is refused, and its
 * verdict is then "not known".
 */

/** A task of the cluster that moves a guest. */
interface Migration {
  /** Of the guest; empty for one that moves all of a host. */
  readonly guest: string;
  /** The host that it leaves. */
  readonly node: string;
}

const MOVES: ReadonlySet<unknown> = new Set(['qmigrate', 'vzmigrate', 'hamigrate', 'migrateall']);

/**
 * Reads `pvesh get /cluster/tasks --output-format json`: those that move guests and have not ended.
 * @throws ParseError when it is no list of tasks
 */
export function parseMigrations(text: string): Migration[] {
  const tasks = jsonOf(text);
  if (!Array.isArray(tasks)) throw new ParseError('cluster tasks', 'no list', text);
  return tasks.flatMap((task: unknown) => {
    const { upid, type, id, node, endtime } = (task ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof upid !== 'string' || typeof type !== 'string' || typeof node !== 'string')
      throw new ParseError('cluster tasks', 'no task', JSON.stringify(task));
    return MOVES.has(type) && endtime === undefined ? [{ guest: typeof id === 'string' ? id : '', node }] : [];
  });
}

interface Quorum {
  readonly cluster: string;
  readonly quorate: boolean;
  /** Votes of all hosts, of those that are there, of this one, and how many are needed. */
  readonly expected: number;
  readonly present: number;
  readonly own: number;
  readonly needed: number;
}

/**
 * Reads `pvecm status`.
 * @throws ParseError where a number that decides is missing
 */
export function parseQuorum(text: string): Quorum {
  const value = (name: string): string => {
    const found = new RegExp(`^${name}:\\s*(.*?)\\s*$`, 'm').exec(text)?.[1];
    if (found === undefined || found === '') throw new ParseError('pvecm', `no ${name}`);
    return found;
  };
  // "2" or, while the cluster is blocked, "2 Activity blocked".
  const number = (name: string): number => wholeNumber(value(name).split(' ', 1)[0], 'pvecm', name);
  const quorate = value('Quorate');
  if (quorate !== 'Yes' && quorate !== 'No') throw new ParseError('pvecm', 'neither Yes nor No', quorate);
  const own = /^0x[0-9a-f]+\s+(\d+)\s.*\(local\)\s*$/m.exec(text)?.[1];
  return {
    cluster: value('Name'),
    quorate: quorate === 'Yes',
    expected: number('Expected votes'),
    present: number('Total votes'),
    own: wholeNumber(own, 'pvecm', 'votes of this host'),
    needed: number('Quorum'),
  };
}

interface HaService {
  /** `vm:100`, `ct:101`. */
  readonly id: string;
  readonly node: string;
  /** `started`, `migrate`, `fence`, `error` … */
  readonly state: string;
}

export interface HaState {
  readonly quorate: boolean;
  readonly services: readonly HaService[];
}

/**
 * Reads `ha-manager status`.
 * @throws ParseError without the word about the quorum, or for a service of another form
 */
export function parseHa(text: string): HaState {
  const lines = linesOf(text);
  const quorum = lines.find((line) => line.startsWith('quorum '));
  if (quorum === undefined) throw new ParseError('ha-manager', 'no quorum', text);
  const services = lines
    .filter((line) => line.startsWith('service '))
    .map((line) => {
      const [, id, node, state] = /^service (\S+) \(([^,]+), ([^),]+)[),]/.exec(line) ?? [];
      if (id === undefined || node === undefined || state === undefined)
        throw new ParseError('ha-manager', 'no service', line);
      return { id, node, state: state.trim() };
    });
  return { quorate: quorum.trim() === 'quorum OK', services };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ParseError('cluster tasks', 'no JSON', text);
  }
}
