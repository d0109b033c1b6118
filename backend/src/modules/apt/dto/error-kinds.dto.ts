import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsString, Matches } from 'class-validator';
import { IsMoment } from '../../../kernel/http/input-rules';
import { APT_ERROR_KINDS } from '../contracts/apt-error-kinds';
import { MACHINE_ERROR_KINDS } from '../contracts/machine-error-kinds';
import { ERROR_VERDICTS, VERIFYING_ACTIONS, type ErrorVerdict, type VerifyingAction } from '../remedies/verification';
import type { SaidByField } from '../../../kernel/sentences/said';
import { ApiSaid } from '../../../kernel/sentences/said.dto';

const ERROR_KINDS: readonly string[] = [...APT_ERROR_KINDS, ...MACHINE_ERROR_KINDS];

export class ErrorKindDto {
  /** As `apt_errors.kind` and `jobs.error_kind` have it. */
  kind: string;
  /** The safe thing to do. */
  remedy: string;
  /** What else would take the error away, with its price; null: nothing is known. It is never offered as an action. */
  risk: string | null;
  /** Name of the action that mends it: one that reads can be started at once, of a change a plan can be made; null: a person has to. */
  action: string | null;
  @ApiProperty({ enum: ['read', 'change'], nullable: true })
  actionKind: 'read' | 'change' | null;
  /**
   * Name of the action that tells whether it is gone, where a plan has met it; of what an analysis met the next analysis tells. Of an
   * error of connecting every run that works on the machine tells, `machine_probe` among them.
   */
  @ApiProperty({ enum: VERIFYING_ACTIONS })
  verifiedBy: VerifyingAction;
  /** Of `remedy` and `risk`. */
  @ApiSaid()
  said: SaidByField;
}

export class ErrorStandingsQueryDto {
  /** Classes of errors as `GET /api/error-kinds` names them; several by repeating the parameter, or separated by commas. */
  @ApiProperty({ enum: ERROR_KINDS, isArray: true })
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.split(',') : value))
  @IsArray()
  @ArrayMaxSize(100)
  @IsIn(ERROR_KINDS, { each: true })
  kinds: string[];

  /** Name of the action that met them: what a change met tells another change, or what it left on the machine. */
  @IsString()
  @Matches(/^[a-z][a-z0-9_]{0,63}$/)
  by: string;

  /** When they were met: what has looked before does not count. */
  @ApiProperty({ format: 'date-time' })
  @IsMoment()
  since: Date;
}

export class ErrorStandingDto {
  kind: string;
  /**
   * `gone` only where a whole look has not found it again; `there`: it has; `unclear`: the look did not come to its end;
   * `not_looked`: nothing has looked since that could have met it.
   */
  @ApiProperty({ enum: ERROR_VERDICTS })
  verdict: ErrorVerdict;
  /** Name of the action that tells. */
  @ApiProperty({ enum: VERIFYING_ACTIONS })
  verifiedBy: VerifyingAction;
  lookedAt: Date | null;
}
