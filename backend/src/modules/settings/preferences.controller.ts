import { Body, Controller, Delete, Get, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, RequirePermission } from '../../kernel/auth/access.decorators';
import type { Principal } from '../../kernel/auth/actor';
import { ChoosePreferenceDto, PreferencesDto } from './dto/preferences.dto';
import { PreferencesService, type OwnPreferences } from './preferences.service';

/** One's own preferences, and nobody else's. */
@ApiTags('settings')
@Controller('me/preferences')
export class PreferencesController {
  constructor(private readonly preferences: PreferencesService) {}

  /** What holds for the person who is signed in. */
  @Get()
  @RequirePermission('me')
  async get(@CurrentPrincipal() me: Principal): Promise<PreferencesDto> {
    return toDto(await this.preferences.of(me.userId));
  }

  /** Chooses a value. 400 names the preference; 404 `unknown_preference`. */
  @Put(':key')
  @RequirePermission('me')
  async put(
    @Param('key') key: string,
    @Body() body: ChoosePreferenceDto,
    @CurrentPrincipal() me: Principal,
  ): Promise<PreferencesDto> {
    return toDto(await this.preferences.choose(me.userId, key, body.value));
  }

  /** Follows the default again. 404 `unknown_preference`. */
  @Delete(':key')
  @RequirePermission('me')
  async reset(@Param('key') key: string, @CurrentPrincipal() me: Principal): Promise<PreferencesDto> {
    return toDto(await this.preferences.reset(me.userId, key));
  }
}

function toDto({ values, chosen, unreadable }: OwnPreferences): PreferencesDto {
  return { values, chosen: [...chosen], unreadable: [...unreadable] };
}
