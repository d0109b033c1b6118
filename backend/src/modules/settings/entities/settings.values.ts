/** The closed lists of these tables, as their CHECK constraints have them. */

export const TILE_MODES = ['compact', 'expanded'] as const;
export type TileMode = (typeof TILE_MODES)[number];
