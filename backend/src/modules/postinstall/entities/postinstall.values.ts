/** The closed lists of these tables, as their CHECK constraints have them. */

export const RECIPE_SOURCE_TYPES = ['apt_packages', 'official_external', 'custom'] as const;
export type RecipeSourceType = (typeof RECIPE_SOURCE_TYPES)[number];

export const PROFILE_STATUSES = ['not_run', 'ok', 'warning', 'error', 'pending'] as const;
export type ProfileStatus = (typeof PROFILE_STATUSES)[number];

export const PRESET_SCOPES = ['global', 'machine', 'profile'] as const;
export type PresetScope = (typeof PRESET_SCOPES)[number];
