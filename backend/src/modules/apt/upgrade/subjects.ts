import { secretMask } from '../../../kernel/logging/secret-masker';
import type { AptError } from '../contracts/apt-update-analyze.v1';
import { packageOf } from '../remedies/tried';

/**
 * Errors that are taken from a log name their package as the log does: a password such as `debian` is masked in it, also where it is a part
 * of a name. By what else is known of the machine the name is given back, so that what mends the package is seen to. A name that could
 * be of several stays as it is. Pure.
 * @param names of packages that the error may be about
 * @param masked masks a text as the log is masked
 */
export function namedSubjects(
  errors: readonly AptError[],
  names: () => readonly string[],
  masked: ((text: string) => string) | undefined,
): AptError[] {
  if (masked === undefined || !errors.some(({ subject }) => subject?.includes(secretMask) === true)) return [...errors];
  const byMasked = Map.groupBy(new Set(names()), masked);
  return errors.map((error) => {
    const { subject } = error;
    if (subject?.includes(secretMask) !== true) return error;
    const said = packageOf(subject);
    const [name, ...others] = byMasked.get(said) ?? [];
    return name === undefined || others.length > 0 ? error : { ...error, subject: subject.replace(said, () => name) };
  });
}
