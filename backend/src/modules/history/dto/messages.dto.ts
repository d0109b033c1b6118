import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsOptional, IsString, IsUUID, Length, Matches } from 'class-validator';
import { DocumentDto } from '../../../kernel/contracts/document.dto';
import { PageQueryDto } from '../../../kernel/http/page-query.dto';
import type { SaidByField } from '../../../kernel/sentences/said';
import { ApiSaid } from '../../../kernel/sentences/said.dto';
import {
  MESSAGE_CATEGORIES,
  MESSAGE_SEVERITIES,
  MESSAGE_SOURCES,
  type MessageCategory,
  type MessageSeverity,
  type MessageSource,
} from '../entities/history.values';

const trueOrFalse = Transform(({ value }: { value: unknown }) =>
  value === 'true' ? true : value === 'false' ? false : value,
);

export class MessageQueryDto {
  /** Only acknowledged, or only open ones. */
  @IsOptional()
  @trueOrFalse
  @IsBoolean()
  acknowledged?: boolean;
}

export class MessageGroupQueryDto extends PageQueryDto {
  /** Only acknowledged, or only open ones. */
  @IsOptional()
  @trueOrFalse
  @IsBoolean()
  acknowledged?: boolean;

  @ApiProperty({ enum: MESSAGE_SEVERITIES, required: false })
  @IsOptional()
  @IsIn(MESSAGE_SEVERITIES)
  severity?: MessageSeverity;

  @ApiProperty({ enum: MESSAGE_CATEGORIES, required: false })
  @IsOptional()
  @IsIn(MESSAGE_CATEGORIES)
  category?: MessageCategory;

  /** Only of this machine. */
  @IsOptional()
  @IsUUID()
  machineId?: string;

  /** Only where this stands in the words, in English or in French, in the package, the component or the name of the machine. */
  @IsOptional()
  @IsString()
  @Length(1, 200)
  text?: string;
}

/** What every message has. */
class MessageFactsDto {
  @ApiProperty({ enum: MESSAGE_SOURCES })
  source: MessageSource;
  @ApiProperty({ enum: MESSAGE_CATEGORIES })
  category: MessageCategory;
  @ApiProperty({ enum: MESSAGE_SEVERITIES })
  severity: MessageSeverity;
  packageName: string | null;
  component: string | null;
  message: string;
  @ApiSaid()
  said: SaidByField;
  firstSeenAt: Date;
  lastSeenAt: Date;
}

export class MessageDto extends MessageFactsDto {
  id: string;
  acknowledged: boolean;
  acknowledgedAt: Date | null;
  acknowledgedBy: string | null;
  /** Where the line stands in the log that it was taken from: `artifact id#line`. Null: it stands in no log that is kept as a file, as what analyses find. */
  rawLineRef: string | null;
  /** What the message says to programs. */
  @ApiProperty({ type: DocumentDto, nullable: true })
  facts: DocumentDto | null;
}

/** What several machines say alike. The words are those of the machine that said it last. */
export class MessageGroupDto extends MessageFactsDto {
  /** The same for the same message of whichever machine: 64 hexadecimal digits. */
  key: string;
  /** Machines that said it, as far as they match the question. */
  machines: number;
  /** Those of them where nobody has acknowledged it. */
  openMachines: number;
}

export class MessageGroupPageDto {
  @ApiProperty({ type: () => [MessageGroupDto] })
  items: MessageGroupDto[];
  nextCursor: string | null;
}

export class MachineMessageDto extends MessageDto {
  machineId: string;
  machineName: string;
}

export class MachineMessagePageDto {
  @ApiProperty({ type: () => [MachineMessageDto] })
  items: MachineMessageDto[];
  nextCursor: string | null;
}

export class GroupDecisionDto {
  /** On so many machines. */
  machines: number;
  /** By this moment the decision can be taken back; null when it concerned none. */
  acknowledgedAt: Date | null;
}

export class ReopenGroupDto {
  /** Only what was acknowledged at exactly this moment, as the decision answered. */
  @Matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  acknowledgedAt: string;
}
