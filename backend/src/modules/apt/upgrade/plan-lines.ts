import type { ChangeOperation } from '../contracts/apt-update-analyze.v1';
import type { UpgradePackage } from '../contracts/apt-upgrade-plan.v2';
import { linesOf, ParseError } from '../parsers/parse-error';

/** A line of the plan that speaks of a package. */
export interface PackageLine {
  readonly line: string;
  readonly operation: ChangeOperation;
  readonly name: string;
  readonly arch: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly origin: string | null;
}

export interface PlanLines {
  /** All, as they are confirmed. */
  readonly lines: readonly string[];
  readonly packages: readonly PackageLine[];
}

const FACT = /^(machine|mode|scope|option) [!-~]/;
const PACKAGE = /^(upgrade|install|remove|downgrade) ([^\s:]+)(?::([a-z0-9-]+))? (\S+) (\S+)(?: (.+))?$/;
const CODED = /(?:%[0-9A-F]{2})+/g;

/**
 * Reads what `transaction_lines` (`scripts/apt-transaction.sh`) prints.
 * @throws ParseError on any other line
 */
export function parsePlanLines(text: string): PlanLines {
  const lines = linesOf(text);
  const packages = lines.filter((line) => !FACT.test(line)).map(packageLine);
  return { lines, packages };
}

function packageLine(line: string): PackageLine {
  const match = PACKAGE.exec(line);
  if (match === null) throw new ParseError('plan_lines', 'unknown line', line);
  const [, operation, name = '', arch, from, to, origin] = match;
  const known = (value: string | undefined): string | null =>
    value === undefined || value === '-' ? null : decoded(value);
  return {
    line,
    operation: operation as ChangeOperation,
    name: decoded(name),
    arch: known(arch),
    from: known(from),
    to: known(to),
    origin: known(origin),
  };
}

/** The bytes that the machine wrote as %XX, because they are no printable ASCII. */
function decoded(value: string): string {
  return value.replace(CODED, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'));
}

/** A package of which nothing is known but its line. */
export function barePackage({ line, operation, name, arch, from, to, origin }: PackageLine): UpgradePackage {
  return {
    line,
    operation,
    name,
    arch,
    from_version: from,
    to_version: to,
    origin,
    security: null,
    source: null,
    download_bytes: null,
    disk_bytes: null,
    rollback: null,
  };
}
