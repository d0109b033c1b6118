import { Controller, Get } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { AccessCheck } from './access-check';
import { Public, RequirePermission } from './access.decorators';

@Controller('good')
class GoodController {
  @Get()
  @RequirePermission('machines.read')
  read(): string {
    return '';
  }
  @Get('open')
  @Public()
  open(): string {
    return '';
  }
}

@Controller('bad')
class ForgetfulController {
  @Get()
  read(): string {
    return '';
  }
}

@WebSocketGateway({ path: '/ws/bad' })
class ForgetfulGateway {
  @SubscribeMessage('watch')
  watch(): string {
    return '';
  }
}

async function start(controllers: (new () => object)[], providers: (new () => object)[]): Promise<void> {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    controllers,
    providers: [AccessCheck, ...providers],
  }).compile();
  await module.init();
  await module.close();
}

describe('AccessCheck', () => {
  it('lets an application start whose handlers all declare their access', async () => {
    await expect(start([GoodController], [])).resolves.toBeUndefined();
  });
  it('refuses to start over a route without one', async () => {
    await expect(start([GoodController, ForgetfulController], [])).rejects.toThrow('ForgetfulController.read');
  });
  it('refuses to start over a socket message without one', async () => {
    await expect(start([], [ForgetfulGateway])).rejects.toThrow('ForgetfulGateway.watch');
  });
});
