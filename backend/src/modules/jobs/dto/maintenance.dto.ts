import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';
import { WINDOW_SCOPES, type WindowScope } from '../../windows/entities/windows.values';
import { ESTIMATE_BASES, type EstimateBasis } from '../gate/run-durations';

export const GATE_STATES = ['unbound', 'open', 'later', 'never'] as const;
export type GateState = (typeof GATE_STATES)[number];

export class MaintenanceQueryDto {
  /** A change, whose length counts; without it only whether a window is open. */
  @IsOptional()
  @Matches(/^[a-z][a-z0-9_]{0,63}$/)
  action?: string;
}

export class BindingWindowDto {
  id: string;
  name: string;
  @ApiProperty({ enum: WINDOW_SCOPES })
  scope: WindowScope;
}

/** When changes may begin on a machine. */
export class MachineMaintenanceDto {
  /** `unbound`: at any time; `open`: now; `later`: from `from` on; `never`: no window is long enough. */
  @ApiProperty({ enum: GATE_STATES })
  state: GateState;
  /** Of the window that is open or opens next. */
  windowName: string | null;
  from: Date | null;
  until: Date | null;
  /** Begun later, it could not end inside. */
  latestStart: Date | null;
  /** The longest window there is, where none is long enough; 0 when none opens any more. */
  longestSeconds: number | null;
  /** Of windows that count and of which nobody can tell any more when they open; named where no other is long enough. */
  unreadableWindowNames: string[];
  /** So long the action will take by what is known; null without an action, and where nothing is bound. */
  estimateSeconds: number | null;
  /** `machine`: its own last runs; `fleet`: the slowest tenth of all machines; `declared`: of it, or of a part of it, there were no runs yet. */
  @ApiProperty({ enum: ESTIMATE_BASES, nullable: true, type: String })
  estimateBasis: EstimateBasis | null;
  /** `unbound`: the single window that was the last to count and is over; null: there was none. */
  overWindowName: string | null;
  /** The windows that count for the machine. */
  windows: BindingWindowDto[];
}
