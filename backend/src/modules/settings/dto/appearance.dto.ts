import { PickType } from '@nestjs/swagger';
import { PreferenceValuesDto } from './preferences.dto';

/** The preferences that are needed before anybody has signed in. */
export class AppearanceDto extends PickType(PreferenceValuesDto, ['theme', 'density', 'zoom', 'language']) {}
