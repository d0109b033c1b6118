import { ParseUUIDPipe, ValidationPipe, type ValidationError } from '@nestjs/common';
import { invalidInput, type FieldProblem } from '../errors/domain-error';
import { quoted } from '../sentences/sentences';
import { say } from './validation.sentences';

function flatten(errors: readonly ValidationError[], prefix = ''): FieldProblem[] {
  return errors.flatMap((error) => {
    const field = prefix === '' ? error.property : `${prefix}.${error.property}`;
    const own = Object.values(error.constraints ?? {}).map((message) => ({ field, message: quoted(message) }));
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
    stopAtFirstError: true,
    // Values must not be echoed: one of them may be a password.
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => invalidInput(flatten(errors)),
  });
}

/** A path parameter that is an id. */
export function uuidPipe(field: string): ParseUUIDPipe {
  return new ParseUUIDPipe({ exceptionFactory: () => invalidInput([{ field, message: say.uuid({ field }) }]) });
}
