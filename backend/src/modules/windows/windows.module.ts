import { Module, type OnModuleInit } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { MaintenanceWindows } from './maintenance-windows';
import { TagEdits } from './tag-edits';
import { WindowTags } from './window-tags';
import { WINDOWS_AUDIT } from './windows-audit';
import { WindowsController } from './windows.controller';
import { WindowsRepository } from './windows.repository';
import { WindowsTopic } from './windows.topic';
import { WindowsService } from './windows.service';

/** When changes of machines may begin. */
@Module({
  controllers: [WindowsController],
  providers: [MaintenanceWindows, TagEdits, WindowTags, WindowsRepository, WindowsService, WindowsTopic],
  exports: [MaintenanceWindows],
})
export class WindowsModule implements OnModuleInit {
  constructor(private readonly contracts: Contracts) {}

  onModuleInit(): void {
    this.contracts.register(...WINDOWS_AUDIT);
  }
}
