import { RequestDto } from '../../requests/dto/requests.dto';

export class RulePreviewDto {
  /** Those that the rule would speak of, newest first. */
  requests: RequestDto[];
  /** So many were looked at. */
  waiting: number;
  /** There are more, which were not looked at. */
  more: boolean;
}
