import { linesOf } from './parse-error';

/** apt names under these what it is about to bring; what it keeps or removes stands under others. */
const BRINGS = /^The following (?:NEW )?packages will be (?:installed|upgraded|DOWNGRADED):$/;

/** Names, without their architecture, of the packages that apt says it will install, upgrade or downgrade. Pure. */
export function announcedPackages(said: string): ReadonlySet<string> {
  const names = new Set<string>();
  let brings = false;
  for (const line of linesOf(said)) {
    if (!line.startsWith(' ')) brings = BRINGS.test(line);
    else if (brings) for (const name of line.split(' ').filter(Boolean)) names.add(name.replace(/:.*/, ''));
  }
  return names;
}
