import type { ErrorObject } from 'ajv/dist/2020';
import { quoted, type Sentence } from '../sentences/sentences';
import { say } from './schema.sentences';

/** What may stand in the parameters of Ajv's errors. */
interface Parameters {
  readonly additionalProperty: string;
  readonly allowedValues: readonly unknown[];
  readonly limit: number;
  readonly missingProperty: string;
  readonly multipleOf: number;
  readonly type: string | readonly string[];
}

type Words = (parameters: Parameters) => Sentence;

const WORDS: Readonly<Record<string, Words>> = {
  additionalProperties: () => say.no_such(),
  enum: ({ allowedValues }) => say.not_one_of({ words: allowedValues.join(', ') }),
  maxItems: ({ limit }) => say.too_many({ most: limit }),
  maxLength: ({ limit }) => say.too_long({ most: limit }),
  maximum: ({ limit }) => say.too_large({ maximum: limit }),
  minItems: ({ limit }) => say.too_few({ least: limit }),
  minLength: ({ limit }) => say.too_short({ least: limit }),
  minimum: ({ limit }) => say.too_small({ minimum: limit }),
  multipleOf: ({ multipleOf }) => say.off_step({ step: multipleOf }),
  required: ({ missingProperty }) => say.missing({ name: missingProperty }),
  type: ({ type }) => say.not_of_type({ type: [type].flat().join(' / ') }),
  uniqueItems: () => say.twice(),
};

/** An error of Ajv's in words; of a keyword that has none here in Ajv's own, which are English. */
export function schemaProblem({ keyword, params, message }: ErrorObject): Sentence {
  return WORDS[keyword]?.(params as Parameters) ?? quoted(message ?? keyword);
}
