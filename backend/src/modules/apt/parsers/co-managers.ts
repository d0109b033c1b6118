import { linesOf, ParseError } from './parse-error';

export interface UnitState {
  id: string;
  loaded: boolean;
  active: string;
  enabled: string | null;
}

export interface CoManagers {
  packages: string[];
  processes: string[];
  units: UnitState[];
  /** `APT::Periodic` settings, names without the prefix. */
  periodic: Map<string, string>;
}

/** Reads the section `co_managers`: apt-config lines, `package=`, `process=` and blocks of `systemctl show`. */
export function parseCoManagers(text: string): CoManagers {
  const result: CoManagers = { packages: [], processes: [], units: [], periodic: new Map() };
  let block = new Map<string, string>();
  const close = (): void => {
    const id = block.get('Id');
    if (id !== undefined) {
      const enabled = block.get('UnitFileState') ?? '';
      result.units.push({
        id,
        loaded: block.get('LoadState') === 'loaded',
        active: block.get('ActiveState') ?? 'unknown',
        enabled: enabled === '' ? null : enabled,
      });
    }
    block = new Map();
  };
  for (const line of linesOf(text)) {
    const setting = /^APT::Periodic(?:::(\S+))? "(.*)";$/.exec(line);
    if (setting !== null) {
      if (setting[1] !== undefined) result.periodic.set(setting[1], setting[2] ?? '');
      continue;
    }
    if (line === '') {
      close();
      continue;
    }
    const [key = '', ...rest] = line.split('=');
    const value = rest.join('=');
    if (rest.length === 0) throw new ParseError('co_managers', 'unknown line', line);
    if (key === 'package') result.packages.push(value);
    else if (key === 'process') result.processes.push(value.split('\t')[0] ?? value);
    else block.set(key, value);
  }
  close();
  return result;
}
