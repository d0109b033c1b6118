import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrigin, type RequestOrigin } from '../../kernel/audit/request-origin';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { uuidPipe } from '../../kernel/http/validation';
import { ApproveHostKeyDto, HostKeyDto } from '../credentials/dto/host-key.dto';
import { MachineHostKeys } from './machine-host-keys';

const machineId = uuidPipe('id');
const hostKeyId = uuidPipe('keyId');

@ApiTags('machines')
@Controller('machines/:id/host-keys')
export class HostKeysController {
  constructor(private readonly hostKeys: MachineHostKeys) {}

  /** Asks the machine for its host keys; nothing is authenticated. Answers with all known keys. 409 `host_keys_not_shown`. */
  @Post('scan')
  @HttpCode(200)
  @RequirePermission('machines.write')
  scan(@Param('id', machineId) id: string, @CurrentOrigin() origin: RequestOrigin): Promise<HostKeyDto[]> {
    return this.hostKeys.scan(id, origin);
  }

  /** Approves a key whose fingerprint was compared; lifts a quarantine. 409 `fingerprint_mismatch`. */
  @Post(':keyId/approve')
  @HttpCode(200)
  @RequirePermission('hostkeys.decide')
  approve(
    @Param('id', machineId) id: string,
    @Param('keyId', hostKeyId) keyId: string,
    @Body() body: ApproveHostKeyDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<HostKeyDto> {
    return this.hostKeys.approve(id, keyId, body.fingerprintSha256, origin);
  }

  /** Rejects a key: it is never signed in to. */
  @Post(':keyId/reject')
  @HttpCode(200)
  @RequirePermission('hostkeys.decide')
  reject(
    @Param('id', machineId) id: string,
    @Param('keyId', hostKeyId) keyId: string,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<HostKeyDto> {
    return this.hostKeys.reject(id, keyId, origin);
  }
}
