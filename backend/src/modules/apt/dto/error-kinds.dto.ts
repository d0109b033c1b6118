import type { SaidByField } from '../../../kernel/sentences/said';
import { ApiSaid } from '../../../kernel/sentences/said.dto';

export class ErrorKindDto {
  /** As `apt_errors.kind` and `jobs.error_kind` have it. */
  kind: string;
  /** The safe thing to do. */
  remedy: string;
  /** What else would take the error away, with its price; null: nothing is known. It is never offered as an action. */
  risk: string | null;
  /** Name of the change that mends it, whose plan can be made at once; null: a person has to. */
  action: string | null;
  /** Of `remedy` and `risk`. */
  @ApiSaid()
  said: SaidByField;
}
