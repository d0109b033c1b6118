import { Transform } from 'class-transformer';
import { registerDecorator, ValidateIf } from 'class-validator';

const EARLIEST = Date.UTC(2000, 0);
const LATEST = Date.UTC(3000, 0);

/** May be left out; null is a value like any other and is refused by the rules that follow. */
export const IsOptionalButNotNull = () => ValidateIf((_object, value: unknown) => value !== undefined);

/** A moment that calendars, the database and every calculation with it can hold. Goes with `@Type(() => Date)`. */
export const IsMoment = (): PropertyDecorator =>
  rule('isMoment', 'must be a moment between the years 2000 and 2999', (value) => {
    const time = value instanceof Date ? value.getTime() : NaN;
    return time >= EARLIEST && time < LATEST;
  });

/** A text for people, of `min` to `max` characters once it is trimmed, `min` of them to be seen: blanks say nothing. */
export function IsVisibleText(min: number, max: number): PropertyDecorator {
  const trim = Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value));
  const message = `must be a text of ${String(min)} to ${String(max)} characters that can be read`;
  const form = rule('isVisibleText', message, (value) => {
    if (typeof value !== 'string' || value.length > max || /[^\P{Cc}\n\r\t]/u.test(value)) return false;
    return (value.match(/[\p{L}\p{N}\p{P}\p{S}]/gu)?.length ?? 0) >= min;
  });
  return (target, property) => {
    trim(target, property);
    form(target, property);
  };
}

function rule(name: string, message: string, validate: (value: unknown) => boolean): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(property),
      options: { message: `$property ${message}` },
      validator: { validate },
    });
  };
}
