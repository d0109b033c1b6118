import { ApiProperty } from '@nestjs/swagger';
import { Allow } from 'class-validator';
import { DocumentDto } from '../../../kernel/contracts/document.dto';
import { DENSITY, LANGUAGE, THEME } from '../registry/app-settings';
import {
  DASHBOARD_VIEW,
  DEFAULT_TAB,
  PREFERENCE_KEYS,
  type PreferenceKey,
  type PreferenceValues,
} from '../registry/preferences';
import { settingValue } from './settings.dto';

export class PreferenceValuesDto implements PreferenceValues {
  @ApiProperty({ enum: THEME.words })
  theme: PreferenceValues['theme'];
  @ApiProperty({ enum: DENSITY.words })
  density: PreferenceValues['density'];
  /** Percent, 90 to 130. */
  zoom: number;
  @ApiProperty({ enum: LANGUAGE.words })
  language: PreferenceValues['language'];
  /** CSS pixels, 320 to 720. */
  pane_width: number;
  @ApiProperty({ enum: DASHBOARD_VIEW.words })
  dashboard_view: PreferenceValues['dashboard_view'];
  /** The tab of a machine that opens first; `last`: where it was left. */
  @ApiProperty({ enum: DEFAULT_TAB.words })
  default_tab: PreferenceValues['default_tab'];
  dock_open: boolean;
  pane_open: boolean;
  shortcuts: boolean;
}

export class UnreadablePreferenceDto {
  key: string;
  stored: DocumentDto;
}

export class PreferencesDto {
  /** What holds: chosen, or the default of the installation. */
  values: PreferenceValuesDto;
  /** What was chosen; the rest follows the defaults. */
  @ApiProperty({ enum: PREFERENCE_KEYS, isArray: true })
  chosen: PreferenceKey[];
  /** Choices that this program cannot read, as they stand; the default holds in their place. */
  @ApiProperty({ type: () => [UnreadablePreferenceDto] })
  unreadable: UnreadablePreferenceDto[];
}

export class ChoosePreferenceDto {
  /** Must fit the preference's schema. */
  @ApiProperty(settingValue)
  @Allow()
  value: unknown;
}
