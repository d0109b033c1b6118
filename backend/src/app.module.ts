import type { ServerResponse } from 'node:http';
import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { ServeStaticModule } from '@nestjs/serve-static';
import type { Config } from './kernel/config/config';
import { KernelModule } from './kernel/kernel.module';
import { AccountsModule } from './modules/accounts/accounts.module';
import { AutomationModule } from './modules/automation/automation.module';
import { AptModule } from './modules/apt/apt.module';
import { CredentialsModule } from './modules/credentials/credentials.module';
import { HistoryModule } from './modules/history/history.module';
import { InventoryModule } from './modules/inventory/inventory.module';
import { JobsModule } from './modules/jobs/jobs.module';
import { MaintenanceModule } from './modules/maintenance/maintenance.module';
import { MachinesModule } from './modules/machines/machines.module';
import { NetworksModule } from './modules/networks/networks.module';
import { SettingsModule } from './modules/settings/settings.module';
import { WindowsModule } from './modules/windows/windows.module';

/** The only file that names every feature. */
@Module({})
export class AppModule {
  static forRoot(config: Config): DynamicModule {
    const portal = config.servesHttp && config.env.PORTAL_DIR !== undefined;
    return {
      module: AppModule,
      imports: [
        KernelModule.forRoot(config),
        ScheduleModule.forRoot(),
        AccountsModule,
        SettingsModule,
        CredentialsModule,
        NetworksModule,
        MachinesModule,
        HistoryModule,
        WindowsModule,
        JobsModule,
        InventoryModule,
        AptModule,
        AutomationModule,
        MaintenanceModule,
        ...(portal ? [servePortal(config.env.PORTAL_DIR ?? '')] : []),
      ],
    };
  }
}

/** Unknown addresses below these prefixes must stay errors; everything else is a page of the portal. */
function servePortal(rootPath: string): DynamicModule {
  return ServeStaticModule.forRoot({
    rootPath,
    exclude: ['/api/{*splat}', '/mcp', '/ws/{*splat}'],
    serveStaticOptions: {
      setHeaders: (response: ServerResponse, file: string) => {
        // File names carry a digest of their content, but for the page itself.
        const immutable = /-[A-Z0-9]{8}\.(js|css)$/.test(file);
        response.setHeader('Cache-Control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    },
  });
}
