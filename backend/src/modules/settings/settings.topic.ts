import { Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ConnectedSocket, SubscribeMessage } from '@nestjs/websockets';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { roleAllows } from '../../kernel/auth/permissions';
import { LiveBus, type LiveSignal } from '../../kernel/live/live-bus';
import { sendEvent, type LiveClient } from '../../kernel/live/live-client';
import { LiveTopic } from '../../kernel/live/live-topic';
import { MachineUiStateService } from './machine-ui-state.service';

/**
 * Tells browsers that settings, their own preferences or the way a machine is shown have changed. The first two are
 * hints to read again; a browser also reads again by itself when it comes back to the foreground or to the network,
 * so a lost hint is caught up with.
 */
@LiveTopic()
export class SettingsTopic implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(SettingsTopic.name);
  private readonly watchers = new Set<LiveClient>();
  private stopListening: (() => void) | undefined;
  /** Reads follow each other, so that an older state is never sent after a newer one. */
  private telling: Promise<void> = Promise.resolve();

  constructor(
    private readonly bus: LiveBus,
    private readonly machineStates: MachineUiStateService,
  ) {}

  onModuleInit(): void {
    this.stopListening = this.bus.listen((signal) => {
      this.tellHints(signal);
      if (this.watchers.size === 0 || signal.uiMachineIds.size === 0) return;
      this.telling = this.telling
        .then(() => this.tellMachines([...signal.uiMachineIds]))
        .catch((error: unknown) => {
          this.logger.warn({ err: error }, 'How machines are shown could not be read.');
        });
    });
  }

  onModuleDestroy(): void {
    this.stopListening?.();
  }

  handleDisconnect(client: LiveClient): void {
    this.watchers.delete(client);
  }

  @SubscribeMessage('watch.settings')
  @RequirePermission('me')
  watch(@ConnectedSocket() client: LiveClient): void {
    this.watchers.add(client);
  }

  private tellHints({ settingKeys, preferenceUserIds }: LiveSignal): void {
    if (settingKeys.size === 0 && preferenceUserIds.size === 0) return;
    for (const client of this.watchers) {
      if (settingKeys.size > 0) sendEvent(client, 'settings.changed', { keys: [...settingKeys] });
      if (preferenceUserIds.has(client.principal.userId)) sendEvent(client, 'preferences.changed', {});
    }
  }

  private async tellMachines(machineIds: readonly string[]): Promise<void> {
    const states = await this.machineStates.ofAll(machineIds);
    for (const client of this.watchers) {
      if (!roleAllows(client.principal.role, 'machines.read')) continue;
      for (const state of states) if (!sendEvent(client, 'machine.ui', state)) break;
    }
  }
}
