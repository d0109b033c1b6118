import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Allow, IsDate, IsOptional } from 'class-validator';
import { Transform } from 'class-transformer';
import { DocumentDto } from '../../../kernel/contracts/document.dto';
import {
  APP_SETTING_KEYS,
  AWAITED_FEATURES,
  SETTING_SECTIONS,
  SETTING_UNITS,
  type AppSettingKey,
  type SettingSection,
} from '../registry/app-settings';
import type { JsonSchema } from '../registry/value-schema';

/** Every value of a setting or a preference has one of these forms. */
export const settingValue: ApiPropertyOptions = {
  oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }, { type: 'array', items: { type: 'string' } }],
};

/** What a value may be, in the part of JSON Schema 2020-12 that settings use. */
export class ValueSchemaDto implements JsonSchema {
  @ApiProperty({ enum: ['string', 'integer', 'boolean', 'array'] })
  type: 'string' | 'integer' | 'boolean' | 'array';
  enum?: string[];
  minimum?: number;
  maximum?: number;
  multipleOf?: number;
  @ApiProperty({ enum: ['network'], required: false })
  format?: 'network';
  items?: ValueSchemaDto;
  maxItems?: number;
  uniqueItems?: boolean;
}

export class SettingDto {
  @ApiProperty({ enum: APP_SETTING_KEYS })
  key: AppSettingKey;
  @ApiProperty({ enum: SETTING_SECTIONS })
  section: SettingSection;
  /** What holds now. */
  @ApiProperty(settingValue)
  value: unknown;
  @ApiProperty(settingValue)
  default: unknown;
  schema: ValueSchemaDto;
  @ApiProperty({ enum: SETTING_UNITS, nullable: true, type: String })
  unit: (typeof SETTING_UNITS)[number] | null;
  /** The feature that will read it; null: it takes effect at once. */
  @ApiProperty({ enum: AWAITED_FEATURES, nullable: true, type: String })
  awaits: (typeof AWAITED_FEATURES)[number] | null;
  /** When it was set; null while the default holds. Goes back with a change, so that none is overwritten unseen. */
  updatedAt: Date | null;
  updatedBy: string | null;
  /** The stored value does not fit its schema any more, or cannot be read, so that the default holds. */
  unfit: boolean;
  /** What is stored, where it is unfit. */
  @ApiProperty({ type: DocumentDto, nullable: true })
  stored: DocumentDto | null;
  /** Whether the person who asks may change it. */
  writable: boolean;
}

export class SettingVersionDto {
  /** `updatedAt` of the value that you have seen; empty or null when the default held. 409 when it is not that any more. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, required: false })
  @Transform(({ value }: { value: unknown }) => momentOf(value))
  @IsOptional()
  @IsDate()
  seen?: Date | null;
}

export class ChangeSettingDto extends SettingVersionDto {
  /** Must fit the setting's schema. */
  @ApiProperty(settingValue)
  @Allow()
  value: unknown;
}

/** Anything that is neither empty nor text stays as it is, for the validation to refuse. */
function momentOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value === '' ? null : new Date(value);
}
