import { Global, Module } from '@nestjs/common';
import { Contracts } from './contracts';

@Global()
@Module({ providers: [Contracts], exports: [Contracts] })
export class ContractsModule {}
