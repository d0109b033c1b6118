import type { PackageOrigin } from '../contracts/apt-update-analyze.v1';
import { compareVersions } from '../parsers/debian-version';
import type { PolicyPackage, PolicySource, PolicyVersion } from '../parsers/policy';
import type { SimulatedOrigin } from '../parsers/simulation';
import { maskUserInfo } from '../parsers/update-failures';

// Whose `-security` suites are security archives. A suite of that name from anybody else is just a name.
const SECURITY_PUBLISHERS: ReadonlySet<string> = new Set(['Debian', 'Ubuntu', 'UbuntuESM', 'UbuntuESMApps']);

/**
 * Security is a property of the archive, never of a name: Debian labels it `Debian-Security`, Debian and Ubuntu (ESM too)
 * put it in suites that end with `-security`.
 * @param archive.origin the publisher; a simulation does not print it, and Ubuntu's labels are the same words
 */
export function isSecurityArchive(archive: {
  origin: string | null;
  label: string | null;
  archive: string | null;
  codename: string | null;
}): boolean {
  if (archive.label === 'Debian-Security' || archive.label === 'Devuan-Security') return true;
  const publisher = archive.origin ?? archive.label;
  if (publisher === null || !SECURITY_PUBLISHERS.has(publisher)) return false;
  return [archive.archive, archive.codename].some((suite) => suite?.endsWith('-security') === true);
}

function originOf(source: PolicySource): PackageOrigin {
  return {
    uri: maskUserInfo(source.uri),
    site: source.site,
    origin: source.origin,
    label: source.label,
    archive: source.archive,
    codename: source.codename,
    component: source.component,
    security: isSecurityArchive(source),
  };
}

function simulatedToOrigin({ label, suite }: SimulatedOrigin): PackageOrigin {
  const security = isSimulatedSecurity({ label, suite });
  return { uri: null, site: null, origin: null, label, archive: suite, codename: null, component: null, security };
}

/** The same for what a simulation says of an archive. */
export function isSimulatedSecurity({ label, suite }: SimulatedOrigin): boolean {
  return isSecurityArchive({ origin: null, label, archive: suite, codename: null });
}

/** Tells where versions come from, from the two halves of `apt-cache policy`. */
export class OriginIndex {
  private readonly sources: Map<string, PolicySource> | null;
  private readonly packages: Map<string, PolicyPackage> | null;

  /** Null halves were not measured: then origins come from the simulation, and security may be unknown. */
  constructor(sources: PolicySource[] | null, packages: PolicyPackage[] | null) {
    this.sources = sources === null ? null : new Map(sources.map((source) => [source.key, source]));
    this.packages = packages === null ? null : new Map(packages.map((entry) => [entry.name, entry]));
  }

  ofVersion(version: PolicyVersion): PackageOrigin[] {
    return version.sources.flatMap(({ key }) => {
      const source = this.sources?.get(key);
      return source === undefined ? [] : [originOf(source)];
    });
  }

  /** Origins of a version that a plan puts on the machine. */
  ofTarget(name: string, version: string, simulated: readonly SimulatedOrigin[]): PackageOrigin[] {
    const known = this.packages?.get(name)?.versions.filter((entry) => entry.version === version) ?? [];
    const origins = known.flatMap((entry) => this.ofVersion(entry));
    return origins.length > 0 ? origins : simulated.map(simulatedToOrigin);
  }

  /**
   * Whether any version in (from, to] comes from a security archive; `from` null means a new package: only `to` counts.
   * Null when the versions in between are not known.
   */
  securityBetween(
    name: string,
    from: string | null,
    to: string,
    simulated: readonly SimulatedOrigin[],
  ): boolean | null {
    const entry = this.packages?.get(name);
    // A label may hold the comma that parts origins in a simulation: what policy says goes before.
    if (this.sources === null || entry === undefined) return simulated.some(isSimulatedSecurity) ? true : null;
    return entry.versions.some(
      (version) =>
        (from === null
          ? version.version === to
          : compareVersions(version.version, from) > 0 && compareVersions(version.version, to) <= 0) &&
        this.ofVersion(version).some((origin) => origin.security),
    );
  }
}
