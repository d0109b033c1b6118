import { ApiProperty } from '@nestjs/swagger';
import type { SaidByField } from '../sentences/said';
import { ApiSaid } from '../sentences/said.dto';

export class FieldProblemDto {
  /** Path of the refused field. */
  field: string;
  message: string;
  @ApiSaid()
  said: SaidByField;
}

/** RFC 9457 problem document; every error answer has this shape. */
export class ProblemDto {
  type: string;
  title: string;
  status: number;
  /** Stable snake_case code. */
  code: string;
  /** A sentence that says what happened. */
  detail: string;
  /** What to do next. */
  action?: string;
  @ApiSaid()
  said: SaidByField;
  @ApiProperty({ type: [FieldProblemDto], required: false })
  errors?: FieldProblemDto[];
  requestId?: string;
}
