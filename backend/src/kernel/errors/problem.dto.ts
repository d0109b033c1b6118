import { ApiProperty } from '@nestjs/swagger';

export class FieldProblemDto {
  /** Path of the refused field. */
  field: string;
  message: string;
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
  @ApiProperty({ type: [FieldProblemDto], required: false })
  errors?: FieldProblemDto[];
  requestId?: string;
}
