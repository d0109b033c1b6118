import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../../kernel/auth/access.decorators';
import { AppearanceDto } from './dto/appearance.dto';
import { SettingsService } from './settings.service';

/** For the pages before the sign-in. Tells how the installation looks, and nothing else of it. */
@ApiTags('settings')
@Controller('appearance')
export class AppearanceController {
  constructor(private readonly settings: SettingsService) {}

  /** How the portal looks to whoever has chosen nothing. */
  @Get()
  @Public()
  async get(): Promise<AppearanceDto> {
    const [theme, density, zoom, language] = await Promise.all([
      this.settings.get('appearance.theme'),
      this.settings.get('appearance.density'),
      this.settings.get('appearance.zoom'),
      this.settings.get('appearance.language'),
    ]);
    return { theme, density, zoom, language };
  }
}
