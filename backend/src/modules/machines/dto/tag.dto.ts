import { IsOptional, Matches } from 'class-validator';
import { IsOptionalButNotNull } from '../../../kernel/http/input-rules';
import { IsGivenName } from './rules';

const COLOR = /^(#[0-9a-fA-F]{6}|[a-z][a-z0-9-]{0,29})$/;
const COLOR_HINT = 'color must be #rrggbb or the name of a colour of the portal';

export class TagDto {
  id: string;
  name: string;
  /** `#rrggbb` or the name of a colour of the portal. */
  color: string | null;
}

/** A tag with how many machines carry it, archived ones included. */
export class TagUseDto extends TagDto {
  machineCount: number;
}

export class CreateTagDto {
  @IsGivenName(50)
  name: string;

  @IsOptional()
  @Matches(COLOR, { message: COLOR_HINT })
  color?: string | null;
}

export class ChangeTagDto {
  @IsOptionalButNotNull()
  @IsGivenName(50)
  name?: string;

  @IsOptional()
  @Matches(COLOR, { message: COLOR_HINT })
  color?: string | null;
}
