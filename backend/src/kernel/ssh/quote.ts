/** Names that would change how the shell itself works, or that the prelude uses (`SU_`). */
const reservedNames = /^(?:SU_.*|LC_.*|LD_.*|IFS|PATH|ENV|HOME|PWD|CDPATH|LANG|LANGUAGE|OPTIND|PS[0-9])$/;
const parameterName = /^[A-Z][A-Z0-9_]{0,63}$/;

/**
 * The one place where a value becomes part of shell text: one POSIX word whose value is exactly `value`.
 *
 * @throws TypeError when the value contains a NUL, which no shell word can hold
 */
export function quote(value: string): string {
  if (value.includes('\0')) throw new TypeError('A shell word cannot contain a NUL character.');
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/**
 * Parameters of a script as lines `NAME='value'`, to be read by a shell: whatever the values are, they stay data.
 *
 * @param parameters name to value; names are upper case letters, digits and `_`
 * @throws TypeError for a name outside the grammar or a reserved one, and for a NUL in a value
 */
export function parameterLines(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => {
      if (!parameterName.test(name)) throw new TypeError(`Not a parameter name: ${JSON.stringify(name)}`);
      if (reservedNames.test(name)) throw new TypeError(`The parameter name ${name} is reserved.`);
      return `${name}=${quote(value)}\n`;
    })
    .join('');
}
