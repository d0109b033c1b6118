import { Body, Controller, Delete, Get, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrigin, type RequestOrigin } from '../../kernel/audit/request-origin';
import { CurrentPrincipal, RequirePermission } from '../../kernel/auth/access.decorators';
import { assertAllowed } from '../../kernel/auth/access.guard';
import type { Principal } from '../../kernel/auth/actor';
import { roleAllows } from '../../kernel/auth/permissions';
import { ChangeSettingDto, SettingDto, SettingVersionDto } from './dto/settings.dto';
import { APP_SETTINGS, isAppSettingKey, type AppSetting } from './registry/app-settings';
import { SettingsService, type CurrentSetting } from './settings.service';

@ApiTags('settings')
@Controller('settings')
export class SettingsController {
  constructor(private readonly settings: SettingsService) {}

  /** Every setting of the installation with its default, its schema, and who set it. */
  @Get()
  @RequirePermission('settings.read')
  async list(@CurrentPrincipal() principal: Principal): Promise<SettingDto[]> {
    return (await this.settings.all()).map((setting) => toDto(setting, principal));
  }

  /** One setting. 404 `unknown_setting`. */
  @Get(':key')
  @RequirePermission('settings.read')
  async get(@Param('key') key: string, @CurrentPrincipal() principal: Principal): Promise<SettingDto> {
    return toDto(await this.settings.one(key), principal);
  }

  /** Sets a value. 400 names the setting and the path in its value; 404 `unknown_setting`; 409 `setting_changed`. */
  @Put(':key')
  @RequirePermission('settings.write')
  async put(
    @Param('key') key: string,
    @Body() body: ChangeSettingDto,
    @CurrentPrincipal() principal: Principal,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<SettingDto> {
    assertMayChange(key, principal);
    return toDto(await this.settings.set(key, body.value, body.seen ?? null, origin), principal);
  }

  /** Takes the value back, so that the default holds. 404 `unknown_setting`, 409 `setting_changed`. */
  @Delete(':key')
  @RequirePermission('settings.write')
  async reset(
    @Param('key') key: string,
    @Query() query: SettingVersionDto,
    @CurrentPrincipal() principal: Principal,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<SettingDto> {
    assertMayChange(key, principal);
    return toDto(await this.settings.reset(key, query.seen ?? null, origin), principal);
  }
}

/** A setting may ask for more than the route does. */
function assertMayChange(key: string, principal: Principal): void {
  if (isAppSettingKey(key)) assertAllowed(principal, APP_SETTINGS[key].permission);
}

function toDto({ key, value, set, unfit, stored }: CurrentSetting, principal: Principal): SettingDto {
  const declared: AppSetting<unknown> = APP_SETTINGS[key];
  return {
    key,
    section: declared.section,
    value,
    default: declared.default,
    schema: declared.schema.json as SettingDto['schema'],
    unit: declared.unit ?? null,
    awaits: declared.awaits ?? null,
    updatedAt: set?.at ?? null,
    updatedBy: set?.by ?? null,
    unfit,
    stored,
    writable: roleAllows(principal.role, declared.permission),
  };
}
