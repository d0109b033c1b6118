import { ParseUUIDPipe, ValidationPipe, type ValidationError } from '@nestjs/common';
import { invalidInput, type FieldProblem } from '../errors/domain-error';
import { quoted } from '../sentences/sentences';
import { say } from './validation.sentences';

/**
 * What a value has to be before anything else can be said of it. Rules are asked from the last one declared to the first,
 * and one about a length or a limit fails too for what has none.
 */
const OF_ANY_VALUE: ReadonlySet<string> = new Set([
  'whitelistValidation',
  'isDefined',
  'isArray',
  'isObject',
  'isString',
  'isInt',
  'isNumber',
  'isBoolean',
  'isDate',
]);

/** The one problem of a field that helps most. */
function foremost(constraints: Readonly<Record<string, string>> = {}): string[] {
  const all = Object.entries(constraints);
  const chosen = all.find(([rule]) => OF_ANY_VALUE.has(rule)) ?? all[0];
  return chosen === undefined ? [] : [chosen[1]];
}

function flatten(errors: readonly ValidationError[], prefix = ''): FieldProblem[] {
  return errors.flatMap((error) => {
    const field = prefix === '' ? error.property : `${prefix}.${error.property}`;
    const own = foremost(error.constraints).map((message) => ({ field, message: quoted(message) }));
    return [...own, ...flatten(error.children ?? [], field)];
  });
}

/** Unknown fields are refused, never dropped: a misspelt field must not look as if it had been saved. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    // Values must not be echoed: one of them may be a password.
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => invalidInput(flatten(errors)),
  });
}

/** A path parameter that is an id. */
export function uuidPipe(field: string): ParseUUIDPipe {
  return new ParseUUIDPipe({ exceptionFactory: () => invalidInput([{ field, message: say.uuid({ field }) }]) });
}
