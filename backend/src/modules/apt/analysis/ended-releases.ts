/**
 * Releases that their publishers took from their mirrors to the archives of old releases. Ubuntu keeps its long-term releases
 * on the mirrors. A release that is missing here is told as any other that a mirror no longer has.
 */
const ENDED: Readonly<Record<string, readonly string[]>> = {
  debian: 'bo buster etch hamm jessie lenny potato sarge slink squeeze stretch wheezy woody'.split(' '),
  ubuntu: (
    'artful breezy cosmic dapper disco edgy eoan feisty groovy gutsy hardy hirsute hoary impish intrepid jaunty karmic ' +
    'kinetic lucid lunar mantic maverick natty oneiric oracular plucky precise quantal raring saucy utopic vivid warty wily ' +
    'yakkety zesty'
  ).split(' '),
};
/** Pockets of a release, as they follow its name. */
const POCKET = /(?:-(?:security|updates|backports|backports-sloppy|proposed|proposed-updates|lts|volatile)|\/updates)$/;
const DEBIAN = /\/(?:debian|debian-security|debian-volatile|raspbian)\/?$/;
const UBUNTU = /\/ubuntu(?:-ports)?\/?$/;
const ARCHIVES = /^https?:\/\/(?:archive\.debian\.org|old-releases\.ubuntu\.com|legacy\.raspbian\.org)\//;

/** Whether a source names a release that has ended where its publisher no longer keeps it. */
export function isArchivedRelease(uri: string, suite: string): boolean {
  if (ARCHIVES.test(uri)) return false;
  const publisher = DEBIAN.test(uri) ? 'debian' : UBUNTU.test(uri) ? 'ubuntu' : null;
  return publisher !== null && ENDED[publisher]?.includes(suite.replace(POCKET, '')) === true;
}
