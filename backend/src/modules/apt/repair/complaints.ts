import { linesOf } from '../parsers/parse-error';
import { maskUserInfo } from '../parsers/update-failures';

const MAX_LINES = 20;
const MAX_LENGTH = 500;

/**
 * What dpkg and apt say is wrong (section or fact `whole`), errors first, without their progress. Empty when all is whole.
 * dpkg's audit is prose whose last lines name the packages: none of it can be left out.
 */
export function complaintsOf(
  said: { readonly stdout: string; readonly stderr: string; readonly exitCode: number } | undefined,
): string[] {
  if (said === undefined || said.exitCode === 0) return [];
  return linesOf(`${said.stderr}\n${said.stdout}`)
    .filter((line) => line.trim() !== '' && !/^(?:Reading|Building|Correcting) /.test(line))
    .slice(0, MAX_LINES)
    .map((line) => maskUserInfo(line).slice(0, MAX_LENGTH));
}
