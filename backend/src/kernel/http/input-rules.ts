import { Transform } from 'class-transformer';
import { registerDecorator, ValidateIf } from 'class-validator';

const EARLIEST = Date.UTC(2000, 0);
const LATEST = Date.UTC(3000, 0);

/** May be left out; null is a value like any other and is refused by the rules that follow. */
export const IsOptionalButNotNull = () => ValidateIf((_object, value: unknown) => value !== undefined);

/**
 * A moment that calendars, the database and every calculation with it can hold: ISO 8601 with its offset, of a day that exists.
 * Without an offset it would be one in the zone of this process, and JavaScript takes 31 February for 3 March.
 */
export function IsMoment(): PropertyDecorator {
  const read = Transform(({ value }: { value: unknown }) => momentOf(value) ?? value);
  const message =
    'must be a moment between the years 2000 and 2999 with its offset, such as 2027-03-28T02:30:00Z or 2027-03-28T02:30:00+02:00';
  const form = rule('isMoment', message, (value) => {
    const time = value instanceof Date ? value.getTime() : NaN;
    return time >= EARLIEST && time < LATEST;
  });
  return (target, property) => {
    read(target, property);
    form(target, property);
  };
}

const MOMENT = /^(\d{4}-\d{2}-(\d{2}))T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

function momentOf(value: unknown): Date | undefined {
  const [, date, day] = (typeof value === 'string' ? MOMENT.exec(value) : null) ?? [];
  if (typeof value !== 'string' || date === undefined || day === undefined) return undefined;
  return new Date(`${date}T00:00:00Z`).getUTCDate() === Number(day) ? new Date(value) : undefined;
}

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
