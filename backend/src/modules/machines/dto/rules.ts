import { Transform } from 'class-transformer';
import { IsString, Length, Matches, registerDecorator } from 'class-validator';
import { GIVEN_NAME, isHostAddress, isProxyUrl, UNIX_USERNAME } from '../address';

function textRule(name: string, message: string, test: (text: string) => boolean): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(property),
      options: { message: `$property ${message}` },
      validator: { validate: (value: unknown) => typeof value === 'string' && test(value) },
    });
  };
}

export const IsHostAddress = () => textRule('isHostAddress', 'must be a DNS name or an IP address', isHostAddress);

export const IsUnixUsername = () =>
  textRule('isUnixUsername', 'must be a Unix account name: a-z, 0-9, dot, dash and underscore, at most 32', (text) =>
    UNIX_USERNAME.test(text),
  );

export const IsProxyUrl = () =>
  textRule('isProxyUrl', 'must be http:// or https:// with host and port, the password apart', isProxyUrl);

/** A name that people give, of 1 to `max` characters. */
export function IsGivenName(max: number): PropertyDecorator {
  const text = IsString();
  const length = Length(1, max);
  const form = Matches(GIVEN_NAME, {
    message: '$property must be printable, must not begin with a space or one of - = + @, nor contain $ ` \\ < > " | ;',
  });
  return (target, property) => {
    text(target, property);
    form(target, property);
    length(target, property);
  };
}

/** A query parameter that may be given once or several times. */
export const ToArray = () =>
  Transform(({ value }: { value: unknown }) => (value === undefined || Array.isArray(value) ? value : [value]));
