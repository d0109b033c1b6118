import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { RetentionRunner } from './retention-runner';

/** Keeps the database small and well. */
@Module({ imports: [DiscoveryModule], providers: [RetentionRunner] })
export class MaintenanceModule {}
