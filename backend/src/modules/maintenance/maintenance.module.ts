import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { SettingsModule } from '../settings/settings.module';
import { RetentionRunner } from './retention-runner';

/** Keeps the database small and well. */
@Module({ imports: [DiscoveryModule, SettingsModule], providers: [RetentionRunner] })
export class MaintenanceModule {}
