import { Global, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Config } from '../config/config';
import { Keyring } from './keyring';
import { openKeyring } from './keyring-check';

@Global()
@Module({
  providers: [{ provide: Keyring, inject: [Config, DataSource], useFactory: openKeyring }],
  exports: [Keyring],
})
export class SecretsModule {}
