import { ApiProperty, getSchemaPath } from '@nestjs/swagger';

/** A sentence as code and parameters, for whoever shows it in another language. */
export class SaidDto {
  /** The sentence in English. */
  text: string;
  /** Stable; null when the text is a machine's own words. */
  @ApiProperty({ type: String, nullable: true })
  code: string | null;
  /** By name. A parameter that is a sentence itself is given as one. */
  @ApiProperty({
    type: 'object',
    additionalProperties: { oneOf: [{ type: 'string' }, { $ref: '#/components/schemas/SaidDto' }] },
  })
  params: Record<string, string | SaidDto>;
}

/** Marks the property `said` of a document: the sentences of its fields, by field. */
export function ApiSaid(): PropertyDecorator {
  return ApiProperty({
    description: 'The sentences of this document as codes and parameters, by field; one for each line of the field.',
    type: 'object',
    additionalProperties: { type: 'array', items: { $ref: getSchemaPath(SaidDto) } },
  });
}
