import { Module, type OnModuleInit } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { AppearanceController } from './appearance.controller';
import { MachineUiStateController } from './machine-ui-state.controller';
import { MachineUiStateRepository } from './machine-ui-state.repository';
import { MachineUiStateService } from './machine-ui-state.service';
import { PreferencesController } from './preferences.controller';
import { PreferencesRepository } from './preferences.repository';
import { PreferencesService } from './preferences.service';
import { SETTINGS_CONTRACTS } from './settings.contracts';
import { SettingsController } from './settings.controller';
import { SettingsRepository } from './settings.repository';
import { SettingsService } from './settings.service';
import { SettingsTopic } from './settings.topic';

/**
 * Settings of the installation, preferences of people, and how machines are shown. Other rooms get the settings; what
 * is only about looks does not leave this room, so that nothing can be decided by it.
 */
@Module({
  controllers: [AppearanceController, SettingsController, PreferencesController, MachineUiStateController],
  providers: [
    SettingsRepository,
    SettingsService,
    PreferencesRepository,
    PreferencesService,
    MachineUiStateRepository,
    MachineUiStateService,
    SettingsTopic,
  ],
  exports: [SettingsService],
})
export class SettingsModule implements OnModuleInit {
  constructor(private readonly contracts: Contracts) {}

  onModuleInit(): void {
    this.contracts.register(...SETTINGS_CONTRACTS);
  }
}
