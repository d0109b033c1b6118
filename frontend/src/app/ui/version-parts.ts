export interface VersionParts {
  /** What both versions begin with; never ends inside a number. */
  readonly same: string;
  readonly changed: string;
}

/** Cuts the target version where it begins to differ from the current one, at the start of a number or a letter run. */
export function versionParts(current: string | null, target: string): VersionParts {
  if (current === null) {
    return { same: '', changed: target };
  }
  let at = 0;
  while (at < target.length && target[at] === current[at]) {
    at++;
  }
  while (at > 0 && isDigit(target[at - 1]) && (isDigit(target[at]) || isDigit(current[at]))) {
    at--;
  }
  return { same: target.slice(0, at), changed: target.slice(at) };
}

function isDigit(letter: string | undefined): boolean {
  return letter !== undefined && letter >= '0' && letter <= '9';
}
